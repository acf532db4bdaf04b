"""Intervals of a difference: from those of its two terms, and from a score test turned inside out."""

import math
from collections.abc import Callable

from scipy import optimize

from multisite.stats.estimate import Estimate

__all__ = ["limits", "score_limits", "square_and_add"]

Limits = tuple[float, float]


def limits(estimate: Estimate) -> Limits:
    """Both ends of an interval that is there."""
    assert estimate.ci_low is not None
    assert estimate.ci_high is not None
    return estimate.ci_low, estimate.ci_high


def square_and_add(
    first: float, first_limits: Limits, second: float, second_limits: Limits, *, correlation: float = 0.0
) -> Limits:
    """Limits of ``first − second`` by Newcombe's square-and-add rule (Zou and Donner's MOVER).

    The distance to the lower limit is √(a² − 2ρab + b²), with a the distance of ``first`` to its lower limit, b that
    of ``second`` to its upper one and ρ the correlation of the two estimates; the upper limit is its mirror image.
    """
    difference = first - second
    down, up = first - first_limits[0], second_limits[1] - second
    below = math.sqrt(max(0.0, down * down - 2.0 * correlation * down * up + up * up))
    down, up = first_limits[1] - first, second - second_limits[0]
    above = math.sqrt(max(0.0, down * down - 2.0 * correlation * down * up + up * up))
    return max(-1.0, difference - below), min(1.0, difference + above)


def score_limits(excess: Callable[[float], float], difference: float, *, nudge: float) -> Limits:
    """Both roots in [−1, 1] of ``excess``, (d − δ)² − z² V(δ), on either side of the observed ``difference`` d.

    ``nudge`` is a distance well below that of the limits: at an observed difference without variance the search
    starts that far off, because d is a root then, too, and not the one that is sought.
    """
    start = 0.0 if excess(difference) < 0.0 else nudge
    low = high = difference
    if difference > -1.0:
        low = float(optimize.brentq(excess, -1.0, max(-1.0, difference - start), xtol=1e-13))
    if difference < 1.0:
        high = float(optimize.brentq(excess, min(1.0, difference + start), 1.0, xtol=1e-13))
    return low, high
