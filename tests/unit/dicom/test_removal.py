"""What is missing because it was taken out, told apart from what was never there, is empty, or is invalid."""

from datetime import date
from typing import Any

import pytest

from multisite.dicom import Pseudonymiser, RawHeader, decode_headers, read_header
from tests.unit.dicom.builders import SYNTAXES, a_dataset, an_item, encode
from tests.unit.dicom.expected import KEY, pseudonym

LISTS = ("removed_attributes", "empty_attributes", "invalid_attributes", "unseen_attributes")
FILLED = {
    "PatientID": "X1", "PatientAge": "050Y", "PatientSex": "F", "StudyDate": "20240102", "StationName": "CT-7",
    "InstitutionName": "Somewhere",
}  # fmt: skip


def decoded(*datasets: Any, syntax: str = "explicit") -> list[dict[str, Any]]:
    headers = []
    for dataset in datasets:
        data = encode(dataset, syntax)
        header = read_header(data, object_size=len(data))
        assert isinstance(header, RawHeader)
        headers.append(header)
    return decode_headers(headers, Pseudonymiser(KEY)).to_dicts()


def codes(*values: str) -> dict[str, Any]:
    return {"DeidentificationMethodCodeSequence": [an_item(CodeValue=value) for value in values]}


def kind_of(row: dict[str, Any], keyword: str) -> str:
    held = [name for name in LISTS if keyword in row[name]]
    assert len(held) <= 1, "a keyword is in two lists"
    return held[0].partition("_")[0] if held else "absent"


@pytest.mark.slow
@pytest.mark.parametrize("syntax", SYNTAXES)
@pytest.mark.parametrize(
    "declaration",
    [{"PatientIdentityRemoved": "YES"}, {"DeidentificationMethod": "a tool"}, codes("113100"), codes("113105")],
)
def test_what_a_declared_header_lacks_was_removed(syntax: str, declaration: dict[str, Any]) -> None:
    (row,) = decoded(a_dataset(**declaration, PatientSex="", PatientBirthDate=None), syntax=syntax)
    for keyword in ("PatientSex", "PatientAge", "PatientBirthDate", "StudyDate", "InstitutionName", "PatientName"):
        assert kind_of(row, keyword) == "removed", keyword
    assert kind_of(row, "Manufacturer") == "absent"  # the profile leaves it alone
    assert row["patient_sex"] is row["study_date"] is None
    assert row["patient_name_present"] is False


@pytest.mark.parametrize("declaration", [{}, {"PatientIdentityRemoved": "NO"}, {"DeidentificationMethod": ""}])
def test_nothing_was_removed_from_a_header_that_does_not_say_so(declaration: dict[str, Any]) -> None:
    (row,) = decoded(a_dataset(**declaration, PatientSex="", PatientAge="000Y", StudyDate="19000101", PatientID="ANON"))
    assert row["removed_attributes"] == []
    assert kind_of(row, "PatientSex") == "empty"
    assert row["age_years"] == 0.0
    assert row["study_date"] == date(1900, 1, 1)
    assert row["patient_id"] == pseudonym("ANON", "patient")


@pytest.mark.parametrize(
    ("keyword", "column", "dummy"),
    [
        ("PatientID", "patient_id", "ANONYMOUS"),
        ("PatientID", "patient_id", "Removed "),
        ("PatientAge", "age_years", "000Y"),
        ("PatientSex", "patient_sex", "UNKNOWN"),
        ("StudyDate", "study_date", "19000101"),
        ("PatientWeight", "patient_weight", "0"),
        ("PatientName", "patient_name_present", "ANONYMOUS"),
        ("PatientComments", "patient_comments_present", "n/a"),
        ("StudyDescription", "study_description", "none"),
    ],
)
def test_sentinel_in_a_declared_header_is_null_and_removed(keyword: str, column: str, dummy: str) -> None:
    row, other = decoded(
        a_dataset(PatientIdentityRemoved="YES", **{**FILLED, keyword: dummy}),
        a_dataset(PatientIdentityRemoved="YES", **{**FILLED, keyword: FILLED.get(keyword, "12")}),
    )
    assert row[column] is None
    assert kind_of(row, keyword) == "removed"
    assert kind_of(other, keyword) == "absent"
    assert other[column] is not None


@pytest.mark.parametrize(
    ("option", "kept"),
    [
        ("113108", {"PatientAge", "PatientSex", "PatientWeight", "EthnicGroup"}),
        ("113109", {"StationName", "DeviceSerialNumber"}),
        ("113106", {"StudyDate", "AcquisitionTime", "TimezoneOffsetFromUTC"}),
        ("113112", {"InstitutionName"}),
        ("113110", {"IrradiationEventUID", "FrameOfReferenceUID"}),
        ("113107", set()),
        ("113105", set()),
    ],
)
def test_what_a_declared_option_keeps_was_never_there(option: str, kept: set[str]) -> None:
    basic, optional = decoded(a_dataset(**codes("113100")), a_dataset(**codes("113100", option)))
    removed = set(basic["removed_attributes"]) - set(optional["removed_attributes"])
    assert kept <= removed
    assert bool(removed) == bool(kept)
    assert all(kind_of(optional, keyword) == "absent" for keyword in kept)


def test_an_invalid_value_stays_invalid_and_an_age_from_dates_was_not_removed() -> None:
    facts = {"PatientBirthDate": "19500101", "StudyDate": "20240101"}
    (row,) = decoded(a_dataset(PatientIdentityRemoved="YES", PatientSex="?", **facts))
    assert kind_of(row, "PatientSex") == "invalid"
    assert row["age_years"] == 74.0
    assert kind_of(row, "PatientAge") == "absent"


def test_age_is_not_worked_out_from_a_date_of_birth_that_is_a_sentinel() -> None:
    facts = {"PatientBirthDate": "19000101", "StudyDate": "20240101"}
    (row,) = decoded(a_dataset(**codes("113100", "113106"), **facts))
    assert row["age_years"] is None
    assert {kind_of(row, keyword) for keyword in ("PatientAge", "PatientBirthDate")} == {"removed"}


def test_what_nobody_looked_for_was_not_removed() -> None:
    frames = [an_item()]
    (row,) = decoded(a_dataset(PatientIdentityRemoved="YES", PerFrameFunctionalGroupsSequence=frames))
    assert kind_of(row, "OverlayData") == "unseen"
    assert row["overlay_data_present"] is None


def test_rows_do_not_depend_on_what_their_neighbours_declare() -> None:
    datasets = [
        a_dataset(PatientIdentityRemoved="YES", PatientID="ANON", PatientAge="000Y"),
        a_dataset(PatientID="ANON", PatientAge="000Y", PatientSex=""),
        a_dataset(**codes("113100", "113108"), PatientAge="000Y", StudyDate=""),
        a_dataset(DeidentificationMethod=["", "x"], StudyDate="19000101"),
    ]
    assert decoded(*datasets) == [row for dataset in datasets for row in decoded(dataset)]
