"""Identifiers made of titles, and how answers are read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from multisite.study.starting import QUESTIONS, identifier_from

FORM = re.compile(r"^[a-z][a-z0-9_-]{0,62}$")
READ = {question.name: question.read for question in QUESTIONS}


@pytest.mark.parametrize(
    ("title", "identifier"),
    [
        ("Pulmonary nodule", "pulmonary_nodule"),
        ("  Épanchement pleural!", "epanchement_pleural"),
        ("6 mm nodule", "finding_6_mm_nodule"),
        ("肺结节", "finding"),
        ("[bold]: 'no' #1", "bold_no_1"),
        ("a" * 100, "a" * 63),
        ("b" * 62 + " c", "b" * 62),
    ],
)
def test_an_identifier_is_made_of_the_letters_and_digits_of_a_title(title: str, identifier: str) -> None:
    assert identifier_from(title, otherwise="finding") == identifier


@given(st.text())
def test_whatever_the_title_the_identifier_has_the_form(title: str) -> None:
    assert FORM.fullmatch(identifier_from(title, otherwise="finding"))


@pytest.mark.parametrize("text", ["", "1a", "Chest", "a b", "a" * 64, "a/b", "a\nb"])
def test_an_identifier_of_another_form_is_refused_with_the_form(text: str) -> None:
    with pytest.raises(ValueError, match="lower-case letter, then"):
        READ["study"](text)


@pytest.mark.parametrize("text", ["nan", "inf", "-0.1", "1.01", "half", ""])
def test_a_threshold_outside_of_0_to_1_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="from 0 to 1"):
        READ["threshold"](text)


def test_modalities_are_read_as_dicom_spells_them_each_once() -> None:
    assert READ["modalities"](" ct, DX,,ct ") == "CT,DX"
    for text in ("", ",", "CT;DX", "C T"):
        with pytest.raises(ValueError, match="commas"):
            READ["modalities"](text)


def test_words_must_be_there_and_be_text() -> None:
    assert READ["title"]("  a title\n") == "a title"
    for text in (" \n", "broken \udc80"):
        with pytest.raises(ValueError, match="it "):
            READ["title"](text)


def test_every_example_default_and_placeholder_is_an_answer_that_is_kept_as_it_is() -> None:
    for question in QUESTIONS:
        for text in filter(None, (question.example, question.default, question.unwritten)):
            assert question.read(text) == text, question.name


def test_without_an_answer_there_is_a_default_or_a_placeholder_and_for_the_study_the_title() -> None:
    for question in QUESTIONS:
        assert question.default_after({"title": "Two words"}) or question.unwritten
    (study,) = [question for question in QUESTIONS if question.name == "study"]
    assert study.default_after({"title": "Two words"}) == "two_words"
