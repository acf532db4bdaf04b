"""Whether a monitor of the reference has a season, where two years of it can tell."""

import numpy as np
import polars as pl

from multisite.stats import chi_square, holm

__all__ = ["CALENDAR_WINDOW", "MONTHS_FOR_SEASON", "season_of", "spans_two_years"]

MONTHS_FOR_SEASON = 24
"""Months that the reference must span before anything can be said of the season."""

CALENDAR_WINDOW = "baseline-"
"""Windows of the reference's calendar months are called this and the month: that month and those beside it."""

_ALPHA = 0.01


def spans_two_years(months: pl.Series) -> bool:
    """Whether ``months`` (YYYY-MM, missing where unknown) hold the same calendar months of two years."""
    known = months.drop_nulls().unique()
    return known.len() >= MONTHS_FOR_SEASON


def season_of(counts: pl.DataFrame, monitor: str, *, smallest: float) -> str:
    """``not separable yet`` without windows of calendar months; ``by calendar month`` where one of them differs from
    the whole reference beyond chance (Holm over the months, 1 %) and by ``smallest`` in a bin; else ``none seen``."""
    own = counts.filter(
        (pl.col("monitor") == monitor) & (pl.col("axis") == "overall") & (pl.col("bin_kind") != "missing")
    )
    windows = own.filter(pl.col("window").str.starts_with(CALENDAR_WINDOW))
    if windows.is_empty():
        return "not separable yet"
    whole = own.filter(window="baseline").sort("bin")["n_studies"].to_numpy()
    p_values: list[float] = []
    changes: list[float] = []
    for _, window in windows.sort("window", "bin").group_by("window", maintain_order=True):
        inside = window["n_studies"].to_numpy()
        outside = whole - inside
        if inside.sum() == 0 or outside.sum() == 0:
            continue
        p_value = chi_square(inside, outside).p_value
        p_values.append(1.0 if p_value is None else p_value)
        changes.append(float(np.abs(inside / inside.sum() - outside / outside.sum()).max()))
    adjusted = holm(p_values) if p_values else np.array([])
    seen = any(p <= _ALPHA and change >= smallest for p, change in zip(adjusted, changes, strict=True))
    return "by calendar month" if seen else "none seen"
