"""Whether a changed alert rate comes from other images, or from equal images that alert otherwise."""

from dataclasses import dataclass

import polars as pl

from multisite.stats import mix_and_within
from multisite.vocabulary import OVERALL

__all__ = ["Mixture", "mixture_of"]


@dataclass(frozen=True, slots=True)
class Mixture:
    """The watched category whose mix explains most, the part that it explains, and the part within equal values."""

    axis: str
    mix: float
    within: float


def mixture_of(monitor: str, *, counts: pl.DataFrame, baseline: pl.DataFrame, month: str) -> Mixture | None:
    """The decomposition of a share's change along the category whose mix explains most of it; None without any."""
    found = []
    before = _rates(baseline.filter((pl.col("window") == "baseline") & (pl.col("monitor") == monitor)))
    now = _rates(counts.filter((pl.col("window") == month) & (pl.col("monitor") == monitor)))
    for axis in before["axis"].unique().sort():
        joined = before.filter(axis=axis).join(
            now.filter(axis=axis), on="level", how="full", suffix="_now", coalesce=True
        )
        joined = joined.sort("level").with_columns(pl.col("n", "n_now").fill_null(0))
        if joined["n"].sum() == 0 or joined["n_now"].sum() == 0:
            continue
        columns = (
            joined[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()
            for name in ("n", "rate", "n_now", "rate_now")
        )
        mix, within = mix_and_within(*columns)
        found.append(Mixture(str(axis), float(f"{mix:.9g}"), float(f"{within:.9g}")))
    return max(found, key=lambda one: abs(one.mix), default=None)


def _rates(counts: pl.DataFrame) -> pl.DataFrame:
    """Studies and share per axis and level; no share of nothing."""
    own = counts.filter((pl.col("axis") != OVERALL) & (pl.col("bin_kind") == "category"))
    sums = own.group_by("axis", "level").agg(
        pl.col("n_studies").sum().alias("n"),
        pl.col("n_studies").filter(pl.col("label") == "yes").sum().alias("yes"),
    )
    return sums.with_columns(pl.when(pl.col("n") > 0).then(pl.col("yes") / pl.col("n")).alias("rate")).drop("yes")
