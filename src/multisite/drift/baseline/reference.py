"""The reference: the validated studies of the test split, with the monitored columns."""

import polars as pl

from multisite.drift.monitors import Monitors, score_column
from multisite.schemas.drift import DRIFT_REFERENCE
from multisite.vocabulary import Split

__all__ = ["last_month", "reference_studies"]


def reference_studies(cohort: pl.DataFrame, predictions: pl.DataFrame, *, monitors: Monitors) -> pl.DataFrame:
    """One row per study with an included test case.

    Where a study holds several cases, its score is the highest of theirs, because routine use has one score per study,
    and the highest is what would raise a finding.
    """
    cases = _test_cases(cohort).select(
        "site", "case_id", "study_instance_uid", "patient_id", *monitors.acquisition_expressions()
    )
    studies = (
        cases.sort("study_instance_uid", "case_id")
        .group_by("study_instance_uid", maintain_order=True)
        .agg(pl.exclude("case_id").first())
    )
    scored = predictions.join(cases.select("case_id", "study_instance_uid"), on="case_id", how="inner")
    scores = scored.group_by("study_instance_uid").agg(
        pl.col("score")
        .filter((pl.col("finding") == finding) & (pl.col("model") == model))
        .max()
        .alias(score_column(finding, model))
        for finding, model in monitors.scores
    )
    return (
        studies.join(scores, on="study_instance_uid", how="left")
        .select(*DRIFT_REFERENCE.schema.names(), *monitors.columns)
        .sort("study_instance_uid")
    )


def last_month(cohort: pl.DataFrame) -> str | None:
    """Month (YYYY-MM) of the latest included test case; None where no date is known."""
    latest = _test_cases(cohort).select(pl.col("case_date").max().dt.strftime("%Y-%m")).item()
    return None if latest is None else str(latest)


def _test_cases(cohort: pl.DataFrame) -> pl.DataFrame:
    return cohort.filter(
        pl.col("included") & (pl.col("split") == Split.TEST.value) & pl.col("study_instance_uid").is_not_null()
    )
