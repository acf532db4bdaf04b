"""The limits of a baseline: what each monitor's statistic exceeds by chance, for months of several sizes."""

from typing import Literal

import numpy as np
import polars as pl

from multisite.schemas.drift_baseline import DRIFT_LIMITS
from multisite.stats import null_limits
from multisite.vocabulary import MonitorKind

__all__ = ["GRID", "PROBABILITIES", "make_limits"]

GRID = (25, 100, 400, 1600, 6400)
"""Studies a month for which limits are made; between them they are interpolated, and they hardly depend on it."""

PROBABILITIES = (0.9, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001, 0.0005, 0.0002, 0.0001)

_LEAST_REFERENCE = 10


def make_limits(monitors: pl.DataFrame, counts: pl.DataFrame, *, replicates: int, seed: int, site: str) -> pl.DataFrame:
    """DRIFT_LIMITS of the numbers and categories of a baseline; shares need none, theirs are exact."""
    rows: list[dict[str, object]] = []
    drawn = monitors.filter(pl.col("kind").is_in([MonitorKind.NUMBER.value, MonitorKind.CATEGORY.value]))
    whole = counts.filter((pl.col("window") == "baseline") & (pl.col("bin_kind") != "missing"))
    for place, row in enumerate(drawn.sort("monitor", "axis", "level").iter_rows(named=True)):
        key = {name: row[name] for name in ("monitor", "axis", "level")}
        reference = whole.filter(**key).sort("bin")["n_studies"].to_numpy()
        if reference.sum() < _LEAST_REFERENCE or reference.size < 2:
            continue
        statistics: tuple[Literal["cells", "location"], ...] = (
            ("cells", "location") if row["kind"] == MonitorKind.NUMBER.value else ("cells",)
        )
        for statistic in statistics:
            for size in GRID:
                limits = null_limits(
                    reference,
                    n_studies=size,
                    probabilities=np.array(PROBABILITIES),
                    statistic=statistic,
                    replicates=replicates,
                    seed=seed + place,
                    design_effect=row["design_effect"],
                )
                rows.extend(
                    {"site": site, **key, "statistic": statistic, "n_studies": size, "probability": p,
                     "limit": float(f"{limit:.9g}")}
                    for p, limit in zip(PROBABILITIES, limits, strict=True)
                )  # fmt: skip
    return pl.DataFrame(rows, schema=DRIFT_LIMITS.schema)
