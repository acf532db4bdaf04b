"""What of a person stands where it does not belong, by codes."""

from typing import Any

import polars as pl
import pytest

from multisite.dicom import IDENTITY_TRACES, Pseudonymiser, RawHeader, decode_headers, read_header
from tests.unit.dicom.builders import a_dataset, encode
from tests.unit.dicom.expected import KEY

_PERSON = {
    "PatientName": "Brandt^Ida",
    "PatientID": "HX-204815",
    "PatientBirthDate": "19480305",
    "AccessionNumber": "A7700112",
    "StudyDate": "20240102",
}
_CLAIM = {"PatientIdentityRemoved": "YES", "DeidentificationMethod": "Basic profile"}


def traces(*datasets: dict[str, Any], keys: list[str] | None = None) -> list[list[str]]:
    headers = []
    for values in datasets:
        data = encode(a_dataset(**values))
        header = read_header(data, object_size=len(data))
        assert isinstance(header, RawHeader)
        headers.append(header)
    names = None if keys is None else pl.Series(keys, dtype=pl.String)
    found = decode_headers(headers, Pseudonymiser(KEY), keys=names)["identity_traces"].to_list()
    assert all(set(codes) <= set(IDENTITY_TRACES) for codes in found)
    return found


def in_key(key: str, **values: Any) -> list[str]:
    return traces({**_PERSON, **values}, keys=[key])[0]


@pytest.mark.parametrize(
    ("key", "found"),
    [
        ("archive/HX-204815/im1.dcm", ["PatientID"]),
        ("archive/hx-204815_ct/im1.dcm", ["PatientID"]),
        ("2024/a7700112/1.dcm", ["AccessionNumber"]),
        ("brandt_ida/1.dcm", ["PatientName"]),
        ("IDA BRANDT.dcm", ["PatientName"]),
        ("x/19480305/1.dcm", ["PatientBirthDate"]),
        ("x/1948-03-05/1.dcm", ["PatientBirthDate"]),
        ("HX-204815/Brandt^Ida_19480305.dcm", ["PatientID", "PatientBirthDate", "PatientName"]),
        ("brandt/1.dcm", []),
        ("brandtner_ida/1.dcm", []),
        ("HX-2048151/1.dcm", []),
        ("1.2.840.119480305.7/1.dcm", []),
        ("20240102/1.dcm", []),
    ],
)  # fmt: skip
def test_own_identifiers_in_the_key_are_found_where_they_stand_alone(key: str, found: list[str]) -> None:
    assert in_key(key) == [f"{what} in object key" for what in found]


def test_accents_in_a_key_do_not_hide_a_name() -> None:
    name = {"PatientName": "Grün^Zoë", "SpecificCharacterSet": "ISO_IR 192"}
    assert in_key("GRÜN_zoe.dcm", **name) == ["PatientName in object key"]


@pytest.mark.parametrize("number", ["4711", "00012", "000099999"])
def test_a_short_identifier_or_a_count_is_not_sought(number: str) -> None:
    assert in_key(f"x/{number}/IM{number}.dcm", PatientID=number) == []


def test_the_birth_date_of_a_newborn_is_the_date_of_the_study_and_is_not_sought() -> None:
    assert in_key("20240102/1.dcm", PatientBirthDate="20240102") == []


def test_without_keys_nothing_is_sought_there() -> None:
    assert traces(_PERSON) == [[]]


@pytest.mark.parametrize(
    ("keyword", "text", "found"),
    [
        ("SeriesDescription", "Thorax HX-204815", "PatientID"),
        ("ImageComments", "seen by Ida Brandt herself", "PatientName"),
        ("PatientComments", "born 1948-03-05", "PatientBirthDate"),
        ("StudyDescription", "order A7700112", "AccessionNumber"),
        ("StudyComments", "call tel. 030 1234567", "telephone number"),
        ("ReasonForStudy", "call +49 30 1234567", "telephone number"),
        ("ReasonForStudy", "call (555) 123-4567", "telephone number"),
        ("AdditionalPatientHistory", "mail someone@example.org", "e-mail address"),
        ("ProtocolName", "Chest Dr. Meier", "title and name"),
        ("DerivationDescription", "for Mrs Okafor", "title and name"),
        ("SeriesDescription", "Brandt filter", None),
        ("SeriesDescription", "DR Chest, MR Head, Dr Chest", None),
        ("SeriesDescription", "512 512 1024 +C 2.5 mm", None),
        ("ProtocolName", "Thorax 20190312", None),
        ("SeriesDescription", "5-3-2 @ 120 kV", None),
    ],
)
def test_identifiers_in_free_text_are_found(keyword: str, text: str, found: str | None) -> None:
    codes = traces({**_PERSON, keyword: text})[0]
    assert codes == ([] if found is None else [f"{found} in {keyword}"])


