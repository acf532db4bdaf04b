"""Predictive values in a target: standardised sensitivity and specificity at its prevalence."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from multisite.stats.estimate import FloatArray, normal_quantile
from multisite.stats.proportions.clustered import ClusterMoments
from multisite.stats.standardisation.mix import TargetMix
from multisite.stats.standardisation.proportion import (
    CellProportions,
    StandardisedEstimate,
    case_interval,
    cell_proportions,
)
from multisite.stats.standardisation.shares import CellShares
from multisite.vocabulary import EstimateStatus

__all__ = ["StandardisedPredictiveValues", "standardised_predictive_values"]

_NAME = "standardised, bayes, mover on the log odds"


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardisedPredictiveValues:
    """Positive and negative predictive value of the target, at ``prevalence``."""

    ppv: StandardisedEstimate
    npv: StandardisedEstimate
    prevalence: float


@dataclass(frozen=True, slots=True, eq=False)
class _Rate:
    """A share of results with its interval at fixed weights, and what the sources of the mix add to it."""

    value: float
    low: float
    high: float
    moves: FloatArray

    @property
    def other(self) -> "_Rate":
        """One minus it."""
        return _Rate(1.0 - self.value, 1.0 - self.high, 1.0 - self.low, -self.moves)


def standardised_predictive_values(
    sensitivity: Sequence[ClusterMoments],
    specificity: Sequence[ClusterMoments],
    mix: TargetMix,
    *,
    level: float = 0.95,
) -> StandardisedPredictiveValues:
    """Bayes: odds of PPV = se/(1 − sp) · π/(1 − π), odds of NPV = sp/(1 − se) · (1 − π)/π, in the target's mix.

    se and sp are standardised over the target's positives and negatives, and π is its prevalence. The interval joins,
    on the logarithm of the odds and in squares, the arms of both rates' intervals at fixed weights
    (:func:`standardised_proportion`), and the sampling error of the mix: the sources of the shares and of the
    prevalence move the three at once, so that their covariance is counted. A stated prevalence has no error.
    A rate of 0 in the denominator has no logarithm: the value is 1, its upper end 1, and its lower end takes that
    rate's upper end as it is, and the others' in squares; likewise, mirrored, a rate of 0 in the numerator.

    Parameters
    ----------
    sensitivity, specificity
        Sums over patients per cell: of true positives among positives, of true negatives among negatives.
    mix
        Of the target over the cells.
    level
        Confidence level in (0, 1).

    Returns
    -------
    StandardisedPredictiveValues
        Both in [0, 1].

    Raises
    ------
    ValueError
        If the numbers of cells differ.

    Undefined cases
    ---------------
    A cell with weight and without a case: both. No result of the kind: the value of that kind. A cell with weight whose
    several cases are of one patient: both stand without an interval, status ``insufficient``.

    References
    ----------
    Zou GY, Donner A. Stat Med 2008;27:1693-1702. doi:10.1002/sim.3095
    """
    z = normal_quantile(level)
    of_positives = cell_proportions(sensitivity, mix.positive, level)
    of_negatives = cell_proportions(specificity, mix.negative, level)
    n_cases = of_positives.n_cases + of_negatives.n_cases
    reasons = [found.reason for found in (of_positives, of_negatives) if found.reason is not None]
    if any("no case" in reason for reason in reasons):
        reason = next(reason for reason in reasons if "no case" in reason)
        nothing = _made(None, None, level, n_cases, EstimateStatus.UNDEFINED, reason)
        return StandardisedPredictiveValues(ppv=nothing, npv=nothing, prevalence=mix.prevalence)
    se, sp = _rate(of_positives, mix.positive, z), _rate(of_negatives, mix.negative, z)
    odds = mix.prevalence / (1.0 - mix.prevalence)
    of_prevalence = mix.prevalence_moves / (mix.prevalence * (1.0 - mix.prevalence))

    def value(hits: _Rate, alarms: _Rate, prior: float, moves: FloatArray, result: str) -> StandardisedEstimate:
        if hits.value == 0.0 and alarms.value == 0.0:
            return _made(None, None, level, n_cases, EstimateStatus.UNDEFINED, f"no {result} result")
        estimate = hits.value * prior / (hits.value * prior + alarms.value)
        if reasons:
            return _made(estimate, None, level, n_cases, EstimateStatus.INSUFFICIENT, reasons[0])
        low, high = (_probability(end) for end in _log_odds(hits, alarms, math.log(prior), moves, z))
        return _made(estimate, (min(low, estimate), max(high, estimate)), level, n_cases, EstimateStatus.OK, None)

    return StandardisedPredictiveValues(
        ppv=value(se, sp.other, odds, of_prevalence, "positive"),
        npv=value(sp, se.other, 1.0 / odds, -of_prevalence, "negative"),
        prevalence=mix.prevalence,
    )


def _rate(found: CellProportions, shares: CellShares, z: float) -> _Rate:
    value = min(1.0, max(0.0, shares.mean(found.p)))
    # Rounding of the weights' sum is no result.
    value = round(value) * 1.0 if min(value, 1.0 - value) < 1e-12 else value
    low, high = case_interval(found, shares, "stratified-wilson", z) if found.reason is None else (value, value)
    return _Rate(value, min(low, value), max(high, value), shares.moves(found.p))


def _log_odds(hits: _Rate, alarms: _Rate, prior: float, moves: FloatArray, z: float) -> tuple[float, float]:
    of_hits = hits.moves / hits.value if hits.value > 0.0 else 0.0
    of_alarms = alarms.moves / alarms.value if alarms.value > 0.0 else 0.0
    mix = z * float(np.sqrt(np.sum((of_hits - of_alarms + moves) ** 2)))
    if alarms.value == 0.0:
        down = math.hypot(_log(hits.value) - _log(hits.low), mix)
        return _log(hits.value) - _log(alarms.high) + prior - down, math.inf
    if hits.value == 0.0:
        up = math.hypot(_log(alarms.value) - _log(alarms.low), mix)
        return -math.inf, _log(hits.high) - _log(alarms.value) + prior + up
    middle = math.log(hits.value) - math.log(alarms.value) + prior
    down = math.hypot(_log(hits.value) - _log(hits.low), _log(alarms.high) - _log(alarms.value), mix)
    up = math.hypot(_log(hits.high) - _log(hits.value), _log(alarms.value) - _log(alarms.low), mix)
    return middle - down, middle + up


def _log(value: float) -> float:
    return math.log(value) if value > 0.0 else -math.inf


def _probability(log_odds: float) -> float:
    return float(special.expit(log_odds))


def _made(
    estimate: float | None,
    ends: tuple[float, float] | None,
    level: float,
    n_cases: int,
    status: EstimateStatus,
    reason: str | None,
) -> StandardisedEstimate:
    return StandardisedEstimate(
        estimate=estimate,
        ci_low=None if ends is None else ends[0],
        ci_high=None if ends is None else ends[1],
        ci_level=level,
        ci_method=_NAME,
        n_cases=n_cases,
        status=status,
        reason=reason,
    )
