"""The key under which a person is known, whatever the PatientID says."""

from typing import Any

import pytest

from multisite.dicom import Pseudonymiser, RawHeader, decode_headers, read_header
from tests.unit.dicom.builders import a_dataset, encode
from tests.unit.dicom.expected import KEY, pseudonym

_PERSON = {"PatientName": "Brandt^Ida", "PatientBirthDate": "19480305", "PatientSex": "F", "PatientID": "P1"}


def keys(*datasets: dict[str, Any], syntax: str = "explicit") -> list[str | None]:
    headers = []
    for values in datasets:
        data = encode(a_dataset(**values), syntax)
        header = read_header(data, object_size=len(data))
        assert isinstance(header, RawHeader)
        headers.append(header)
    return decode_headers(headers, Pseudonymiser(KEY))["demographics_key"].to_list()


def test_the_key_is_a_pseudonym_of_words_birth_date_and_sex() -> None:
    assert keys(_PERSON) == [pseudonym("brandt ida\x1f1948-03-05\x1fF", "demographics")]


@pytest.mark.parametrize(
    "name",
    ["BRANDT^IDA", "Ida^Brandt", "Brandt, Ida", "Brandt^Ída^^Dr", "Brandt-^Ida", "brandt ida=Ideographic=Phonetic"],
)
def test_case_accents_punctuation_order_titles_and_further_groups_make_no_other_person(name: str) -> None:
    first, second = keys(_PERSON, {**_PERSON, "PatientName": name, "SpecificCharacterSet": "ISO_IR 192"})
    assert first == second is not None


def test_the_same_name_in_two_character_sets_is_one_person() -> None:
    latin, unicode = (
        {**_PERSON, "PatientName": "Grün^Zoë", "SpecificCharacterSet": charset}
        for charset in ("ISO_IR 100", "ISO_IR 192")
    )
    assert len(set(keys(latin, unicode, {**_PERSON, "PatientName": "Grun^Zoe"}))) == 1


@pytest.mark.parametrize(
    "other",
    [{"PatientName": "Brandt^Eva"}, {"PatientBirthDate": "19480306"}, {"PatientSex": "M"}, {"PatientSex": ""}],
)
def test_another_name_birth_date_or_sex_is_another_person(other: dict[str, str]) -> None:
    first, second = keys(_PERSON, {**_PERSON, **other})
    assert first is not None
    assert second is not None
    assert first != second


@pytest.mark.parametrize(
    "gap",
    [
        {"PatientName": ""},
        {"PatientName": "Brandt"},
        {"PatientName": "ANONYMOUS"},
        {"PatientName": "Anonymous^Patient"},
        {"PatientName": "Unknown^Ida"},
        {"PatientBirthDate": ""},
        {"PatientBirthDate": "19000101"},
        {"PatientBirthDate": "1948"},
        {"PatientIdentityRemoved": "YES"},
        {"DeidentificationMethod": "by hand"},
    ],
)
def test_there_is_no_key_without_the_name_and_the_birth_date_of_somebody(gap: dict[str, str]) -> None:
    assert keys({**_PERSON, **gap}) == [None]


@pytest.mark.parametrize("syntax", ["explicit", "implicit", "big endian", "deflated"])
def test_the_key_is_the_same_in_every_transfer_syntax(syntax: str) -> None:
    assert keys(_PERSON, syntax=syntax) == keys(_PERSON)


def test_a_name_that_its_character_set_cannot_mean_gives_no_key() -> None:
    assert keys({**_PERSON, "PatientName": b"Br\xff\xfendt^Ida", "SpecificCharacterSet": "ISO_IR 192"}) == [None]
