"""The table of attributes agrees with the standard's dictionary and with itself."""

import pytest
from pydicom.datadict import dictionary_VM, dictionary_VR, tag_for_keyword

import multisite.dicom
from multisite.dicom import ATTRIBUTES, HEADER_COLUMNS, Attribute
from multisite.dicom.slots import SLOTS


def _as_recorded(attribute: Attribute) -> tuple[str, str, tuple[int, ...]]:
    return " or ".join(attribute.vr), attribute.vm, attribute.tags[:1]


def _as_in_the_dictionary(attribute: Attribute) -> tuple[str, str, tuple[int | None, ...]]:
    first = attribute.tags[0]
    keyword = attribute.keyword.rpartition(".")[2]
    if attribute.each:
        keyword = "CodeValue" if keyword == "PurposeOfReferenceCodeSequence" else keyword
    tag = tag_for_keyword(keyword) if len(attribute.tags) == 1 else first
    return dictionary_VR(first), dictionary_VM(first), (tag,)


def test_every_attribute_is_as_the_dictionary_has_it() -> None:
    assert [a.keyword for a in ATTRIBUTES if _as_recorded(a) != _as_in_the_dictionary(a)] == []


def test_keywords_and_columns_are_unique() -> None:
    assert len({attribute.keyword for attribute in ATTRIBUTES}) == len(ATTRIBUTES)
    columns = [attribute.column for attribute in ATTRIBUTES if attribute.column]
    assert len(set(columns)) == len(columns) == len(ATTRIBUTES) - 1
    assert len({column.name for column in HEADER_COLUMNS}) == len(HEADER_COLUMNS)


def test_every_tag_of_an_attribute_has_one_slot_and_two_more_if_it_may_be_signed() -> None:
    assert len({(slot.attribute.keyword, slot.tag, slot.reading) for slot in SLOTS}) == len(SLOTS)
    top = [slot for slot in SLOTS if not slot.attribute.path]
    assert len({(slot.tag, slot.reading) for slot in top}) == len(top)
    wanted = sum(len(a.tags) * (3 if a.vr == ("US", "SS") else 1) for a in ATTRIBUTES)
    assert len(SLOTS) == wanted


def test_pseudonyms_have_a_kind_and_nothing_else_has() -> None:
    for attribute in ATTRIBUTES:
        assert (attribute.form.value == "pseudonym") == (attribute.pseudonym is not None)


@pytest.mark.parametrize("name", multisite.dicom.__all__)
def test_public_name_exists(name: str) -> None:
    assert hasattr(multisite.dicom, name)
