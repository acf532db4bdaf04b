"""The difference of two means of the same cases, patients as clusters; and that of two Brier scores."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.discrimination.placements import patient_sums, shows_no_variance
from multisite.stats.dot import dot
from multisite.stats.estimate import Estimate, FloatArray, normal_quantile
from multisite.stats.resampling.case_arrays import CaseArrays, case_arrays
from multisite.vocabulary import EstimateStatus

__all__ = ["PairedMeanDifference", "brier_difference", "paired_mean_difference"]

_METHOD = "paired, patients as clusters, t"


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedMeanDifference(Estimate):
    """Mean of the ``first`` values minus mean of the ``second``, with the p-value of no difference.

    ``sum_of_differences`` and ``sum_of_squared_differences`` are over cases, and add over disjoint cases.
    """

    first: float | None
    second: float | None
    n_patients: int
    sum_of_differences: float
    sum_of_squared_differences: float
    standard_error: float | None = None
    p_value: float | None = None
    degrees_of_freedom: float | None = None


def paired_mean_difference(
    first: npt.ArrayLike, second: npt.ArrayLike, *, patient: npt.ArrayLike | None = None, level: float = 0.95
) -> PairedMeanDifference:
    """θ = Σd/n of the differences d of n cases, with v = K/(K − 1) · Σ(Dₖ − θnₖ)²/n² over the K patients.

    Dₖ is the sum of d over the nₖ cases of a patient. The interval is θ ± t·√v, t on K − 1 degrees of freedom, uncut.
    If every case is a patient this is the paired t-test.

    Parameters
    ----------
    first, second
        Finite values of each case, shape ``(n_cases,)``.
    patient
        Patient of each case, shape ``(n_cases,)``; ``None``: every case is a patient.
    level
        Confidence level in (0, 1).

    Returns
    -------
    PairedMeanDifference
        Above 0, the first mean is larger.

    Raises
    ------
    ValueError
        If the arrays differ in length, or a value or patient is not finite.

    Undefined cases
    ---------------
    No case: undefined. One patient, or a difference that is the same in every case (of two models that score alike,
    zero): the difference stands without interval and p-value, status ``insufficient``.

    References
    ----------
    Liang KY, Zeger SL. Biometrika 1986;73:13-22. doi:10.1093/biomet/73.1.13 (variance between clusters)

    Examples
    --------
    >>> round(paired_mean_difference([1.0, 2.0, 4.0], [1.0, 1.0, 2.0]).estimate, 3)
    1.0
    """
    truth = np.zeros(np.asarray(first).shape, dtype=np.bool_)
    cases, (one, other) = case_arrays(truth, patient, first=first, second=second)
    return _difference(cases, one, other, _METHOD, level)


def brier_difference(
    positive: npt.ArrayLike,
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    patient: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> PairedMeanDifference:
    """Brier score of one score minus that of another on the same cases: the mean of (s₁ − y)² − (s₂ − y)².

    Variance, interval and undefined cases are those of :func:`paired_mean_difference`.

    Parameters
    ----------
    positive
        Truth of each case, shape ``(n_cases,)``.
    first, second
        Both scores in [0, 1], shape ``(n_cases,)``.
    patient, level
        As for :func:`paired_mean_difference`.

    Returns
    -------
    PairedMeanDifference
        In [−1, 1]; above 0 the first score is **worse**, for a smaller Brier score is better.

    Raises
    ------
    ValueError
        As :func:`paired_mean_difference`, and if the truth is not binary or a score lies outside [0, 1].

    References
    ----------
    Brier GW. Mon Weather Rev 1950;78:1-3. doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2
    """
    cases, scores = case_arrays(positive, patient, first=first, second=second)
    for name, values in zip(("first", "second"), scores, strict=True):
        if ((values < 0.0) | (values > 1.0)).any():
            raise ValueError(f"`{name}` must lie in [0, 1].")
    one, other = ((values - cases.positive) ** 2 for values in scores)
    return _difference(cases, one, other, f"brier scores, {_METHOD}", level)


def _difference(
    cases: CaseArrays, one: FloatArray, other: FloatArray, method: str, level: float
) -> PairedMeanDifference:
    normal_quantile(level)
    n, k, apart = cases.n_cases, cases.n_patients, one - other
    difference = low = high = error = p_value = None
    status, reason = EstimateStatus.UNDEFINED, "no case"
    if n:
        difference = float(apart.mean())
        sums = patient_sums((apart - difference) / n, cases.patient, k)
        variance = k / (k - 1) * dot(sums, sums) if k > 1 else None
        status, reason = EstimateStatus.INSUFFICIENT, "one patient: there is no variance between patients"
        if variance is not None and shows_no_variance(variance):
            error, reason = 0.0, "the difference shows no variance, and there is no interval"
        elif variance is not None:
            error = math.sqrt(variance)
            half = float(special.stdtrit(k - 1, 0.5 + level / 2.0)) * error
            low, high = difference - half, difference + half
            p_value = 2.0 * float(special.stdtr(k - 1, -abs(difference) / error))
            status, reason = EstimateStatus.OK, ""
    return PairedMeanDifference(
        estimate=difference,
        ci_low=low,
        ci_high=high,
        ci_level=level,
        ci_method=method,
        n_cases=n,
        status=status,
        reason=reason or None,
        first=float(one.mean()) if n else None,
        second=float(other.mean()) if n else None,
        n_patients=k,
        sum_of_differences=float(apart.sum()),
        sum_of_squared_differences=dot(apart, apart),
        standard_error=error,
        p_value=p_value,
        degrees_of_freedom=None if p_value is None else float(k - 1),
    )
