"""Routine use: from the rows of the site's deployment table to one row per study, and what became of every row."""

import polars as pl

from multisite.drift.monitors import (
    INVALID_COLUMN,
    Monitors,
    abstained_column,
    alert_column,
    disagrees_column,
    failed_column,
    score_column,
)
from multisite.schemas.drift import DEPLOYMENT, DEPLOYMENT_COUNTS

__all__ = ["OUTCOMES", "count_outcomes", "monitored_studies", "route_rows"]

_LOST = ("unknown finding or model", "no images", "no eligible modality", "no study date", "no patient")
_UNSCORED = ("duplicated", "failed", "abstained", "unknown outcome", "score missing", "score out of range")
_PROCESSED = "processed"

OUTCOMES: tuple[str, ...] = ("monitored", *_UNSCORED, *_LOST)
"""What can become of a row. A lost row brings no study; one without a sound score brings the study without it."""

_PAIR = ("study_instance_uid", "finding", "model")
_TOLD = ("report_positive",)


def route_rows(
    table: pl.DataFrame,
    studies: pl.DataFrame,
    *,
    monitors: Monitors,
    pairs: tuple[tuple[str, str], ...],
) -> pl.DataFrame:
    """Every row of ``table`` with the acquisition of its study's index series, its month and its ``outcome``.

    A fault of a row is judged in this order: a finding or model that the study file does not name, no images, images of
    other modalities only, no study date, no patient, duplicated, failed, abstained, an outcome in another word than
    these two and ``processed``, score missing, score out of range.
    Rows that repeat a study, finding and model with the same score are one score and its copies, which are counted as
    duplicated; where they differ, nobody knows which one was meant, and all are.
    No eligibility rule is applied: use outside the validated population is something to be seen, not to be left out.
    """
    declared = pl.DataFrame(pairs, schema={"finding": pl.String, "model": pl.String}, orient="row")
    declared = declared.with_columns(pl.lit(True).alias("declared"))
    images = studies.select(
        "study_instance_uid",
        "study_date",
        "device",
        pl.col("series_instance_uid").is_not_null().alias("eligible"),
        pl.col("patient_id").alias("series_patient_id"),
        *monitors.acquisition_expressions(),
    )
    said = _said(table)
    clinical = [one.of_table() for one in monitors.clinical]
    # Sorting makes the row that stands for its copies the same whatever the order of the table.
    rows = table.select("patient_id", *_PAIR, pl.col("score").fill_nan(None), *said, *clinical).sort(
        *_PAIR, "score", "patient_id", "said", *_TOLD
    )
    rows = rows.join(declared, on=["finding", "model"], how="left", maintain_order="left")
    rows = rows.join(images, on="study_instance_uid", how="left", maintain_order="left")
    copies = pl.int_range(pl.len()).over(*_PAIR, "score") > 0
    conflicting = pl.col("score").drop_nulls().n_unique().over(_PAIR) > 1
    outcome = (
        pl.when(pl.col("declared").is_null())
        .then(pl.lit("unknown finding or model"))
        .when(pl.col("eligible").is_null())
        .then(pl.lit("no images"))
        .when(~pl.col("eligible"))
        .then(pl.lit("no eligible modality"))
        .when(pl.col("study_date").is_null())
        .then(pl.lit("no study date"))
        .when(pl.coalesce("series_patient_id", "patient_id").is_null())
        .then(pl.lit("no patient"))
        .when(copies | conflicting)
        .then(pl.lit("duplicated"))
        .when(pl.col("said").is_in(["failed", "abstained"]))
        .then(pl.col("said"))
        .when(pl.col("said") != _PROCESSED)
        .then(pl.lit("unknown outcome"))
        .when(pl.col("score").is_null())
        .then(pl.lit("score missing"))
        .when(~pl.col("score").is_between(0, 1))
        .then(pl.lit("score out of range"))
        .otherwise(pl.lit("monitored"))
    )
    return rows.with_columns(
        outcome.alias("outcome"),
        pl.coalesce("series_patient_id", "patient_id").alias("patient_id"),
        pl.col("study_date").dt.strftime("%Y-%m").alias("month"),
    )


