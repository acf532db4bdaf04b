"""Bytes → raw header, the wish for more, or a reason."""

import logging
import warnings
import zlib
from io import BytesIO
from typing import Any

import pydicom
import pytest
from pydicom.dataset import Dataset

from multisite.dicom import NeedMore, Pseudonymiser, RawHeader, decode_headers, read_header
from multisite.vocabulary import QuarantineReason
from tests.unit.dicom.builders import SYNTAXES, a_dataset, an_item, encode, undefined
from tests.unit.dicom.expected import KEY, differences

FULL: dict[str, Any] = {
    "SpecificCharacterSet": "ISO_IR 192",
    "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL"],
    "StudyDate": "20240229",
    "StudyTime": "235959.5",
    "Manufacturer": "Möller Röntgen",
    "PatientName": "Doe^Jane",
    "PatientAge": "064Y",
    "KVP": "120.0",
    "PixelSpacing": ["0.5", "0.25"],
    "PixelRepresentation": 1,
    "SmallestImagePixelValue": -5,
    "AcquisitionMatrix": [0, 256, 192, 0],
    "PregnancyStatus": 4,
    "AccessionNumber": "",
}


def read(data: bytes) -> RawHeader:
    result = read_header(data, object_size=len(data))
    assert isinstance(result, RawHeader), result
    return result


def decoded(*objects: bytes) -> list[dict[str, Any]]:
    return decode_headers([read(data) for data in objects], Pseudonymiser(KEY)).to_dicts()


def by_pydicom(data: bytes) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pydicom.dcmread(BytesIO(data), force=True)


@pytest.mark.parametrize(
    ("syntax", "reader"),
    [
        ("explicit", "scanner"),
        ("implicit", "scanner"),
        ("encapsulated", "scanner"),
        ("big endian", "pydicom"),
        ("deflated", "pydicom"),
    ],
)
def test_every_transfer_syntax_gives_the_same_row(syntax: str, reader: str) -> None:
    data = encode(a_dataset(**FULL), syntax)
    (row,) = decoded(data)
    assert row["parsed_by"] == reader
    assert differences(row, by_pydicom(data)) == []
    assert row["smallest_image_pixel_value"] == -5
    assert row["manufacturer"] == "Möller Röntgen"


@pytest.mark.parametrize("syntax", ["explicit", "implicit", "big endian"])
@pytest.mark.parametrize("meta", [True, False])
def test_object_without_preamble_is_read_as_pydicom_forced(syntax: str, meta: bool) -> None:
    data = encode(a_dataset(**FULL), syntax, preamble=False, meta=meta)
    (row,) = decoded(data)
    assert row["parsed_by"] == ("pydicom" if syntax == "big endian" else "scanner")
    assert differences(row, by_pydicom(data)) == []


@pytest.mark.parametrize("syntax", ["explicit", "implicit"])
def test_nested_sequences_of_undefined_length_are_stepped_over(syntax: str) -> None:
    inner = undefined(
        an_item(CodeValue="1", PurposeOfReferenceCodeSequence=undefined(an_item(CodeValue="2"))), an_item()
    )
    dataset = a_dataset(
        ProcedureCodeSequence=inner,
        SourceImageSequence=undefined(),
        RequestAttributesSequence=[an_item(ScheduledProcedureStepID="s", Rows=99)],
        DerivationCodeSequence=[],
    )
    data = encode(dataset, syntax)
    (row,) = decoded(data)
    assert row["parsed_by"] == "scanner"
    assert row["rows"] == 4
    assert row["procedure_code_sequence_present"] is True
    assert row["source_image_sequence_present"] is False
    assert set(row["empty_attributes"]) == {"SourceImageSequence", "DerivationCodeSequence"}
    assert differences(row, by_pydicom(data)) == []


@pytest.mark.parametrize("syntax", list(SYNTAXES))
def test_private_elements_leave_no_trace_but_their_creator(syntax: str) -> None:
    dataset = a_dataset()
    block = dataset.private_block(0x0009, "ACME", create=True)
    block.add_new(0x01, "UN", b"\1\2\3\4")
    block.add_new(0x02, "SQ", [an_item(PatientName="Hidden^Name")])
    block.add_new(0x03, "OB", b"x" * 300)
    block.add_new(0x04, "SQ", undefined(an_item(Rows=7)))
    with_private, without = decoded(encode(dataset, syntax), encode(a_dataset(), syntax))
    assert (with_private.pop("private_creators"), without.pop("private_creators")) == (["ACME"], [])
    for row in (with_private, without):
        del row["header_bytes"], row["dataset_digest"]
    assert with_private == without


def test_group_of_frames_ends_the_header_and_what_lies_behind_is_unknown() -> None:
    dataset = a_dataset(PerFrameFunctionalGroupsSequence=[an_item() for _ in range(500)])
    dataset.SharedFunctionalGroupsSequence = [an_item()]
    data = encode(dataset)
    (row, plain) = decoded(data, encode(a_dataset()))
    assert row["per_frame_functional_groups_sequence_present"] is True
    assert row["header_bytes"] < 1000 < len(data)
    assert row["pixel_data_present"] is None
    assert row["overlay_data_present"] is None
    assert plain["pixel_data_present"] is True
    assert plain["overlay_data_present"] is False


