"""What the performance stages write: tallies, and estimates with the interval each deserves."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, between, one_of
from multisite.vocabulary import EstimateStatus, Zone

__all__ = [
    "DESIGN_EFFECTS",
    "ESTIMATES",
    "PROPORTION_MOMENTS",
    "RELIABILITY",
    "SCORE_TALLY",
    "SCORE_TALLY_GRID",
    "SITE_ESTIMATES",
    "SITE_RELIABILITY",
]

_TEXT, _COUNT, _FLOAT = pl.String(), pl.Int64(), pl.Float64()
_SITE = Column("site", _TEXT, "Site identifier, or all sites")
_KEYS = (
    _SITE,
    Column("finding", _TEXT, "Finding of the study file"),
    Column("model", _TEXT, "Model of the study file"),
    Column("split", _TEXT, "Part of the cohort"),
    Column("stratum", _TEXT, "Stratum, or overall"),
    Column("level", _TEXT, "Level of the stratum"),
)
_KEY_NAMES = tuple(column.name for column in _KEYS)
_TALLY = (
    *_KEYS,
    Column("score", _FLOAT, "Score of the index test", constraint=between("score", 0, 1)),
    Column("n_positive", _COUNT, "Cases at this score with the finding", constraint=at_least("n_positive", 0)),
    Column("n_negative", _COUNT, "Cases at this score without it", constraint=at_least("n_negative", 0)),
)

SCORE_TALLY = Artefact(
    "score_tally",
    Zone.SITE,
    "Counts of positives and negatives at every distinct score: exact, and therefore inside the site only.",
    _TALLY,
    key=(*_KEY_NAMES, "score"),
)

SCORE_TALLY_GRID = Artefact(
    "score_tally_grid",
    Zone.AGGREGATE,
    "The same counts with scores on the registered grid, so that tallies of sites can be added.",
    _TALLY,
    key=(*_KEY_NAMES, "score"),
)

PROPORTION_MOMENTS = Artefact(
    "proportion_moments",
    Zone.AGGREGATE,
    "Sums over patients from which a proportion and its patient-clustered variance follow. Sums add over sites.",
    (
        *_KEYS,
        Column("metric", _TEXT, "sensitivity, specificity, ppv, npv or prevalence"),
        Column("threshold", _FLOAT, "A score at or above it is positive; prevalence has none", nullable=True),
        Column("n_patients", _COUNT, "Patients with a case in the denominator"),
        Column("sum_y", _COUNT, "Sum over patients of the numerator y"),
        Column("sum_n", _COUNT, "Sum over patients of the denominator n"),
        Column("sum_yy", _COUNT, "Sum of y squared"),
        Column("sum_yn", _COUNT, "Sum of y times n"),
        Column("sum_nn", _COUNT, "Sum of n squared"),
    ),
    key=(*_KEY_NAMES, "metric", "threshold"),
)

DESIGN_EFFECTS = Artefact(
    "design_effects",
    Zone.AGGREGATE,
    "How much a patient's several cases change the variance of a metric of the scores, where patients have several.",
    (
        *_KEYS,
        Column("metric", _TEXT, "What is estimated"),
        Column("n_patients", _COUNT, "Patients of the segment"),
        Column("n_cases", _COUNT, "Cases behind the number"),
        Column(
            "standard_error",
            _FLOAT,
            "Of the metric, patients as clusters; of ln O:E",
            constraint=at_least("standard_error", 0),
        ),
        Column("degrees_of_freedom", _FLOAT, "Of Student's quantile of its interval"),
        Column(
            "design_effect",
            _FLOAT,
            "Its square over that of independent cases",
            constraint=at_least("design_effect", 0),
        ),
    ),
    key=(*_KEY_NAMES, "metric"),
)

_ESTIMATE = (
    *_KEYS,
    Column("metric", _TEXT, "What is estimated"),
    Column("threshold", _FLOAT, "Operating threshold where the metric has one", nullable=True),
    Column("estimate", _FLOAT, "The point estimate", nullable=True),
    Column("ci_low", _FLOAT, "Lower end of the interval", nullable=True),
    Column("ci_high", _FLOAT, "Upper end of the interval", nullable=True),
    Column("ci_level", _FLOAT, "Confidence level", nullable=True),
    Column("ci_method", _TEXT, "How the interval was made", nullable=True),
    Column("n_patients", _COUNT, "Patients behind the number"),
    Column("n_cases", _COUNT, "Cases behind the number"),
    Column("n_positive", _COUNT, "Positive cases"),
    Column("n_negative", _COUNT, "Negative cases"),
    Column("numerator", _COUNT, "Numerator of a proportion", nullable=True),
    Column("denominator", _COUNT, "Denominator of a proportion", nullable=True),
    Column("status", _TEXT, "ok, or why not", constraint=one_of("status", [s.value for s in EstimateStatus])),
    Column("reason", _TEXT, "Why the estimate is missing or thin, in words", nullable=True),
)
_ESTIMATE_KEY = (*_KEY_NAMES, "metric")

SITE_ESTIMATES = Artefact(
    "site_estimates",
    Zone.AGGREGATE,
    "Estimates of one site, from its exact tally.",
    _ESTIMATE,
    key=_ESTIMATE_KEY,
)

ESTIMATES = Artefact(
    "estimates",
    Zone.CENTRAL,
    "Estimates of every site, and over all sites from the combined tallies.",
    _ESTIMATE,
    key=_ESTIMATE_KEY,
)

_RELIABILITY = (
    *_KEYS,
    Column("bin", _COUNT, "Position of the score bin, from 0"),
    Column("bin_low", _FLOAT, "Lower edge"),
    Column("bin_high", _FLOAT, "Upper edge"),
    Column("n_cases", _COUNT, "Cases in the bin"),
    Column("n_positive", _COUNT, "Positive cases in the bin"),
    Column("mean_score", _FLOAT, "Mean score in the bin", nullable=True),
    Column("observed", _FLOAT, "Share of positives in the bin", nullable=True),
    Column("ci_low", _FLOAT, "Lower end of the interval of the share", nullable=True),
    Column("ci_high", _FLOAT, "Upper end of the interval of the share", nullable=True),
    Column("band_low", _FLOAT, "Lower end of the band that a calibrated model would stay in", nullable=True),
    Column("band_high", _FLOAT, "Upper end of that band", nullable=True),
)
_RELIABILITY_KEY = (*_KEY_NAMES, "bin")

SITE_RELIABILITY = Artefact(
    "site_reliability",
    Zone.AGGREGATE,
    "Reliability of one site's scores by bin, from its exact tally.",
    _RELIABILITY,
    key=_RELIABILITY_KEY,
)

RELIABILITY = Artefact(
    "reliability",
    Zone.CENTRAL,
    "Reliability by bin of every site, and over all sites from the combined tallies.",
    _RELIABILITY,
    key=_RELIABILITY_KEY,
)
