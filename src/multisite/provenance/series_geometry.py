"""Whether a series is one complete stack of slices, or why that cannot be said."""

from typing import Final

import polars as pl

from multisite.provenance.geometry import ORIENTATION_TOLERANCE, directions, plane
from multisite.provenance.stacks import measure_stacks
from multisite.schemas.series import GeometryGap

__all__ = ["CROSS_SECTIONAL", "with_geometry"]

CROSS_SECTIONAL: Final = ("CT", "MR", "PT", "NM")
"""Modalities whose instances are slices."""

_MEASURES: Final = (
    "n_slices",
    "n_stacks",
    "slice_spacing_mm",
    "n_missing_slices",
    "n_duplicate_slices",
    "spacing_is_even",
)
_STILL_MEASURED: Final = (GeometryGap.ONE_SLICE.value, GeometryGap.SOME_POSITIONS_MISSING.value)
_ROUNDING: Final = 1e-9


def with_geometry(series: pl.DataFrame, parts: pl.DataFrame, positions: pl.DataFrame) -> pl.DataFrame:
    """``series`` with the geometry columns of SERIES.

    ``parts`` has the recorded values of the same series, and ``positions`` a row (``series``, ``position_um``) per
    instance whose position is known. The measures are those of ``measure_stacks``. A series is complete without missing
    and duplicate slices; what cannot be said is null, with the reason in ``geometry_gap``. Of a series with a single
    slice, or with some instances that have no position, the measures that can be had are given all the same.
    """
    located = positions.group_by("series").agg(pl.len().cast(pl.Int64).alias("n_located"))
    joined = (
        series.join(located, on="series", how="left", maintain_order="left")
        .join(measure_stacks(positions), on="series", how="left", maintain_order="left")
        .join(_disagreements(parts), on="series", how="left", maintain_order="left")
    )
    reasons = joined.with_columns(_gap().alias("geometry_gap"))
    gap = pl.col("geometry_gap")
    measured = gap.is_null() | gap.is_in(_STILL_MEASURED)
    complete = (pl.col("n_missing_slices") == 0) & (pl.col("n_duplicate_slices") == 0)
    turned = pl.col("modality").is_in(CROSS_SECTIONAL).fill_null(False) & ~pl.col("several_orientations")
    return reasons.with_columns(
        *(pl.when(measured).then(name).alias(name) for name in _MEASURES),
        pl.when(gap.is_null()).then(complete).alias("is_complete"),
        pl.when(turned).then(_planes(joined["image_orientation"])).alias("orientation"),
    )


def _gap() -> pl.Expr:
    conditions = {
        GeometryGap.NOT_CROSS_SECTIONAL: ~pl.col("modality").is_in(CROSS_SECTIONAL).fill_null(False),
        GeometryGap.MULTI_FRAME: pl.col("most_frames") > 1,
        GeometryGap.NO_POSITIONS: pl.col("n_located").is_null(),
        GeometryGap.SEVERAL_FRAMES_OF_REFERENCE: pl.col("several_frames_of_reference"),
        GeometryGap.SEVERAL_ORIENTATIONS: pl.col("several_orientations"),
        GeometryGap.ONE_SLICE: pl.col("n_slices") == 1,
        GeometryGap.SOME_POSITIONS_MISSING: pl.col("n_located") < pl.col("n_instances"),
    }
    return pl.coalesce(pl.when(found).then(pl.lit(gap.value)) for gap, found in conditions.items())


def _disagreements(parts: pl.DataFrame) -> pl.DataFrame:
    """What keeps the positions of a series from being compared, per series."""
    series = parts.group_by("series").agg(
        pl.col("number_of_frames").max().alias("most_frames"),
        (pl.col("frame_of_reference_uid").drop_nulls().n_unique() > 1).alias("several_frames_of_reference"),
        (pl.col("image_orientation").drop_nulls().n_unique() > 1).alias("several_texts"),
    )
    suspects = series.filter("several_texts").select("series")
    texts = parts.select("series", "image_orientation").drop_nulls().join(suspects, on="series", how="semi").unique()
    cosines = directions(texts["image_orientation"])
    components = texts.select("series").hstack([pl.Series(f"cosine:{i}", cosines[:, i]) for i in range(6)])
    spread = components.group_by("series").agg(
        pl.any_horizontal(
            (pl.col(f"cosine:{i}").max() - pl.col(f"cosine:{i}").min()) > ORIENTATION_TOLERANCE + _ROUNDING
            for i in range(6)
        ).alias("several_orientations")
    )
    return series.join(spread, on="series", how="left").with_columns(pl.col("several_orientations").fill_null(False))


def _planes(texts: pl.Series) -> pl.Expr:
    distinct = texts.drop_nulls().unique().sort()
    names = pl.Series(plane(directions(distinct)), dtype=pl.String)
    return pl.col("image_orientation").replace_strict(distinct, names, default=None, return_dtype=pl.String)
