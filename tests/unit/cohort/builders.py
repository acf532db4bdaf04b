"""Small sites for the cohort's tests."""

import polars as pl

from multisite.cohort.rules import EligibilityParameters
from multisite.cohort.stage import CohortParameters, build_cohort
from multisite.cohort.strata import StratumParameters
from multisite.provenance.studies import index_studies
from multisite.schemas import StageInputs, StageOutputs
from multisite.schemas.series import SERIES
from tests.lib.tables import table

PARAMETERS = CohortParameters(
    modalities=("CT",),
    findings=("nodule",),
    models=("ai",),
    eligibility=(EligibilityParameters("adult", "age_years", ">=", 18, "exclude", "Adults only"),),
    strata=(
        StratumParameters("age", "age_years", (40.0, 60.0), None, "level"),
        StratumParameters("vendor", "vendor", None, None, "level"),
        StratumParameters("setting", "clinical_setting", None, ("ward", "clinic"), "level"),
    ),
)

CASES = """
case_id | patient_id | study_instance_uid | split | case_date  | reference_nodule | clinical_setting
c1      | p1         | s1                 | train | 2024-01-01 | true             | ward
c2      | p2         | s2                 | test  | -          | false            | clinic
c3      | p3         | s3                 | test  | 2024-05-01 | true             | street
"""

PREDICTIONS = """
case_id | finding | model | score
c2      | nodule  | ai    | 0.2
c3      | nodule  | ai    | 0.9
"""

_SERIES = """
series_instance_uid | study_instance_uid | patient_id | n_instances | modality | vendor  | age_years | study_date
se1                 | s1                 | p1         | 3           | CT       | Siemens | 50        | 2024-01-01
se2                 | s2                 | p2         | 4           | CT       | GE      | 60        | 2024-04-01
se3                 | s3                 | p3         | 5           | CT       | -       | -         | 2024-05-01
"""


def series(text: str = _SERIES) -> pl.DataFrame:
    rows = table(text, n_instances=pl.Int64(), age_years=pl.Float64(), study_date=pl.Date())
    rows = rows.with_columns(
        pl.lit("north").alias("site"), pl.lit(1).alias("n_objects"), pl.lit(0).alias("n_inconsistent")
    )
    missing = {name: dtype for name, dtype in SERIES.schema.items() if name not in rows.columns}
    return rows.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in missing.items()).select(
        pl.col(name).cast(dtype) for name, dtype in SERIES.schema.items()
    )


def build(
    *,
    cases: str = CASES,
    predictions: str = PREDICTIONS,
    images: pl.DataFrame | None = None,
    parameters: CohortParameters = PARAMETERS,
    reference: pl.DataFrame | None = None,
    **dtypes: pl.DataType,
) -> StageOutputs:
    frames = {"studies": index_studies(series() if images is None else images, modalities=("CT",))}
    inputs = StageInputs(
        site="north",
        frames=frames if reference is None else {**frames, "reference": reference},
        tables={
            "cases": table(cases, case_date=pl.Date(), reference_nodule=pl.Boolean(), **dtypes),
            "predictions": table(predictions, score=pl.Float64()),
        },
    )
    return build_cohort(inputs, parameters)


def excluded(outputs: StageOutputs) -> dict[str, str]:
    """Case → rule that excluded it."""
    rows = outputs.frames["exclusions"]
    return dict(zip(rows["case_id"], rows["rule"], strict=True))
