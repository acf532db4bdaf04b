"""Continuous endpoints: sums over patients that may leave a site, and what is estimated from them."""

from dataclasses import replace

import polars as pl

from multisite.schemas.across_sites import ACROSS_SITES
from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, one_of
from multisite.schemas.status import STATUS_COLUMNS
from multisite.vocabulary import MarginVerdict, Zone

__all__ = [
    "MEASURES",
    "MEASURES_ACROSS_SITES",
    "MEASURE_COUNTED",
    "MEASURE_COUNTS",
    "MEASURE_HISTOGRAM",
    "MEASURE_METRICS",
    "MEASURE_MOMENTS",
    "MEASURE_QUANTITIES",
    "POOLED_MEASURE_METRICS",
    "SITE_MEASURES",
    "UNDECLARED",
]

MEASURE_QUANTITIES = ("value", "difference", "absolute_difference", "sum", "acceptable")
"""What is added up over cases: the value; model minus reference, its size, and both together; 1 where acceptable."""

MEASURE_METRICS = {
    "quality": ("mean", "standard_deviation", "median", "lower_quartile", "upper_quartile", "share_acceptable"),
    "paired": ("bias", "lower_limit", "upper_limit", "mean_absolute_difference", "icc", "share_acceptable"),
}
"""Kind of a measure to what is estimated of it, in the order of the report."""

POOLED_MEASURE_METRICS = ("mean", "bias", "mean_absolute_difference")
"""What is also given as a mean over sites."""

UNDECLARED = "(undeclared)"
"""In the place of a measure and model of which the study file knows nothing."""

MEASURE_COUNTED = {
    "used": "In the numbers",
    "top_coded": "Of these, above the upper bound and counted as it",
    "no_row": "Included test case without a row",
    "no_test_case": "Row without an included test case",
    "repeated": "Row of a case that has several",
    "no_value": "Row without a value, or none that is a number",
    "no_reference": "Row without the value of the reference standard",
    "out_of_bounds": "Row with a value outside the bounds",
    "undeclared": "Row of a measure or model that is not declared",
}
"""What became of rows and cases, in the order of the report; but for the second, each is counted once."""

_TEXT, _COUNT, _FLOAT = pl.String(), pl.Int64(), pl.Float64()
_SITE = Column("site", _TEXT, "Site identifier, or all sites")
_MEASURE = (Column("measure", _TEXT, "Measure of the study file"), Column("model", _TEXT, "Model of the study file"))
_SEGMENT = (
    _SITE,
    *_MEASURE,
    Column("stratum", _TEXT, "Stratum, or overall"),
    Column("level", _TEXT, "Level of the stratum"),
)
_NAMES = tuple(column.name for column in _SEGMENT)

MEASURE_COUNTS = Artefact(
    "measure_counts",
    Zone.AGGREGATE,
    "What became of every row of a site's table of measurements, and which test cases have none.",
    (
        _SITE,
        *_MEASURE,
        Column("counted", _TEXT, "What is counted", constraint=one_of("counted", list(MEASURE_COUNTED))),
        Column("n_patients", _COUNT, "Patients, as far as known", constraint=at_least("n_patients", 0)),
        Column("n_rows", _COUNT, "Rows; of `no_row`, cases", constraint=at_least("n_rows", 0)),
    ),
    key=("site", "measure", "model", "counted"),
)

MEASURE_MOMENTS = Artefact(
    "measure_moments",
    Zone.AGGREGATE,
    "Sums over patients of test cases, from which means, limits of agreement and their intervals follow. They add.",
    (
        *_SEGMENT,
        Column("quantity", _TEXT, "What is added up", constraint=one_of("quantity", list(MEASURE_QUANTITIES))),
        Column("n_patients", _COUNT, "Patients with a case", constraint=at_least("n_patients", 1)),
        Column("sum_n", _COUNT, "Sum over patients of the number n of cases"),
        Column("sum_nn", _COUNT, "Sum of n squared"),
        Column("sum_x", _FLOAT, "Sum over patients of the sum X of a patient's values"),
        Column("sum_xn", _FLOAT, "Sum of X times n"),
        Column("sum_xx", _FLOAT, "Sum of X squared"),
        Column("sum_squares", _FLOAT, "Sum over cases of the squared value"),
        Column("sum_xx_over_n", _FLOAT, "Sum over patients of X squared over n"),
    ),
    key=(*_NAMES, "quantity"),
)

MEASURE_HISTOGRAM = Artefact(
    "measure_histogram",
    Zone.AGGREGATE,
    "Test cases in each cell of a grid over the bounds of a measure of quality; cells without a case are left out.",
    (
        *_SEGMENT,
        Column("cell", _COUNT, "Position of the cell, from 0 at the lower bound", constraint=at_least("cell", 0)),
        Column("n_patients", _COUNT, "Patients with a case in the cell", constraint=at_least("n_patients", 1)),
        Column("n_cases", _COUNT, "Cases in the cell", constraint=at_least("n_cases", 1)),
    ),
    key=(*_NAMES, "cell"),
)

_ESTIMATE = (
    *_SEGMENT,
    Column(
        "metric",
        _TEXT,
        "What is estimated",
        constraint=one_of("metric", sorted({metric for metrics in MEASURE_METRICS.values() for metric in metrics})),
    ),
    Column("estimate", _FLOAT, "The point estimate, in the unit of the measure", nullable=True),
    Column("ci_low", _FLOAT, "Lower end of the interval", nullable=True),
    Column("ci_high", _FLOAT, "Upper end of the interval", nullable=True),
    Column("ci_level", _FLOAT, "Confidence level", nullable=True),
    Column("ci_method", _TEXT, "How the interval was made"),
    Column(
        "standard_error",
        _FLOAT,
        "Of a mean, between patients",
        nullable=True,
        constraint=at_least("standard_error", 0),
    ),
    Column("n_patients", _COUNT, "Patients behind the number"),
    Column("n_cases", _COUNT, "Cases behind the number"),
    Column("margin", _FLOAT, "What the protocol accepts of this number of all test cases", nullable=True),
    Column(
        "verdict",
        _TEXT,
        "Whether the interval lies wholly inside it, wholly outside, or neither; null without a margin",
        nullable=True,
        constraint=one_of("verdict", [verdict.value for verdict in MarginVerdict]),
    ),
    *STATUS_COLUMNS,
)

SITE_MEASURES = Artefact(
    "site_measures",
    Zone.AGGREGATE,
    "Continuous endpoints of one site, from its sums over patients.",
    _ESTIMATE,
    key=(*_NAMES, "metric"),
)

MEASURES = Artefact(
    "measures",
    Zone.CENTRAL,
    "Continuous endpoints of every site, and over all sites from the added sums.",
    _ESTIMATE,
    key=(*_NAMES, "metric"),
)

MEASURES_ACROSS_SITES = Artefact(
    "measures_across_sites",
    Zone.CENTRAL,
    "Random-effects means over sites of what they show themselves, with what a new site may show.",
    (
        *_MEASURE,
        Column("metric", _TEXT, "What is pooled", constraint=one_of("metric", list(POOLED_MEASURE_METRICS))),
        *(
            replace(column, description="As estimated, in the unit of the measure")
            if column.name == "estimate"
            else column
            for column in ACROSS_SITES.columns
            if column.name not in ("finding", "model", "metric", "threshold", "scale")
        ),
    ),
    key=("measure", "model", "metric", "pool", "left_out"),
)