@pytest.mark.parametrize("text", ["CT 20190312", "CT 2019-03-12 a", "12.03.2019", "3/12/2019"])
def test_a_date_in_a_text_counts_where_dates_were_to_go(text: str) -> None:
    kept = {"DeidentificationMethodCodeSequence": [code("113106")]}
    open_, claimed, with_dates = traces(
        {"SeriesDescription": text},
        {"SeriesDescription": text, **_CLAIM},
        {"SeriesDescription": text, **_CLAIM, **kept},
    )
    assert (open_, claimed, with_dates) == ([], ["date in SeriesDescription"], [])


def code(value: str) -> Any:
    return a_dataset(CodeValue=value, CodingSchemeDesignator="DCM", CodeMeaning="option")


def test_a_clock_in_a_uid_counts_where_dates_were_to_go() -> None:
    uid = "1.3.12.2.1107.5.2.19.45152.2013030808110261698786039"
    assert traces({"SeriesInstanceUID": uid}, {"SeriesInstanceUID": uid, **_CLAIM}) == [
        [],
        ["date in SeriesInstanceUID"],
    ]
    assert traces({"SeriesInstanceUID": "2.25.20130308081102", **_CLAIM}) == [["date in SeriesInstanceUID"]]
    assert traces({"SeriesInstanceUID": "1.2.92013030808110", **_CLAIM}) == [[]]
    assert traces({"SeriesInstanceUID": "1.2.20131330081102", **_CLAIM}) == [[]]


@pytest.mark.parametrize(
    ("values", "found"),
    [
        ({"PatientName": "Brandt^Ida"}, ["PatientName left"]),
        ({"PatientBirthDate": "19480305"}, ["PatientBirthDate left"]),
        ({"PatientAddress": "a street", "OtherPatientIDs": "7"}, ["OtherPatientIDs left", "PatientAddress left"]),
        ({"PatientTelephoneNumbers": "1"}, ["PatientTelephoneNumbers left"]),
        ({"PatientName": "HNSCC-01-0001"}, []),
        ({"PatientName": "Anonymous^Ida"}, []),
        ({"PatientName": "Subject^One"}, []),
        ({"PatientName": "Doe^John"}, []),
        ({"PatientName": "REMOVED", "PatientAddress": "REMOVED"}, []),
        ({"PatientBirthDate": "19480101"}, []),
        ({"PatientBirthDate": "19000101"}, []),
        ({"OperatorsName": "A dummy"}, []),
    ],
)
def test_what_the_profile_removes_counts_where_a_header_says_that_it_did(
    values: dict[str, str], found: list[str]
) -> None:
    assert traces({**values, **_CLAIM}, values) == [found, []]


def test_a_text_that_a_named_option_cleans_is_not_left_over() -> None:
    cleaned = {"DeidentificationMethodCodeSequence": [code("113105")]}
    commented = {"PatientComments": "none of interest", **_CLAIM}
    assert traces(commented, {**commented, **cleaned}) == [["PatientComments left"], []]


def test_what_stands_in_for_an_identifier_is_not_sought() -> None:
    assert traces({**_PERSON, "PatientName": "X1", "PatientBirthDate": "", **_CLAIM}, keys=["HX-204815/1"]) == [[]]


def test_the_codes_of_a_row_do_not_depend_on_its_neighbours() -> None:
    rows = [
        _PERSON,
        {**_PERSON, "SeriesDescription": "Brandt, Ida", "SpecificCharacterSet": "ISO_IR 192"},
        {**_PERSON, **_CLAIM},
        {"StudyComments": "tel 030-1234567", "SpecificCharacterSet": "ISO_IR 100"},
    ]
    keys = ["HX-204815/1", "x/1", "x/2", "ärzte/3"]
    alone = [traces(row, keys=[key])[0] for row, key in zip(rows, keys, strict=True)]
    assert alone[1] == ["PatientName in SeriesDescription"]
    assert traces(*rows * 5, keys=keys * 5) == alone * 5
