"""Random headers in every transfer syntax, and spoilt ones: the scanner and pydicom never disagree."""

import string
import warnings
from dataclasses import replace
from io import BytesIO
from typing import Any

import pydicom
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydicom.dataset import Dataset

from multisite.dicom import ATTRIBUTES, Attribute, NeedMore, Pseudonymiser, RawHeader, decode_headers, read_header
from multisite.dicom.fallback import read_with_pydicom
from multisite.dicom.scanner import scan
from multisite.vocabulary import QuarantineReason
from tests.lib.examples import examples
from tests.unit.dicom.builders import SYNTAXES, a_dataset, an_item, encode, undefined
from tests.unit.dicom.expected import KEY, differences

LIMIT = 2**20
PSEUDONYMISER = Pseudonymiser(KEY)

_LETTERS = st.text(string.ascii_letters + string.digits + " _-^", max_size=10)
_DIGITS = st.text(string.digits, max_size=8)
_FLOATS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda number: f"{number:.6g}")
_BY_VR: dict[str, st.SearchStrategy[Any]] = {
    "DA": _DIGITS | st.dates().map(lambda day: day.strftime("%Y%m%d")) | st.just("2020.01.31"),
    "TM": _DIGITS | st.times().map(lambda clock: clock.strftime("%H%M%S.%f")) | st.just("12:30:59"),
    "DT": _DIGITS | st.datetimes().map(lambda moment: moment.strftime("%Y%m%d%H%M%S.%f")) | st.just("2020+0100"),
    "AS": st.from_regex(r"[0-9]{3}[DWMY]", fullmatch=True) | _DIGITS,
    "DS": _FLOATS | st.sampled_from(["1e5", " 7", "-.5", "inf", "1e-400"]),
    "IS": st.integers(-(2**31), 2**31 - 1).map(str) | st.sampled_from(["+4 ", "3.0", ""]),
    "US": st.integers(0, 2**16 - 1),
    "SS": st.integers(-(2**15), 2**15 - 1),
    "UL": st.integers(0, 2**32 - 1),
    "FD": st.floats(),
    "UI": st.from_regex(r"[1-9](\.[1-9][0-9]{0,3}){1,6}", fullmatch=True),
    "OB": st.binary(max_size=6),
    "CS": _LETTERS | st.sampled_from(["YES", "n", "M", "L", "01"]),
    "SQ": st.sampled_from([0, 1, 2]),
}
# Repeating groups, the meta group, identity and pixels are written by the builder or in tests of their own.
_OURS = {"SpecificCharacterSet", "SOPInstanceUID", "PixelData", "FloatPixelData", "PerFrameFunctionalGroupsSequence"}
_CHOICE = [a for a in ATTRIBUTES if a.keyword not in _OURS and len(a.tags) == 1 and a.tags[0] >> 16 != 2]


@st.composite
def datasets(draw: st.DrawFn) -> Dataset:
    """An instance with some of the recorded attributes, private elements and nested sequences."""
    dataset = a_dataset(SpecificCharacterSet=draw(st.sampled_from([None, "ISO_IR 100", "ISO_IR 192"])))
    for attribute in draw(st.lists(st.sampled_from(_CHOICE), max_size=25, unique_by=lambda a: a.keyword)):
        vr = draw(st.sampled_from(attribute.vr))
        dataset.add_new(attribute.tags[0], vr, draw(_values(attribute, vr)))
    if draw(st.booleans()):
        block = dataset.private_block(0x0011, "ACME", create=True)
        block.add_new(1, "UN", draw(st.binary(max_size=20)))
        block.add_new(2, "SQ", undefined(an_item(Rows=1), an_item(CodeValue="x")))
    return dataset


def _values(attribute: Attribute, vr: str) -> st.SearchStrategy[Any]:
    if vr == "SQ":
        return st.sampled_from([[], [an_item()], undefined(), undefined(an_item(CodeValue="1"), an_item())])
    one = _BY_VR.get(vr, _LETTERS | st.just("Größe"))
    if attribute.vm == "1" or vr in ("OB", "LT", "ST"):
        return one
    length = int(attribute.vm) if attribute.vm.isdigit() else 3
    return st.lists(one, min_size=length if vr in ("US", "FD") else 0, max_size=length)


