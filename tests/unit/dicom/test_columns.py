"""Raw headers → typed columns, and the four kinds of nothing."""

from datetime import date, datetime, time
from typing import Any

import polars as pl
import pytest

from multisite.dicom import ATTRIBUTES, HEADER_COLUMNS, Pseudonymiser, RawHeader, decode_headers, read_header
from multisite.vocabulary import ColumnPrivacy
from tests.unit.dicom.builders import a_dataset, encode, with_element
from tests.unit.dicom.expected import KEY, pseudonym


def rows(*datasets: Any, syntax: str = "explicit") -> list[dict[str, Any]]:
    return decoded(*(encode(dataset, syntax) for dataset in datasets))


def decoded(*objects: bytes) -> list[dict[str, Any]]:
    headers = []
    for data in objects:
        header = read_header(data, object_size=len(data))
        assert isinstance(header, RawHeader)
        headers.append(header)
    return decode_headers(headers, Pseudonymiser(KEY)).to_dicts()


def tag_of(keyword: str) -> int:
    return next(attribute.tags[0] for attribute in ATTRIBUTES if attribute.keyword == keyword)


@pytest.mark.parametrize(
    ("keyword", "value", "wanted"),
    [
        ("StudyDate", b"20240229", date(2024, 2, 29)),
        ("StudyDate", b"2024.02.29", date(2024, 2, 29)),
        ("StudyDate", b" 20240229\0", date(2024, 2, 29)),
        ("StudyDate", b"20230229", None),
        ("StudyDate", b"2023", None),
        ("StudyDate", b"20230101-20240101", None),
        ("StudyDate", b"2023 1 1", None),
        ("StudyTime", b"07", time(7)),
        ("StudyTime", b"0730", time(7, 30)),
        ("StudyTime", b"073015", time(7, 30, 15)),
        ("StudyTime", b"073015.25", time(7, 30, 15, 250_000)),
        ("StudyTime", b"07:30:15", time(7, 30, 15)),
        ("StudyTime", b"235960", time(23, 59, 59)),
        ("StudyTime", b"240000", None),
        ("StudyTime", b"07301", None),
        ("StudyTime", b"070000.1234567", None),
        ("AcquisitionDateTime", b"2024", datetime(2024, 1, 1)),
        ("AcquisitionDateTime", b"202402", datetime(2024, 2, 1)),
        ("AcquisitionDateTime", b"20240229073015.5+0100", datetime(2024, 2, 29, 7, 30, 15, 500_000)),
        ("AcquisitionDateTime", b"20240229-0500", datetime(2024, 2, 29)),
        ("AcquisitionDateTime", b"20241301", None),
        ("PatientAge", b"064Y", 64.0),
        ("PatientAge", b"018M", 1.5),
        ("PatientAge", b"007D", 7 / 365.25),
        ("PatientAge", b"064", None),
        ("PatientAge", b"150Y", 150.0),
        ("PatientAge", b"151Y", None),
        ("PatientAge", b"999M", 83.25),
        ("KVP", b"120 ", 120.0),
        ("KVP", b"+1.2E2", 120.0),
        ("KVP", b"120,0", None),
        ("KVP", b"nan", None),
        ("KVP", b"1e999", None),
        ("KVP", b"120\\80", None),
        ("Exposure", b" 12", 12),
        ("Exposure", b"12.0", 12),
        ("Exposure", b"12.5", None),
        ("PixelSpacing", b"0.5 \\0.25", [0.5, 0.25]),
        ("PixelSpacing", b"0.5", None),
        ("PixelSpacing", b"0.5\\x", None),
        ("WindowCenter", b"40", [40.0]),
        ("WindowCenter", b"40\\\\50", [40.0, None, 50.0]),
        ("ImagePositionPatient", b"1\\2\\3", [1.0, 2.0, 3.0]),
        ("ImageType", b"original\\PRIMARY ", ["ORIGINAL", "PRIMARY"]),
        ("ImageType", b"ORIGINAL\\\\AXIAL", ["ORIGINAL", "", "AXIAL"]),
        ("PatientSex", b"f ", "F"),
        ("PatientSex", b"X", None),
        ("AngioFlag", b"N ", "NO"),
        ("BurnedInAnnotation", b"PERHAPS", None),
        ("SOPClassUID", b"1.2.840.10008.5.1.4.1.1.2\0", "1.2.840.10008.5.1.4.1.1.2"),
        ("FrameType", b"A", ["A"]),
        ("InstanceCreatorUID", b"1.2 x", None),
        ("Rows", b"\x02\1", 258),
        ("Rows", b"\x02", None),
        ("Rows", b"\x02\0\x03\0", None),
        ("AcquisitionMatrix", b"\0\0\1\0\2\0\0\0", [0, 1, 2, 0]),
        ("AcquisitionMatrix", b"\0\0\1\0", None),
        ("InStackPositionNumber", b"\1\0\1\0", 65537),
        ("DiffusionBValue", b"\0\0\0\0\0\0\xf0?", 1.0),
        ("DiffusionBValue", b"\0\0\0\0\0\0\xf8\x7f", None),
        ("SeriesDescription", b"  ABD  W/O \0", "ABD  W/O"),
        ("TimezoneOffsetFromUTC", b"+0100 ", "+0100"),
        ("TimezoneOffsetFromUTC", b"CET", None),
    ],
)
def test_value_is_parsed_or_named_as_invalid(keyword: str, value: bytes, wanted: Any) -> None:
    (row,) = decoded(with_element(encode(a_dataset()), tag_of(keyword), value))
    column = next(attribute.column for attribute in ATTRIBUTES if attribute.keyword == keyword)
    assert row[column or ""] == wanted
    assert row["invalid_attributes"] == ([keyword] if wanted is None else [])
    assert row["empty_attributes"] == []


