"""Intervals of calibration."""

from collections.abc import Callable

import numpy as np
from scipy import special

from multisite.stats import (
    Estimate,
    ScoreCounts,
    brier_fall_of_counts,
    calibration_line,
    fit_recalibration,
    observed_expected,
    prevalence_shift,
)
from multisite.stats.calibration import (
    clustered_calibration_line,
    clustered_observed_expected,
    integrated_calibration_index,
    scaled_brier,
)
from multisite.stats.estimate import CountArray, FloatArray
from tests.coverage.scenario import NOMINAL, Scenario

__all__ = ["CALIBRATION_SCENARIOS"]

_SCALED_BRIER_OF_BETA = (1.5 * 3 / (4.5**2 * 5.5)) / (1 / 3 * 2 / 3)
"""Variance of the scores over that of the truth, of a calibrated model with scores beta(1.5, 3)."""


def _calibrated(
    statistic: str,
    n: int,
    truth: float,
    estimate: Callable[[ScoreCounts], Estimate],
    expected: tuple[float, float] = NOMINAL,
) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        score = rng.beta(1.5, 3, n)
        return estimate(ScoreCounts.from_cases(rng.random(n) < score, score))

    setting = f"{n} cases, beta(1.5, 3)"
    return Scenario(statistic=statistic, method="wald", setting=setting, truth=truth, draw=draw, expected=expected)


def _clustered(
    statistic: str,
    patients: int,
    truth: float,
    estimate: Callable[[FloatArray, FloatArray, CountArray], Estimate],
    expected: tuple[float, float] = NOMINAL,
) -> Scenario:
    """Cases of a patient are alike in score, and in truth beyond their scores; each score is a true probability."""

    def draw(rng: np.random.Generator) -> Estimate:
        patient = np.repeat(np.arange(patients), rng.integers(1, 7, patients))
        logit = rng.normal(size=patients)[patient] + 0.7 * rng.normal(size=patient.size) - 0.5
        score = special.expit(logit)
        shared = np.sqrt(0.5) * rng.normal(size=patients)[patient] + np.sqrt(0.5) * rng.normal(size=patient.size)
        return estimate((special.ndtr(shared) < score).astype(np.float64), score, patient)

    setting = f"{patients} patients of 1-6 cases, correlation 0.5"
    return Scenario(statistic=statistic, method="sandwich", setting=setting, truth=truth, draw=draw, expected=expected)


def _shifted(n: int, prevalence: float) -> Scenario:
    """Scores that are true at a prevalence of 0.3, here and among as many cases there; the rest to explain is 0."""

    def draw(rng: np.random.Generator) -> Estimate:
        positive = rng.random(n) < prevalence
        logit = rng.normal(np.where(positive, 1.0, -1.0), 2**0.5) + special.logit(0.3)
        there = int(rng.binomial(n, 0.3))
        counts = ScoreCounts.from_cases(positive, special.expit(logit))
        return prevalence_shift(counts, n_positive=there, n_negative=n - there).remaining

    setting = f"{n} cases here and there, prevalence {prevalence} and 0.3"
    return Scenario(statistic="prevalence_shift, remaining", method="linearised", setting=setting, truth=0.0, draw=draw)


_FITTED = fit_recalibration(ScoreCounts(np.array([0.5]), np.array([60]), np.array([40])), method="intercept")
_GRID = np.linspace(0.05, 0.95, 19)
_FALL = float(np.mean((_GRID - _FITTED(_GRID)) * (_GRID + _FITTED(_GRID) - 2.0 * _GRID)))
"""Mean of (s − y)² − (r − y)² = (s − r)(s + r − 2y) over even scores that are true: below 0."""


def _fall(n: int) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        score = rng.choice(_GRID, n)
        return brier_fall_of_counts(ScoreCounts.from_cases(rng.random(n) < score, score), _FITTED)

    return Scenario(
        statistic="brier_fall_of_counts", method="wald", setting=f"{n} cases, a fit that is off", truth=_FALL, draw=draw
    )


def _smoothed(n: int, shift: float, slope: float, expected: tuple[float, float] = NOMINAL) -> Scenario:
    """Scores on 60 points, truth at logit P = shift + slope · logit(s); the truth of the ICI is that of the points."""
    score = np.linspace(0.02, 0.9, 60)
    weight = score**0.3 * (1 - score) ** 1.5
    weight = weight / weight.sum()
    chance = special.expit(shift + slope * special.logit(score))

    def draw(rng: np.random.Generator) -> Estimate:
        total = rng.multinomial(n, weight)
        positive = rng.binomial(total, chance)
        # Few bootstrap samples, for there are many data sets: the ends are noisier than those of 1,000.
        counts = ScoreCounts(score, positive, total - positive)
        return integrated_calibration_index(counts, rng=rng, n_replicates=80).ici

    return Scenario(
        statistic="integrated_calibration_index",
        method="percentile bootstrap, loess",
        setting=f"{n} cases, logit P = {shift:g} + {slope:g} logit s",
        truth=float(weight @ np.abs(chance - score)),
        draw=draw,
        expected=expected,
    )


CALIBRATION_SCENARIOS = (
    _calibrated("calibration_intercept", 500, 0.0, lambda counts: calibration_line(counts).intercept),
    _calibrated("calibration_slope", 500, 1.0, lambda counts: calibration_line(counts).slope),
    _calibrated("calibration_in_the_large", 500, 0.0, lambda counts: calibration_line(counts).in_the_large),
    _calibrated("observed_expected", 500, 1.0, observed_expected, expected=(0.95, 0.985)),
    _calibrated("scaled_brier", 100, _SCALED_BRIER_OF_BETA, scaled_brier),
    _calibrated("scaled_brier", 500, _SCALED_BRIER_OF_BETA, scaled_brier),
    *(
        scenario
        for patients in (25, 60, 200)
        for scenario in (
            _clustered("clustered_intercept", patients, 0.0, lambda *data: clustered_calibration_line(*data).intercept),
            _clustered("clustered_slope", patients, 1.0, lambda *data: clustered_calibration_line(*data).slope),
            _clustered(
                "clustered_in_the_large", patients, 0.0, lambda *data: clustered_calibration_line(*data).in_the_large
            ),
            _clustered("clustered_observed_expected", patients, 1.0, clustered_observed_expected),
        )
    ),
    _shifted(300, 0.1),
    _shifted(1000, 0.1),
    _fall(100),
    _fall(500),
    _smoothed(400, -0.8, 1.0, expected=(0.90, 0.96)),
    _smoothed(1000, -0.5, 0.7, expected=(0.90, 0.96)),
    _smoothed(400, 0.0, 1.0, expected=(0.96, 0.99)),
)
