"""Ordinal scores: categories moved to [0, 1], where every tally counts them."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

__all__ = ["NOT_PROBABILITIES", "CategoryScores", "placed_scores"]

NOT_PROBABILITIES = "the scores are not probabilities"
"""Why what compares scores with shares does not exist."""

_NO_CATEGORY = -1.0


@dataclass(frozen=True, slots=True)
class CategoryScores:
    """(category, score) of every category of a model, rising."""

    model: str
    scores: tuple[tuple[float, float], ...]


def placed_scores(rows: pl.DataFrame, models: Sequence[CategoryScores]) -> pl.DataFrame:
    """``rows`` (with ``model`` and ``score``), the categories of ``models`` replaced by their scores.

    A number that is no category of its model lies outside [0, 1] afterwards, and is treated as such a score is; null
    and NaN stay.
    """
    placed = pl.col("score")
    for held in models:
        known = pl.col("score").is_not_null() & pl.col("score").is_not_nan()
        score = pl.col("score").replace_strict(dict(held.scores), default=_NO_CATEGORY, return_dtype=pl.Float64)
        placed = pl.when((pl.col("model") == held.model) & known).then(score).otherwise(placed)
    return rows.with_columns(placed.alias("score"))
