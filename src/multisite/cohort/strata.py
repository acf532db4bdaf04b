"""Strata: the level of every case on every declared axis. Unknown is a level, never a gap."""

from dataclasses import dataclass
from itertools import pairwise

import polars as pl

from multisite.errors import SchemaError
from multisite.schemas.cohort import COHORT
from multisite.vocabulary import UNKNOWN, ColumnPrivacy

__all__ = ["OTHER", "StratumParameters", "level_order", "stratum_column"]

OTHER = "other"
"""Level of a value that a stratum with declared levels does not name."""

_EXACT = frozenset(c.name for c in COHORT.columns if c.privacy is ColumnPrivacy.QUASI and c.dtype.is_numeric())
_PSEUDONYMS = frozenset(column.name for column in COHORT.columns if column.privacy is ColumnPrivacy.PSEUDONYM)


@dataclass(frozen=True, slots=True)
class StratumParameters:
    """An axis: a column, and either rising band edges or a closed list of levels or neither."""

    id: str
    column: str
    bands: tuple[float, ...] | None
    levels: tuple[str, ...] | None


def stratum_column(stratum: StratumParameters, cases: pl.DataFrame) -> pl.Expr:
    """Expression for ``stratum_<id>``.

    Edges e1 < e2 < … give the levels ``<e1``, ``e1–<e2``, …, ``≥en``: a band holds its lower edge and not its upper.

    Raises
    ------
    SchemaError
        When the column does not exist, holds pseudonyms or dates, is an age without bands, or is no number and has
        bands.
    """
    place = f"cohort.strata `{stratum.id}`"
    if stratum.column in _PSEUDONYMS:
        raise SchemaError(
            f"column `{stratum.column}` names persons, images or devices by pseudonym, and levels leave the site",
            place=place,
            remedy="Name a column that describes them instead.",
        )
    if stratum.column not in cases.columns:
        raise SchemaError(
            f"the cases have no column `{stratum.column}`",
            place=place,
            remedy="Name a column of the cohort, or a `clinical_…` column that the site's table maps.",
        )
    column = pl.col(stratum.column)
    if cases.schema[stratum.column].is_temporal() or (stratum.column in _EXACT and stratum.bands is None):
        raise SchemaError(
            f"every value of column `{stratum.column}` would be a level, and levels leave the site",
            place=place,
            remedy="Declare `bands` for a number; a date cannot be a stratum.",
        )
    if stratum.bands is not None:
        if not cases.schema[stratum.column].is_numeric():
            raise SchemaError(
                f"column `{stratum.column}` is {cases.schema[stratum.column]}, and bands need a number",
                place=place,
                remedy="Remove `bands`, or map a numeric column.",
            )
        level = pl.lit(None, pl.String)
        for low, high, label in _bands(stratum.bands):
            level = pl.when((column >= low) & (column < high)).then(pl.lit(label)).otherwise(level)
        # NaN compares as larger than every number, and is not one.
        level = pl.when(column.cast(pl.Float64).is_nan()).then(None).otherwise(level)
    else:
        level = column.cast(pl.String)
        if stratum.levels is not None:
            named = level.is_in(list(stratum.levels))
            level = pl.when(level.is_null() | named).then(level).otherwise(pl.lit(OTHER))
    return level.fill_null(UNKNOWN).alias(f"stratum_{stratum.id}")


def level_order(stratum: StratumParameters, observed: list[str]) -> dict[str, int]:
    """Position of each level by meaning: bands and declared levels as declared, others by name, unknown last."""
    if stratum.bands is not None:
        declared = [label for _, _, label in _bands(stratum.bands)]
    else:
        declared = [*(stratum.levels or ()), OTHER] if stratum.levels else []
    free = sorted(set(observed) - set(declared) - {UNKNOWN})
    return {level: position for position, level in enumerate([*declared, *free, UNKNOWN])}


def _bands(edges: tuple[float, ...]) -> list[tuple[float, float, str]]:
    infinity = float("inf")
    inner = [(a, b, f"{a:g}–<{b:g}") for a, b in pairwise(edges)]
    return [(-infinity, edges[0], f"<{edges[0]:g}"), *inner, (edges[-1], infinity, f"≥{edges[-1]:g}")]
