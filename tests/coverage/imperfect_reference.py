"""Intervals of prevalence, sensitivity, specificity and AUC corrected for errors of the labels."""

from collections.abc import Callable

import numpy as np
from scipy import special

from multisite.stats import (
    CorrectedAccuracy,
    Estimate,
    LabellerValidation,
    ScoreCounts,
    auc,
    corrected_accuracy,
    corrected_auc,
)
from tests.coverage.scenario import NOMINAL, Scenario

__all__ = ["IMPERFECT_REFERENCE_SCENARIOS"]

AT_LEAST = (0.93, 1.0)
"""Close to what cannot be corrected, intervals are wide."""

LABELS = (0.94, 0.98)
TEST = (0.9, 0.92)
SEPARATION = 1.6


def _validation(rng: np.random.Generator, checked: tuple[int, int]) -> LabellerValidation:
    found = [int(rng.binomial(n, p)) for n, p in zip(checked, LABELS, strict=True)]
    return LabellerValidation(
        positives_checked=checked[0],
        positives_found=found[0],
        negatives_checked=checked[1],
        negatives_found=found[1],
    )


def _labelled(rng: np.random.Generator, n: int, prevalence: float) -> tuple[np.ndarray, np.ndarray]:
    """Truth and label of each case."""
    truth = rng.random(n) < prevalence
    return truth, np.where(rng.random(n) < np.where(truth, *LABELS), truth, ~truth)


def _accuracy(
    metric: str,
    n: int,
    prevalence: float,
    checked: tuple[int, int],
    truth: float,
    pick: Callable[[CorrectedAccuracy], Estimate],
    expected: tuple[float, float] = NOMINAL,
) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        has, label = _labelled(rng, n, prevalence)
        called = np.where(rng.random(n) < np.where(has, *TEST), has, ~has)
        cells = [int((called & label).sum()), int((called & ~label).sum())]
        cells += [int((~called & label).sum()), int((~called & ~label).sum())]
        return pick(corrected_accuracy(*cells, _validation(rng, checked), rng=rng, n_draws=2000))

    return Scenario(
        statistic=f"corrected {metric}",
        method="simulation",
        setting=f"n = {n}, prevalence {prevalence:g}, {checked[0]} and {checked[1]} checked",
        truth=truth,
        draw=draw,
        expected=expected,
    )


def _area(n: int, prevalence: float, checked: tuple[int, int]) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        has, label = _labelled(rng, n, prevalence)
        area = auc(ScoreCounts.from_cases(label, rng.normal(size=n) + SEPARATION * has))
        return corrected_auc(
            area, int(label.sum()), int((~label).sum()), _validation(rng, checked), rng=rng, n_draws=2000
        )

    return Scenario(
        statistic="corrected auc",
        method="simulation",
        setting=f"n = {n}, prevalence {prevalence:g}, {checked[0]} and {checked[1]} checked",
        truth=float(special.ndtr(SEPARATION / np.sqrt(2.0))),
        draw=draw,
    )


_SETTINGS = ((400, 0.3, (60, 120), NOMINAL), (1000, 0.15, (200, 400), NOMINAL), (1000, 0.06, (100, 200), AT_LEAST))

IMPERFECT_REFERENCE_SCENARIOS: tuple[Scenario, ...] = (
    *(
        _accuracy(metric, n, prevalence, checked, truth, pick, expected)
        for n, prevalence, checked, expected in _SETTINGS
        for metric, truth, pick in (
            ("prevalence", prevalence, lambda found: found.prevalence),
            ("sensitivity", TEST[0], lambda found: found.sensitivity),
            ("specificity", TEST[1], lambda found: found.specificity),
        )
    ),
    *(_area(n, prevalence, checked) for n, prevalence, checked, _ in _SETTINGS[:2]),
)
