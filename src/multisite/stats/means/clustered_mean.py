"""The mean of a measurement of cases that cluster in patients, from sums over patients."""

import math
from dataclasses import dataclass

from scipy import special

from multisite.stats.estimate import Estimate, normal_quantile
from multisite.stats.means.mean_moments import MeanMoments
from multisite.vocabulary import EstimateStatus

__all__ = ["MeanEstimate", "clustered_mean", "sample_deviation"]

_METHOD = "student, patients as clusters"
_INDEPENDENT = "student"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanEstimate(Estimate):
    """A mean with its standard error between patients, ``None`` where these show no variance."""

    n_patients: int
    standard_error: float | None = None


def clustered_mean(moments: MeanMoments, *, level: float = 0.95) -> MeanEstimate:
    """Mean r = Σx/Σn of all cases, each of the same weight, with v = K/(K − 1) · Σ(X − r n)²/(Σn)² over K patients.

    The interval is r ± t·√v, t on K − 1 degrees of freedom, and not cut at the bounds of the measurement. If every case
    is a patient, it is that of the t-test of one sample. On rows the same as
    :func:`multisite.stats.paired_mean_difference` against zeros.

    Parameters
    ----------
    moments
        Sums over patients.
    level
        Confidence level in (0, 1).

    Returns
    -------
    MeanEstimate
        In the unit of the measurement.

    Raises
    ------
    ValueError
        If ``level`` lies outside (0, 1).

    Undefined cases
    ---------------
    No case: undefined. One patient, or no variance between patients beyond rounding: the mean without an interval,
    status ``insufficient``.

    References
    ----------
    Liang KY, Zeger SL. Biometrika 1986;73:13-22. doi:10.1093/biomet/73.1.13 (variance between clusters)

    Examples
    --------
    >>> found = clustered_mean(MeanMoments.from_cases([0.8, 0.9, 0.7, 0.6], ["a", "a", "b", "c"]))
    >>> round(found.estimate, 2), round(found.ci_low, 2), round(found.ci_high, 2)
    (0.75, 0.41, 1.09)
    """
    normal_quantile(level)
    k, n = moments.n_patients, moments.sum_n
    mean = low = high = error = None
    status, reason = EstimateStatus.UNDEFINED, "no case"
    if n:
        mean = moments.sum_x / n
        residual = moments.sum_xx - 2.0 * mean * moments.sum_xn + mean * mean * moments.sum_nn
        status = EstimateStatus.INSUFFICIENT
        if k < 2:
            reason = "one patient: there is no variance between patients"
        elif residual <= moments.nothing * moments.sum_nn / n:
            reason = "patients show no variance, and there is no interval"
        else:
            error = math.sqrt(k / (k - 1) * residual) / n
            half = float(special.stdtrit(k - 1, 0.5 + level / 2.0)) * error
            low, high = mean - half, mean + half
    fine = error is not None
    return MeanEstimate(
        estimate=mean,
        ci_low=low,
        ci_high=high,
        ci_level=level,
        ci_method=_METHOD if moments.clustered else _INDEPENDENT,
        n_cases=n,
        status=EstimateStatus.OK if fine else status,
        reason=None if fine else reason,
        n_patients=k,
        standard_error=error,
    )


def sample_deviation(moments: MeanMoments) -> float | None:
    """Standard deviation of single cases, √(Σ(x − r)²/(Σn − 1)), 0 where all are alike; ``None`` below two cases."""
    n = moments.sum_n
    if n < 2:
        return None
    squares = moments.sum_squares - moments.sum_x * moments.sum_x / n
    return math.sqrt(squares / (n - 1)) if squares > moments.nothing else 0.0
