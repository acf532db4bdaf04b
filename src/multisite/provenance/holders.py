"""Who holds an object: its series, and the study and patient under which the series stands there."""

from dataclasses import dataclass
from typing import Final

import polars as pl

__all__ = ["Holders"]

_NAMES: Final = ["patient_id", "study_instance_uid", "series_instance_uid"]


@dataclass(frozen=True, slots=True)
class Holders:
    """The combinations of series, study and patient at a site, numbered from 0.

    ``table`` has a row per ``holder``, in the order of patient, study and series, the unknown last. ``of_parts`` is the
    number of each part's holder. Numbers stand in for names wherever objects are looked at one by one.
    """

    table: pl.DataFrame
    of_parts: pl.Series

    @classmethod
    def of(cls, parts: pl.DataFrame) -> "Holders":
        """The holders of SERIES_PARTS in any order and cut."""
        named = parts.select(_NAMES)
        table = named.unique().sort(_NAMES, nulls_last=True).with_row_index("holder")
        numbered = named.join(table, on=_NAMES, how="left", nulls_equal=True, maintain_order="left")
        return cls(table, numbered["holder"])

    def names(self, holders: pl.Series, *, prefix: str = "") -> pl.DataFrame:
        """Series, study and patient of each of ``holders``, in columns that begin with ``prefix``."""
        return self.table[holders].select(pl.col(_NAMES[::-1]).name.prefix(prefix))
