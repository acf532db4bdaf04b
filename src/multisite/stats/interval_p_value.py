"""The p-value that goes with an interval, found by turning the interval inside out."""

import math
from collections.abc import Callable

from multisite.stats.estimate import Estimate

__all__ = ["LEAST_P", "interval_p_value"]

LEAST_P = 1e-10
"""No smaller p-value is told: nearer to a level of 1, the quantiles of the intervals have no digits left."""

_HALVINGS = 32


def interval_p_value(interval: Callable[[float], Estimate], value: float) -> float | None:
    """The two-sided p-value of ``value``: 1 − the highest level whose interval leaves it out.

    It agrees with the interval at every level: p < 1 − level exactly where the interval at that level leaves ``value``
    out, whatever the method of the interval. (Wilson's interval gives back the p-value of the score test.)

    Parameters
    ----------
    interval
        The estimate with its interval, given the level in (0, 1); it must widen with the level.
    value
        What the truth would be under the hypothesis; finite.

    Returns
    -------
    float or None
        In [1e-10, 1]; ``None`` where the estimate has no interval. Exact to eight digits.

    Raises
    ------
    ValueError
        If ``value`` is not finite.

    Undefined cases
    ---------------
    No interval.

    References
    ----------
    Cox DR, Hinkley DV. Theoretical Statistics. Chapman and Hall 1974, section 7.2. doi:10.1201/b14832

    Examples
    --------
    >>> from multisite.stats import proportion
    >>> round(interval_p_value(lambda level: proportion(60, 100, level=level), 0.5), 4)  # z = 2
    0.0455
    """
    if not math.isfinite(value):
        raise ValueError("`value` must be finite.")

    def left_out(log_p: float) -> bool | None:
        found = interval(1.0 - math.exp(log_p))
        if found.ci_low is None or found.ci_high is None:
            return None
        return not found.ci_low <= value <= found.ci_high

    smallest, largest = math.log(LEAST_P), math.log1p(-1e-9)
    outside = left_out(smallest)
    if outside is None:
        return None
    if outside:
        return LEAST_P
    if not left_out(largest):
        return 1.0
    for _ in range(_HALVINGS):
        middle = (smallest + largest) / 2.0
        smallest, largest = (smallest, middle) if left_out(middle) else (middle, largest)
    return math.exp(largest)
