"""What the sites show together: the mean over sites, how much they differ, and what each site brings to it."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, between, one_of
from multisite.schemas.status import STATUS_COLUMNS
from multisite.vocabulary import Pool, SiteRole, Zone

__all__ = ["ACROSS_SITES", "POOLED_METRICS", "POOLED_SITES"]

POOLED_METRICS = {
    "auc": "logit",
    "sensitivity": "logit",
    "specificity": "logit",
    "calibration_slope": "raw",
    "calibration_in_the_large": "raw",
    "observed_expected": "log",
}
"""Metric to the scale on which its sites are pooled, in the order of the report."""

_TEXT, _COUNT, _FLOAT = pl.String(), pl.Int64(), pl.Float64()
_KEYS = (
    Column("finding", _TEXT, "Finding of the study file"),
    Column("model", _TEXT, "Model of the study file"),
    Column("metric", _TEXT, "What is estimated", constraint=one_of("metric", list(POOLED_METRICS))),
)
_SCALE = Column(
    "scale", _TEXT, "Scale on which the sites are pooled", constraint=one_of("scale", ["raw", "logit", "log"])
)

ACROSS_SITES = Artefact(
    "across_sites",
    Zone.CENTRAL,
    "Random-effects mean of the sites' own estimates on the test split, with what a new site may show: of all sites, "
    "of internal and of external testing, and without each site in turn.",
    (
        *_KEYS,
        Column("pool", _TEXT, "Which sites are pooled", constraint=one_of("pool", [p.value for p in Pool])),
        Column("left_out", _TEXT, "The site that is left out, of a pool without one site", nullable=True),
        Column("threshold", _FLOAT, "Operating threshold where the metric has one", nullable=True),
        _SCALE,
        Column("n_sites", _COUNT, "Sites pooled", constraint=at_least("n_sites", 0)),
        Column("n_patients", _COUNT, "Patients of these sites behind the number"),
        Column("n_cases", _COUNT, "Cases of these sites behind the number"),
        Column("estimate", _FLOAT, "Mean over sites, taken back from the scale", nullable=True),
        Column("ci_low", _FLOAT, "Lower end of its interval", nullable=True),
        Column("ci_high", _FLOAT, "Upper end of its interval", nullable=True),
        Column("ci_level", _FLOAT, "Level of all intervals of the row"),
        Column("ci_method", _TEXT, "How the interval was made"),
        Column("prediction_low", _FLOAT, "Lower end of the interval for a new site's true value", nullable=True),
        Column("prediction_high", _FLOAT, "Upper end of it", nullable=True),
        Column("prediction_method", _TEXT, "How it was made"),
        Column("prediction_reason", _TEXT, "Why there is none", nullable=True),
        Column(
            "tau",
            _FLOAT,
            "Standard deviation between sites, on the scale",
            nullable=True,
            constraint=at_least("tau", 0),
        ),
        Column("tau_low", _FLOAT, "Lower end of its interval", nullable=True),
        Column("tau_high", _FLOAT, "Upper end of its interval", nullable=True),
        Column("tau_method", _TEXT, "How both were made"),
        Column("tau_note", _TEXT, "That it is 0, or why there is none", nullable=True),
        Column(
            "i2",
            _FLOAT,
            "Share of the variance that lies between sites",
            nullable=True,
            constraint=between("i2", 0, 1),
        ),
        Column("i2_low", _FLOAT, "Lower end of its interval", nullable=True),
        Column("i2_high", _FLOAT, "Upper end of its interval", nullable=True),
        Column("q", _FLOAT, "Cochran's Q", nullable=True),
        Column("q_degrees_of_freedom", _COUNT, "Its degrees of freedom", nullable=True),
        Column("q_p_value", _FLOAT, "Its p-value", nullable=True, constraint=between("q_p_value", 0, 1)),
        Column("influential", pl.Boolean(), "Whether the site that is left out moves the mean much", nullable=True),
        *STATUS_COLUMNS,
    ),
    key=("finding", "model", "metric", "pool", "left_out"),
)

POOLED_SITES = Artefact(
    "pooled_sites",
    Zone.CENTRAL,
    "What each site brings to the mean over sites, or why it is left out, and whether it was in training.",
    (
        *_KEYS,
        Column("site", _TEXT, "Site identifier"),
        Column(
            "role",
            _TEXT,
            "Whether the site has cases for training or tuning",
            constraint=one_of("role", [r.value for r in SiteRole]),
        ),
        Column(
            "n_development_cases",
            _COUNT,
            "Included cases of the splits train and tune",
            constraint=at_least("n_development_cases", 0),
        ),
        _SCALE,
        Column("scaled_estimate", _FLOAT, "The site's estimate on the scale", nullable=True),
        Column("standard_error", _FLOAT, "Its standard error, on the scale", nullable=True),
        Column(
            "weight",
            _FLOAT,
            "Share of the mean of all sites",
            nullable=True,
            constraint=between("weight", 0, 1),
        ),
        *STATUS_COLUMNS,
    ),
    key=("finding", "model", "metric", "site"),
)
