"""How large a group would have to be for its interval to come to lie on one side of a margin."""

import math

from multisite.stats.detectable_difference import smallest_detectable_difference
from multisite.stats.proportions.counts import whole_count

__all__ = ["size_to_decide"]


def size_to_decide(
    distance: float, standard_error: float, size: int, *, power: float = 0.8, level: float = 0.95
) -> int | None:
    """⌈n · ((z₁₋α/₂ + z_power) · SE / d)²⌉: the n at which a distance d from the margin would mostly be decided.

    The standard error is taken to shrink with √n, so that whatever the estimate is compared with must grow alike. For
    the plan of the next study, if the truth were what was seen; it is no evidence about this one.

    Parameters
    ----------
    distance
        Of the estimate from the margin, either sign; finite.
    standard_error
        At the present size, on the same scale; finite, 0 or more.
    size
        Present n (of patients, or of cases), 1 or more.
    power
        Chance that the interval lies wholly on that side, in (0.5, 1).
    level
        Confidence level 1 − α, in (0, 1).

    Returns
    -------
    int or None
        At least 1; it may be below ``size``.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Undefined cases
    ---------------
    A distance of 0: no number is enough.

    References
    ----------
    Bloom HS. Eval Rev 1995;19:547-556. doi:10.1177/0193841X9501900504

    Examples
    --------
    >>> size_to_decide(0.05, 0.03, 100)
    283
    """
    if whole_count("size", size) < 1 or not math.isfinite(distance):
        raise ValueError("`size` must be 1 or more, and `distance` finite.")
    shown = smallest_detectable_difference(standard_error, power=power, level=level).difference
    if distance == 0.0 or shown is None:
        return None
    return max(1, math.ceil(size * (shown / distance) ** 2))