def monitored_studies(rows: pl.DataFrame, *, site: str, monitors: Monitors) -> pl.DataFrame:
    """One row per study in routine use, with its month; a score that is not sound is null, and counts as missing.

    ``is_first`` marks, of each patient and month, the first study by date, and of the same day by pseudonym.
    """
    invalid = [INVALID_COLUMN] if monitors.invalid else []
    told = {one.column for one in monitors.clinical}
    acquisition = [name for name in monitors.acquisition_columns if name in rows.columns and name not in told]
    studies = (
        rows.filter(~pl.col("outcome").is_in(_LOST))
        .group_by("study_instance_uid")
        .agg(
            pl.col("patient_id").min(),
            *(pl.col(name).first() for name in ("month", "study_date", "device", *acquisition, *invalid)),
            # A study has one row per finding; where they differ the first in the alphabet stands for it.
            *(pl.col(one.column).min() for one in monitors.clinical),
            *(_score(*pair) for pair in monitors.scores),
            *_shares(monitors),
        )
    )
    first = pl.int_range(pl.len()).over("patient_id", "month") == 0
    return (
        studies.sort("study_date", "study_instance_uid")
        .with_columns(pl.lit(site).alias("site"), first.alias("is_first"))
        .select(*DEPLOYMENT.schema.names(), *monitors.columns, *monitors.shares)
        .sort("study_instance_uid")
    )


def count_outcomes(rows: pl.DataFrame, *, site: str) -> pl.DataFrame:
    """Rows of the table per outcome; an outcome that befell no row is listed with zero. They add up to the table."""
    found = rows.group_by("outcome").agg(pl.len().cast(pl.Int64).alias("n_rows"))
    listed = pl.DataFrame({"outcome": OUTCOMES}, schema={"outcome": pl.String})
    counted = listed.join(found, on="outcome", how="left", maintain_order="left")
    return counted.select(pl.lit(site).alias("site"), "outcome", pl.col("n_rows").fill_null(0)).select(
        DEPLOYMENT_COUNTS.schema.names()
    )


def _said(table: pl.DataFrame) -> list[pl.Expr]:
    """What the table says of a row, in columns that a site may leave out."""
    absent = [pl.lit(None, pl.Boolean).alias(name) for name in _TOLD if name not in table.columns]
    if "outcome" in table.columns:
        said = pl.col("outcome").str.strip_chars().str.to_lowercase().replace("", None)
    else:
        said = pl.lit(None, pl.String)
    return [said.alias("said"), *absent, *(pl.col(name) for name in _TOLD if name in table.columns)]


def _of(finding: str, model: str) -> pl.Expr:
    return (pl.col("finding") == finding) & (pl.col("model") == model)


def _sound(finding: str, model: str) -> pl.Expr:
    return pl.col("score").filter((pl.col("outcome") == "monitored") & _of(finding, model)).first()


def _score(finding: str, model: str) -> pl.Expr:
    return _sound(finding, model).alias(score_column(finding, model))


def _shares(monitors: Monitors) -> list[pl.Expr]:
    """Whether a study alerts, disagrees with its report, failed, and was abstained from; null where nobody can say."""
    shares = []
    for alert in monitors.alerts:
        above = _sound(alert.finding, alert.model) >= alert.threshold
        told = pl.col("report_positive").filter(_of(alert.finding, alert.model)).drop_nulls().first()
        shares += [
            above.alias(alert_column(alert.finding, alert.model)),
            (above != told).alias(disagrees_column(alert.finding, alert.model)),
        ]
    for model in monitors.models:
        own = pl.col("outcome").filter(pl.col("model") == model)
        for name, outcome in ((failed_column(model), "failed"), (abstained_column(model), "abstained")):
            shares.append(pl.when(own.len() > 0).then((own == outcome).any()).alias(name))
    return shares
