"""pydicom's own files with bytes flipped, put in, taken out, doubled, and lengths replaced: never a wrong row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multisite.dicom import RawHeader
from tests.fuzz.corpus import SHIPPED_FILES, corpus
from tests.fuzz.judging import Reading, judge_all, judge_together, read_in_rounds, read_whole, same
from tests.fuzz.structure import places
from tests.lib.examples import examples

_LENGTHS = [0, 1, 2, 7, 2**16 - 1, 2**31, 2**32 - 2, 2**32 - 1]


@st.composite
def spoilt_files(draw: st.DrawFn) -> bytes:
    """The header of a shipped or made file, spoilt in one to four places."""
    data = bytearray(draw(st.sampled_from(corpus())))
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(0, len(data) - 1)))
        size = draw(st.integers(1, 9))
        match draw(st.sampled_from(["flip", "insert", "delete", "duplicate", "cut", "length", "length", "remove"])):
            case "flip" if data:
                data[at] ^= 1 << draw(st.integers(0, 7))
            case "insert":
                data[at:at] = draw(st.binary(min_size=1, max_size=9))
            case "delete":
                del data[at : at + size]
            case "duplicate":
                data[at:at] = data[at : at + size * 8]
            case "cut":
                del data[at:]
            case "length" if found := places(bytes(data)):
                place = draw(st.sampled_from(found))
                length = draw(st.sampled_from(_LENGTHS) | st.integers(0, 2 * len(data)))
                stated = (length % 256**place.width).to_bytes(place.width, "little")
                data[place.length : place.length + place.width] = stated
            case "remove" if found := places(bytes(data)):
                place = draw(st.sampled_from(found))
                del data[place.start : place.end]
    return bytes(data)


def _are_well(files: list[bytes], first: int) -> None:
    assert judge_together(files) == {}
    for data in files:
        assert read_in_rounds(data, first) == read_whole(data)
        assert same(read_in_rounds(data, first, size_known=False), read_whole(data))


@examples(100)
@given(data=spoilt_files(), first=st.integers(1, 5000))
def test_spoilt_file_is_never_misread(data: bytes, first: int) -> None:
    _are_well([data], first)


# Many are decoded a few at a time, as a shard is: decoding one costs nearly as much as decoding five.
@pytest.mark.slow
@examples(240)
@given(files=st.lists(spoilt_files(), min_size=5, max_size=5), first=st.integers(1, 5000))
def test_many_spoilt_files_are_never_misread(files: list[bytes], first: int) -> None:
    _are_well(files, first)


@pytest.mark.slow
def test_every_shipped_file_is_read_as_pydicom_alone_reads_it() -> None:
    readings = [Reading(data, read_whole(data)) for data in (path.read_bytes() for path in SHIPPED_FILES)]
    wrong = {path.name: found for path, found in zip(SHIPPED_FILES, judge_all(readings), strict=True) if found}
    assert wrong == {}
    assert sum(isinstance(reading.outcome, RawHeader) for reading in readings) > 0.7 * len(readings)


@pytest.mark.parametrize("first", [0, 1, 131, 133, 500, 2000, 5000])
def test_every_shipped_file_comes_to_the_same_in_rounds(first: int) -> None:
    for path in SHIPPED_FILES:
        data = path.read_bytes()
        assert read_in_rounds(data, first) == read_whole(data), path.name
