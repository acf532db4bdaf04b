"""Calibration level by level, why it is off, and what a recalibration fitted on tuning cases would change."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, between, one_of
from multisite.schemas.status import STATUS_COLUMNS
from multisite.vocabulary import CalibrationState, MiscalibrationCause, Zone

__all__ = [
    "CALIBRATION_BY_LEVEL",
    "CALIBRATION_CAUSES",
    "LEVEL_METRICS",
    "RECALIBRATION",
    "RECALIBRATION_FITS",
    "RECALIBRATION_METHODS",
    "RECALIBRATION_METRICS",
    "SITE_RECALIBRATION",
]

LEVEL_METRICS = ("calibration_in_the_large", "calibration_slope", "observed_expected")
"""What is drawn towards the mean of a stratum; the last on the logarithmic scale, and without a tolerance."""

RECALIBRATION_METHODS = ("intercept", "intercept and slope", "isotonic")
"""Kinds of recalibration, the simplest first."""

RECALIBRATION_METRICS = ("brier", *LEVEL_METRICS)
"""What is told before and after."""

_TEXT, _COUNT, _FLOAT = pl.String(), pl.Int64(), pl.Float64()
_ENDPOINT = (
    Column("finding", _TEXT, "Finding of the study file"),
    Column("model", _TEXT, "Model of the study file"),
)
_SITE = Column("site", _TEXT, "Site identifier, or all sites")
_LEVEL = (
    *_ENDPOINT,
    Column("stratum", _TEXT, "Stratum, `site`, or overall"),
    Column("level", _TEXT, "Level of the stratum, or the site"),
)
_METHOD = Column("method", _TEXT, "Kind of recalibration", constraint=one_of("method", list(RECALIBRATION_METHODS)))
_STATES = [state.value for state in CalibrationState]


def _number(name: str, description: str) -> tuple[Column, ...]:
    return (
        Column(name, _FLOAT, description, nullable=True),
        Column(f"{name}_low", _FLOAT, "Lower end of its interval", nullable=True),
        Column(f"{name}_high", _FLOAT, "Upper end of its interval", nullable=True),
    )


def _state(name: str, description: str) -> Column:
    return Column(name, _TEXT, description, nullable=True, constraint=one_of(name, _STATES))


CALIBRATION_BY_LEVEL = Artefact(
    "calibration_by_level",
    Zone.CENTRAL,
    "Calibration of every level on test cases, as seen and drawn towards the mean of its stratum, and whether the "
    "levels differ.",
    (
        *_LEVEL,
        Column("metric", _TEXT, "What is estimated", constraint=one_of("metric", list(LEVEL_METRICS))),
        Column("estimate", _FLOAT, "The estimate of the level alone", nullable=True),
        Column("ci_low", _FLOAT, "Lower end of its interval", nullable=True),
        Column("ci_high", _FLOAT, "Upper end of its interval", nullable=True),
        Column("ci_level", _FLOAT, "Level of all intervals of the row", nullable=True),
        Column("ci_method", _TEXT, "How the interval was made", nullable=True),
        *_number("shrunken", "The estimate drawn towards the mean of the stratum"),
        Column("shrunken_method", _TEXT, "How it was drawn", nullable=True),
        Column(
            "weight_of_own",
            _FLOAT,
            "Share of the level's own estimate in it",
            nullable=True,
            constraint=between("weight_of_own", 0, 1),
        ),
        Column("tau", _FLOAT, "Standard deviation between levels, on the scale", nullable=True),
        Column("q", _FLOAT, "Cochran's Q of the levels", nullable=True),
        Column("q_degrees_of_freedom", _COUNT, "Its degrees of freedom", nullable=True),
        Column("q_p_value", _FLOAT, "p-value of no difference between the levels", nullable=True),
        Column("q_p_adjusted", _FLOAT, "The same, adjusted by Holm over the strata", nullable=True),
        Column("ideal", _FLOAT, "Value of a calibrated model"),
        Column("tolerance", _FLOAT, "How far from it still counts as good", nullable=True),
        _state("state", "What the shrunken interval, and the own one, say of both; null without a tolerance"),
        Column("n_patients", _COUNT, "Patients of the level"),
        Column("n_cases", _COUNT, "Cases of the level"),
        *STATUS_COLUMNS,
    ),
    key=("finding", "model", "stratum", "level", "metric"),
)

CALIBRATION_CAUSES = Artefact(
    "calibration_causes",
    Zone.CENTRAL,
    "Whether each level is miscalibrated on test cases, and whether its prevalence, against that of the tuning cases, "
    "would explain it.",
    (
        *_LEVEL,
        Column("n_patients", _COUNT, "Patients of the level"),
        Column("n_cases", _COUNT, "Cases of the level"),
        Column("n_positive", _COUNT, "Positive cases"),
        Column("ece", _FLOAT, "Calibration error over bins of equal width", nullable=True),
        Column("ece_null_95", _FLOAT, "95th percentile of that of a calibrated model", nullable=True),
        Column(
            "debiased_error",
            _FLOAT,
            "Root of the debiased squared calibration error over bins of equal mass; 0 where that is below 0",
            nullable=True,
            constraint=between("debiased_error", 0, 1),
        ),
        Column("prevalence", _FLOAT, "Share of cases with the finding", nullable=True),
        Column("tuning_prevalence", _FLOAT, "The same of the tuning cases of all sites", nullable=True),
        Column("n_tuning_patients", _COUNT, "Patients with a tuning case"),
        Column("n_tuning_cases", _COUNT, "Tuning cases"),
        *_number("shift", "What the other prevalence would do to true scores, on the logit"),
        *_number("remaining", "Calibration in the large less that shift"),
        _state("remaining_state", "What the interval of `remaining` says of 0 and the tolerance"),
        *_number("shifted_observed_expected", "O:E of the scores after that shift"),
        *_number("area_positive", "Chance that a positive case scores higher than one of the tuning cases"),
        *_number("area_negative", "Chance that a negative case scores higher than one of the tuning cases"),
        Column("ci_level", _FLOAT, "Level of the intervals; of each area, half as often wrong"),
        _state("in_the_large_state", "State of the calibration in the large"),
        _state("slope_state", "State of the slope"),
        Column(
            "cause",
            _TEXT,
            "Whether there is miscalibration, and whether prevalence explains it",
            constraint=one_of("cause", [cause.value for cause in MiscalibrationCause]),
        ),
        Column("reason", _TEXT, "What led to that", nullable=True),
    ),
    key=("finding", "model", "stratum", "level"),
)

RECALIBRATION_FITS = Artefact(
    "recalibration_fits",
    Zone.AGGREGATE,
    "Recalibrations fitted on a site's tuning cases: two coefficients, or the knots of a rising curve on the grid.",
    (
        Column("site", _TEXT, "Site identifier"),
        *_ENDPOINT,
        _METHOD,
        Column(
            "knot", _COUNT, "Position of the knot, from 0; 0 of a fit without knots", constraint=at_least("knot", 0)
        ),
        Column("intercept", _FLOAT, "Intercept on the logit", nullable=True),
        Column("slope", _FLOAT, "Slope on the logit", nullable=True),
        Column("score", _FLOAT, "Score of the knot", nullable=True),
        Column("value", _FLOAT, "What it becomes", nullable=True, constraint=between("value", 0, 1)),
        Column("n_patients", _COUNT, "Patients with a tuning case"),
        Column("n_positive", _COUNT, "Tuning cases with the finding"),
        Column("n_negative", _COUNT, "Tuning cases without it"),
        *STATUS_COLUMNS,
    ),
    key=("site", "finding", "model", "method", "knot"),
)

_GAIN = (
    _SITE,
    Column("fitted_on", _TEXT, "Whose tuning cases it was fitted on: the site's own, or all sites'"),
    *_ENDPOINT,
    _METHOD,
    Column("metric", _TEXT, "What is told", constraint=one_of("metric", list(RECALIBRATION_METRICS))),
    Column("intercept", _FLOAT, "Fitted intercept on the logit", nullable=True),
    Column("slope", _FLOAT, "Fitted slope on the logit", nullable=True),
    *_number("before", "The metric of the scores as they are, on test cases"),
    *_number("after", "The metric of the recalibrated scores"),
    *_number("fall", "By how much the Brier score would fall; null of other metrics"),
    Column("ci_level", _FLOAT, "Level of the intervals"),
    Column("ci_method", _TEXT, "How the interval of the fall, else of `after`, was made", nullable=True),
    Column("n_tuning_patients", _COUNT, "Patients with a tuning case"),
    Column("n_tuning_cases", _COUNT, "Tuning cases"),
    Column("n_patients", _COUNT, "Patients with a test case"),
    Column("n_cases", _COUNT, "Test cases"),
    *STATUS_COLUMNS,
)
_GAIN_KEY = ("site", "fitted_on", "finding", "model", "method", "metric")

SITE_RECALIBRATION = Artefact(
    "site_recalibration",
    Zone.AGGREGATE,
    "What the recalibration fitted on a site's own tuning cases would change on its test cases. Nothing is applied.",
    _GAIN,
    key=_GAIN_KEY,
)

RECALIBRATION = Artefact(
    "recalibration",
    Zone.CENTRAL,
    "The same of every site, and what one fitted on the tuning cases of all sites would change at each and over all.",
    _GAIN,
    key=_GAIN_KEY,
)
