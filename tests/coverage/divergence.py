"""Intervals of divergences: the standardised mean difference. The floors of the others are in the unit tests."""

import numpy as np

from multisite.stats import Estimate
from multisite.stats.divergence import standardised_mean_difference
from tests.coverage.scenario import NOMINAL, Scenario

__all__ = ["DIVERGENCE_SCENARIOS"]


def _normal(
    n: int,
    m: int,
    mean: float,
    deviation: float,
    method: str,
    expected: tuple[float, float] = NOMINAL,
    kind: str = "mean variance",
) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        first, second = rng.normal(mean, deviation, n), rng.normal(0, 1, m)
        return standardised_mean_difference(first, second, kind=kind, method=method)  # type: ignore[arg-type]  # literals

    return Scenario(
        statistic="standardised_mean_difference",
        method=method if kind == "mean variance" else f"{kind}, {method}",
        setting=f"{n} + {m}, normal, {mean:g} apart, SD {deviation:g} and 1",
        truth=mean if kind == "glass" else mean / float(np.sqrt((1 + deviation**2) / 2)),
        draw=draw,
        expected=expected,
    )


DIVERGENCE_SCENARIOS = (
    _normal(30, 30, 0.5, 1.0, "bonett"),
    _normal(30, 30, 0.5, 1.0, "hedges-olkin"),
    _normal(40, 120, 0.8, 2.0, "bonett"),
    _normal(40, 120, 0.8, 2.0, "hedges-olkin", expected=(0.89, 0.93)),
    *(
        _normal(n, m, 0.5, 1.0, "hedges-olkin", kind=kind)
        for n, m in ((12, 20), (40, 120))
        for kind in ("cohen", "hedges")
    ),
    _normal(12, 20, 0.5, 1.0, "bonett", kind="glass"),
    _normal(40, 120, 0.8, 2.0, "bonett", kind="glass"),
)
