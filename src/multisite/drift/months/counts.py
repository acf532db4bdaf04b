"""Counts of a window's studies on registered bins. In every monitor the counts add up to the studies of the window."""

import numpy as np
import polars as pl

from multisite.drift.baseline.bins import BIN_COLUMNS
from multisite.schemas.drift import DRIFT_COUNTS

__all__ = ["BASELINE_WINDOW", "count_on_bins"]

BASELINE_WINDOW = "baseline"
"""The window of the reference; every other window is a month."""


def count_on_bins(
    studies: pl.DataFrame, bins: pl.DataFrame, *, reference: pl.DataFrame, rare: int, site: str, window: str
) -> pl.DataFrame:
    """Studies per monitor and bin, empty bins included.

    A category of the window that no ``reference`` study has gets a bin of its own, after the registered ones and of the
    kind ``unseen``, when at least ``rare`` studies of the window have it; below that it is counted among the others.
    """
    parts = []
    for (kind, monitor), cells in bins.sort("monitor", "bin").group_by("kind", "monitor", maintain_order=True):
        column = f"{kind}_{monitor}"
        if kind == "number":
            parts.append(_count_number(studies[column], cells))
        else:
            parts.append(_count_category(studies[column], cells, seen=reference[column], rare=rare))
    counted = pl.concat(parts) if parts else BIN_COLUMNS.to_frame().with_columns(n_studies=pl.lit(0, pl.Int64))
    return counted.select(
        pl.lit(site).alias("site"), pl.lit(window).alias("window"), *DRIFT_COUNTS.schema.names()[2:]
    ).sort("monitor", "bin")


def _count_number(values: pl.Series, cells: pl.DataFrame) -> pl.DataFrame:
    edges = cells["lower"].drop_nulls().to_numpy()
    known = values.drop_nulls().to_numpy()
    per_range = np.bincount(np.searchsorted(edges, known, side="right"), minlength=edges.size + 1)
    return cells.with_columns(pl.Series("n_studies", [*per_range.tolist(), values.null_count()], dtype=pl.Int64))


def _count_category(values: pl.Series, cells: pl.DataFrame, *, seen: pl.Series, rare: int) -> pl.DataFrame:
    named = cells.filter(pl.col("bin_kind") == "category")["label"].to_list()
    found = values.drop_nulls().value_counts(name="n").rename({values.name: "label"})
    known = seen.drop_nulls().unique().to_list()
    unseen = found.filter(~pl.col("label").is_in(known) & (pl.col("n") >= rare)).sort("label")
    first = cells["bin"].max()
    extra = unseen.with_row_index("position").select(
        pl.lit(cells["monitor"][0]).alias("monitor"),
        pl.lit("category").alias("kind"),
        (pl.col("position").cast(pl.Int64) + 1 + first).alias("bin"),
        pl.lit("unseen").alias("bin_kind"),
        "label",
        pl.lit(None, pl.Float64).alias("lower"),
        pl.lit(None, pl.Float64).alias("upper"),
    )
    n_other = int(found.filter(~pl.col("label").is_in([*named, *unseen["label"]]))["n"].sum())
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
