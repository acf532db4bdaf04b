"""The digest of a dataset, the private creators, and headers of objects whose size nobody knows."""

from typing import Any

import pytest

from multisite.dicom import NeedMore, Pseudonymiser, RawHeader, decode_headers, read_header
from multisite.vocabulary import QuarantineReason
from tests.unit.dicom.builders import SYNTAXES, a_dataset, an_item, encode, undefined
from tests.unit.dicom.expected import KEY

DECODED = [syntax for syntax in SYNTAXES if syntax != "deflated"]


def row_of(data: bytes, size: int | None = None) -> dict[str, Any]:
    header = read_header(data, object_size=size or len(data))
    assert isinstance(header, RawHeader), header
    return decode_headers([header], Pseudonymiser(KEY)).row(0, named=True)


@pytest.mark.parametrize("syntax", DECODED)
def test_digest_is_blind_to_preamble_and_file_meta_group(syntax: str) -> None:
    whole = encode(a_dataset(), syntax)
    digest = row_of(whole)["dataset_digest"]
    assert len(digest or "") == 32
    assert row_of(b"II*\0" + whole[4:])["dataset_digest"] == digest
    renamed = whole.replace(b"PYDICOM ", b"ARCHIVE ")
    assert renamed != whole
    assert row_of(renamed)["dataset_digest"] == digest
    assert row_of(whole[132:])["dataset_digest"] == digest
    if syntax in ("explicit", "implicit"):
        assert row_of(encode(a_dataset(), syntax, meta=False))["dataset_digest"] == digest


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_digest_changes_with_any_header_value_and_with_the_length_of_the_pixels(syntax: str) -> None:
    digests = {
        row_of(data)["dataset_digest"]
        for data in (
            encode(a_dataset(PatientName="A"), syntax),
            encode(a_dataset(PatientName="B"), syntax),
            encode(a_dataset(PatientName="A"), syntax, pixels=b"\1\2\3" * 20),
            encode(a_dataset(PatientName="A"), syntax, pixels=None),
        )
    }
    assert len(digests) == (4 if syntax != "encapsulated" else 3)


def test_digest_is_keyed_and_does_not_depend_on_how_much_was_read() -> None:
    data = encode(a_dataset())
    header = read_header(data, object_size=len(data))
    assert isinstance(header, RawHeader)
    assert read_header(data[: header.header_bytes + 16], object_size=len(data)) == header
    keyed = {decode_headers([header], Pseudonymiser(key))["dataset_digest"][0] for key in (KEY, KEY[::-1])}
    assert len(keyed) == 2


def test_digest_covers_the_first_frame_and_the_length_of_the_others() -> None:
    def with_frames(*numbers: int) -> str:
        frames = [an_item(InstanceNumber=number) for number in numbers]
        return str(row_of(encode(a_dataset(PerFrameFunctionalGroupsSequence=undefined(*frames))))["dataset_digest"])

    assert len({with_frames(1, 2), with_frames(2, 2), with_frames(1, 2, 3)}) == 3


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_private_creators_are_sorted_and_distinct(syntax: str) -> None:
    dataset = a_dataset()
    dataset.private_block(0x0019, "ZETA 1.0", create=True).add_new(1, "LO", "no creator")
    dataset.private_block(0x0009, "SIEMENS CT", create=True)
    dataset.private_block(0x0021, "ZETA 1.0", create=True).add_new(2, "SQ", [an_item(PatientID="x")])
    assert row_of(encode(dataset, syntax))["private_creators"] == ["SIEMENS CT", "ZETA 1.0"]


def test_private_creator_of_unknown_vr_counts_and_one_that_is_no_text_does_not() -> None:
    dataset = a_dataset(SpecificCharacterSet="ISO_IR 192")
    for group in (0x0009, 0x0011, 0x0013, 0x0015):
        dataset.private_block(group, "CREATOR", create=True)
    data = encode(dataset)
    head = b"\x09\0\x10\0LO\x08\0CREATOR "
    assert head in data
    data = data.replace(head, b"\x09\0\x10\0UN\0\0\x08\0\0\0UNKNOWN ")
    data = data.replace(b"\x11\0\x10\0LO\x08\0CREATOR ", b"\x11\0\x10\0LO\x08\0\xff\xfe\xfd\xfc\xff\xfe\xfd\xfc")
    data = data.replace(b"\x13\0\x10\0LO\x08\0CREATOR ", b"\x13\0\x10\0LO\x08\0        ")
    assert row_of(data)["private_creators"] == ["CREATOR", "UNKNOWN"]


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_object_of_unknown_size_is_read_like_any_other_but_has_no_digest(syntax: str) -> None:
    data = encode(a_dataset(KVP="120"), syntax)
    known = row_of(data)
    header = read_header(data, object_size=None)
    assert isinstance(header, RawHeader)
    unknown = decode_headers([header], Pseudonymiser(KEY)).row(0, named=True)
    assert unknown.pop("dataset_digest") is None
    assert known.pop("dataset_digest") is not None
    if syntax == "deflated":  # how many of the compressed bytes the header took is known no better than that
        assert unknown.pop("header_bytes") >= known.pop("header_bytes")
    assert unknown == known


@pytest.mark.parametrize("syntax", ["explicit", "implicit", "big endian"])
def test_object_of_unknown_size_that_stops_between_elements_is_asked_for_more(syntax: str) -> None:
    data = encode(a_dataset(KVP="120"), syntax, pixels=None)
    result = read_header(data, object_size=None)
    assert isinstance(result, NeedMore)
    assert result.prefix_bytes > len(data)
    assert isinstance(read_header(data, object_size=len(data)), RawHeader)


def test_nothing_of_an_object_of_unknown_size_is_more_to_read_and_too_much_is_too_long() -> None:
    assert isinstance(read_header(b"", object_size=None), NeedMore)
    data = encode(a_dataset(PatientComments="x" * 2000), pixels=None)
    assert read_header(data, object_size=None, max_header_bytes=1024) is QuarantineReason.HEADER_TOO_LONG