def test_absent_empty_and_invalid_are_three_different_things() -> None:
    absent, empty, blank, invalid, there = rows(
        a_dataset(), a_dataset(KVP=""), a_dataset(KVP="  "), a_dataset(StudyDate="tomorrow"), a_dataset(KVP="80")
    )
    assert [row["kvp"] for row in (absent, empty, blank, there)] == [None, None, None, 80.0]
    assert [row["empty_attributes"] for row in (absent, empty, blank, invalid)] == [[], ["KVP"], ["KVP"], []]
    assert invalid["study_date"] is None
    assert invalid["invalid_attributes"] == ["StudyDate"]


def test_columns_are_declared_and_the_same_for_every_batch() -> None:
    declared = {column.name: column.dtype for column in HEADER_COLUMNS}
    assert len(declared) == len(HEADER_COLUMNS)
    data = encode(a_dataset(KVP="1", ImageType=["A"]))
    header = read_header(data, object_size=len(data))
    assert isinstance(header, RawHeader)
    for batch in ([], [header], [header] * 3):
        frame = decode_headers(batch, Pseudonymiser(KEY))
        assert dict(frame.schema) == declared
        assert frame.height == len(batch)


def test_a_row_does_not_depend_on_its_neighbours() -> None:
    datasets = [
        a_dataset(SpecificCharacterSet="ISO_IR 100", Manufacturer="Röntgen", KVP="120"),
        a_dataset(SpecificCharacterSet="ISO_IR 192", Manufacturer="Röntgen", ContentTime="101010", StudyDate="x"),
        a_dataset(SoftwareVersions=["a ", " b"], AcquisitionTime="090000", Exposure=""),
    ]
    assert rows(*datasets) == [row for dataset in datasets for row in rows(dataset)]


def test_lists_of_keywords_are_in_the_order_of_the_attributes_whatever_the_batch() -> None:
    order = [attribute.keyword for attribute in ATTRIBUTES]
    spoilt = a_dataset(
        StudyDate="x", PatientSex="?", PatientAge="?", Exposure="", Manufacturer="", PatientName="", ViewCodeSequence=[]
    )
    others = [a_dataset(StudyDate=f"2024010{n}", KVP=str(n), Manufacturer=f"M{n}") for n in range(9)]
    alone, among = rows(spoilt)[0], rows(*others, spoilt, *others)[9]
    assert alone == among
    for name in ("empty_attributes", "invalid_attributes"):
        assert len(alone[name]) >= 3
        assert alone[name] == sorted(alone[name], key=order.index)


