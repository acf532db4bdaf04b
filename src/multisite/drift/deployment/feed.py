"""The feed as tallies: studies per day and model, and devices with the software that they were seen with."""

import polars as pl

from multisite.schemas.drift_feed import DEPLOYMENT_DAYS, DEPLOYMENT_DEVICES

__all__ = ["count_days", "seen_devices"]

_LOST = ("unknown finding or model", "no images", "no eligible modality", "no study date", "no patient")


def count_days(rows: pl.DataFrame, *, site: str) -> pl.DataFrame:
    """DEPLOYMENT_DAYS of routed rows: a study failed, or was abstained from, where any of the model's rows was."""
    own = rows.filter(~pl.col("outcome").is_in(_LOST))
    studies = own.group_by("model", "study_instance_uid").agg(
        pl.col("study_date").first(),
        (pl.col("outcome") == "failed").any().alias("failed"),
        (pl.col("outcome") == "abstained").any().alias("abstained"),
    )
    days = studies.group_by("model", pl.col("study_date").alias("date")).agg(
        pl.len().alias("n_studies"),
        pl.col("failed").sum().alias("n_failed"),
        pl.col("abstained").sum().alias("n_abstained"),
    )
    return (
        days.with_columns(pl.lit(site).alias("site"))
        .select(pl.col(name).cast(dtype) for name, dtype in DEPLOYMENT_DAYS.schema.items())
        .sort("model", "date")
    )


def seen_devices(rows: pl.DataFrame, studies: pl.DataFrame, *, site: str) -> pl.DataFrame:
    """DEPLOYMENT_DEVICES of routed rows; studies of no known device are left out."""
    used = rows.filter(~pl.col("outcome").is_in(_LOST)).select("study_instance_uid", "month", "study_date").unique()
    headers = studies.select(
        "study_instance_uid",
        "device",
        pl.col("software_versions").fill_null("").str.strip_chars(),
        "modality",
        "vendor",
        pl.col("model").alias("model_name"),
    )
    seen = used.join(headers, on="study_instance_uid", how="inner").filter(pl.col("device").is_not_null())
    devices = seen.group_by("month", "device", "software_versions").agg(
        *(pl.col(name).sort().first() for name in ("modality", "vendor", "model_name")),
        pl.len().alias("n_studies"),
        pl.col("study_date").min().alias("first_date"),
        pl.col("study_date").max().alias("last_date"),
    )
    return (
        devices.with_columns(pl.lit(site).alias("site"))
        .select(pl.col(name).cast(dtype) for name, dtype in DEPLOYMENT_DEVICES.schema.items())
        .sort("month", "device", "software_versions")
    )
