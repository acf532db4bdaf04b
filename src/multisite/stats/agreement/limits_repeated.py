"""Limits of agreement of two methods of measurement, several pairs per patient."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.agreement.limits_result import (
    LimitsOfAgreement,
    alike_limits,
    coverage_quantile,
    deviation,
    differences,
    known,
    too_few,
)
from multisite.stats.agreement.result import student_quantile
from multisite.stats.estimate import normal_quantile

__all__ = ["limits_from_mean_squares", "limits_of_agreement_repeated"]

_REPEATED_BIAS = "student, variance components"
_REPEATED = "mover over mean squares (Zou 2013)"


def limits_of_agreement_repeated(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    patient: npt.ArrayLike,
    *,
    coverage: float = 0.95,
    level: float = 0.95,
) -> LimitsOfAgreement:
    """Limits of agreement where patients have several pairs and the true value may change from pair to pair.

    A one-way analysis of variance of the N differences in n patients with m_i pairs gives mean squares B between and W
    within them; with m₀ = (N − Σ m_i²/N)/(n − 1), the variance of a single difference is W + (B − W)/m₀, and the limits
    are d̄ ± z times its root (Bland and Altman 2007, "true value varies"), d̄ being the mean of all differences.

    The variance of d̄ is (B − W)/m₀ · Σ m_i²/N² + W/N, and its interval has n − 1 degrees of freedom. The interval of a
    limit joins that of d̄ and that of the variance, of which B has n − 1 and W has N − n degrees of freedom, by the
    MOVER of Zou 2013; it is approximate, the more so the less alike the m_i are.

    Parameters
    ----------
    first, second
        Measurements taken together, shape ``(n_pairs,)``; missing as in :func:`limits_of_agreement`.
    patient
        Patient of each pair, numbers or texts, without a missing value, shape ``(n_pairs,)``.
    coverage, level
        As for :func:`limits_of_agreement`.

    Returns
    -------
    LimitsOfAgreement
        With the two components of the variance.

    Raises
    ------
    ValueError
        As :func:`limits_of_agreement`.

    Undefined cases
    ---------------
    No pair: undefined. One patient: the bias without an interval, limits undefined. No patient with two pairs: the
    limits of :func:`limits_of_agreement`, with this interval. All differences alike: as there.

    References
    ----------
    Bland JM, Altman DG. J Biopharm Stat 2007;17:571-582. doi:10.1080/10543400701329422
    Zou GY. Stat Methods Med Res 2013;22:630-642. doi:10.1177/0962280211402548
    """
    z = coverage_quantile(coverage)
    normal_quantile(level)
    difference, cluster, left_out = differences(first, second, patient)
    sizes = np.bincount(cluster) if cluster.size else np.zeros(0, dtype=np.int64)
    total, n = difference.size, sizes.size
    counts: dict[str, Any] = {"n_cases": total, "n_patients": n, "n_left_out": left_out, "coverage": coverage}
    if n < 2:
        return too_few(difference, level, _REPEATED, counts, unit="patient")
    bias = float(difference.mean())
    if deviation(difference) == 0.0:
        return alike_limits(bias, level, _REPEATED, counts)
    means = np.bincount(cluster, weights=difference) / sizes
    between = float((sizes * (means - bias) ** 2).sum()) / (n - 1)
    within = float(((difference - means[cluster]) ** 2).sum()) / (total - n) if total > n else 0.0
    squares = float((sizes**2).sum())
    return limits_from_mean_squares(bias, between, within, squares, z=z, level=level, counts=counts)


def limits_from_mean_squares(
    bias: float, between: float, within: float, squares: float, *, z: float, level: float, counts: dict[str, Any]
) -> LimitsOfAgreement:
    """The limits from the mean of all differences, B, W and Σ m_i²; ``counts`` as in the result."""
    total, n = counts["n_cases"], counts["n_patients"]
    typical = (total - squares / total) / (n - 1)
    component = (between - within) / typical
    variance = within + component
    sd = math.sqrt(variance)
    # Negative where patients differ less than chance would have them: the error of the mean is then that of W alone.
    error = math.sqrt(max(component, 0.0) * squares / total**2 + within / total)
    half = student_quantile(n - 1, level) * error
    parts = ((between / typical, n - 1), (within * (1.0 - 1.0 / typical), total - n))
    least, most = _variance_limits(variance, parts, level)
    near = z * sd - math.hypot(half, z * (sd - math.sqrt(least)))
    far = z * sd + math.hypot(half, z * (math.sqrt(most) - sd))
    return LimitsOfAgreement(
        bias=known(bias, (bias - half, bias + half), level, _REPEATED_BIAS, total),
        lower=known(bias - z * sd, (bias - far, bias - near), level, _REPEATED, total),
        upper=known(bias + z * sd, (bias + near, bias + far), level, _REPEATED, total),
        standard_deviation=sd,
        variance_between=component,
        variance_within=within if total > n else None,
        **counts,
    )


def _variance_limits(variance: float, parts: tuple[tuple[float, int], ...], level: float) -> tuple[float, float]:
    below, above = [], []
    for part, degrees in parts:
        if degrees:
            below.append(part * (1.0 - degrees / float(special.chdtri(degrees, 0.5 - level / 2.0))))
            above.append(part * (degrees / float(special.chdtri(degrees, 0.5 + level / 2.0)) - 1.0))
    return max(0.0, variance - math.hypot(*below)), variance + math.hypot(*above)
