"""Intervals of what is pooled over sites or strata, and of net benefit.

Sites know their variances, 0.02 to 0.25 on the scale of analysis, unless counts are drawn. τ is the standard deviation
between sites. Where the truth is drawn too (a new site, a stratum), the interval is shifted by it and should hold 0.
"""

from dataclasses import replace
from typing import Literal

import numpy as np
from scipy import special

from multisite.stats import Estimate, FloatArray
from multisite.stats.benefit.decision_curve import net_benefit, net_benefit_by_patient
from multisite.stats.pooling import (
    IntervalMethod,
    PredictionMethod,
    binomial_normal,
    bivariate,
    partial_pooling,
    random_effects,
    random_effects_proportions,
)
from tests.coverage.scenario import NOMINAL, Scenario

__all__ = ["POOLING_SCENARIOS"]

_TRUE_MEAN = 0.4

Range = tuple[float, float]


def _sites(rng: np.random.Generator, k: int, tau: float) -> tuple[FloatArray, FloatArray]:
    variances = rng.uniform(0.02, 0.25, k)
    return rng.normal(_TRUE_MEAN, np.sqrt(variances + tau * tau)), variances


def _mean(k: int, tau: float, interval: IntervalMethod, expected: Range = NOMINAL) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        return random_effects(*_sites(rng, k, tau), interval=interval)

    setting = f"{k} sites, tau {tau:g}"
    return Scenario(
        statistic="random_effects", method=interval, setting=setting, truth=_TRUE_MEAN, draw=draw, expected=expected
    )


def _prediction(k: int, tau: float, prediction: PredictionMethod, expected: Range) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        found = random_effects(*_sites(rng, k, tau), prediction=prediction)
        new_site = rng.normal(_TRUE_MEAN, tau)
        assert found.prediction_low is not None
        assert found.prediction_high is not None
        return replace(found, ci_low=found.prediction_low - new_site, ci_high=found.prediction_high - new_site)

    setting = f"{k} sites, tau {tau:g}"
    return Scenario(
        statistic="prediction_interval", method=prediction, setting=setting, truth=0.0, draw=draw, expected=expected
    )


def _tau2(k: int, tau: float, expected: Range = NOMINAL) -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        found = random_effects(*_sites(rng, k, tau))
        return replace(found, ci_low=found.tau2_low, ci_high=found.tau2_high)

    setting = f"{k} sites, tau {tau:g}"
    return Scenario(
        statistic="tau2", method="q-profile", setting=setting, truth=tau * tau, draw=draw, expected=expected
    )


def _counts(method: str, k: int, tau: float, share: float, n: tuple[int, int], expected: Range = NOMINAL) -> Scenario:
    middle = float(special.logit(share))

    def draw(rng: np.random.Generator) -> Estimate:
        cases = rng.integers(*n, k)
        events = rng.binomial(cases, special.expit(rng.normal(middle, tau, k)))
        return (
            binomial_normal(events, cases)
            if method == "binomial-normal"
            else random_effects_proportions(events, cases).pooled
        )

    setting = f"{k} sites of {n[0]}-{n[1]}, {share:g}, tau {tau:g}"
    return Scenario(
        statistic="pooled_proportion", method=method, setting=setting, truth=share, draw=draw, expected=expected
    )


def _bivariate(k: int, side: str, expected: Range = NOMINAL) -> Scenario:
    middle = np.array([1.7, 1.4])
    between = np.array([[0.25, -0.1], [-0.1, 0.16]])

    def draw(rng: np.random.Generator) -> Estimate:
        n = rng.integers(40, 150, (k, 2))
        x = rng.binomial(n, special.expit(rng.multivariate_normal(middle, between, k)))
        found = bivariate(x[:, 0], n[:, 1] - x[:, 1], n[:, 0] - x[:, 0], x[:, 1])
        return found.sensitivity if side == "sensitivity" else found.specificity

    return Scenario(
        statistic=f"bivariate_{side}",
        method="reml, t(k-1)",
        setting=f"{k} sites of 40-150 per class",
        truth=float(special.expit(middle[0 if side == "sensitivity" else 1])),
        draw=draw,
        expected=expected,
    )


