"""Segments: the groups of cases that are counted together, and their place in every tally."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from multisite.vocabulary import OVERALL, UNKNOWN

__all__ = ["CASE_KEYS", "KEYS", "Axis", "axes", "check_cases", "stratum_name"]

CASE_KEYS = ("site", "finding", "model", "split")
"""Columns that every case carries and no stratum crosses."""

KEYS = (*CASE_KEYS, "stratum", "level")
"""Columns that name a segment."""

_PREFIX = "stratum_"
_GLANCE = 10_000


@dataclass(frozen=True, slots=True)
class Axis:
    """A column of levels: its name, its levels in rising order, and the position of each case among them.

    ``position`` is ``None`` where there is one level only.
    """

    name: str
    levels: tuple[str, ...]
    position: npt.NDArray[np.integer[Any]] | None = None


def stratum_name(column: str) -> str:
    """Name of the stratum that a column holds: ``stratum_vendor`` holds ``vendor``."""
    return column.removeprefix(_PREFIX)


def check_cases(cases: pl.DataFrame, *, strata: Sequence[str], needed: Sequence[str]) -> None:
    """Refuse cases that cannot be counted.

    Raises
    ------
    ValueError
        If a column is missing, a stratum is named twice or called ``overall``, a key, the reference
        standard or a patient is null, or a score is null, NaN or outside [0, 1]. Counts are told, values
        never.
    """
    names = [stratum_name(column) for column in strata]
    if len(set(names)) != len(names) or OVERALL in names:
        raise ValueError("Every stratum must be named once, and none may be called `overall`.")
    absent = [name for name in (*CASE_KEYS, *needed, *strata) if name not in cases.columns]
    if absent:
        raise ValueError(f"The cases lack the columns: {', '.join(absent)}.")
    known = [*CASE_KEYS, *(name for name in needed if name != "score")]
    allowed = pl.col("score").is_between(0.0, 1.0).fill_null(False)
    faults = cases.select(*(pl.col(name).null_count() for name in known), (~allowed).sum().alias("score"))
    found = {name: count for name, count in faults.row(0, named=True).items() if count}
    if found.pop("score", 0):
        raise ValueError("Scores must lie in [0, 1]; at least one is null, NaN or outside. Exclude such cases first.")
    if found:
        told = ", ".join(f"`{name}` ({count})" for name, count in found.items())
        raise ValueError(f"The cases have nulls in: {told}. Exclude such cases first.")


def axes(cases: pl.DataFrame, *, columns: Sequence[str]) -> list[Axis]:
    """The levels of each column and where each case stands among them; a null is the level ``unknown``."""
    text = cases.select(pl.col(column).cast(pl.String).fill_null(UNKNOWN) for column in columns)
    # The first rows mostly show every level; a value that they did not show becomes null, and its column is redone.
    levels = _levels(text.head(_GLANCE))
    positions = _positions(text, levels)
    unseen = [name for name in columns if positions[name].null_count()]
    if unseen:
        levels |= _levels(text.select(unseen))
        positions = positions.with_columns(_positions(text.select(unseen), levels))
    return [
        Axis(
            stratum_name(name),
            tuple(levels[name]),
            positions[name].to_numpy() if len(levels[name]) > 1 else None,
        )
        for name in columns
    ]


def _levels(text: pl.DataFrame) -> dict[str, list[str]]:
    found = text.select(pl.all().unique().implode())
    return {name: sorted(found[name][0]) for name in text.columns}


def _positions(text: pl.DataFrame, levels: Mapping[str, list[str]]) -> pl.DataFrame:
    return text.select(pl.col(name).cast(pl.Enum(levels[name]), strict=False).to_physical() for name in text.columns)
