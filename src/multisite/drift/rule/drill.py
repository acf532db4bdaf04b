"""A drill: a month's counts as if its scanners and scores had changed, to prove that somebody would be told."""

import polars as pl

from multisite.vocabulary import OVERALL

__all__ = ["DRILL_SHARE", "with_injected_drift"]

DRILL_SHARE = 0.5
"""Share of the month's studies that are moved: to the last bin of every score, and to yes of every alert."""


def with_injected_drift(counts: pl.DataFrame, *, month: str) -> pl.DataFrame:
    """``counts`` (DRIFT_COUNTS) with half of the studies of ``month`` moved, rounded down, in every score and alert.

    The totals of every monitor stay, and so do all other months, monitors and subgroups.
    """
    hit = (
        (pl.col("window") == month)
        & (pl.col("axis") == OVERALL)
        & (pl.col("bin_kind") != "missing")
        & (pl.col("monitor").str.starts_with("score_") | pl.col("monitor").str.starts_with("alert_"))
    )
    parts = [counts.filter(~hit)]
    for (kind, *_), rows in counts.filter(hit).group_by("kind", "monitor", "baseline", maintain_order=True):
        moved = rows.sort("bin").with_columns((pl.col("n_studies") * DRILL_SHARE).floor().cast(pl.Int64).alias("gone"))
        target = moved["bin"].min() if kind == "share" else moved["bin"].max()
        total = int(moved["gone"].sum())
        after = pl.col("n_studies") - pl.col("gone") + pl.when(pl.col("bin") == target).then(total).otherwise(0)
        parts.append(moved.with_columns(after.alias("n_studies")).drop("gone"))
    return pl.concat(parts)
