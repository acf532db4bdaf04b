"""Positions of slices → stacks: spacing, gaps and duplicates.

A position that holds more than one instance is either a duplicate or part of a series with several stacks (echoes, time
points, b-values, phases), and the headers of one vendor do not say which in the words of another. The rule asks the
series itself: the number of instances that most of its positions hold (ties: the smaller number) is its number of
stacks. An instance beyond that number at its position is a duplicate; where a position holds fewer, slices are missing.
A whole stack sent a second time under new UIDs therefore counts as a second stack.
"""

from typing import Final

import polars as pl

__all__ = ["POSITION_TOLERANCE_UM", "SPACING_TOLERANCE", "measure_stacks"]

POSITION_TOLERANCE_UM: Final = 10
"""Neighbours no further apart than this lie at one position."""

SPACING_TOLERANCE: Final = 0.1
"""Part of the median distance by which the others may differ and the spacing still be called even."""


def measure_stacks(points: pl.DataFrame) -> pl.DataFrame:
    """One row per series from one row per instance (``series``, ``position_um``, neither null).

    ``n_slices`` is the number of distinct positions, ``n_stacks`` the number of instances that most of them hold, and
    ``slice_spacing_mm`` the median distance between neighbours; of an even number of distances the lower of the two in
    the middle, for of two distances one may be a gap. A distance d in a series of median m misses ⌊d / m + ½⌋ − 1
    positions, each in every stack; ``n_missing_slices`` adds to them what single positions lack. ``spacing_is_even``
    says that every d is within SPACING_TOLERANCE · m of m. What needs a distance is null with one
    position only.
    """
    slices = _slices(points)
    distances = slices.filter(pl.col("distance").is_not_null())
    median = distances.group_by("series").agg(pl.col("distance").quantile(0.5, "lower").alias("median"))
    spaced = (
        distances.join(median, on="series")
        .group_by("series")
        .agg(
            pl.col("median").first() / 1000,
            ((pl.col("distance") / pl.col("median") + 0.5).floor().cast(pl.Int64) - 1)
            .clip(lower_bound=0)
            .sum()
            .alias("n_skipped"),
            ((pl.col("distance") - pl.col("median")).abs() <= SPACING_TOLERANCE * pl.col("median"))
            .all()
            .alias("spacing_is_even"),
        )
        .rename({"median": "slice_spacing_mm"})
    )
    counted = (
        slices.join(_stacks(slices), on="series")
        .group_by("series")
        .agg(
            pl.len().cast(pl.Int64).alias("n_slices"),
            pl.col("n_stacks").first(),
            (pl.col("n_stacks") - pl.col("n")).clip(lower_bound=0).sum().alias("n_lacking"),
            (pl.col("n") - pl.col("n_stacks")).clip(lower_bound=0).sum().alias("n_duplicate_slices"),
        )
    )
    return counted.join(spaced, on="series", how="left").select(
        "series",
        "n_slices",
        "n_stacks",
        "slice_spacing_mm",
        (pl.col("n_skipped") * pl.col("n_stacks") + pl.col("n_lacking")).alias("n_missing_slices"),
        "n_duplicate_slices",
        "spacing_is_even",
    )


def _slices(points: pl.DataFrame) -> pl.DataFrame:
    """One row per series and position: instances there, and the distance from the one before, null at the first."""
    ordered = points.sort("series", "position_um")
    same_series = pl.col("series") == pl.col("series").shift()
    step = pl.col("position_um").cast(pl.Int64).diff()
    begins = ~(same_series & (step <= POSITION_TOLERANCE_UM)).fill_null(False)
    slices = ordered.with_row_index("begin").filter(begins)
    n = pl.col("begin").shift(-1, fill_value=ordered.height).cast(pl.Int64) - pl.col("begin").cast(pl.Int64)
    return slices.select("series", n.alias("n"), pl.when(same_series).then(step).alias("distance"))


def _stacks(slices: pl.DataFrame) -> pl.DataFrame:
    held = slices.group_by("series", "n").len()
    commonest = held.sort("series", "len", "n", descending=[False, True, False]).unique(
        "series", keep="first", maintain_order=True
    )
    return commonest.select("series", pl.col("n").alias("n_stacks"))
