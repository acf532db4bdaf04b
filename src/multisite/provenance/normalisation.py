"""Raw values of a series → normalised ones, and the log of what became of each raw value."""

from typing import Final

import polars as pl

from multisite.dicom import (
    AgeSource,
    NormalisationRule,
    body_part_rule,
    kernel_class,
    kernel_rule,
    model_rule,
    normalise_body_part,
    normalise_model,
    normalise_vendor,
    vendor_rule,
)
from multisite.schemas.series import NORMALISATION

__all__ = ["NORMALISED", "log_normalisation", "with_normalised"]

NORMALISED: Final = {
    "vendor": "manufacturer",
    "model": "manufacturer_model_name",
    "kernel_class": "convolution_kernel",
    "body_region": "body_part_examined",
}
"""Normalised column → the column of raw values it is made from."""

_FIRST_KERNEL: Final = pl.col("convolution_kernel").str.split("\\").list.first()
_VALUES: Final = {
    "vendor": normalise_vendor(pl.col("manufacturer")),
    "model": normalise_model(pl.col("manufacturer_model_name")),
    "kernel_class": kernel_class(_FIRST_KERNEL, pl.col("vendor")),
    "body_region": normalise_body_part(pl.col("body_part_examined")),
}
_RULES: Final = {
    "vendor": vendor_rule(pl.col("manufacturer")),
    "model": model_rule(pl.col("manufacturer_model_name")),
    "kernel_class": kernel_rule(_FIRST_KERNEL, pl.col("vendor")),
    "body_region": body_part_rule(pl.col("body_part_examined")),
}


def with_normalised(rows: pl.DataFrame) -> pl.DataFrame:
    """``rows`` with a column for each of NORMALISED, from the raw columns. Each distinct raw value is read once."""
    for column in NORMALISED:
        rows = _with_one(rows, column)
    return rows


def log_normalisation(rows: pl.DataFrame, *, site: str) -> pl.DataFrame:
    """What became of every raw value (NORMALISATION): those without a rule first, the most frequent on top.

    ``rows`` has one or more rows per series: ``series_instance_uid``, ``patient_id``, ``age_source``, and the raw
    columns of NORMALISED. A series that holds two values is counted with both. The rows about ages say in how many
    series the age is stated, made from dates, or missing.
    """
    rows = _with_one(rows.select("series_instance_uid", "patient_id", "age_source", *NORMALISED.values()), "vendor")
    logs = [*(_log(rows, column) for column in NORMALISED), _log_ages(rows)]
    ordered = pl.concat(logs).with_columns(pl.lit(site).alias("site")).select(NORMALISATION.schema.names())
    return ordered.sort(
        pl.col("rule") != NormalisationRule.UNMAPPED.value,
        "n_series",
        "column",
        "raw_value",
        "vendor",
        descending=[False, True, False, False, False],
    )


def _with_one(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    keys = _keys(column)
    known = rows.select(keys).unique().filter(pl.col(NORMALISED[column]).is_not_null())
    made = known.with_columns(_VALUES[column].cast(pl.String).alias(column))
    return rows.join(made, on=keys, how="left", nulls_equal=True, maintain_order="left")


def _keys(column: str) -> list[str]:
    """A kernel means what its vendor means by it."""
    return [NORMALISED[column], "vendor"] if column == "kernel_class" else [NORMALISED[column]]


def _counts() -> list[pl.Expr]:
    return [
        pl.col("series_instance_uid").n_unique().cast(pl.Int64).alias("n_series"),
        pl.col("patient_id").drop_nulls().n_unique().cast(pl.Int64).alias("n_patients"),
    ]


def _log(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    keys = _keys(column)
    counted = rows.filter(pl.col(NORMALISED[column]).is_not_null()).group_by(keys).agg(*_counts())
    judged = counted.with_columns(_RULES[column].alias("rule"), _VALUES[column].cast(pl.String).alias("value"))
    mapped = pl.col("rule") != NormalisationRule.UNMAPPED.value
    context = pl.col("vendor").fill_null("") if "vendor" in keys else pl.lit("")
    return judged.select(
        pl.lit(column).alias("column"),
        pl.col(NORMALISED[column]).alias("raw_value"),
        context.alias("vendor"),
        pl.when(mapped).then("value").alias("normalised_value"),
        "rule",
        "n_series",
        "n_patients",
    )


def _log_ages(rows: pl.DataFrame) -> pl.DataFrame:
    counted = rows.filter(pl.col("age_source").is_not_null()).group_by("age_source").agg(*_counts())
    missing = pl.col("age_source") == AgeSource.NONE.value
    return counted.select(
        pl.lit("age_years").alias("column"),
        pl.col("age_source").alias("raw_value"),
        pl.lit("").alias("vendor"),
        pl.lit(None, pl.String).alias("normalised_value"),
        pl.when(missing)
        .then(pl.lit(NormalisationRule.UNMAPPED.value))
        .otherwise(pl.lit(NormalisationRule.DERIVED.value))
        .alias("rule"),
        "n_series",
        "n_patients",
    )