@pytest.mark.parametrize("plane", [0x6000, 0x601E])
def test_any_overlay_plane_counts(plane: int) -> None:
    dataset = a_dataset()
    dataset.add_new((plane, 0x0010), "US", 12)
    dataset.add_new((plane, 0x3000), "OW", b"\0\1")
    (row,) = decoded(encode(dataset))
    assert row["overlay_data_present"] is True
    assert row["overlay_rows"] == 12


def test_last_of_equal_elements_wins_as_in_pydicom() -> None:
    data = encode(a_dataset(Modality="CT"))
    first = data.index(b"\x08\0\x60\0CS")
    twice = data[:first] + b"\x08\0\x60\0CS\x02\0XX" + data[first:]
    assert decoded(twice)[0]["modality"] == "CT"
    twice = data[: first + 10] + b"\x08\0\x60\0CS\x02\0MR" + data[first + 10 :]
    assert decoded(twice)[0]["modality"] == "MR"


@pytest.mark.parametrize(
    ("old", "new", "column", "value"),
    [
        (b"(\0\x10\0US\x02\0\x04\0", b"(\0\x10\0UL\x04\0\x04\0\1\0", "rows", 65540),
        (b"(\0\x10\0US\x02\0\x04\0", b"(\0\x10\0IS\x04\0 12 ", "rows", 12),
        (b"(\0\x10\0US\x02\0\x04\0", b"(\0\x10\0DS\x04\x001.5 ", "rows", None),
        (b"(\0\x10\0US\x02\0\x04\0", b"(\0\x10\0UN\0\0\x02\0\0\0\x04\0", "rows", 4),
        (b"\x08\0\x60\0CS\x02\0CT", b"\x08\0\x60\0LO\x02\0CT", "modality", "CT"),
        (b"\x08\0\x60\0CS\x02\0CT", b"\x08\0\x60\0US\x02\0\x07\0", "modality", "7"),
        (b"\x08\0\x60\0CS\x02\0CT", b"\x08\0\x60\0QQ\x02\0CT", "modality", None),
    ],
)
def test_value_of_an_unexpected_vr_is_what_pydicom_makes_of_it(old: bytes, new: bytes, column: str, value: Any) -> None:
    data = encode(a_dataset())
    assert old in data
    (row,) = decoded(data.replace(old, new))
    assert row["parsed_by"] == "pydicom"
    assert row[column] == value
    assert bool(row["invalid_attributes"]) == (value is None)


@pytest.mark.parametrize(("told", "value"), [(0, 65531), (1, -5), (None, 65531)])
def test_us_or_ss_without_vr_follows_the_pixel_representation(told: int | None, value: int) -> None:
    dataset = a_dataset(PixelRepresentation=told)
    dataset.add_new(0x00280120, "US", 65531)
    data = encode(dataset, "implicit")
    (row,) = decoded(data)
    assert row["pixel_padding_value"] == value
    assert differences(row, by_pydicom(data)) == []


def test_us_or_ss_with_vr_does_as_the_vr_says() -> None:
    dataset = a_dataset(PixelRepresentation=0)
    dataset.add_new(0x00280120, "SS", -5)
    assert decoded(encode(dataset))[0]["pixel_padding_value"] == -5


@pytest.mark.slow
@pytest.mark.parametrize("syntax", list(SYNTAXES))
def test_cut_object_is_truncated_and_cut_prefix_asks_for_more(syntax: str) -> None:
    data = encode(a_dataset(**FULL, ProcedureCodeSequence=undefined(an_item(CodeValue="1"))), syntax)
    whole = read_header(data, object_size=len(data))
    assert isinstance(whole, RawHeader)
    for cut in range(140, whole.header_bytes if syntax != "deflated" else 300):
        part = data[:cut]
        asked = read_header(part, object_size=len(data))
        assert asked == whole or (isinstance(asked, NeedMore) and cut < asked.prefix_bytes <= len(data)), cut
        left = read_header(part, object_size=cut)
        assert left == QuarantineReason.TRUNCATED or not isinstance(left, NeedMore), cut


def test_cut_inside_a_value_is_never_a_row() -> None:
    data = encode(a_dataset(), pixels=None)
    for cut in range(len(data) - 3, len(data)):
        assert read_header(data[:cut], object_size=cut) is QuarantineReason.TRUNCATED


def test_no_more_is_asked_for_than_the_object_has() -> None:
    data = encode(a_dataset(**FULL))
    for first in range(0, 400, 7):
        result = read_header(data[:first], object_size=len(data))
        assert isinstance(result, NeedMore)
        assert first < result.prefix_bytes <= len(data)


