"""How the result moves with the truth it is held against, and single readers beside the model."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, one_of
from multisite.schemas.status import STATUS_COLUMNS
from multisite.vocabulary import Zone

__all__ = ["BENCHMARK_METRICS", "READER_BENCHMARK", "TRUTH_METRICS", "TRUTH_SENSITIVITY", "TRUTH_TORNADO"]

TRUTH_METRICS = ("auc", "sensitivity", "specificity")
"""What is estimated under each truth, in the order of the report."""

BENCHMARK_METRICS = ("agreement", "sensitivity", "specificity")
"""What is said of readers: the share of cases in which they say what the truth is, of all and of each class."""

_TEXT, _COUNT, _FLOAT = pl.String(), pl.Int64(), pl.Float64()
_ENDPOINT = (Column("finding", _TEXT, "Finding of the study file"), Column("model", _TEXT, "Model of the study file"))
_INTERVAL = (
    Column("estimate", _FLOAT, "Value; null where undefined or of too few patients", nullable=True),
    Column("ci_low", _FLOAT, "Lower end of its interval", nullable=True),
    Column("ci_high", _FLOAT, "Upper end", nullable=True),
    Column("ci_level", _FLOAT, "Level of the interval", nullable=True),
    Column("ci_method", _TEXT, "How it was made"),
)
_COUNTS = (
    Column("n_patients", _COUNT, "Patients behind the number", constraint=at_least("n_patients", 0)),
    Column("n_cases", _COUNT, "Cases behind it", constraint=at_least("n_cases", 0)),
)
_TRUTH = Column("variant", _TEXT, "The truth that test cases are held against, or a reader by number")
_METRIC = Column("metric", _TEXT, "What is estimated", constraint=one_of("metric", list(TRUTH_METRICS)))

TRUTH_SENSITIVITY = Artefact(
    "truth_sensitivity",
    Zone.AGGREGATE,
    "AUC, sensitivity and specificity on the test split under each truth that the readings could give.",
    (
        Column("site", _TEXT, "Site identifier"),
        *_ENDPOINT,
        _TRUTH,
        _METRIC,
        *_INTERVAL,
        Column("scaled_estimate", _FLOAT, "The value on the logit scale", nullable=True),
        Column("standard_error", _FLOAT, "Its standard error there", nullable=True),
        *_COUNTS,
        *STATUS_COLUMNS,
    ),
    key=("site", "finding", "model", "variant", "metric"),
)

TRUTH_TORNADO = Artefact(
    "truth_tornado",
    Zone.CENTRAL,
    "The same over the sites, and how far each truth moves the value from that of the declared one. A single reader is "
    "the truth at one site, and the declared one at the others.",
    (
        *_ENDPOINT,
        _TRUTH,
        Column("reader_site", _TEXT, "Site of the single reader; null for a truth of all sites", nullable=True),
        _METRIC,
        *_INTERVAL,
        Column("change", _FLOAT, "Value minus that of the declared truth", nullable=True),
        Column("n_sites", _COUNT, "Sites pooled", constraint=at_least("n_sites", 0)),
        *_COUNTS,
        *STATUS_COLUMNS,
    ),
    key=("finding", "model", "variant", "reader_site", "metric"),
)

READER_BENCHMARK = Artefact(
    "reader_benchmark",
    Zone.AGGREGATE,
    "Each reader and the model on the same test cases, against a truth that the reader had no part in.",
    (
        Column("site", _TEXT, "Site identifier"),
        *_ENDPOINT,
        Column("reader", _TEXT, "Reader by number as in `agreement`"),
        Column("metric", _TEXT, "What is compared", constraint=one_of("metric", list(BENCHMARK_METRICS))),
        Column("of_reader", _FLOAT, "The reader's share of right calls", nullable=True),
        Column("of_model", _FLOAT, "The model's, at the operating threshold", nullable=True),
        Column("difference", _FLOAT, "The model's minus the reader's", nullable=True),
        Column("ci_low", _FLOAT, "Lower end of the interval of the difference", nullable=True),
        Column("ci_high", _FLOAT, "Upper end", nullable=True),
        Column("ci_level", _FLOAT, "Level of the interval", nullable=True),
        Column("ci_method", _TEXT, "How it was made"),
        Column("reader_low", _FLOAT, "Lower end of the interval of the reader's share", nullable=True),
        Column("reader_high", _FLOAT, "Upper end", nullable=True),
        *_COUNTS,
        *STATUS_COLUMNS,
    ),
    key=("site", "finding", "model", "reader", "metric"),
)
