"""The digest that knows the same acquisition under another identity."""

from typing import Any

import pytest

from multisite.dicom import Pseudonymiser, RawHeader, decode_headers, read_header
from tests.unit.dicom.builders import a_dataset, encode
from tests.unit.dicom.expected import KEY

ACQUIRED = {
    "AcquisitionDate": "20240301",
    "AcquisitionTime": "101112.5",
    "InstanceNumber": "7",
    "ImagePositionPatient": ["1", "2", "3.50"],
    "KVP": "120",
    "Manufacturer": "ACME",
}


def fingerprint(syntax: str = "explicit", key: bytes = KEY, **values: Any) -> str | None:
    data = encode(a_dataset(**{**ACQUIRED, **values}), syntax)
    header = read_header(data, object_size=len(data))
    assert isinstance(header, RawHeader)
    made = decode_headers([header], Pseudonymiser(key))["content_fingerprint"][0]
    assert made is None or isinstance(made, str)
    return made


def test_fingerprint_survives_another_identity_and_other_uids() -> None:
    again = fingerprint(
        PatientID="P9", PatientName="X^Y", SOPInstanceUID="9.9", StudyInstanceUID="9", SeriesInstanceUID="9.1",
        AccessionNumber="A", StudyDescription="other", PatientSex="F", DeviceSerialNumber="1",
        InstitutionName="Elsewhere",
    )  # fmt: skip
    assert again == fingerprint()


@pytest.mark.parametrize("syntax", ["implicit", "big endian", "deflated"])
def test_fingerprint_survives_another_transfer_syntax_and_spelling(syntax: str) -> None:
    assert fingerprint(syntax, KVP="120.0", ImagePositionPatient=["1.0", "2", "3.5"]) == fingerprint()


def test_zero_has_no_sign() -> None:
    plain = fingerprint(ImagePositionPatient=["0", "2", "3.5"], KVP="0")
    assert fingerprint(ImagePositionPatient=["-0.0", "2", "3.5"], KVP="-0") == plain


@pytest.mark.parametrize(
    "change",
    [
        {"InstanceNumber": "8"},
        {"AcquisitionTime": "101113"},
        {"ImagePositionPatient": ["1", "2", "4"]},
        {"Rows": 8},
        {"SliceThickness": "1"},
        {"KVP": None},
    ],
)
def test_another_acquisition_has_another_fingerprint(change: dict[str, Any]) -> None:
    assert fingerprint(**change) != fingerprint()


@pytest.mark.parametrize("removed", [None, "", "000000", "000000.00", "not a time"])
def test_without_a_time_there_is_no_fingerprint(removed: str | None) -> None:
    assert fingerprint(AcquisitionTime=removed) is None


def test_time_of_content_will_do_where_acquisition_has_none() -> None:
    assert fingerprint(AcquisitionTime=None, ContentTime="101112") is not None


def test_fingerprint_is_keyed() -> None:
    assert fingerprint(key=b"another key, long enough") != fingerprint()
