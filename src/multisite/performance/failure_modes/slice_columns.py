"""The columns along which errors are searched, as few levels that can be read, and their codes."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import polars as pl

from multisite.stats.estimate import BooleanArray, FloatArray, IntegerArray
from multisite.vocabulary import UNKNOWN

__all__ = ["OTHER", "CodedColumn", "SearchedColumn", "coded_columns", "condition_words", "level_words"]

OTHER = "other"
"""The level of values beyond the most frequent ones, and of texts that may be more than a term."""

KNOWN = "known"
"""The level of a number that is the same, or nearly, in all cases."""

MOST_LEVELS = 20
_QUANTILES = (0.25, 0.5, 0.75)
_NO_TERM = r"\d{6}|.{33}"
"""What no term of a scanner has: a number of six digits, which may be a serial number, or many letters."""


@dataclass(frozen=True, slots=True)
class SearchedColumn:
    """``name`` stands in the results; ``source`` is the column of the cohort, ``stratum_…`` for a stratum."""

    name: str
    source: str

    @property
    def is_stratum(self) -> bool:
        """Whether its levels are those that the study file declares."""
        return self.source.startswith("stratum_")


@dataclass(frozen=True, slots=True, eq=False)
class CodedColumn:
    """``codes`` is the position of each case among ``levels``; ``ordered`` where the levels rise (unknown is first)."""

    name: str
    levels: tuple[str, ...]
    codes: IntegerArray
    ordered: bool = False


def coded_columns(
    cases: pl.DataFrame, columns: Sequence[SearchedColumn], *, second_half: BooleanArray
) -> tuple[CodedColumn, ...]:
    """The level of every case on every column.

    A number is cut at quartiles of the first half, written with two digits, into four bands at most. Of a text, the
    19 most frequent values stand and the others are ``other``, where there are more than 20; so is a text of a header
    that is long or holds a long number. A missing value is ``unknown``.

    Parameters
    ----------
    cases
        One row per case of a site, with the sources of ``columns``.
    columns
        What is searched.
    second_half
        Whether the case's patient is of the half that is not searched.
    """
    found = []
    for column in columns:
        values = cases[column.source]
        if values.dtype.is_numeric():
            found.append(_banded(column.name, values.cast(pl.Float64).fill_nan(None), second_half))
        else:
            found.append(_named(column, values.cast(pl.String)))
    return tuple(found)


def level_words(column: CodedColumn, allowed: Sequence[int]) -> str:
    """The levels of a condition: ``Philips``, ``Agfa or Fuji``, or ``other than GE`` where that names fewer."""
    left_out = [level for position, level in enumerate(column.levels) if position not in set(allowed)]
    if len(left_out) < len(allowed):
        return f"other than {' or '.join(left_out)}"
    return " or ".join(column.levels[position] for position in allowed)


def condition_words(names: Sequence[str], levels: Sequence[str]) -> str:
    """A slice in words: ``vendor Philips and age_band ≥75``."""
    return " and ".join(f"{name} {level}" for name, level in zip(names, levels, strict=True))


def _named(column: SearchedColumn, values: pl.Series) -> CodedColumn:
    text = pl.col("value")
    if not column.is_stratum:
        text = pl.when(text.str.contains(_NO_TERM)).then(pl.lit(OTHER)).otherwise(text)
    named = pl.DataFrame({"value": values}).select(text.fill_null(UNKNOWN).alias("value"))["value"]
    counted = named.value_counts().sort(["count", "value"], descending=[True, False])["value"].to_list()
    if len(counted) > MOST_LEVELS:
        kept = counted[: MOST_LEVELS - 1]
        named = pl.DataFrame({"value": named}).select(
            pl.when(pl.col("value").is_in(kept)).then("value").otherwise(pl.lit(OTHER)).alias("value")
        )["value"]
        counted = named.unique().to_list()
    levels = tuple(sorted(counted))
    position = {level: place for place, level in enumerate(levels)}
    return CodedColumn(
        column.name, levels, named.replace_strict(position, return_dtype=pl.Int64).to_numpy().astype(np.int64)
    )


def _banded(name: str, values: pl.Series, second_half: BooleanArray) -> CodedColumn:
    known = values.is_not_null().to_numpy()
    numbers = values.fill_null(0.0).to_numpy()
    edges = _edges(numbers[known & ~second_half])
    bands = [KNOWN]
    if edges:
        bands = [f"<{edges[0]:g}", *(f"{low:g}–<{high:g}" for low, high in pairwise(edges)), f"≥{edges[-1]:g}"]
    codes = 1 + np.searchsorted(np.asarray(edges, dtype=np.float64), numbers, side="right")
    return CodedColumn(name, (UNKNOWN, *bands), np.where(known, codes, 0).astype(np.int64), ordered=True)


def _edges(numbers: FloatArray) -> list[float]:
    """Quartiles with two significant digits, those that leave values on both sides."""
    if numbers.size == 0:
        return []
    rounded = {float(f"{quantile:.2g}") for quantile in np.quantile(numbers, _QUANTILES, method="inverted_cdf")}
    return sorted(edge for edge in rounded if numbers.min() < edge <= numbers.max())