def _strata(k: int, tau: float, expected: Range = NOMINAL, *, by: Literal["reml", "pm"] = "reml") -> Scenario:
    def draw(rng: np.random.Generator) -> Estimate:
        variances = rng.uniform(0.02, 0.25, k)
        truth = rng.normal(_TRUE_MEAN, tau, k)
        seen = rng.normal(truth, np.sqrt(variances))
        found = partial_pooling(seen, variances, tau2=by, scale="raw").strata[0].shrunken
        assert found.ci_low is not None
        assert found.ci_high is not None
        return replace(found, ci_low=found.ci_low - float(truth[0]), ci_high=found.ci_high - float(truth[0]))

    setting = f"{k} strata, tau {tau:g}"
    return Scenario(statistic="partial_pooling", method=by, setting=setting, truth=0.0, draw=draw, expected=expected)


def _benefit(part: str, n: int, threshold: float, kind: str, expected: Range = NOMINAL) -> Scenario:
    prevalence, sensitivity, false_positives = 0.15, 0.8, 0.25
    weight = threshold / (1 - threshold)
    value = prevalence * sensitivity - weight * (1 - prevalence) * false_positives
    of_all = prevalence - weight * (1 - prevalence)
    truths = {
        "net_benefit": value,
        "standardised_net_benefit": value / prevalence,
        "interventions_avoided": 100 * (value - of_all) / weight,
    }

    def draw(rng: np.random.Generator) -> Estimate:
        if kind == "case-control":
            positives, negatives = n // 2, n - n // 2
            called = int(rng.binomial(positives, sensitivity)), int(rng.binomial(negatives, false_positives))
            found = net_benefit(*called, positives, negatives, threshold=threshold, prevalence=prevalence)
        elif kind == "cohort":
            positives = int(rng.binomial(n, prevalence))
            negatives = n - positives
            called = int(rng.binomial(positives, sensitivity)), int(rng.binomial(negatives, false_positives))
            found = net_benefit(*called, positives, negatives, threshold=threshold)
        else:
            # n patients of 1 to 5 cases, all of which have the finding or none; calls go together.
            cases = rng.integers(1, 6, n)
            ill = rng.random(n) < prevalence
            share = np.where(ill, rng.beta(4, 1, n), rng.beta(1, 3, n))
            hits = rng.binomial(cases, share)
            found = net_benefit_by_patient(hits * ill, hits * ~ill, cases * ill, cases * ~ill, threshold=threshold)
        return {
            "net_benefit": found,
            "standardised_net_benefit": found.standardised,
            "interventions_avoided": found.interventions_avoided,
        }[part]

    return Scenario(
        statistic=part,
        method="wald" if kind != "patients" else "between patients",
        setting=f"{kind}, n = {n}, threshold {threshold:g}",
        truth=truths[part],
        draw=draw,
        expected=expected,
    )


