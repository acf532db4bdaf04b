"""Which columns are watched, and what they are called in the reference, in deployment and in the results."""

from dataclasses import dataclass

import polars as pl

from multisite.errors import ConfigError
from multisite.schemas.cohort import COHORT
from multisite.schemas.series import STUDIES
from multisite.study import Study
from multisite.vocabulary import UNKNOWN, ColumnPrivacy

__all__ = [
    "CLINICAL",
    "INVALID_COLUMN",
    "MONITORABLE_CATEGORIES",
    "MONITORABLE_NUMBERS",
    "Alert",
    "ClinicalColumn",
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


CLINICAL = "clinical_"
"""How columns begin that the site's tables, and no header, tell."""

INVALID_COLUMN = "share_invalid_tags"
"""Column that says whether a tag of the index series cannot be read as what it should be."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A finding, a model, and the threshold at or above which its score is an alert."""

    finding: str
    model: str
    threshold: float


@dataclass(frozen=True, slots=True)
class ClinicalColumn:
    """A ``clinical_…`` column that the site's tables of cases and of routine use both have.

    Of the validated cases its values are the levels of ``stratum``; where these are closed, values beyond ``levels``
    are the level ``other``.
    """

    name: str
    stratum: str
    levels: tuple[str, ...] | None = None

    @property
    def column(self) -> str:
        """As named in frames."""
        return f"category_{self.name}"

    def of_cases(self) -> pl.Expr:
        """From the cohort."""
        level = pl.col(f"stratum_{self.stratum}")
        return pl.when(level != UNKNOWN).then(level).alias(self.column)

    def of_table(self) -> pl.Expr:
        """From the table of routine use."""
        value = _stripped(pl.col(self.name))
        if self.levels is not None:
            value = pl.when(value.is_in(list(self.levels)) | value.is_null()).then(value).otherwise(pl.lit("other"))
        return value.alias(self.column)


@dataclass(frozen=True, slots=True)
class Monitors:
    """What is watched: columns of the index series, scores, alerts, and what became of the studies.

    In frames a number is called ``number_<monitor>``, a category ``category_<monitor>``, and a share, which is true or
    false of a study, ``share_<monitor>``. ``population`` names the columns that are about the patient, not about the
    images; ``subgroups`` the categories within whose values scores and alerts are watched, too; with
    ``invalid`` it is watched how many studies have a tag that cannot be read. ``clinical`` columns are of the site's
    tables and stand among the ``categories``, too.
    """

    numbers: tuple[str, ...]
    categories: tuple[str, ...]
    scores: tuple[tuple[str, str], ...] = ()
    alerts: tuple[Alert, ...] = ()
    models: tuple[str, ...] = ()
    population: tuple[str, ...] = ()
    subgroups: tuple[str, ...] = ()
    invalid: bool = False
    clinical: tuple[ClinicalColumn, ...] = ()

    @property
    def acquisition_columns(self) -> tuple[str, ...]:
        """The columns of the index series and of the site's tables, as named in frames."""
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
            *(
                _stripped(pl.col(name)).alias(f"category_{name}")
                for name in self.categories
                if name not in {one.name for one in self.clinical}
            ),
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
        *_unknown(
            tuple(name for name in drift.categories if not name.startswith(CLINICAL)),
            MONITORABLE_CATEGORIES,
            "categories",
        ),
    ]
    clinical = _clinical(study)
    faults += [
        f"categories: `{name}` is watched, and no stratum without bands has this column"
        for name in drift.categories
        if name.startswith(CLINICAL) and name not in {one.name for one in clinical}
    ]
    pairs = tuple((finding.id, model.id) for finding in study.findings for model in study.models)
    if len({score_column(*pair) for pair in pairs}) < len(pairs):
        faults.append("two pairs of finding and model give the same score column")
    if faults:
        raise ConfigError(
            "; ".join(faults),
            place="drift",
            remedy=f"Numbers: {', '.join(MONITORABLE_NUMBERS)}. Categories: {', '.join(MONITORABLE_CATEGORIES)}, and"
            f" columns `{CLINICAL}…` of the tables of cases and of routine use that a stratum has.",
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
        clinical=clinical,
    )


def _clinical(study: Study) -> tuple[ClinicalColumn, ...]:
    watched = [name for name in study.drift.categories if name.startswith(CLINICAL)]
    if not watched:
        return ()
    strata = {stratum.column: stratum for stratum in study.cohort.strata if stratum.bands is None}
    return tuple(ClinicalColumn(name, strata[name].id, strata[name].levels) for name in watched if name in strata)


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
