"""What the checks of shortcuts hold a label or a score against: attributes of the acquisition, cut into levels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from multisite.integrity.shortcuts.header_scores import ATTRIBUTES, number_levels
from multisite.stats import AreaFromLevels, IntegerArray

__all__ = ["MOST_PATIENTS", "HeaderLevels", "carriers", "drawn_patients", "header_levels", "text_levels"]

MOST_PATIENTS: Final = 1_000
"""Patients of each side of a comparison that are looked at; where there are more, so many are drawn."""

_OF_HEADERS: Final = (*ATTRIBUTES, "station_name", "protocol_name")
_PATIENTS_PER_LEVEL: Final = 10
_MOST_LEVELS: Final = 50
_OTHER: Final = "other"

_CARRIES: Final = 0.6
_MOST_CARRIERS: Final = 5


@dataclass(frozen=True, slots=True)
class HeaderLevels:
    """Attributes that vary, and the number of each patient's level of each; shape (n_patients, n_attributes).

    ``n_known`` are the attributes that any patient has a value of.
    """

    names: tuple[str, ...]
    numbers: IntegerArray
    n_known: int


def drawn_patients(patients: pl.DataFrame, *, side: str, rng: np.random.Generator) -> pl.DataFrame:
    """``patients`` in the order of their pseudonyms: all, or ``MOST_PATIENTS`` drawn of each value of ``side``."""
    ordered = patients.sort("patient_id")
    draw = pl.Series("draw", rng.random(ordered.height))
    place = pl.col("draw").rank("ordinal").over(side)
    return ordered.with_columns(draw).filter(place <= MOST_PATIENTS).drop("draw")


def header_levels(patients: pl.DataFrame) -> HeaderLevels:
    """The levels of the acquisition of ``patients``, rows of ``described_cases``; missing is a level.

    A text's levels are its values (see ``text_levels``), a number's its values where they are few,
    else tenths of the patients. No label is looked at.
    """
    known = [n for n in _OF_HEADERS if n in patients.columns and patients[n].null_count() < patients.height]
    made = {name: _numbered(patients[name]) for name in known}
    varied = tuple(name for name, numbers in made.items() if np.unique(numbers).size > 1)
    empty = np.empty((patients.height, 0), dtype=np.int64)
    return HeaderLevels(varied, np.column_stack([made[name] for name in varied]) if varied else empty, len(known))


def text_levels(column: pl.Series) -> pl.Series:
    """The values of a text, of which those of fewer than 10 patients, or beyond the 50 largest, become one."""
    frequent = column.drop_nulls().value_counts(name="n").sort("n", column.name, descending=[True, False])
    kept = frequent.filter(pl.col("n") >= _PATIENTS_PER_LEVEL)[column.name].head(_MOST_LEVELS)
    return pl.select(
        pl.when(column.is_in(kept.implode())).then(column).when(column.is_not_null()).then(pl.lit(_OTHER))
    )[column.name]


def carriers(names: Sequence[str], told: AreaFromLevels) -> list[tuple[str, float]]:
    """The attributes that alone tell most, with their areas: at most five of 0.6 or more, and the strongest anyway."""
    falling = sorted(zip(names, told.area_alone, strict=True), key=lambda pair: (-pair[1], pair[0]))
    return falling[:1] + [pair for pair in falling[1:_MOST_CARRIERS] if pair[1] >= _CARRIES]


def _numbered(column: pl.Series) -> IntegerArray:
    """The number of each value's level, from 0, which is that of a missing value."""
    if column.dtype.is_numeric():
        return number_levels(column)
    return text_levels(column).rank("dense").fill_null(0).cast(pl.Int64).to_numpy()
