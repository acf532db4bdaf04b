"""What the estimators of proportions hand back, and Wilson's interval at any number of cases."""

import math
from dataclasses import dataclass

from multisite.stats.estimate import Estimate
from multisite.vocabulary import EstimateStatus

__all__ = [
    "DifferenceEstimate",
    "PairedTest",
    "ProportionEstimate",
    "RatioEstimate",
    "undefined_proportion",
    "wilson_interval",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class ProportionEstimate(Estimate):
    """A proportion with its numerator and denominator in cases.

    The last three are ``None`` for independent cases. ``design_effect`` is the variance over that of as
    many independent cases; ``effective_n`` the number of independent cases that would have given the same
    interval.
    """

    numerator: int
    denominator: int
    n_patients: int | None = None
    design_effect: float | None = None
    effective_n: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferenceEstimate(Estimate):
    """The ``first`` proportion minus the ``second``, of ``n_first`` and ``n_second`` cases.

    Of the same cases twice, ``n_first``, ``n_second`` and ``n_cases`` are equal; of different ones ``n_cases`` is
    their sum. ``n_patients`` is ``None`` for independent cases. ``standard_error`` is that of the difference where
    the interval is made from it, and else ``None``.
    """

    first: float | None
    second: float | None
    n_first: int
    n_second: int
    n_patients: int | None = None
    standard_error: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RatioEstimate(Estimate):
    """A ratio from 0 upwards; ``log_standard_error`` is the standard error of its logarithm, where that exists."""

    log_standard_error: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedTest:
    """A two-sided test that two classifiers of the same cases have one proportion.

    ``statistic`` is χ² on one degree of freedom, or ``None`` for an exact test. ``p_value`` lies in (0, 1]; where the
    test is undefined it is ``None`` and ``reason`` says why. ``n_cases`` counts the cases that the test was given,
    ``n_discordant`` those on which the two disagree (``None`` where only sums over patients are known).
    """

    statistic: float | None
    p_value: float | None
    method: str
    n_cases: int
    n_discordant: int | None
    n_patients: int | None = None
    status: EstimateStatus = EstimateStatus.OK
    reason: str | None = None


def undefined_proportion(method: str, level: float, *, n_patients: int | None) -> ProportionEstimate:
    """The result where there is no case."""
    return ProportionEstimate(
        estimate=None,
        ci_low=None,
        ci_high=None,
        ci_level=level,
        ci_method=method,
        n_cases=0,
        status=EstimateStatus.UNDEFINED,
        reason="the denominator is zero",
        numerator=0,
        denominator=0,
        n_patients=n_patients,
    )


def wilson_interval(p: float, n: float, z: float) -> tuple[float, float]:
    """Wilson's interval of a proportion ``p`` of ``n`` cases, not always whole, ``z`` standard errors to each side."""
    # statsmodels has this too, but takes a second and pandas to import, and whole numbers only.
    centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n)
    half = z * math.sqrt(p * (1.0 - p) / n + z * z / (4.0 * n * n)) / (1.0 + z * z / n)
    low = 0.0 if p == 0.0 else centre - half
    high = 1.0 if p == 1.0 else centre + half
    return max(0.0, min(low, p)), min(1.0, max(high, p))