# Guarding against sites that agree by luck has its price where there are few.
_GUARDED: dict[tuple[int, float], Range] = {
    (3, 0.0): (0.99, 1.0),
    (3, 0.1): (0.99, 1.0),
    (3, 0.3): (0.99, 1.0),
    (5, 0.0): (0.985, 1.0),
    (5, 0.1): (0.985, 1.0),
    (5, 0.3): (0.96, 0.99),
}
# Wald's interval takes the estimate of τ² for the truth.
_WALD: dict[int, Range] = {3: (0.89, 0.925), 5: (0.89, 0.925), 10: (0.91, 0.945), 30: NOMINAL}
# So does the prediction interval, whatever its quantile. Where τ² comes out as 0 though it is not, it is that of the
# mean alone: too short with many sites, while with few the quantile of Student is so large that it makes up for it.
_PREDICTION: dict[tuple[int, float], Range] = {
    (3, 0.0): (0.99, 1.0),
    (3, 0.1): (0.99, 1.0),
    (3, 0.3): (0.99, 1.0),
    (5, 0.0): (0.985, 1.0),
    (5, 0.1): (0.98, 1.0),
    (5, 0.3): (0.91, 0.94),
    (10, 0.0): (0.94, 0.98),
    (10, 0.1): (0.88, 0.925),
    (10, 0.3): (0.84, 0.89),
    (30, 0.0): (0.94, 0.98),
    (30, 0.1): (0.81, 0.86),
    (30, 0.3): (0.89, 0.935),
}
_OTHER_PREDICTIONS: dict[tuple[int, PredictionMethod], Range] = {
    (5, "t(k-1)"): (0.88, 0.92),
    (5, "z"): (0.78, 0.83),
    (10, "t(k-1)"): (0.82, 0.87),
    (10, "z"): (0.79, 0.85),
}
# Twice g₃ is more than is needed where strata do not differ; where they do and τ² comes out as 0, not quite enough.
_STRATA: dict[tuple[int, float], Range] = {
    (3, 0.0): (0.98, 1.0),
    (3, 0.1): (0.98, 1.0),
    (3, 0.3): (0.95, 0.985),
    (6, 0.0): (0.98, 1.0),
    (6, 0.1): (0.97, 1.0),
    (6, 0.3): NOMINAL,
    (12, 0.0): (0.98, 1.0),
    (12, 0.1): (0.96, 0.99),
    (12, 0.3): (0.91, 0.945),
}
_PARTS = ("net_benefit", "standardised_net_benefit", "interventions_avoided")

POOLING_SCENARIOS = (
    *(_mean(k, tau, "by-sites", _GUARDED.get((k, tau), NOMINAL)) for k in (3, 5, 10, 30) for tau in (0.0, 0.1, 0.3)),
    *(_mean(k, 0.3, "hksj") for k in (3, 5)),
    *(_mean(k, 0.3, "wald", expected) for k, expected in _WALD.items()),
    *(_prediction(k, tau, "t(k-2)", expected) for (k, tau), expected in _PREDICTION.items()),
    *(_prediction(k, 0.3, method, expected) for (k, method), expected in _OTHER_PREDICTIONS.items()),
    *(_tau2(k, tau) for k in (3, 10) for tau in (0.1, 0.3)),
    _counts("logit", 10, 0.3, 0.85, (60, 200)),
    # One or two non-events per site: the logit, corrected or not, is drawn to ½, and its variance goes with it.
    _counts("logit", 10, 0.3, 0.95, (20, 60), (0.80, 0.87)),
    # F in place of χ² is on the safe side.
    _counts("binomial-normal", 5, 0.3, 0.85, (60, 200), (0.975, 1.0)),
    _counts("binomial-normal", 10, 0.3, 0.95, (20, 60), (0.97, 1.0)),
    *(_bivariate(k, "sensitivity") for k in (5, 10)),
    # The logits' bias towards ½ does not shrink as sites are added, while the interval does.
    _bivariate(30, "sensitivity", (0.905, 0.945)),
    _bivariate(10, "specificity"),
    *(_strata(k, tau, expected) for (k, tau), expected in _STRATA.items()),
    _strata(3, 0.3, (0.95, 0.99), by="pm"),
    _strata(6, 0.3, by="pm"),
    _strata(12, 0.1, (0.96, 1.0), by="pm"),
    *(_benefit(part, 400, 0.1, "cohort") for part in _PARTS),
    # Seven true positives are expected.
    _benefit("net_benefit", 60, 0.1, "cohort", (0.89, 0.94)),
    _benefit("net_benefit", 300, 0.1, "case-control"),
    *(_benefit(part, 150, 0.1, "patients") for part in _PARTS[:2]),
)