def _quietly(make: Any, *args: Any, **options: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make(*args, **options)


@pytest.mark.filterwarnings("ignore::UserWarning")
@examples(60)
@given(dataset=datasets(), syntax=st.sampled_from(list(SYNTAXES)), pixels=st.sampled_from([None, b""]))
def test_row_of_a_random_header_is_what_pydicom_says(dataset: Dataset, syntax: str, pixels: bytes | None) -> None:
    data = encode(dataset, syntax, pixels=pixels)
    header = read_header(data, object_size=len(data))
    assert isinstance(header, RawHeader)
    assert header.parsed_by == ("pydicom" if syntax in ("big endian", "deflated") else "scanner")
    row = decode_headers([header], PSEUDONYMISER).row(0, named=True)
    assert differences(row, _quietly(pydicom.dcmread, BytesIO(data))) == []


@pytest.mark.filterwarnings("ignore::UserWarning")
@examples(60)
@given(dataset=datasets(), syntax=st.sampled_from(list(SYNTAXES)), cut=st.floats(0, 1), longer=st.booleans())
def test_part_of_a_header_gives_its_row_or_the_wish_for_more(
    dataset: Dataset, syntax: str, cut: float, longer: bool
) -> None:
    data = encode(dataset, syntax)
    whole = read_header(data, object_size=len(data))
    assert isinstance(whole, RawHeader)
    part = data[: int(cut * len(data))]
    result = read_header(part, object_size=len(data))
    assert result == whole or isinstance(result, NeedMore)
    if len(part) >= whole.header_bytes + 16:
        assert result == whole


_TOKENS = [
    b"\xff\xff\xff\xff", b"\xfe\xff\x00\xe0", b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0", b"SQ\0\0", b"UN\0\0", b"OB\0\0",
    b"US\x02\0", b"SS\x02\0", b"\x08\0\x05\0", b"\xe0\x7f\x10\0", b"\x00\x52\x30\x92", b"\0\0\0\0", b"\x28\0\x06\x01",
    b"CS", b"XX", b"\x02\0\x10\0", b"\x1b", b"\\",
]  # fmt: skip


@st.composite
def spoilt(draw: st.DrawFn) -> bytes:
    """A header with a few bytes changed, put in or taken out."""
    data = bytearray(encode(draw(datasets()), draw(st.sampled_from(list(SYNTAXES)))))
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(128, len(data) - 1))
        token = draw(st.sampled_from(_TOKENS) | st.binary(min_size=1, max_size=4))
        match draw(st.sampled_from(["change", "insert", "remove", "cut"])):
            case "change":
                data[place : place + len(token)] = token
            case "insert":
                data[place:place] = token
            case "remove" if len(data) > 150:
                del data[place : place + len(token)]
            case "cut" if place > 150:
                del data[place:]
    return bytes(data)


@pytest.mark.filterwarnings("ignore::UserWarning")
@examples(250)
@given(data=spoilt(), behind=st.sampled_from([0, 1, 1000]))
def test_scanner_and_pydicom_agree_on_spoilt_headers_and_neither_raises(data: bytes, behind: int) -> None:
    size = len(data) + behind
    scanned = scan(data, object_size=size)
    by_pydicom = read_with_pydicom(data, object_size=size, max_header_bytes=LIMIT)
    if isinstance(scanned, RawHeader):
        assert isinstance(by_pydicom, RawHeader)
        assert replace(by_pydicom, parsed_by="scanner") == scanned
    elif isinstance(scanned, NeedMore):
        assert isinstance(by_pydicom, NeedMore)
    result = read_header(data, object_size=size)
    if isinstance(result, RawHeader):
        assert decode_headers([result], PSEUDONYMISER).height == 1
    else:
        assert isinstance(result, NeedMore | QuarantineReason)


@examples(300)
@given(data=st.binary(max_size=400), preamble=st.booleans(), behind=st.sampled_from([0, 1000]))
def test_random_bytes_never_raise_and_never_make_a_row(data: bytes, preamble: bool, behind: int) -> None:
    data = b"\0" * 128 + b"DICM" + data if preamble else data
    assert not isinstance(read_header(data, object_size=len(data) + behind), RawHeader)
