"""Intervals of two models on the same cases: Brier scores, and AUC on old and new data."""

import numpy as np
from scipy import stats

from multisite.stats import CrossedEffect, Estimate, brier_difference, crossed_auc, paired_mean_difference
from tests.coverage.scenario import Scenario

__all__ = ["COMPARISON_SCENARIOS"]

_OLD, _NEW = 1.0, 1.4
"""Separation of the classes by either model, in standard deviations of the score within a class."""
_WORSE = 0.3
"""By so much both separate less on new data."""


def _crossed(effect: CrossedEffect, setting: str, patients: int, most: int, *, parted: bool = False) -> Scenario:
    """Patients of 1 to ``most`` cases of either class, each case old or new data; ``parted``: each patient."""
    areas = [[_area(model - worse) for model in (_OLD, _NEW)] for worse in (0.0, _WORSE)]
    truths = {
        "data_under_old_model": areas[1][0] - areas[0][0],
        "model_on_new_data": areas[1][1] - areas[1][0],
        "interaction": areas[1][1] - areas[1][0] - areas[0][1] + areas[0][0],
    }

    def draw(rng: np.random.Generator) -> Estimate:
        patient = np.repeat(np.arange(patients), rng.integers(1, most + 1, patients))
        positive = rng.random(patient.size) < 0.3
        on_new = (rng.random(patients) < 0.5)[patient] if parted else rng.random(patient.size) < 0.5
        own = np.sqrt(0.5) * (rng.normal(size=patients)[patient] + rng.normal(size=patient.size))
        noise = [own, np.sqrt(0.5) * (own + rng.normal(size=patient.size))]
        old, new = (
            held + (model - _WORSE * on_new) * positive for held, model in zip(noise, (_OLD, _NEW), strict=True)
        )
        return crossed_auc(positive, old, new, on_new, patient=patient).effects[effect]

    return Scenario(statistic="crossed_auc", method=effect, setting=setting, truth=truths[effect], draw=draw)


def _area(separation: float) -> float:
    return float(stats.norm.cdf(separation / np.sqrt(2)))


def _means(setting: str, patients: int, most: int) -> Scenario:
    """Differences of which half of the variance is between patients."""

    def draw(rng: np.random.Generator) -> Estimate:
        patient = np.repeat(np.arange(patients), rng.integers(1, most + 1, patients))
        apart = 0.2 + rng.normal(size=patients)[patient] + rng.normal(size=patient.size)
        return paired_mean_difference(apart, np.zeros(apart.size), patient=patient)

    return Scenario(statistic="paired_mean_difference", method="t", setting=setting, truth=0.2, draw=draw)


def _brier(setting: str, cases: int) -> Scenario:
    """True probabilities against the prevalence alone: the Brier scores are 1/6 and 1/4."""

    def draw(rng: np.random.Generator) -> Estimate:
        score = rng.random(cases)
        return brier_difference(rng.random(cases) < score, score, np.full(cases, 0.5))

    return Scenario(statistic="brier_difference", method="t", setting=setting, truth=1 / 6 - 1 / 4, draw=draw)


COMPARISON_SCENARIOS: tuple[Scenario, ...] = (
    *(
        _crossed(effect, setting, patients, most, parted=parted)
        for effect in ("data_under_old_model", "model_on_new_data", "interaction")
        for setting, patients, most, parted in (
            ("60 patients of 1-5 cases, in both data", 60, 5, False),
            ("60 patients of 1-5 cases, in one of them", 60, 5, True),
        )
    ),
    _means("40 patients of 1-5 cases", 40, 5),
    _means("12 patients of 1-7 cases", 12, 7),
    _brier("60 cases", 60),
)
