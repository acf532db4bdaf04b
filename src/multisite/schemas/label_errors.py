"""What results would be if labels did not err: as labelled, corrected, and between which bounds."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column, at_least, one_of
from multisite.schemas.status import STATUS_COLUMNS
from multisite.vocabulary import Zone

__all__ = ["CORRECTED_ESTIMATES", "CORRECTED_METRICS"]

CORRECTED_METRICS = ("auc", "sensitivity", "specificity", "prevalence")
"""What is corrected, in the order of the report."""

_TEXT, _COUNT, _FLOAT = pl.String(), pl.Int64(), pl.Float64()

CORRECTED_ESTIMATES = Artefact(
    "corrected_estimates",
    Zone.CENTRAL,
    "Results on the test split against labels whose errors the study file declares, beside those against the truth: "
    "if model and labeller err independently, and the bounds that hold whether they do or not.",
    (
        Column("finding", _TEXT, "Finding of the study file"),
        Column("model", _TEXT, "Model of the study file"),
        Column("site", _TEXT, "Site identifier, or all sites"),
        Column("metric", _TEXT, "What is estimated", constraint=one_of("metric", list(CORRECTED_METRICS))),
        Column("threshold", _FLOAT, "Operating threshold where the metric has one", nullable=True),
        Column("as_labelled", _FLOAT, "Against the labels, as in `estimates`", nullable=True),
        Column("labelled_low", _FLOAT, "Lower end of its interval", nullable=True),
        Column("labelled_high", _FLOAT, "Upper end", nullable=True),
        Column(
            "of_perfect_model",
            _FLOAT,
            "What a model without error would show against these labels, at the corrected prevalence; none of the "
            "prevalence, of what is withheld, at a prevalence of 0 or less, or (but for sensitivity) of 1 or more",
            nullable=True,
        ),
        Column("estimate", _FLOAT, "Corrected, if errors are independent; not cut to 0 and 1", nullable=True),
        Column("ci_low", _FLOAT, "Lower end of its interval; not cut", nullable=True),
        Column("ci_high", _FLOAT, "Upper end", nullable=True),
        Column("ci_level", _FLOAT, "Level of both intervals", nullable=True),
        Column("ci_method", _TEXT, "How that of the corrected value was made"),
        Column(
            "bound_low",
            _FLOAT,
            "Least value that these counts leave, however errors hang together; of the prevalence none",
            nullable=True,
        ),
        Column("bound_high", _FLOAT, "Largest", nullable=True),
        Column("bound_reason", _TEXT, "Why there are no bounds", nullable=True),
        Column("n_patients", _COUNT, "Patients behind the number", constraint=at_least("n_patients", 0)),
        Column("n_cases", _COUNT, "Cases behind it", constraint=at_least("n_cases", 0)),
        *STATUS_COLUMNS,
    ),
    key=("finding", "model", "site", "metric"),
)
