"""What limits of agreement hand back, and what they are made from."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from multisite.stats.agreement.ratings import numeric_ratings
from multisite.stats.estimate import CountArray, Estimate, FloatArray, normal_quantile
from multisite.stats.resampling.case_arrays import patient_numbers
from multisite.vocabulary import EstimateStatus

__all__ = [
    "STUDENT",
    "LimitsOfAgreement",
    "alike_limits",
    "coverage_quantile",
    "deviation",
    "differences",
    "known",
    "too_few",
]

STUDENT = "student"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsOfAgreement:
    """Mean difference and limits of agreement, each with its interval, on the scale of the measurements.

    ``n_cases`` pairs took part, ``n_left_out`` lacked a measurement. ``standard_deviation`` is that of a single
    difference; with several pairs per patient its square is the sum of ``variance_between`` and ``variance_within``
    (the former may be negative: patients then differ less than chance would have them).
    """

    bias: Estimate
    lower: Estimate
    upper: Estimate
    standard_deviation: float | None
    coverage: float
    n_cases: int
    n_patients: int
    n_left_out: int
    variance_between: float | None = None
    variance_within: float | None = None


def coverage_quantile(coverage: float) -> float:
    """Normal quantile of the limits; refuses a ``coverage`` outside (0, 1)."""
    if not 0.0 < coverage < 1.0:
        raise ValueError("`coverage` must lie strictly between 0 and 1.")
    return normal_quantile(coverage)


def differences(
    first: npt.ArrayLike, second: npt.ArrayLike, patient: npt.ArrayLike | None
) -> tuple[FloatArray, CountArray, int]:
    """Differences of the complete pairs, the number of each one's patient, and how many pairs are not complete."""
    one = numeric_ratings(first, argument="first", n_dimensions=1)
    other = numeric_ratings(second, argument="second", n_dimensions=1)
    if one.shape != other.shape:
        raise ValueError("`first` and `second` must be of the same length.")
    kept = ~(np.isnan(one) | np.isnan(other))
    cluster = np.arange(one.size, dtype=np.int64)
    if patient is not None:
        cluster = patient_numbers(patient, one.size)[0]
    difference = one[kept] - other[kept]
    _, cluster = np.unique(cluster[kept], return_inverse=True)
    return difference, cluster.astype(np.int64), int((~kept).sum())


def deviation(difference: FloatArray) -> float:
    """Standard deviation; exactly 0 where all are alike."""
    # Differences that differ by rounding only are alike.
    alike = np.ptp(difference) <= 64.0 * np.finfo(np.float64).eps * float(np.abs(difference).max())
    return 0.0 if alike else float(difference.std(ddof=1))


def known(value: float, ends: tuple[float, float], level: float, method: str, n: int) -> Estimate:
    """An estimate with its interval."""
    return Estimate(estimate=value, ci_low=ends[0], ci_high=ends[1], ci_level=level, ci_method=method, n_cases=n)


def _lacking(value: float | None, level: float, method: str, n: int, reason: str) -> Estimate:
    status = EstimateStatus.UNDEFINED if value is None else EstimateStatus.INSUFFICIENT
    return Estimate(
        estimate=value,
        ci_low=None,
        ci_high=None,
        ci_level=level,
        ci_method=method,
        n_cases=n,
        status=status,
        reason=reason,
    )


def too_few(
    difference: FloatArray, level: float, method: str, counts: dict[str, Any], *, unit: str
) -> LimitsOfAgreement:
    """The result where no variance can be seen: no ``unit``, or one."""
    n = difference.size
    reason = f"one {unit}: there is no variance to be seen" if n else "no pair has both measurements"
    return LimitsOfAgreement(
        bias=_lacking(float(difference.mean()) if n else None, level, STUDENT, n, reason),
        lower=_lacking(None, level, method, n, reason),
        upper=_lacking(None, level, method, n, reason),
        standard_deviation=None,
        **counts,
    )


def alike_limits(bias: float, level: float, method: str, counts: dict[str, Any]) -> LimitsOfAgreement:
    """The result where all differences are one."""
    reason = "all differences are alike"
    same: dict[str, Any] = {
        name: _lacking(bias, level, method, counts["n_cases"], reason) for name in ("bias", "lower", "upper")
    }
    return LimitsOfAgreement(**same, standard_deviation=0.0, **counts)
