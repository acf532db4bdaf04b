"""Limits of agreement of two methods of measurement, one pair per patient."""

import math
from typing import Any, Literal, TypeAlias

import numpy.typing as npt
from scipy import special

from multisite.stats.agreement.limits_result import (
    STUDENT,
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

__all__ = ["LimitsMethod", "independent_limits", "limits_of_agreement"]

LimitsMethod: TypeAlias = Literal["exact", "approximate"]

_NAMES = {
    "exact": "non-central t, each limit by itself (Carkeet 2015)",
    "approximate": "student, error of Bland and Altman 1999",
}


def limits_of_agreement(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    method: LimitsMethod = "exact",
    coverage: float = 0.95,
    level: float = 0.95,
) -> LimitsOfAgreement:
    """Bland and Altman's limits d̄ ± z·s of the differences of two methods, one pair per patient.

    d = first − second, s their standard deviation, z the normal quantile of ``coverage`` (1.96). The interval of the
    bias is d̄ ± t·s/√n. That of a limit: ``exact`` from the quantiles of the non-central t on n − 1 degrees of freedom
    with non-centrality z√n, (d̄ + s·t′/√n); ``approximate`` ± t·s·√(1/n + z²/(2(n − 1))), symmetric.

    Parameters
    ----------
    first, second
        Measurements of the two methods, same unit, shape ``(n_cases,)``. NaN, None or a masked entry is missing; a
        pair without both is left out and counted.
    method
        Interval of the limits; each limit holds its truth at ``level`` by itself.
    coverage
        Share of the differences between the limits, in (0, 1).
    level
        Confidence level in (0, 1).

    Returns
    -------
    LimitsOfAgreement
        Differences are taken as normal and independent of the size of the measurement.

    Raises
    ------
    ValueError
        If the shapes differ, a measurement is infinite or no number, the method is unknown, or ``coverage`` or
        ``level`` lies outside (0, 1).

    Undefined cases
    ---------------
    No pair: undefined. One pair: the bias without an interval, ``insufficient``; limits undefined. All differences
    alike: bias and limits are that difference, ``insufficient``, without an interval.

    References
    ----------
    Bland JM, Altman DG. Lancet 1986;327:307-310. doi:10.1016/S0140-6736(86)90837-8
    Bland JM, Altman DG. Stat Methods Med Res 1999;8:135-160. doi:10.1177/096228029900800204
    Carkeet A. Optom Vis Sci 2015;92:e71-e80. doi:10.1097/OPX.0000000000000513

    Examples
    --------
    >>> found = limits_of_agreement([10.0, 12.0, 9.0, 14.0], [9.0, 12.5, 8.0, 12.5])
    >>> found.bias.estimate, round(found.upper.estimate, 3)
    (0.75, 2.447)
    """
    if method not in _NAMES:
        raise ValueError(f"`method` must be one of: {', '.join(_NAMES)}.")
    z = coverage_quantile(coverage)
    normal_quantile(level)
    difference, _, left_out = differences(first, second, None)
    n = difference.size
    counts: dict[str, Any] = {"n_cases": n, "n_patients": n, "n_left_out": left_out, "coverage": coverage}
    if n < 2:
        return too_few(difference, level, _NAMES[method], counts, unit="pair")
    bias, sd = float(difference.mean()), deviation(difference)
    if sd == 0.0:
        return alike_limits(bias, level, _NAMES[method], counts)
    return independent_limits(bias, sd, n, z=z, method=method, level=level, counts=counts)


def independent_limits(
    bias: float, sd: float, n: int, *, z: float, method: LimitsMethod, level: float, counts: dict[str, Any]
) -> LimitsOfAgreement:
    """The limits of ``n`` differences of one patient each, from their mean and their standard deviation, above 0."""
    t = student_quantile(n - 1, level)
    half = t * sd / math.sqrt(n)
    if method == "exact":
        tails = (0.5 - level / 2.0, 0.5 + level / 2.0)
        near, far = (sd * float(special.nctdtrit(n - 1, z * math.sqrt(n), p)) / math.sqrt(n) for p in tails)
    else:
        error = sd * math.sqrt(1.0 / n + z * z / (2.0 * (n - 1)))
        near, far = z * sd - t * error, z * sd + t * error
    return LimitsOfAgreement(
        bias=known(bias, (bias - half, bias + half), level, STUDENT, n),
        lower=known(bias - z * sd, (bias - far, bias - near), level, _NAMES[method], n),
        upper=known(bias + z * sd, (bias + near, bias + far), level, _NAMES[method], n),
        standard_deviation=sd,
        **counts,
    )
