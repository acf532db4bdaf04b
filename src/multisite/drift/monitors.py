"""Which columns are watched, and what they are called in the reference, in deployment and in the results."""

from dataclasses import dataclass

import polars as pl

from multisite.errors import ConfigError
from multisite.schemas.cohort import COHORT
from multisite.schemas.series import STUDIES
from multisite.study import Study
from multisite.vocabulary import ColumnPrivacy

__all__ = ["MONITORABLE_CATEGORIES", "MONITORABLE_NUMBERS", "SCORE", "Monitors", "monitors_of", "score_column"]

SCORE = "score"
"""The name in the study file for the scores of every finding and model."""

# A column can be watched when the validated cases and the studies in routine use both have it; counts of its values
# leave the site, so a pseudonym cannot be.
_SHARED = {
    column.name: column.dtype
    for column in STUDIES.columns
    if column.name in COHORT.schema and column.name != "site" and column.privacy is not ColumnPrivacy.PSEUDONYM
}

MONITORABLE_CATEGORIES: tuple[str, ...] = tuple(n for n, dtype in _SHARED.items() if dtype == pl.String)
"""Columns that may stand under ``drift.categories``."""

MONITORABLE_NUMBERS: tuple[str, ...] = (SCORE, *(n for n, dtype in _SHARED.items() if dtype.is_numeric()))
"""Columns that may stand under ``drift.numbers``; ``score`` stands for one column per finding and model."""


@dataclass(frozen=True, slots=True)
class Monitors:
    """What is watched: columns of the index series, and the (finding, model) pairs whose scores are.

    In frames a number is called ``number_<monitor>`` and a category ``category_<monitor>``. A score is always called
    ``score_<finding>_<model>``, even where a study has only one of each.
    """

    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    scores: tuple[tuple[str, str], ...]

    @property
    def acquisition(self) -> tuple[str, ...]:
        """The columns that come from the index series."""
        return (*self.numbers, *self.categories)

    @property
    def columns(self) -> tuple[str, ...]:
        """Every monitored column, as named in frames, sorted."""
        scores = (score_column(*pair) for pair in self.scores)
        numbers = (f"number_{name}" for name in self.numbers)
        return tuple(sorted([*scores, *numbers, *(f"category_{name}" for name in self.categories)]))

    def acquisition_expressions(self) -> list[pl.Expr]:
        """The monitored columns of the index series. A value that is not finite, or blank, is no value."""
        return [
            *(_finite(pl.col(name)).alias(f"number_{name}") for name in self.numbers),
            *(_stripped(pl.col(name)).alias(f"category_{name}") for name in self.categories),
        ]


def monitors_of(study: Study) -> Monitors:
    """The monitors that the study file declares.

    Raises
    ------
    ConfigError
        When a name cannot be watched, is both a number and a category, or two scores would have the same name.
    """
    numbers, categories = study.drift.numbers, study.drift.categories
    faults = [
        *_unknown(numbers, MONITORABLE_NUMBERS, "drift.numbers"),
        *_unknown(categories, MONITORABLE_CATEGORIES, "drift.categories"),
        *(f"`{name}` is both a number and a category" for name in sorted(set(numbers) & set(categories))),
    ]
    watched = SCORE in numbers
    scores = tuple((finding.id, model.id) for finding in study.findings for model in study.models) if watched else ()
    if len({score_column(*pair) for pair in scores}) < len(scores):
        faults.append("two pairs of finding and model give the same score column")
    if faults:
        raise ConfigError(
            "; ".join(faults),
            place="drift",
            remedy=f"Numbers: {', '.join(MONITORABLE_NUMBERS)}. Categories: {', '.join(MONITORABLE_CATEGORIES)}.",
        )
    return Monitors(
        numbers=tuple(dict.fromkeys(name for name in numbers if name != SCORE)),
        categories=tuple(dict.fromkeys(categories)),
        scores=scores,
    )


def score_column(finding: str, model: str) -> str:
    """Column of a finding's score by a model."""
    return f"number_{SCORE}_{finding}_{model}"


def _finite(number: pl.Expr) -> pl.Expr:
    cast = number.cast(pl.Float64)
    return pl.when(cast.is_finite()).then(cast)


def _stripped(text: pl.Expr) -> pl.Expr:
    stripped = text.cast(pl.String).str.strip_chars()
    return pl.when(stripped != "").then(stripped)


def _unknown(names: tuple[str, ...], allowed: tuple[str, ...], place: str) -> list[str]:
    return [f"{place}: `{name}` cannot be watched" for name in names if name not in allowed]