@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 and so on" * 20,
        b"\x89PNG\r\n\x1a\n" + b"\0\0\0\rIHDR" * 30,
        b"PK\x03\x04" + b"\0" * 400,
        b"patient,finding\n1,2\n" * 40,
        b"short",
        b"\x08",
        b"\0" * 600,
        b"\x08\0\x05\0 but text goes on and no value of that length is here",
        bytes(range(256)) * 4,
    ],
)
def test_what_is_not_dicom_is_said_to_be_not_dicom(data: bytes) -> None:
    assert read_header(data, object_size=len(data)) is QuarantineReason.NOT_DICOM


def test_empty_object_has_a_reason_of_its_own() -> None:
    assert read_header(b"", object_size=0) is QuarantineReason.EMPTY_OBJECT


def test_directory_is_dicom_but_no_instance() -> None:
    data = encode(a_dataset(SOPClassUID="1.2.840.10008.1.3.10"))
    assert read_header(data, object_size=len(data)) is QuarantineReason.NOT_AN_INSTANCE


@pytest.mark.parametrize("uid", [None, ""])
@pytest.mark.parametrize("syntax", ["explicit", "big endian"])
def test_object_without_an_instance_uid_is_set_aside(uid: str | None, syntax: str) -> None:
    dataset = a_dataset()
    data = encode(dataset, syntax)
    dataset = a_dataset(SOPInstanceUID=uid)
    tag = 0x00080018
    if uid is None:
        assert tag not in dataset
    dataset.file_meta = by_pydicom(data).file_meta
    buffer = BytesIO()
    pydicom.dcmwrite(buffer, dataset, enforce_file_format=False)
    data = buffer.getvalue()
    assert read_header(data, object_size=len(data)) is QuarantineReason.NO_SOP_INSTANCE


def test_header_beyond_the_limit_is_given_up_and_never_read() -> None:
    dataset = a_dataset()
    dataset.private_block(0x0009, "ACME", create=True).add_new(1, "OB", b"x" * 10_000)
    data = encode(dataset)
    limit = 4096
    assert read_header(data, object_size=len(data), max_header_bytes=limit) is QuarantineReason.HEADER_TOO_LONG
    assert read_header(data[:500], object_size=len(data), max_header_bytes=limit) is QuarantineReason.HEADER_TOO_LONG
    assert isinstance(read_header(data, object_size=len(data), max_header_bytes=20_000), RawHeader)


def test_deflated_header_is_not_inflated_beyond_the_limit() -> None:
    data = encode(a_dataset(), "deflated")
    start = 144 + int.from_bytes(data[140:144], "little")
    bomb = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    head = b"\x09\0\x10\0OB\0\0" + (2**28).to_bytes(4, "little")
    squeezed = bomb.compress(head + b"\0" * 2**24) + bomb.flush()
    data = data[:start] + squeezed
    result = read_header(data, object_size=len(data), max_header_bytes=2**20)
    assert result is QuarantineReason.HEADER_TOO_LONG


def test_sequence_nested_beyond_reason_is_unreadable_or_truncated() -> None:
    step = b"\x40\0\x30\xa7SQ\0\0\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff"
    data = encode(a_dataset(), pixels=None) + step * 5_000
    assert read_header(data, object_size=len(data)) in (QuarantineReason.UNREADABLE, QuarantineReason.TRUNCATED)


def test_record_does_not_show_its_values_when_printed() -> None:
    header = read(encode(a_dataset(PatientID="SECRET-ID", PatientName="SECRET^NAME"), "big endian"))
    assert "SECRET" not in repr(header)


@pytest.mark.parametrize("syntax", ["explicit", "big endian"])
def test_names_do_not_even_reach_the_raw_header_unless_they_are_sought(syntax: str) -> None:
    staff = dict.fromkeys(("OperatorsName", "ReferringPhysicianName", "CurrentPatientLocation"), "SECRET")
    header = read(encode(a_dataset(**staff), syntax))
    assert not any(b"SECRET" in value for value in header.values.values())
    assert not header.texts


@pytest.mark.parametrize("syntax", ["explicit", "implicit", "big endian"])
def test_a_text_that_is_sought_is_kept_without_padding_and_never_shown(syntax: str) -> None:
    header = read(encode(a_dataset(PatientName=" SECRET^NAME ", PatientComments="SECRET"), syntax))
    assert sorted(value for value in header.values.values() if b"SECRET" in value) == [b"SECRET", b"SECRET^NAME"]
    assert "SECRET" not in repr(header)


def test_pydicom_neither_warns_nor_logs_and_keeps_its_settings(caplog: pytest.LogCaptureFixture) -> None:
    data = encode(a_dataset(PatientID="x"), "big endian").replace(b"\0\x60CS\0\2CT", b"\0\x60CS\0\2\xff\xfe")
    mode = pydicom.config.settings.reading_validation_mode
    with warnings.catch_warnings(record=True) as caught, caplog.at_level(logging.DEBUG):
        warnings.simplefilter("always")
        read_header(data[:-30], object_size=len(data))
        decoded(data)
    assert caught == []
    assert caplog.records == []
    assert pydicom.config.settings.reading_validation_mode == mode
    assert not logging.getLogger("pydicom").disabled
