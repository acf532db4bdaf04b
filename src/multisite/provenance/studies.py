"""Series → studies: one row per imaging study, and the series that stands for it."""

import polars as pl

from multisite.schemas.series import ACQUISITION, STUDIES

__all__ = ["index_studies"]


def index_studies(series: pl.DataFrame, *, modalities: tuple[str, ...]) -> pl.DataFrame:
    """One row per StudyInstanceUID, with the acquisition of its index series.

    The index series is the one of a declared modality with the most instances. Ties go to the one acquired first, so
    that a copy under other UIDs is represented alike, then to the smallest identifier. A study without such a series
    keeps its row, with no index series and no acquisition, so that "no images" and "images of other modalities only"
    stay apart. Instances and the time span are those of all its series.
    """
    known = series.filter(pl.col("study_instance_uid").is_not_null())
    wanted = known.filter(pl.col("modality").is_in(list(modalities)))
    order = ["study_instance_uid", "n_instances", "first_acquisition_at", "series_instance_uid"]
    chosen = wanted.sort(order, descending=[False, True, False, False], nulls_last=True).unique(
        "study_instance_uid", keep="first", maintain_order=True
    )
    studies = known.group_by("site", "study_instance_uid").agg(
        pl.col("patient_id").min().alias("any_patient_id"),
        pl.len().cast(pl.Int64).alias("n_series"),
        pl.col("n_instances").sum().alias("n_study_instances"),
        pl.col("first_acquisition_at").min(),
        pl.col("last_acquisition_at").max(),
    )
    columns = [column.name for column in ACQUISITION]
    joined = studies.join(
        chosen.select("study_instance_uid", "series_instance_uid", "patient_id", *columns),
        on="study_instance_uid",
        how="left",
    )
    between = pl.col("last_acquisition_at") - pl.col("first_acquisition_at")
    return (
        joined.with_columns(
            pl.coalesce("patient_id", "any_patient_id").alias("patient_id"),
            (between.dt.total_microseconds() / 1_000_000).alias("acquisition_span_s"),
        )
        .select(STUDIES.schema.names())
        .sort("study_instance_uid")
    )
