"""Limits of agreement from sums over patients, which add over sites."""

from typing import Any

import numpy as np

from multisite.stats.agreement.limits import independent_limits
from multisite.stats.agreement.limits_repeated import limits_from_mean_squares
from multisite.stats.agreement.limits_result import LimitsOfAgreement, alike_limits, coverage_quantile, too_few
from multisite.stats.estimate import normal_quantile
from multisite.stats.means.clustered_mean import sample_deviation
from multisite.stats.means.mean_moments import MeanMoments

__all__ = ["limits_from_moments"]

_METHOD = "from sums over patients"


def limits_from_moments(moments: MeanMoments, *, coverage: float = 0.95, level: float = 0.95) -> LimitsOfAgreement:
    """Bland and Altman's limits of the differences of which ``moments`` are the sums.

    Where every patient has one pair, those of :func:`limits_of_agreement` (exact intervals); where one has several,
    those of :func:`limits_of_agreement_repeated`: Σ X²/n − (Σ X)²/N is the sum of squares between patients, and
    Σ x² − Σ X²/n that within them. The same numbers as from the rows, but for rounding.

    Parameters
    ----------
    moments
        Of the differences, first minus second.
    coverage, level
        As for :func:`limits_of_agreement`.

    Returns
    -------
    LimitsOfAgreement
        ``n_left_out`` is 0: pairs that are not complete are not in the moments.

    Raises
    ------
    ValueError
        If ``coverage`` or ``level`` lies outside (0, 1).

    Undefined cases
    ---------------
    As of the two functions. Differences count as alike where they differ by no more than rounding of the sums.

    References
    ----------
    Bland JM, Altman DG. J Biopharm Stat 2007;17:571-582. doi:10.1080/10543400701329422
    """
    z = coverage_quantile(coverage)
    normal_quantile(level)
    total, n = moments.sum_n, moments.n_patients
    counts: dict[str, Any] = {"n_cases": total, "n_patients": n, "n_left_out": 0, "coverage": coverage}
    bias = moments.sum_x / total if total else 0.0
    if n < 2:
        alike = np.full(total, bias)
        return too_few(alike, level, _METHOD, counts, unit="patient")
    deviation = sample_deviation(moments)
    if not deviation:
        return alike_limits(bias, level, _METHOD, counts)
    if not moments.clustered:
        return independent_limits(bias, deviation, n, z=z, method="exact", level=level, counts=counts)
    between = max(0.0, moments.sum_xx_over_n - moments.sum_x**2 / total) / (n - 1)
    inside = moments.sum_squares - moments.sum_xx_over_n
    within = inside / (total - n) if inside > moments.nothing else 0.0
    return limits_from_mean_squares(bias, between, within, float(moments.sum_nn), z=z, level=level, counts=counts)
