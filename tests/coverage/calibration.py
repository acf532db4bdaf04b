"""Intervals of calibration, of a model whose scores are the true probabilities."""

from collections.abc import Callable

import numpy as np

from multisite.stats import Estimate, ScoreCounts, calibration_line, observed_expected
from tests.coverage.scenario import Scenario

__all__ = ["CALIBRATION_SCENARIOS"]


def _calibrated(statistic: str, n: int, truth: float, estimate: Callable[[ScoreCounts], Estimate]) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        score = rng.beta(1.5, 3, n)
        return estimate(ScoreCounts.from_cases(rng.random(n) < score, score))

    setting = f"{n} cases, beta(1.5, 3)"
    return Scenario(statistic=statistic, method="wald", setting=setting, truth=truth, draw=draw)


CALIBRATION_SCENARIOS = (
    _calibrated("calibration_intercept", 500, 0.0, lambda counts: calibration_line(counts).intercept),
    _calibrated("calibration_slope", 500, 1.0, lambda counts: calibration_line(counts).slope),
    _calibrated("calibration_in_the_large", 500, 0.0, lambda counts: calibration_line(counts).in_the_large),
    _calibrated("observed_expected", 500, 1.0, observed_expected),
)
