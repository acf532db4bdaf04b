"""Spellings of one thing → its name, by a table of aliases."""

import csv
import re
from enum import StrEnum
from functools import cached_property
from importlib.resources import files
from typing import Final

import polars as pl

__all__ = ["Aliases", "NormalisationRule", "plain_text", "read_rows"]


class NormalisationRule(StrEnum):
    """How a normalised value came about."""

    ALIAS = "exact alias"
    PREFIX = "prefix"
    SPELLING = "spelling"
    DERIVED = "derived"
    UNMAPPED = "unmapped"


def read_rows(table: str) -> list[dict[str, str]]:
    """The rows of one of this room's tables."""
    return list(csv.DictReader(files(__package__).joinpath(table).read_text(encoding="utf-8").splitlines()))


def plain_text(text: pl.Expr) -> pl.Expr:
    """Lower case, with one space in the place of whatever is neither letter nor number."""
    return text.str.to_lowercase().str.replace_all(r"[^\p{L}\p{N}]+", " ").str.strip_chars()


class Aliases:
    """The names that a table (columns ``name`` and ``alias``) gives to texts that begin with an alias, as whole words.

    The longest alias counts. With ``alone`` no name is given where an alias of one word follows behind it, because the
    text then speaks of two things.
    """

    def __init__(self, table: str, *, name: str, alone: bool = False) -> None:
        self._names: Final = {row["alias"]: row[name] for row in read_rows(table)}
        self._alone: Final = alone

    @cached_property
    def _begins(self) -> str:
        longest_first = sorted(self._names, key=len, reverse=True)
        return f"^({'|'.join(map(re.escape, longest_first))})(?: |$)"

    @cached_property
    def _word(self) -> str:
        return rf"\b(?:{'|'.join(re.escape(alias) for alias in sorted(self._names) if ' ' not in alias)})\b"

    def alias(self, text: pl.Expr) -> pl.Expr:
        """The alias that the text begins with; null where there is none."""
        plain = plain_text(text)
        found = plain.str.extract(self._begins)
        if not self._alone:
            return found
        rest = plain.str.slice(found.str.len_chars())
        return pl.when(~rest.str.contains(self._word)).then(found)

    def name(self, text: pl.Expr) -> pl.Expr:
        """The name that the table gives; null where it gives none."""
        return self.alias(text).replace_strict(self._names, default=None, return_dtype=pl.String)

    def rule(self, text: pl.Expr) -> pl.Expr:
        """The rule by which ``name`` found it; null where the text is."""
        alias = self.alias(text)
        return (
            pl.when(text.is_null())
            .then(None)
            .when(alias == plain_text(text))
            .then(pl.lit(NormalisationRule.ALIAS.value))
            .when(alias.is_not_null())
            .then(pl.lit(NormalisationRule.PREFIX.value))
            .otherwise(pl.lit(NormalisationRule.UNMAPPED.value))
        )
