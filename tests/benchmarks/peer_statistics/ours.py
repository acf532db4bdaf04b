"""Seconds and numbers of each task by `multisite.stats`."""

import numpy as np

from multisite.stats import (
    ScoreCounts,
    WeightedAuc,
    auc,
    auc_difference,
    bootstrap_replicates,
    percentile_interval,
    proportion,
)
from tests.benchmarks.peer_statistics.data import TASKS, draw
from tests.benchmarks.ratio import in_turn

__all__ = ["ours"]


def ours(task: str) -> tuple[float, list[float]]:
    """The best of three, and what was found."""
    n, replicates = TASKS[task]
    truth, one, other = draw(n)
    positive = truth.astype(bool)

    def area() -> list[float]:
        found = auc(ScoreCounts.from_cases(positive, one), method="delong")
        return [found.estimate or 0.0, found.ci_low or 0.0, found.ci_high or 0.0]

    def difference() -> list[float]:
        found = auc_difference(positive, one, other)
        return [(found.estimate or 0.0) / (found.standard_error or 1.0)]

    def resampled() -> list[float]:
        statistic = WeightedAuc(positive, one)
        values = bootstrap_replicates(statistic, np.arange(n), n_replicates=replicates, seed=1)
        return [auc(ScoreCounts.from_cases(positive, one)).estimate or 0.0, *percentile_interval(values, level=0.95)]

    def sensitivity() -> list[float]:
        hits = int(((one >= 0.5) & positive).sum())
        found = proportion(hits, int(positive.sum()))
        return [found.estimate or 0.0, found.ci_low or 0.0, found.ci_high or 0.0]

    function = dict(zip(TASKS, (area, difference, resampled, sensitivity), strict=True))[task]
    seconds, numbers = in_turn([function], 3)
    return seconds[0], numbers[0]
