"""Counts of a window's studies on registered bins. In every monitor the counts add up to the studies of the window."""

from collections.abc import Iterator

import numpy as np
import polars as pl

from multisite.drift.baseline.bins import BIN_COLUMNS
from multisite.schemas.drift import DRIFT_COUNTS
from multisite.schemas.drift_baseline import DRIFT_MOMENTS
from multisite.vocabulary import OVERALL

__all__ = ["BASELINE_WINDOW", "OTHER_LEVEL", "Axes", "count_on_bins", "moments_of_numbers"]

BASELINE_WINDOW = "baseline"
"""The window of the reference; every other window is a month."""

Axes = dict[str, tuple[str, ...]]
"""Monitor → the categories within whose registered values it is counted, too, as named in frames."""

OTHER_LEVEL = "other"
"""The level of what has no level of its own."""


def count_on_bins(
    studies: pl.DataFrame,
    bins: pl.DataFrame,
    *,
    reference: pl.DataFrame,
    rare: int,
    site: str,
    window: str,
    baseline: str = "",
    axes: Axes | None = None,
) -> pl.DataFrame:
    """Studies per monitor, axis, level and bin, empty bins included.

    A category of the window that no ``reference`` study has gets a bin of its own, after the registered ones and of the
    kind ``unseen``, when at least ``rare`` studies of the window have it; below that it is counted among the others.
    The levels of an axis are the registered values of its category, and ``other`` for the rest, for no value, and for a
    value that is itself called so.
    """
    parts = []
    for (kind, monitor), cells in bins.sort("monitor", "bin").group_by("kind", "monitor", maintain_order=True):
        column = f"{kind}_{monitor}"
        for axis, level, members in _subsets(studies, bins, (axes or {}).get(str(monitor), ())):
            counted = _counted(members[column], str(kind), cells, reference[column], rare, unseen=axis == OVERALL)
            parts.append(counted.with_columns(pl.lit(axis).alias("axis"), pl.lit(level).alias("level")))
    if not parts:
        return pl.DataFrame(schema=DRIFT_COUNTS.schema)
    return (
        pl.concat(parts)
        .with_columns(
            pl.lit(site).alias("site"), pl.lit(window).alias("window"), pl.lit(baseline, pl.String).alias("baseline")
        )
        .select(DRIFT_COUNTS.schema.names())
        .sort("monitor", "axis", "level", "bin")
    )


def moments_of_numbers(
    studies: pl.DataFrame, bins: pl.DataFrame, *, site: str, window: str, baseline: str, axes: Axes | None = None
) -> pl.DataFrame:
    """Mean and standard deviation of every watched number of the window's studies, and per level: DRIFT_MOMENTS."""
    rows = []
    for monitor in bins.filter(kind="number")["monitor"].unique().sort():
        for axis, level, members in _subsets(studies, bins, (axes or {}).get(monitor, ())):
            known = members[f"number_{monitor}"].drop_nulls().to_numpy()
            rows.append(
                {
                    "site": site,
                    "window": window,
                    "baseline": baseline,
                    "monitor": monitor,
                    "axis": axis,
                    "level": level,
                    "n_studies": known.size,
                    # Twelve digits: the last ones depend on the order of summation, and equal inputs give equal bytes.
                    "mean": float(f"{known.mean():.12g}") if known.size else None,
                    "standard_deviation": float(f"{known.std(ddof=1):.12g}") if known.size > 1 else None,
                }
            )
    return pl.DataFrame(rows, schema=DRIFT_MOMENTS.schema)


def _subsets(
    studies: pl.DataFrame, bins: pl.DataFrame, axes: tuple[str, ...]
) -> Iterator[tuple[str, str, pl.DataFrame]]:
    yield OVERALL, OVERALL, studies
    for column in axes:
        axis = column.removeprefix("category_")
        own = bins.filter((pl.col("monitor") == axis) & (pl.col("bin_kind") == "category"))["label"].to_list()
        levels = [level for level in own if level != OTHER_LEVEL]
        for level in levels:
            yield axis, level, studies.filter(pl.col(column) == level)
        yield axis, OTHER_LEVEL, studies.filter(~pl.col(column).is_in(levels).fill_null(False))


def _counted(
    values: pl.Series, kind: str, cells: pl.DataFrame, seen: pl.Series, rare: int, *, unseen: bool
) -> pl.DataFrame:
    if kind == "number":
        return _count_number(values, cells)
    if kind == "share":
        return _count_share(values, cells)
    return _count_category(values, cells, seen=seen, rare=rare, unseen=unseen)


def _count_number(values: pl.Series, cells: pl.DataFrame) -> pl.DataFrame:
    edges = cells["lower"].drop_nulls().to_numpy()
    known = values.drop_nulls().to_numpy()
    per_range = np.bincount(np.searchsorted(edges, known, side="right"), minlength=edges.size + 1)
    return cells.with_columns(pl.Series("n_studies", [*per_range.tolist(), values.null_count()], dtype=pl.Int64))


def _count_share(values: pl.Series, cells: pl.DataFrame) -> pl.DataFrame:
    yes = int(values.sum() or 0)
    missing = values.null_count()
    return cells.with_columns(pl.Series("n_studies", [yes, values.len() - missing - yes, missing], dtype=pl.Int64))


def _count_category(
    values: pl.Series, cells: pl.DataFrame, *, seen: pl.Series, rare: int, unseen: bool
) -> pl.DataFrame:
    named = cells.filter(pl.col("bin_kind") == "category")["label"].to_list()
    found = values.drop_nulls().value_counts(name="n").rename({values.name: "label"})
    known = seen.drop_nulls().unique().to_list()
    new = found.filter(~pl.col("label").is_in(known) & (pl.col("n") >= rare) & unseen).sort("label")
    first = cells["bin"].max()
    extra = new.with_row_index("position").select(
        pl.lit(cells["monitor"][0]).alias("monitor"),
        pl.lit("category").alias("kind"),
        (pl.col("position").cast(pl.Int64) + 1 + first).alias("bin"),
        pl.lit("unseen").alias("bin_kind"),
        "label",
        pl.lit(None, pl.Float64).alias("lower"),
        pl.lit(None, pl.Float64).alias("upper"),
    )
    n_other = int(found.filter(~pl.col("label").is_in([*named, *new["label"]]))["n"].sum())
    counted = pl.concat([cells, extra]).join(found, on="label", how="left", maintain_order="left")
    by_label = pl.col("n").fill_null(0).cast(pl.Int64)
    # A category may itself be called "other" or "missing": the kind of the bin decides, not its label.
    return counted.select(
        *BIN_COLUMNS.names(),
        pl.when(pl.col("bin_kind") == "other")
        .then(n_other)
        .when(pl.col("bin_kind") == "missing")
        .then(values.null_count())
        .otherwise(by_label)
        .cast(pl.Int64)
        .alias("n_studies"),
    )
