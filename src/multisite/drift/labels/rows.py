"""Scored studies in routine use with what is known of them: one row per study, finding and model."""

import polars as pl

from multisite.drift.monitors import Alert
from multisite.schemas.drift_performance import DEPLOYMENT_LABELS

__all__ = ["labelled_studies"]

_TOLD = {"reference_positive": pl.Boolean(), "reference_date": pl.Date(), "audit_probability": pl.Float64()}


def labelled_studies(
    rows: pl.DataFrame, table: pl.DataFrame, studies: pl.DataFrame, *, alerts: tuple[Alert, ...], site: str
) -> pl.DataFrame:
    """DEPLOYMENT_LABELS of routed ``rows``: those with a sound score, of each patient and month the first study.

    A label without a date counts as known in the month of the study; one with a date before the study, too. Where rows
    of the table differ on a label, there is none. An audit probability outside (0, 1] is no audit.
    """
    key = ("study_instance_uid", "finding", "model")
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in _TOLD.items() if name not in table.columns]
    told = (
        table.with_columns(absent)
        .group_by(key)
        .agg(
            pl.when(pl.col("reference_positive").drop_nulls().n_unique() == 1)
            .then(pl.col("reference_positive").drop_nulls().first())
            .alias("reference_positive"),
            pl.col("reference_date").min(),
            pl.col("audit_probability").filter(pl.col("audit_probability").is_between(0, 1, closed="right")).max(),
        )
    )
    thresholds = pl.DataFrame(
        [(alert.finding, alert.model, alert.threshold) for alert in alerts],
        schema={"finding": pl.String, "model": pl.String, "threshold": pl.Float64},
        orient="row",
    )
    sound = rows.filter(pl.col("outcome") == "monitored").join(thresholds, on=["finding", "model"])
    software = studies.select("study_instance_uid", pl.col("software_versions").fill_null("").str.strip_chars())
    joined = sound.join(told, on=key, how="left").join(software, on="study_instance_uid", how="left")
    known = pl.max_horizontal("study_date", pl.col("reference_date").fill_null(pl.col("study_date")))
    first = pl.int_range(pl.len()).over("patient_id", "month", "finding", "model") == 0
    return (
        joined.with_columns(
            pl.lit(site).alias("site"),
            (pl.col("score") >= pl.col("threshold")).alias("is_alert"),
            pl.when(pl.col("reference_positive").is_not_null()).then(known.dt.strftime("%Y-%m")).alias("known_in"),
            pl.col("software_versions").fill_null(""),
        )
        .sort("study_date", "study_instance_uid")
        .filter(first)
        .select(pl.col(name).cast(dtype) for name, dtype in DEPLOYMENT_LABELS.schema.items())
        .sort(*key)
    )
