"""Which columns are watched, and what they are called in the reference, in deployment and in the results."""

from dataclasses import dataclass

import polars as pl

from multisite.errors import ConfigError
from multisite.schemas.cohort import COHORT
from multisite.schemas.series import STUDIES
from multisite.study import Study
from multisite.vocabulary import ColumnPrivacy

__all__ = [
    "INVALID_COLUMN",
    "MONITORABLE_CATEGORIES",
    "MONITORABLE_NUMBERS",
    "Alert",
    "Monitors",
    "abstained_column",
    "alert_column",
    "disagrees_column",
    "failed_column",
    "monitors_of",
    "score_column",
]

# A column can be watched when the validated cases and the studies in routine use both have it; counts of its values
# leave the site, so a pseudonym cannot be.
_SHARED = {
    column.name: column.dtype
    for column in STUDIES.columns
    if column.name in COHORT.schema and column.name != "site" and column.privacy is not ColumnPrivacy.PSEUDONYM
}

MONITORABLE_CATEGORIES: tuple[str, ...] = tuple(n for n, dtype in _SHARED.items() if dtype == pl.String)
"""Columns that may stand under ``drift.acquisition.categories`` or ``drift.population.categories``."""

MONITORABLE_NUMBERS: tuple[str, ...] = tuple(n for n, dtype in _SHARED.items() if dtype.is_numeric())
"""Columns that may stand under ``numbers``."""


INVALID_COLUMN = "share_invalid_tags"
"""Column that says whether a tag of the index series cannot be read as what it should be."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A finding, a model, and the threshold at or above which its score is an alert."""

    finding: str
    model: str
    threshold: float


@dataclass(frozen=True, slots=True)
class Monitors:
    """What is watched: columns of the index series, scores, alerts, and what became of the studies.

    In frames a number is called ``number_<monitor>``, a category ``category_<monitor>``, and a share, which is true or
    false of a study, ``share_<monitor>``. ``population`` names the columns that are about the patient, not about the
    images; ``subgroups`` the categories within whose values scores and alerts are watched, too; with
    ``invalid`` it is watched how many studies have a tag that cannot be read.
    """

    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    scores: tuple[tuple[str, str], ...] = ()
    alerts: tuple[Alert, ...] = ()
    models: tuple[str, ...] = ()
    population: tuple[str, ...] = ()
    subgroups: tuple[str, ...] = ()
    invalid: bool = False

    @property
    def acquisition_columns(self) -> tuple[str, ...]:
        """The columns of the index series, as named in frames."""
        return (*(f"number_{name}" for name in self.numbers), *(f"category_{name}" for name in self.categories))

    @property
    def columns(self) -> tuple[str, ...]:
        """Every monitored column of numbers and categories, as named in frames, sorted."""
        return tuple(sorted([*(score_column(*pair) for pair in self.scores), *self.acquisition_columns]))

    @property
    def shares(self) -> tuple[str, ...]:
        """Every share that a study may have, as named in frames, sorted."""
        of_pairs = [name(a.finding, a.model) for a in self.alerts for name in (alert_column, disagrees_column)]
        of_models = [name(m) for m in self.models for name in (abstained_column, failed_column)]
        return tuple(sorted([*of_pairs, *of_models, *([INVALID_COLUMN] if self.invalid else [])]))

    def acquisition_expressions(self) -> list[pl.Expr]:
        """The monitored columns of the index series. A value that is not finite, or blank, is no value."""
        invalid = pl.col("invalid_attributes").is_not_null().alias(INVALID_COLUMN)
        return [
            *([invalid] if self.invalid else []),
            *(_finite(pl.col(name)).alias(f"number_{name}") for name in self.numbers),
            *(_stripped(pl.col(name)).alias(f"category_{name}") for name in self.categories),
        ]


def monitors_of(study: Study) -> Monitors:
    """The monitors that the study file declares.

    Raises
    ------
    ConfigError
        When a name cannot be watched, or two scores would have the same name.
    """
    drift = study.drift
    faults = [
        *_unknown(drift.numbers, MONITORABLE_NUMBERS, "numbers"),
        *_unknown(drift.categories, MONITORABLE_CATEGORIES, "categories"),
    ]
    pairs = tuple((finding.id, model.id) for finding in study.findings for model in study.models)
    if len({score_column(*pair) for pair in pairs}) < len(pairs):
        faults.append("two pairs of finding and model give the same score column")
    if faults:
        raise ConfigError(
            "; ".join(faults),
            place="drift",
            remedy=f"Numbers: {', '.join(MONITORABLE_NUMBERS)}. Categories: {', '.join(MONITORABLE_CATEGORIES)}.",
        )
    return Monitors(
        numbers=drift.numbers,
        categories=drift.categories,
        scores=pairs if drift.scores else (),
        alerts=tuple(Alert(*pair, study.threshold_of(*pair)) for pair in pairs) if drift.alert_rate else (),
        models=tuple(model.id for model in study.models),
        population=(*drift.population.numbers, *drift.population.categories),
        subgroups=drift.subgroups,
        invalid=drift.feed.missing,
    )


def score_column(finding: str, model: str) -> str:
    """Column of a finding's score by a model."""
    return f"number_score_{finding}_{model}"


def alert_column(finding: str, model: str) -> str:
    """Column that says whether a model's score of a finding is at or above the threshold."""
    return f"share_alert_{finding}_{model}"


def disagrees_column(finding: str, model: str) -> str:
    """Column that says whether the report of the radiologist differs from the alert."""
    return f"share_disagrees_{finding}_{model}"


def abstained_column(model: str) -> str:
    """Column that says whether the model abstained."""
    return f"share_abstained_{model}"


def failed_column(model: str) -> str:
    """Column that says whether the model could not process the study."""
    return f"share_failed_{model}"


def _finite(number: pl.Expr) -> pl.Expr:
    cast = number.cast(pl.Float64)
    return pl.when(cast.is_finite()).then(cast)


def _stripped(text: pl.Expr) -> pl.Expr:
    stripped = text.cast(pl.String).str.strip_chars()
    return pl.when(stripped != "").then(stripped)


def _unknown(names: tuple[str, ...], allowed: tuple[str, ...], place: str) -> list[str]:
    return [f"{place}: `{name}` cannot be watched" for name in names if name not in allowed]
