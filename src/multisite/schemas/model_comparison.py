"""What two models show on the same cases: paired differences, the cases behind them, and old and new data."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, between, one_of
from multisite.schemas.status import STATUS_COLUMNS
from multisite.vocabulary import Zone

__all__ = [
    "COMPARED_METRICS",
    "DATA_CELLS",
    "DATA_EFFECTS",
    "MARGIN_VERDICTS",
    "MODEL_BY_DATA",
    "MODEL_DIFFERENCES",
    "MODEL_PAIRS",
    "MODEL_PAIR_COUNTS",
    "NEW_MINUS_OLD",
    "SUPERIORITY",
]

COMPARED_METRICS = ("auc", "sensitivity", "specificity", "brier")
"""In the order of the report. Of the Brier score less is better, of all others more."""

DATA_CELLS = ("old model, old data", "new model, old data", "old model, new data", "new model, new data")
DATA_EFFECTS = {
    "model_on_old_data": "new model, on old data",
    "model_on_new_data": "new model, on new data",
    "data_under_old_model": "new data, with the old model",
    "data_under_new_model": "new data, with the new model",
    "both": "new model and new data",
    "interaction": "interaction",
}
"""Effect, as ``multisite.stats`` names it, to the value of ``term``."""

NEW_MINUS_OLD = "new minus old"
"""The question of a paired difference, beside those of ``DATA_EFFECTS``."""

MARGIN_VERDICTS = ("meets", "fails", "insufficient evidence")
SUPERIORITY = ("new model better", "old model better", "not shown")

_TEXT, _COUNT, _FLOAT = pl.String(), pl.Int64(), pl.Float64()
_SITE = Column("site", _TEXT, "Site identifier")
_MODELS = (
    Column("new_model", _TEXT, "The new model, by its id in the study file"),
    Column("old_model", _TEXT, "The old model"),
    Column("finding", _TEXT, "Finding of the study file"),
)
_SEGMENT = (
    Column("stratum", _TEXT, "Stratum, or overall"),
    Column("level", _TEXT, "Level of the stratum"),
)
_METRIC = Column("metric", _TEXT, "What is estimated", constraint=one_of("metric", list(COMPARED_METRICS)))
_ESTIMATE = (
    Column("estimate", _FLOAT, "The point estimate", nullable=True),
    Column("ci_low", _FLOAT, "Lower end of the interval", nullable=True),
    Column("ci_high", _FLOAT, "Upper end of the interval", nullable=True),
    Column("ci_level", _FLOAT, "Confidence level"),
    Column("ci_method", _TEXT, "How the interval was made"),
    Column("standard_error", _FLOAT, "Standard error on the plain scale, between patients", nullable=True),
    Column("p_value", _FLOAT, "Two-sided p-value of no difference", nullable=True, constraint=between("p_value", 0, 1)),
    Column("degrees_of_freedom", _FLOAT, "Of Student's t in the test; none where it is normal", nullable=True),
)


def _counts(name: str, words: str, *, nullable: bool = False) -> tuple[Column, Column]:
    return (
        Column(f"n_cases_{name}", _COUNT, f"Cases {words}", nullable=nullable),
        Column(f"n_patients_{name}", _COUNT, f"Patients with such a case ({words})", nullable=nullable),
    )


MODEL_PAIRS = Artefact(
    "model_pairs",
    Zone.AGGREGATE,
    "Of each comparison the paired difference, new model minus old, on the site's test cases with a score of both: the "
    "two-by-two counts of right and wrong calls, the covariance of both AUCs, and the sums of the Brier difference.",
    (
        _SITE,
        *_MODELS,
        *_SEGMENT,
        _METRIC,
        Column("new_threshold", _FLOAT, "Operating threshold of the new model", nullable=True),
        Column("old_threshold", _FLOAT, "Operating threshold of the old model", nullable=True),
        Column("new_value", _FLOAT, "The new model's own value", nullable=True),
        Column("old_value", _FLOAT, "The old model's own value", nullable=True),
        *_ESTIMATE,
        Column("p_method", _TEXT, "The test behind the p-value"),
        Column("new_variance", _FLOAT, "Variance of the new model's AUC", nullable=True),
        Column("old_variance", _FLOAT, "Variance of the old model's AUC", nullable=True),
        Column("covariance", _FLOAT, "Covariance of both AUCs", nullable=True),
        Column("n_patients", _COUNT, "Patients behind the number"),
        Column("n_cases", _COUNT, "Cases behind the number"),
        Column("n_positive", _COUNT, "Paired cases with the finding"),
        Column("n_negative", _COUNT, "Paired cases without it"),
        *_counts("both_right", "that both models call right", nullable=True),
        *_counts("only_new_right", "that only the new model calls right", nullable=True),
        *_counts("only_old_right", "that only the old model calls right", nullable=True),
        *_counts("neither_right", "that neither model calls right", nullable=True),
        Column("sum_of_squared_patient_differences", _COUNT, "Σd² over patients: d right calls more", nullable=True),
        Column("sum_of_patient_differences_by_cases", _COUNT, "Σdn over patients of n cases", nullable=True),
        Column("sum_of_squared_patient_cases", _COUNT, "Σn² over patients", nullable=True),
        Column("sum_of_differences", _FLOAT, "Sum over cases of the difference of squared errors", nullable=True),
        Column("sum_of_squared_differences", _FLOAT, "Sum of its square", nullable=True),
        *STATUS_COLUMNS,
    ),
    key=("site", "new_model", "old_model", "finding", "stratum", "level", "metric"),
    version=2,
)

MODEL_PAIR_COUNTS = Artefact(
    "model_pair_counts",
    Zone.AGGREGATE,
    "How many of the site's test cases have a score of both models of a comparison, and how many of one only.",
    (
        _SITE,
        *_MODELS,
        *_SEGMENT,
        *_counts("paired", "with a score of both models"),
        *_counts("only_new", "with a score of the new model only"),
        *_counts("only_old", "with a score of the old model only"),
        *_counts("neither_data", "paired, and neither old nor new data", nullable=True),
    ),
    key=("site", "new_model", "old_model", "finding", "stratum", "level"),
)

MODEL_BY_DATA = Artefact(
    "model_by_data",
    Zone.AGGREGATE,
    "Old and new model on old and new data: the four values, what the model and the data changed, and the interaction.",
    (
        _SITE,
        *_MODELS,
        _METRIC,
        Column("term", _TEXT, "Value or effect", constraint=one_of("term", [*DATA_CELLS, *DATA_EFFECTS.values()])),
        *_ESTIMATE,
        Column("n_patients", _COUNT, "Patients behind the number"),
        Column("n_cases", _COUNT, "Cases behind the number"),
        Column("n_patients_shared", _COUNT, "Patients with cases in old and in new data"),
        *STATUS_COLUMNS,
    ),
    key=("site", "new_model", "old_model", "finding", "metric", "term"),
    version=2,
)

MODEL_DIFFERENCES = Artefact(
    "model_differences",
    Zone.CENTRAL,
    "The differences of each site, and what the sites show together, held against the declared margins.",
    (
        Column("site", _TEXT, "Site identifier, or all sites"),
        *_MODELS,
        *_SEGMENT,
        _METRIC,
        Column(
            "question",
            _TEXT,
            "What is subtracted from what",
            constraint=one_of("question", [NEW_MINUS_OLD, *DATA_EFFECTS.values()]),
        ),
        Column("n_sites", _COUNT, "Sites behind the number", constraint=at_least("n_sites", 0)),
        *_ESTIMATE,
        Column("p_holm", _FLOAT, "The same, adjusted over the primary metrics of all comparisons", nullable=True),
        Column("is_primary", pl.Boolean(), "Whether the row is one of those tests"),
        Column("prediction_low", _FLOAT, "Lower end of the interval for a new site's true difference", nullable=True),
        Column("prediction_high", _FLOAT, "Upper end of it", nullable=True),
        Column("tau", _FLOAT, "Standard deviation between sites", nullable=True),
        Column("i2", _FLOAT, "Share of the variance that lies between sites", nullable=True),
        Column("n_patients", _COUNT, "Patients behind the number"),
        Column("n_cases", _COUNT, "Cases behind the number"),
        Column("margin", _FLOAT, "Largest loss that the protocol accepts", nullable=True),
        Column(
            "verdict",
            _TEXT,
            "Whether the loss stays within the margin",
            nullable=True,
            constraint=one_of("verdict", list(MARGIN_VERDICTS)),
        ),
        Column(
            "superiority",
            _TEXT,
            "Which model is shown to be better",
            nullable=True,
            constraint=one_of("superiority", list(SUPERIORITY)),
        ),
        Column(
            "detectable", _FLOAT, "Smallest difference found with a chance of 80 % at this precision", nullable=True
        ),
        *STATUS_COLUMNS,
    ),
    key=("site", "new_model", "old_model", "finding", "stratum", "level", "metric", "question"),
    version=2,
)
