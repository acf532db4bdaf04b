"""Small sites for the tests of drift."""

import numpy as np
import polars as pl

from multisite.drift import BASELINE_PICTURE_STAGE, DRIFT_BASELINE_STAGE, DRIFT_COMPARISON_STAGE, DRIFT_COUNTS_STAGE
from multisite.drift.baseline.registry import Floors
from multisite.drift.baseline.stage import BaselineParameters
from multisite.drift.monitors import Monitors
from multisite.drift.months.stage import CountParameters
from multisite.drift.picture.stage import ComparisonParameters, PictureParameters
from multisite.drift.rule.budget_table import Budget
from multisite.schemas import AdoptedBaseline, Artefact, StageInputs, StageOutputs
from multisite.schemas.cohort import COHORT, PREDICTIONS
from multisite.schemas.series import STUDIES
from tests.lib.tables import table

PAIRS = (("nodule", "ai"),)
MONITORS = Monitors(numbers=("age_years",), categories=("vendor",), scores=PAIRS)
SEED = 20240101
FLOORS = Floors(share=0.02, standard_deviations=0.05, volume=0.3, silent_days=3)
BUDGET = Budget(false_ambers_per_year=1, false_reds_per_five_years=1, simulated_years=20, first_months=3)
BASELINE = BaselineParameters(MONITORS, 10, 5, FLOORS, BUDGET, SEED, replicates=200)
COMPARISON = ComparisonParameters(minimum_values=10)
COUNTS = CountParameters(rare=5, axes=())


def complete(frame: pl.DataFrame, schema: pl.Schema) -> pl.DataFrame:
    """``frame`` with every column of ``schema``; what it lacks is missing."""
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in schema.items() if name not in frame.columns]
    return frame.with_columns(*absent).select(pl.col(name).cast(dtype) for name, dtype in schema.items())


def studies(text: str) -> pl.DataFrame:
    """A ``studies`` artefact from a text table."""
    dtypes = {"study_date": pl.Date(), "n_series": pl.Int64(), "age_years": pl.Float64()}
    present = {name: dtype for name, dtype in dtypes.items() if name in text}
    return complete(table(text, **present).with_columns(site=pl.lit("north")), STUDIES.schema)


def deployment_table(text: str) -> pl.DataFrame:
    """A site's deployment table from a text table."""
    return table(text, score=pl.Float64())


def cohort(text: str) -> pl.DataFrame:
    """A ``cohort`` artefact from a text table."""
    frame = table(text, included=pl.Boolean(), case_date=pl.Date(), age_years=pl.Float64())
    return complete(frame.with_columns(site=pl.lit("north")), COHORT.schema)


def predictions(text: str) -> pl.DataFrame:
    """A ``predictions`` artefact from a text table."""
    frame = table(text, score=pl.Float64())
    return complete(frame.with_columns(site=pl.lit("north")), PREDICTIONS.schema)


def monitored(n: int, *, seed: int = SEED, shift: float = 0.0) -> pl.DataFrame:
    """``n`` studies with a score (moved up by ``shift``), an age and a vendor."""
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "site": ["north"] * n,
            "study_instance_uid": [f"study-{i:05d}" for i in range(n)],
            "patient_id": [f"patient-{i:05d}" for i in range(n)],
            "number_score_nodule_ai": np.clip(rng.beta(2, 5, n) + shift, 0, 1),
            "number_age_years": rng.normal(60, 12, n).round(),
            "category_vendor": rng.choice(["Alpha", "Beta", "Gamma"], n).tolist(),
        },
        schema_overrides={name: pl.String for name in ("study_instance_uid", "patient_id", "site", "category_vendor")},
    )


def in_month(studies: pl.DataFrame, month: str) -> pl.DataFrame:
    """``studies`` as a ``deployment`` artefact of one month."""
    return studies.with_columns(
        pl.lit(month).alias("month"),
        pl.lit(f"{month}-01").str.to_date().alias("study_date"),
        pl.lit(None, pl.String).alias("device"),
        pl.lit(True).alias("is_first"),
    )


def validated(n: int, *, seed: int = SEED) -> tuple[pl.DataFrame, pl.DataFrame]:
    """``cohort`` and ``predictions`` of ``n`` included test cases, one per study."""
    studies = monitored(n, seed=seed)
    cases = studies.select(
        "site",
        "study_instance_uid",
        "patient_id",
        pl.col("study_instance_uid").alias("case_id"),
        pl.col("number_age_years").alias("age_years"),
        pl.col("category_vendor").alias("vendor"),
        pl.lit("test").alias("split"),
        pl.lit(True).alias("included"),
        pl.date(2024, 3, 1).alias("case_date"),
    )
    scores = studies.select(
        "site",
        pl.col("study_instance_uid").alias("case_id"),
        pl.lit("nodule").alias("finding"),
        pl.lit("ai").alias("model"),
        pl.col("number_score_nodule_ai").alias("score"),
    )
    return complete(cases, COHORT.schema), complete(scores, PREDICTIONS.schema)


def baseline(n: int) -> StageOutputs:
    """What the baseline and its picture are of ``n`` validated studies."""
    cohort, predictions = validated(n)
    frames = {"cohort": cohort, "predictions": predictions}
    made = DRIFT_BASELINE_STAGE.run(StageInputs(site="north", frames=frames), BASELINE)
    pictured = StageInputs(site="north", frames={**frames, **made.frames})
    return StageOutputs(made.frames, BASELINE_PICTURE_STAGE.run(pictured, PictureParameters()).files)


def compare(made: StageOutputs, deployment: pl.DataFrame, month: str | None) -> StageOutputs:
    """What the stages of a month make of it; their tables conform to their schemas."""
    adopted = (AdoptedBaseline("0" * 16, "", made.frames),)
    inputs = StageInputs(site="north", partition=month, frames={"deployment": deployment}, baselines=adopted)
    pictured, counted = DRIFT_COMPARISON_STAGE.run(inputs, COMPARISON), DRIFT_COUNTS_STAGE.run(inputs, COUNTS)
    outputs = StageOutputs({**pictured.frames, **counted.frames}, pictured.files)
    for artefact in (*DRIFT_COMPARISON_STAGE.writes, *DRIFT_COUNTS_STAGE.writes):
        if isinstance(artefact, Artefact):
            artefact.conform(outputs.frames[artefact.name])
    return outputs


def comparison(outputs: StageOutputs, monitor: str) -> dict[str, object]:
    """The row of one monitor."""
    return outputs.frames["drift_comparison"].row(by_predicate=pl.col("monitor") == monitor, named=True)
