"""Intervals of discrimination."""

import numpy as np
from scipy import stats

from multisite.stats import Estimate, ScoreCounts, auc
from tests.coverage.scenario import Scenario

__all__ = ["DISCRIMINATION_SCENARIOS"]


def _binormal(positives: int, negatives: int, separation: float) -> Scenario:
    positive = np.repeat([True, False], [positives, negatives])

    def draw(rng: np.random.Generator) -> Estimate:
        return auc(ScoreCounts.from_cases(positive, rng.normal(size=positive.size) + separation * positive))

    return Scenario(
        statistic="auc",
        method="delong-logit",
        setting=f"{positives} + {negatives}, binormal {separation:g}",
        truth=float(stats.norm.cdf(separation / np.sqrt(2))),
        draw=draw,
    )


DISCRIMINATION_SCENARIOS = (_binormal(25, 80, 1.0), _binormal(25, 80, 2.2), _binormal(60, 80, 1.5))
