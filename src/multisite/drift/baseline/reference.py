"""The reference: the validated studies of the test split, with the monitored columns."""

import polars as pl

from multisite.drift.monitors import INVALID_COLUMN, Monitors, alert_column, score_column
from multisite.schemas.drift import DRIFT_REFERENCE
from multisite.vocabulary import Split

__all__ = ["reference_studies"]


def reference_studies(cohort: pl.DataFrame, predictions: pl.DataFrame, *, monitors: Monitors) -> pl.DataFrame:
    """One row per study with an included test case that is the first of its patient in its month.

    Where a study holds several cases, its score is the highest of theirs, because routine use has one score per study,
    and the highest is what would raise a finding. Studies without a date count as of one month.
    """
    cases = _test_cases(cohort).select(
        "site",
        "case_id",
        "study_instance_uid",
        "patient_id",
        "case_date",
        pl.col("case_date").dt.strftime("%Y-%m").alias("month"),
        *monitors.acquisition_expressions(),
        *(one.of_cases() for one in monitors.clinical),
    )
    studies = (
        cases.sort("study_instance_uid", "case_id")
        .group_by("study_instance_uid", maintain_order=True)
        .agg(pl.exclude("case_id").first())
    )
    scored = predictions.join(cases.select("case_id", "study_instance_uid"), on="case_id", how="inner")
    pairs = dict.fromkeys([*monitors.scores, *((alert.finding, alert.model) for alert in monitors.alerts)])
    scores = scored.group_by("study_instance_uid").agg(
        pl.col("score")
        .filter((pl.col("finding") == finding) & (pl.col("model") == model))
        .max()
        .alias(score_column(finding, model))
        for finding, model in pairs
    )
    alerts = [
        (pl.col(score_column(a.finding, a.model)) >= a.threshold).alias(alert_column(a.finding, a.model))
        for a in monitors.alerts
    ]
    return (
        studies.join(scores, on="study_instance_uid", how="left")
        .sort("case_date", "study_instance_uid")
        .unique(["patient_id", "month"], keep="first", maintain_order=True)
        .with_columns(*alerts)
        .with_columns(
            pl.lit(None, pl.Boolean).alias(name)
            for name in set(monitors.shares) - {INVALID_COLUMN, *(a.meta.output_name() for a in alerts)}
        )
        .select(*DRIFT_REFERENCE.schema.names(), *monitors.columns, *monitors.shares)
        .sort("study_instance_uid")
    )


def _test_cases(cohort: pl.DataFrame) -> pl.DataFrame:
    return cohort.filter(
        pl.col("included") & (pl.col("split") == Split.TEST.value) & pl.col("study_instance_uid").is_not_null()
    )
