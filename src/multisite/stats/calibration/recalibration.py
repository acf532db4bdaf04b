"""Recalibration: a rising function of the score, fitted on some cases, and what it would change on others."""

import math
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

import numpy as np
from scipy import special

from multisite.stats.calibration.calibration_line import calibration_line
from multisite.stats.calibration.corp import corp_reliability
from multisite.stats.dot import dot
from multisite.stats.estimate import Estimate, FloatArray, normal_quantile
from multisite.stats.score_counts import ScoreCounts, require_probabilities
from multisite.vocabulary import EstimateStatus

__all__ = ["Recalibration", "RecalibrationMethod", "brier_fall_of_counts", "fit_recalibration", "recalibrated_counts"]

RecalibrationMethod: TypeAlias = Literal["intercept", "intercept and slope", "isotonic"]

_EPSILON = 1e-6
_NONE = np.empty(0)
_NOTHING = (64.0 * float(np.finfo(np.float64).eps)) ** 2
"""What the square of a difference of squared errors may come to by rounding alone."""


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Recalibration:
    """A fitted function of the score, or why there is none.

    A logistic one has ``intercept`` and ``slope``: logit p = intercept + slope · logit s. An isotonic one has knots,
    ``score`` rising and ``value`` never falling, shape ``(n_knots,)``.
    """

    method: RecalibrationMethod
    intercept: float | None = None
    slope: float | None = None
    score: FloatArray = field(default_factory=lambda: _NONE)
    value: FloatArray = field(default_factory=lambda: _NONE)
    n_positive: int = 0
    n_negative: int = 0
    status: EstimateStatus = EstimateStatus.OK
    reason: str | None = None

    def __call__(self, score: FloatArray) -> FloatArray:
        """The recalibrated scores, in (0, 1), of ``score`` in [0, 1]; a line between knots, level beyond them.

        Raises
        ------
        ValueError
            If there is no fit, or a score lies outside [0, 1].
        """
        if self.status is not EstimateStatus.OK:
            raise ValueError("There is no fit to apply.")
        if not ((score >= 0.0) & (score <= 1.0)).all():
            raise ValueError("Only scores from 0 to 1 can be recalibrated; at least one lies outside.")
        if self.intercept is None or self.slope is None:
            return np.interp(score, self.score, self.value)
        x = special.logit(np.clip(score, _EPSILON, 1.0 - _EPSILON))
        return np.asarray(special.expit(self.intercept + self.slope * x), dtype=np.float64)


def fit_recalibration(counts: ScoreCounts, *, method: RecalibrationMethod) -> Recalibration:
    """Fit a recalibration on the cases of ``counts``.

    ``intercept``: logit p = a + logit s, the in-the-large of :func:`calibration_line`. ``intercept and slope``: its
    joint fit. ``isotonic``: the rising function that minimises the Brier score (pool adjacent violators), kept within
    [1/2n, 1 − 1/2n] of the n cases, for a few cases do not make a score certain.

    Parameters
    ----------
    counts
        Positives and negatives per distinct score, scores in [0, 1].
    method
        Kind of function.

    Returns
    -------
    Recalibration
        The function. A slope below 0 would turn the order of the cases round: it is no fit.

    Raises
    ------
    ValueError
        If a score lies outside [0, 1] or the method is unknown.

    Undefined cases
    ---------------
    One class only. Of the two coefficients also those of :func:`calibration_line`, and a slope that is not above 0.

    References
    ----------
    Cox DR. Biometrika 1958;45:562-565. doi:10.1093/biomet/45.3-4.562
    Zadrozny B, Elkan C. KDD 2002:694-699. doi:10.1145/775047.775151 (isotonic)
    """
    if method not in ("intercept", "intercept and slope", "isotonic"):
        raise ValueError("`method` must be `intercept`, `intercept and slope` or `isotonic`.")
    require_probabilities(counts)
    fit = Recalibration(method=method, n_positive=counts.positives, n_negative=counts.negatives)

    def missing(reason: str | None) -> Recalibration:
        return replace(fit, status=EstimateStatus.UNDEFINED, reason=reason)

    if not counts.positives or not counts.negatives:
        return missing("no case" if counts.positives == counts.negatives else "one class only")
    if method == "isotonic":
        score, value = _knots(counts)
        return replace(fit, score=score, value=value)
    line = calibration_line(counts, epsilon=_EPSILON)
    if method == "intercept":
        return replace(fit, intercept=line.in_the_large.estimate, slope=1.0)
    if line.slope.estimate is None:
        return missing(line.slope.reason)
    if line.slope.estimate <= 0.0:
        return missing("the slope is not above 0: higher scores do not speak for the finding")
    return replace(fit, intercept=line.intercept.estimate, slope=line.slope.estimate)


