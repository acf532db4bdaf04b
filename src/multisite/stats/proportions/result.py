"""What an estimator of a proportion hands back, and Wilson's interval at any number of cases."""

import math
from dataclasses import dataclass

from multisite.stats.estimate import Estimate
from multisite.vocabulary import EstimateStatus

__all__ = ["ProportionEstimate", "undefined_proportion", "wilson_interval"]


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
