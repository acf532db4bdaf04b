"""Strata: the level of every case on every declared axis, and what becomes of the cases that have none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Literal

import polars as pl

from multisite.cohort.rules import Rule, case_column
from multisite.errors import SchemaError
from multisite.schemas.cohort import COHORT
from multisite.vocabulary import UNKNOWN, ColumnPrivacy

__all__ = [
    "OTHER",
    "CrossingParameters",
    "StratumParameters",
    "crossed_column",
    "crossed_order",
    "level_order",
    "missing_rules",
    "refuse_missing",
    "stratum_column",
]

OTHER = "other"
"""Level of a value that a stratum with declared levels does not name."""

_TIMES = " × "

_EXACT = frozenset(c.name for c in COHORT.columns if c.privacy is ColumnPrivacy.QUASI and c.dtype.is_numeric())
_PSEUDONYMS = frozenset(column.name for column in COHORT.columns if column.privacy is ColumnPrivacy.PSEUDONYM)


@dataclass(frozen=True, slots=True)
class StratumParameters:
    """An axis: a column, and either rising band edges or a closed list of levels or neither.

    A case without a value has the level ``unknown``, is excluded, or stops the run.
    """

    id: str
    column: str
    bands: tuple[float, ...] | None
    levels: tuple[str, ...] | None
    when_missing: Literal["level", "exclude", "fail"]


@dataclass(frozen=True, slots=True)
class CrossingParameters:
    """Declared strata, by id, whose levels are crossed; ``id`` names the stratum that they make."""

    id: str
    of: tuple[str, ...]


def stratum_column(stratum: StratumParameters, cases: pl.DataFrame) -> pl.Expr:
    """Expression for ``stratum_<id>``; a case without a value has the level ``unknown``.

    Raises
    ------
    SchemaError
        When the column does not exist, holds pseudonyms or dates, is an age without bands, or is no number and has
        bands.
    """
    return _level(stratum, cases).fill_null(UNKNOWN).alias(f"stratum_{stratum.id}")


def crossed_column(crossing: CrossingParameters) -> pl.Expr:
    """Expression for ``stratum_<id>`` from the levels of the strata that are crossed: ``F × 40–<55``.

    A case whose level is unknown on one axis is ``unknown`` there only. Only levels that hold a case come to be, and
    no crossing that the study file does not name: each makes cells that are smaller than those of its strata.
    """
    levels = [pl.col(f"stratum_{name}") for name in crossing.of]
    return pl.concat_str(levels, separator=_TIMES).alias(f"stratum_{crossing.id}")


def crossed_order(orders: Sequence[Mapping[str, int]]) -> dict[str, int]:
    """Position of each crossed level, from the positions of the levels on each axis: the first axis goes slowest."""
    axes = [sorted(order, key=order.__getitem__) for order in orders]
    return {_TIMES.join(levels): position for position, levels in enumerate(product(*axes))}


def missing_rules(strata: Iterable[StratumParameters], cases: pl.DataFrame) -> list[Rule]:
    """A rule ``missing_<id>`` for each of the strata that exclude missing values, in their order."""
    return [
        Rule(
            f"missing_{stratum.id}",
            f"Column `{stratum.column}` has no value, without which stratum `{stratum.id}` has no level",
            _level(stratum, cases).is_null(),
        )
        for stratum in strata
        if stratum.when_missing == "exclude"
    ]


def refuse_missing(strata: Iterable[StratumParameters], left: pl.DataFrame) -> None:
    """Stop where a stratum allows no missing value and one of the cases that are ``left`` has none.

    Raises
    ------
    SchemaError
        With the number of cases.
    """
    for stratum in strata:
        missing = int(left.select(_level(stratum, left).is_null().sum()).item())
        if missing and stratum.when_missing == "fail":
            raise SchemaError(
                f"column `{stratum.column}` is missing in {missing} cases, and the stratum says `when_missing: fail`",
                place=f"cohort.strata `{stratum.id}`",
                remedy="Complete the column, or declare `level` or `exclude`.",
            )


def _level(stratum: StratumParameters, cases: pl.DataFrame) -> pl.Expr:
    """The level of every case, null where it has none.

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
    column = case_column(cases, stratum.column, place=place)
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
    else:
        level = column.cast(pl.String)
        if stratum.levels is not None:
            named = level.is_in(list(stratum.levels))
            level = pl.when(level.is_null() | named).then(level).otherwise(pl.lit(OTHER))
    return level


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