def recalibrated_counts(counts: ScoreCounts, recalibration: Recalibration) -> ScoreCounts:
    """The same cases at their recalibrated scores; scores that become equal are added up.

    Raises
    ------
    ValueError
        If there is no fit, or a score lies outside [0, 1].
    """
    moved, place = np.unique(recalibration(counts.score), return_inverse=True)
    positive, negative = np.zeros(moved.size, dtype=np.int64), np.zeros(moved.size, dtype=np.int64)
    np.add.at(positive, place, counts.n_positive)
    np.add.at(negative, place, counts.n_negative)
    return ScoreCounts(moved, positive, negative)


def brier_fall_of_counts(
    counts: ScoreCounts, recalibration: Recalibration, *, design_effect: float = 1.0, level: float = 0.95
) -> Estimate:
    """By how much the Brier score of the cases would fall: mean of d = (s − y)² − (r(s) − y)², paired within cases.

    The interval is Wald's with the variance of d over n − 1, times ``design_effect`` of a patient's several cases. It
    is that of the fit as it stands: the cases of the fit are others. :func:`multisite.stats.brier_difference` counts
    patients exactly where there are rows.

    Parameters
    ----------
    counts
        Cases that took no part in the fit, scores in [0, 1].
    recalibration
        A fit.
    design_effect
        Variance between patients over that between independent cases, above 0.
    level
        Confidence level in (0, 1).

    Returns
    -------
    Estimate
        In [−1, 1]; above 0, the recalibrated scores are better.

    Raises
    ------
    ValueError
        If a score lies outside [0, 1], there is no fit, the design effect is not finite and above 0, or ``level`` lies
        outside (0, 1).

    Undefined cases
    ---------------
    No case: undefined. One case, or a fall that is the same in each: no interval, status ``insufficient``.
    """
    require_probabilities(counts)
    if not 0.0 < design_effect < math.inf:
        raise ValueError("`design_effect` must be finite and above 0.")
    z = normal_quantile(level)
    moved = recalibration(counts.score)
    to_one, to_zero = (1.0 - counts.score) ** 2 - (1.0 - moved) ** 2, counts.score**2 - moved**2
    n = counts.positives + counts.negatives
    fall = low = high = None
    status, reason = EstimateStatus.UNDEFINED, "no case"
    if n:
        fall = (dot(counts.n_positive, to_one) + dot(counts.n_negative, to_zero)) / n
        squares = dot(counts.n_positive, (to_one - fall) ** 2) + dot(counts.n_negative, (to_zero - fall) ** 2)
        status, reason = EstimateStatus.INSUFFICIENT, "the fall shows no variance, and there is no interval"
        if n > 1 and squares > n * _NOTHING:
            half = z * math.sqrt(design_effect * squares / (n - 1) / n)
            low, high, status, reason = fall - half, fall + half, EstimateStatus.OK, ""
    return Estimate(
        estimate=fall,
        ci_low=low,
        ci_high=high,
        ci_level=level,
        ci_method="paired within cases, wald" + ("; widened by a design effect" if design_effect != 1.0 else ""),
        n_cases=n,
        status=status,
        reason=reason or None,
    )


def _knots(counts: ScoreCounts) -> tuple[FloatArray, FloatArray]:
    """Both ends of each level piece of the isotonic curve."""
    curve = corp_reliability(counts)
    end = np.flatnonzero(np.append(curve.recalibrated[1:] != curve.recalibrated[:-1], True))
    start = np.append(0, end[:-1] + 1)
    kept = np.unique(np.concatenate([start, end]))
    least = 0.5 / (counts.positives + counts.negatives)
    return curve.score[kept], np.clip(curve.recalibrated[kept], least, 1.0 - least)
