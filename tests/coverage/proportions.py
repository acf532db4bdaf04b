"""Intervals of proportions."""

import numpy as np

from multisite.stats import ClusterMoments, Estimate, clustered_proportion, proportion
from tests.coverage.scenario import Scenario

__all__ = ["PROPORTION_SCENARIOS"]


def _independent(n: int, truth: float) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        return proportion(int(rng.binomial(n, truth)), n)

    return Scenario(statistic="proportion", method="wilson", setting=f"n = {n}, p = {truth:g}", truth=truth, draw=draw)


def _clustered(patients: int) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        cases = rng.integers(1, 8, patients)
        return clustered_proportion(
            ClusterMoments.from_clusters(rng.binomial(cases, rng.beta(1.4, 0.6, patients)), cases)
        )

    setting = f"{patients} patients of 1-7 cases, beta(1.4, 0.6)"
    return Scenario(statistic="clustered_proportion", method="wilson", setting=setting, truth=0.7, draw=draw)


PROPORTION_SCENARIOS = (
    *(_independent(n, p) for n, p in ((20, 0.5), (50, 0.9), (200, 0.92))),
    _clustered(12),
    _clustered(40),
)
