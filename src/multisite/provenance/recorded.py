"""What the instances of a series record → what stands for the series, and where they disagree."""

from typing import Final

import polars as pl

from multisite.provenance.normalisation import NORMALISED, with_normalised
from multisite.schemas.series import SERIES
from multisite.schemas.series_parts import RECORDED

__all__ = ["CONSISTENT", "roll_up_recorded"]

_CONSTANT: Final = (*RECORDED, "age_source", "image_orientation")
_DECIDED: Final = {*RECORDED, *NORMALISED}
CONSISTENT: Final = tuple(name for name in SERIES.schema if name in _DECIDED)
"""Columns of the series that ``inconsistent_attributes`` may name."""


def roll_up_recorded(parts: pl.DataFrame) -> pl.DataFrame:
    """One row per ``series`` of the parts, in its order: the commonest of each recorded value, and what varies.

    ``age_source`` is that of the age that stands for the series; ``image_orientation`` is kept for the geometry.
    """
    bounds = [agg for name in _CONSTANT for agg in (pl.col(name).min(), pl.col(name).max().alias(f"last:{name}"))]
    series = parts.group_by("series").agg(
        pl.col("site", "series_instance_uid").first(),
        pl.col("n_objects").sum(),
        pl.col("fingerprints").list.drop_nulls().list.len().cast(pl.Int64).sum().alias("n_fingerprinted"),
        pl.col("first_acquisition_at").min(),
        pl.col("last_acquisition_at").max(),
        _image_kind(),
        *bounds,
    )
    # What varies is told from the bounds, before the commonest value takes the place of one of them.
    series = _with_inconsistencies(series, parts)
    for name in RECORDED:
        series = _decide(series, parts, name)
    of_the_age = parts.join(series.select("series", pl.col("age_years").alias("age")), on="series").filter(
        pl.col("age_years").eq_missing(pl.col("age"))
    )
    for name, rows in (("age_source", of_the_age), ("image_orientation", parts)):
        series = _decide(series, rows, name)
    return _with_other_patients(series, parts).drop(f"last:{name}" for name in _CONSTANT).sort("series")


def _varies(name: str) -> pl.Expr:
    return (pl.col(name) != pl.col(f"last:{name}")).fill_null(False)


def _decide(series: pl.DataFrame, rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """``series`` with the commonest value of a column in the place of its smallest, where the two may differ."""
    varying = series.filter(_varies(name)).select("series")
    if varying.is_empty():
        return series
    held = rows.filter(pl.col(name).is_not_null()).join(varying, on="series", how="semi")
    commonest = (
        held.group_by("series", name)
        .agg(pl.col("n_objects").sum())
        .sort("series", "n_objects", name, descending=[False, True, False])
        .unique("series", keep="first", maintain_order=True)
        .select("series", pl.col(name).alias("commonest"))
    )
    return (
        series.join(commonest, on="series", how="left")
        .with_columns(pl.coalesce("commonest", name).alias(name))
        .drop("commonest")
    )


def _image_kind() -> pl.Expr:
    kind = pl.col("image_type").str.split("\\").list.first()
    original, derived = (kind == "ORIGINAL").any(), (kind == "DERIVED").any()
    return (
        pl.when((kind == "MIXED").any() | (original & derived))
        .then(pl.lit("mixed"))
        .when(original)
        .then(pl.lit("original"))
        .when(derived)
        .then(pl.lit("derived"))
        .alias("image_kind")
    )


def _with_other_patients(series: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """Adds the patients whom the instances name, beyond the one that stands for the series."""
    varying = series.filter(pl.col("inconsistent_attributes").list.contains("patient_id")).select(
        "series", "patient_id"
    )
    others = (
        parts.select("series", pl.col("patient_id").alias("other"))
        .join(varying, on="series")
        .filter(pl.col("other") != pl.col("patient_id"))
        .group_by("series")
        .agg(pl.col("other").unique().sort().alias("other_patient_ids"))
    )
    listed = pl.col("other_patient_ids").fill_null(pl.lit([], pl.List(pl.String)))
    return series.join(others, on="series", how="left").with_columns(listed)


def _with_inconsistencies(series: pl.DataFrame, parts: pl.DataFrame) -> pl.DataFrame:
    """Adds the names of the columns that vary, and their number. Two spellings of one vendor are one vendor."""
    varying = series.filter(pl.any_horizontal(_varies(name) for name in RECORDED))
    values = parts.select("series", *NORMALISED.values()).join(varying.select("series"), on="series", how="semi")
    differing = (
        with_normalised(values)
        .group_by("series")
        .agg((pl.col(name).drop_nulls().n_unique() > 1).alias(f"two:{name}") for name in NORMALISED)
    )
    flags = [pl.col(f"two:{name}") if name in NORMALISED else _varies(name) for name in CONSISTENT]
    names = [pl.when(flag).then(pl.lit(name)) for flag, name in zip(flags, CONSISTENT, strict=True)]
    named = varying.join(differing, on="series").select(
        "series", pl.concat_list(names).list.drop_nulls().alias("inconsistent_attributes")
    )
    listed = pl.col("inconsistent_attributes").fill_null(pl.lit([], pl.List(pl.String)))
    return series.join(named, on="series", how="left").with_columns(
        listed, listed.list.len().cast(pl.Int64).alias("n_inconsistent")
    )
