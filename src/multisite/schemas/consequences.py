"""What is said of how much a leak that was found changes the result."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column
from multisite.schemas.status import STATUS_COLUMNS
from multisite.vocabulary import Zone

__all__ = ["CONSEQUENCES"]

_TEXT, _COUNT, _FLOAT = pl.String(), pl.Int64(), pl.Float64()

CONSEQUENCES = Artefact(
    "consequences",
    Zone.AGGREGATE,
    "For each failed check that names patients of the test split: what the metrics are with them, and without.",
    (
        Column("site", _TEXT, "Site identifier"),
        Column("check", _TEXT, "Identifier of the check"),
        Column("finding", _TEXT, "Finding of the study file"),
        Column("model", _TEXT, "Model of the study file"),
        Column("metric", _TEXT, "auc, sensitivity or specificity"),
        Column("n_patients", _COUNT, "Patients behind the metric of all cases"),
        Column("n_patients_removed", _COUNT, "Of these, patients whom the check names"),
        Column("of_all", _FLOAT, "The metric of all test cases", nullable=True),
        Column("without", _FLOAT, "The metric without the patients whom the check names", nullable=True),
        Column("difference", _FLOAT, "The first minus the second: above 0, they flattered the model", nullable=True),
        Column("ci_low", _FLOAT, "Lower end of the interval of the difference", nullable=True),
        Column("ci_high", _FLOAT, "Upper end of it", nullable=True),
        Column("ci_level", _FLOAT, "Level of the interval"),
        Column("ci_method", _TEXT, "How the interval was made"),
        *STATUS_COLUMNS,
    ),
    key=("site", "check", "finding", "model", "metric"),
)