@pytest.mark.parametrize(
    ("charset", "encoded", "text"),
    [
        (b"", b"R\xf6ntgen", "Röntgen"),
        (b"ISO_IR 100", b"R\xf6ntgen", "Röntgen"),
        (b"ISO_IR 192", b"R\xc3\xb6ntgen", "Röntgen"),
        (b"ISO_IR 192", b"R\xf6ntgen", None),
        (b"ISO_IR 144", b"\xbb\xee\xda\xe1\xd5\xdc\xd1\xe3\xe0\xd3", "Люксембург"),
        (b"GB18030", b"\xcd\xf5", "王"),
        (b"\\ISO 2022 IR 87", b"\x1b$B;3ED\x1b(B", "山田"),
        (b"\\ISO 2022 IR 149", b"\x1b$)C\xb1\xe8", "김"),
        (b"ISO_IR 13", b"\xd4\xcf\xc0\xde", "ﾔﾏﾀﾞ"),
    ],
)
def test_text_is_decoded_by_its_character_set(charset: bytes, encoded: bytes, text: str | None) -> None:
    data = with_element(encode(a_dataset()), tag_of("SpecificCharacterSet"), charset)
    (row,) = decoded(with_element(data, tag_of("ManufacturerModelName"), encoded))
    assert row["manufacturer_model_name"] == text
    assert row["invalid_attributes"] == ([] if text else ["ManufacturerModelName"])


@pytest.mark.parametrize(
    ("values", "age"),
    [
        ({"PatientAge": "030Y", "PatientBirthDate": "19500101", "StudyDate": "20240101"}, 30.0),
        ({"PatientBirthDate": "19500702", "StudyDate": "20240701"}, 73.0),
        ({"PatientBirthDate": "19500701", "StudyDate": "20240701"}, 74.0),
        ({"PatientBirthDate": "19501231", "StudyDate": "20240101"}, 73.0),
        ({"PatientAge": "30", "PatientBirthDate": "19500701", "StudyDate": "20240701"}, 74.0),
        ({"PatientBirthDate": "20250101", "StudyDate": "20240101"}, None),
        ({"PatientAge": "200Y", "PatientBirthDate": "19500701", "StudyDate": "20240701"}, 74.0),
        ({"PatientBirthDate": "18740702", "StudyDate": "20250701"}, 150.0),
        ({"PatientBirthDate": "18740701", "StudyDate": "20250701"}, None),
        ({"PatientBirthDate": "19500101"}, None),
        ({}, None),
    ],
)
def test_age_is_as_stated_or_whole_years_from_birth_to_study(values: dict[str, str], age: float | None) -> None:
    assert rows(a_dataset(**values))[0]["age_years"] == age


def test_date_of_birth_leaves_no_column() -> None:
    (row,) = rows(a_dataset(PatientBirthDate="19480229", StudyDate="20240101"))
    assert not any("birth_date" in name for name in row)
    assert "1948-02-29" not in str(row)


def test_identifiers_leave_as_pseudonyms_and_names_as_presences() -> None:
    canaries = {
        "PatientID": "CANARY1",
        "PatientName": "CANARY2^X",
        "AccessionNumber": "CANARY3",
        "StudyID": "CANARY4",
        "DeviceSerialNumber": "CANARY5",
        "StationName": "CANARY6",
        "ReferringPhysicianName": "CANARY7",
        "PatientComments": "CANARY8",
        "CurrentPatientLocation": "CANARY9",
        "InstitutionAddress": "CANARY10",
        "OtherPatientIDs": ["CANARY11", "CANARY12"],
        "SOPInstanceUID": "1.99999.1",
        "IrradiationEventUID": ["1.99999.2", "1.99999.3"],
    }
    for syntax in ("explicit", "implicit", "big endian"):
        (row,) = rows(a_dataset(**canaries), syntax=syntax)
        assert "CANARY" not in str(row)
        assert "99999" not in str(row)
        assert row["patient_id"] == pseudonym("CANARY1", "patient")
        assert row["sop_instance_uid"] == row["media_storage_sop_instance_uid"] == pseudonym("1.99999.1", "instance")
        assert row["irradiation_event_uid"] == [
            pseudonym(uid, "irradiation_event") for uid in ("1.99999.2", "1.99999.3")
        ]
        assert row["patient_name_present"] is True
        assert row["current_patient_location_present"] is True


def test_every_direct_identifier_is_a_presence_or_a_pseudonym() -> None:
    privacy = {column.name: column.privacy for column in HEADER_COLUMNS}
    direct = [attribute for attribute in ATTRIBUTES if attribute.privacy is ColumnPrivacy.DIRECT and attribute.column]
    assert len(direct) > 20
    assert all(privacy[attribute.column or ""] in (ColumnPrivacy.SAFE, ColumnPrivacy.PSEUDONYM) for attribute in direct)
    assert ColumnPrivacy.DIRECT not in privacy.values()
    assert all(attribute.dtype == pl.Boolean or attribute.pseudonym for attribute in direct)
