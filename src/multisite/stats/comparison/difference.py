"""The difference of two estimates of different patients, from their own intervals."""

import math

from multisite.stats.estimate import Estimate
from multisite.vocabulary import EstimateStatus

__all__ = ["independent_difference"]

_METHOD = "square-and-add of both intervals"


def independent_difference(first: Estimate, second: Estimate) -> Estimate:
    """``first`` minus ``second``, with the interval that joins theirs by Newcombe's square-and-add rule.

    With estimates a in [l, u] and b in [l′, u′] the interval runs from a − b − √((a − l)² + (u′ − b)²) to
    a − b + √((u − a)² + (b − l′)²), both intervals being of one level. It takes the two as independent; a patient with
    cases on both sides makes it too wide rather than too narrow, where these are alike.

    Raises
    ------
    ValueError
        If the two have intervals of different levels.

    Undefined cases
    ---------------
    One of the two undefined: undefined. One of the two without an interval: the difference stands without one, status
    ``insufficient``.

    References
    ----------
    Newcombe RG. Stat Med 1998;17:873-890. doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I
    Zou GY, Donner A. Stat Med 2008;27:1693-1702. doi:10.1002/sim.3095 (the same rule for any two estimates)
    """
    if first.ci_level != second.ci_level:
        raise ValueError("`first` and `second` must have intervals of one level.")
    status, reason, low, high = EstimateStatus.OK, None, None, None
    difference = None
    if first.estimate is None or second.estimate is None:
        status, reason = EstimateStatus.UNDEFINED, (first if first.estimate is None else second).reason
    elif first.ci_low is None or first.ci_high is None or second.ci_low is None or second.ci_high is None:
        difference = first.estimate - second.estimate
        status, reason = EstimateStatus.INSUFFICIENT, first.reason or second.reason
    else:
        difference = first.estimate - second.estimate
        low = difference - math.hypot(first.estimate - first.ci_low, second.ci_high - second.estimate)
        high = difference + math.hypot(first.ci_high - first.estimate, second.estimate - second.ci_low)
    return Estimate(
        estimate=difference,
        ci_low=low,
        ci_high=high,
        ci_level=first.ci_level,
        ci_method=_METHOD,
        n_cases=first.n_cases + second.n_cases,
        status=status,
        reason=reason,
    )
