"""Keyed pseudonyms."""

import pickle
import re

import polars as pl
import pytest

from multisite.dicom import Pseudonymiser
from multisite.errors import ConfigError
from tests.unit.dicom.expected import KEY, pseudonym


def test_pseudonym_is_the_first_half_of_an_hmac_under_a_key_of_its_kind() -> None:
    made = Pseudonymiser(KEY).pseudonym("P1", kind="patient")
    assert made == pseudonym("P1", "patient")
    assert made is not None
    assert re.fullmatch(r"[0-9a-f]{32}", made)


def test_kinds_and_keys_are_kept_apart() -> None:
    made = {
        Pseudonymiser(key).pseudonym("1", kind=kind)
        for key in (KEY, b"another key, long enough")
        for kind in ("patient", "study")
    }
    assert len(made) == 4


def test_padding_is_no_part_of_an_identifier() -> None:
    pseudonymiser = Pseudonymiser(KEY)
    assert len({pseudonymiser.pseudonym(text, kind="patient") for text in ("P1", " P1 ", "P1\0", "P1 \0")}) == 1
    assert pseudonymiser.pseudonym("P 1", kind="patient") != pseudonymiser.pseudonym("P1", kind="patient")


@pytest.mark.parametrize("nothing", [None, "", "  ", "\0"])
def test_nothing_has_no_pseudonym(nothing: str | None) -> None:
    assert Pseudonymiser(KEY).pseudonym(nothing, kind="patient") is None
    column = Pseudonymiser(KEY).pseudonyms(pl.Series("id", [nothing], dtype=pl.String), kind="patient")
    assert column.to_list() == [None]


@pytest.mark.parametrize("values", [["a", "b", None, "a", " a", "é"], ["a", "b\0", "é"], ["b", None, "a"], []])
def test_column_and_scalar_agree_and_the_name_is_kept(values: list[str | None]) -> None:
    pseudonymiser = Pseudonymiser(KEY)
    column = pseudonymiser.pseudonyms(pl.Series("id", values, dtype=pl.String), kind="patient")
    assert column.name == "id"
    assert column.dtype == pl.String
    assert column.to_list() == [pseudonymiser.pseudonym(value, kind="patient") for value in values]


@pytest.mark.parametrize("key", [b"", b"x" * 15])
def test_short_key_is_refused_without_being_shown(key: bytes) -> None:
    with pytest.raises(ConfigError, match="at least 16") as caught:
        Pseudonymiser(key)
    assert "xxx" not in str(caught.value)


def test_key_is_not_shown_and_travels_to_a_worker() -> None:
    pseudonymiser = Pseudonymiser(KEY)
    assert KEY.decode() not in repr(pseudonymiser)
    copy = pickle.loads(pickle.dumps(pseudonymiser))
    assert copy.pseudonym("P1", kind="patient") == pseudonym("P1", "patient")
