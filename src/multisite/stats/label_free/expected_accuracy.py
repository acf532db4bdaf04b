"""Sensitivity and specificity that calibrated scores lead one to expect, before any label is known."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.calibration.calibration_line import CalibrationLine
from multisite.stats.estimate import FloatArray, normal_quantile

__all__ = ["ExpectedAccuracy", "ExpectedRate", "expected_accuracy"]

_EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class ExpectedRate:
    """An expected share with its interval; ``low_if`` and ``high_if`` are its values if the odds of the finding were
    divided, or multiplied, by the factor that was given. All None where there is no expected case.
    """

    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    low_if: float | None
    high_if: float | None


@dataclass(frozen=True, slots=True)
class ExpectedAccuracy:
    """What is expected of a month's scores: sensitivity, specificity and prevalence; ``n_expected`` cases with the
    finding, and ``reason`` why nothing is.
    """

    sensitivity: ExpectedRate
    specificity: ExpectedRate
    prevalence: float | None
    n_expected: float
    reason: str | None


def expected_accuracy(
    scores: npt.ArrayLike,
    counts: npt.ArrayLike,
    *,
    threshold: float,
    calibration: CalibrationLine,
    level: float = 0.95,
    odds_factor: float = 2.0,
) -> ExpectedAccuracy:
    """Confusion counts from calibrated probabilities: p(s) = expit(a + b · logit s), a and b of validated cases.

    Sensitivity is Σ n p [s ≥ t] / Σ n p, specificity Σ n (1 - p) [s < t] / Σ n (1 - p). The variance has two parts:
    labels and scores of the month, drawn anew (n p (1 - p) about the scores), and the error of a and b by the delta
    method. The number is right only where the scores mean what they meant: it assumes that among cases with equal
    scores the share with the finding is the validated one. A changed prevalence breaks that, which ``low_if`` and
    ``high_if`` show.

    Parameters
    ----------
    scores, counts
        Distinct scores in [0, 1] and the month's studies with them, shape (n_scores,).
    threshold
        A score at or above it is an alert.
    calibration
        Of the validated cases.
    odds_factor
        At least 1: by how much the odds of the finding might have changed either way.

    Returns
    -------
    ExpectedAccuracy
        Shares in [0, 1].

    Raises
    ------
    ValueError
        If shapes differ, a score lies outside [0, 1], a count is negative, or the factor is below 1.

    Undefined cases
    ---------------
    No study; a calibration without intercept and slope.

    References
    ----------
    Guillory D, et al. ICCV 2021. doi:10.1109/ICCV48922.2021.00119 (difference of confidences); Fluehmann et al. 2025,
    arXiv 2507.22776 (its failure under a changed prevalence).
    """
    s, n = np.asarray(scores, dtype=np.float64), np.asarray(counts, dtype=np.float64)
    if s.shape != n.shape or s.ndim != 1:
        raise ValueError("Scores and counts must have one shape, in one dimension.")
    if not (np.all((s >= 0) & (s <= 1)) and np.all(np.isfinite(n)) and np.all(n >= 0)):
        raise ValueError("Scores must lie in [0, 1] and counts must be at least 0.")
    if not odds_factor >= 1 or not np.isfinite(odds_factor):
        raise ValueError("The factor must be finite and at least 1.")
    z = normal_quantile(level)
    a, b = calibration.intercept, calibration.slope
    nothing = ExpectedRate(None, None, None, None, None)
    if a.estimate is None or b.estimate is None or n.sum() == 0:
        reason = "no study" if n.sum() == 0 else "the validated scores have no calibration line"
        return ExpectedAccuracy(nothing, nothing, None, 0.0, reason)
    x = special.logit(np.clip(s, _EPSILON, 1 - _EPSILON))
    p = special.expit(a.estimate + b.estimate * x)
    covariance = np.zeros((2, 2))
    if a.standard_error is not None and b.standard_error is not None and calibration.covariance is not None:
        covariance = np.array(
            [[a.standard_error**2, calibration.covariance], [calibration.covariance, b.standard_error**2]]
        )
    odds = np.log(odds_factor)
    shifted = [special.expit(a.estimate + b.estimate * x + shift) for shift in (-odds, odds)]
    alert = s >= threshold
    slopes = np.stack([p * (1 - p), p * (1 - p) * x])
    return ExpectedAccuracy(
        sensitivity=_rate(n, p, alert, slopes, covariance, z, shifted),
        specificity=_rate(n, 1 - p, ~alert, -slopes, covariance, z, [1 - one for one in shifted]),
        prevalence=float(n @ p / n.sum()),
        n_expected=float(n @ p),
        reason=None,
    )


def _rate(
    n: FloatArray,
    p: FloatArray,
    called: npt.NDArray[np.bool_],
    slopes: FloatArray,
    covariance: FloatArray,
    z: float,
    shifted: list[FloatArray],
) -> ExpectedRate:
    total = float(n @ p)
    if total <= 0:
        return ExpectedRate(None, None, None, None, None)
    rate = float(n @ (p * called) / total)
    residual = called - rate
    month = float(n @ (p * residual**2)) / total**2
    gradient = (slopes * (n * residual)).sum(axis=1) / total
    deviation = float(np.sqrt(month + gradient @ covariance @ gradient))
    ends = sorted(float(n @ (one * called) / (n @ one)) if n @ one > 0 else rate for one in shifted)
    return ExpectedRate(
        rate, max(0.0, rate - z * deviation), min(1.0, rate + z * deviation), min(ends[0], rate), max(ends[1], rate)
    )
