"""The difference of two proportions of the same cases."""

import math
from typing import Literal, TypeAlias, get_args

from multisite.stats.estimate import normal_quantile
from multisite.stats.proportions.counts import PairedCounts
from multisite.stats.proportions.joining import score_limits, square_and_add
from multisite.stats.proportions.result import DifferenceEstimate, wilson_interval
from multisite.vocabulary import EstimateStatus

__all__ = ["paired_proportion_difference", "tango_limits"]

PairedMethod: TypeAlias = Literal["newcombe", "newcombe-8", "tango"]

_NAMES: dict[PairedMethod, str] = {
    "newcombe": "newcombe paired, square-and-add of wilson, corrected phi (method 10)",
    "newcombe-8": "newcombe paired, square-and-add of wilson, plain phi (method 8)",
    "tango": "tango score",
}


def paired_proportion_difference(
    both: int,
    first_only: int,
    second_only: int,
    neither: int,
    *,
    method: PairedMethod = "newcombe",
    level: float = 0.95,
) -> DifferenceEstimate:
    """θ = p₁ − p₂ = (f − g)/n of two classifiers of the same n independent cases.

    With e = ``both``, f = ``first_only``, g = ``second_only`` and h = ``neither``: ``newcombe`` joins Wilson's limits
    of p₁ = (e + f)/n and p₂ = (e + g)/n by square-and-add with the correlation
    φ = (eh − fg)/√((e + f)(g + h)(e + g)(f + h)), whose numerator is lowered by n/2, but not below 0, where it is
    positive (method 10); ``newcombe-8`` leaves φ as it is. φ is 0 where a margin is empty. ``tango`` holds the δ with
    (f − g − nδ)² ≤ z² n(2q + δ(1 − δ)), q being the most likely share of ``second_only`` under δ.

    Parameters
    ----------
    both, first_only, second_only, neither
        Whole numbers of cases that both, one or none of the two have right (or call positive).
    method
        Interval.
    level
        Confidence level in (0, 1).

    Returns
    -------
    DifferenceEstimate
        Estimate in [−1, 1], above zero where the first is larger.

    Raises
    ------
    ValueError
        If a count is not whole, or the method is unknown.

    Undefined cases
    ---------------
    No case. Without a discordant case the estimate is 0 and every method still gives an interval, except that
    ``newcombe-8`` may have no width (φ = 1): then the estimate stands without one, status ``insufficient``.

    References
    ----------
    Newcombe RG. Stat Med 1998;17:2635-2650.
    doi:10.1002/(SICI)1097-0258(19981130)17:22<2635::AID-SIM954>3.0.CO;2-C
    Tango T. Stat Med 1998;17:891-908. doi:10.1002/(SICI)1097-0258(19980430)17:8<891::AID-SIM780>3.0.CO;2-B

    Examples
    --------
    >>> result = paired_proportion_difference(1, 1, 7, 12, method="tango")  # Fagerland et al. 2014
    >>> round(result.estimate, 3), round(result.ci_low, 3), round(result.ci_high, 3)
    (-0.286, -0.517, -0.026)
    """
    counts = PairedCounts(both=both, first_only=first_only, second_only=second_only, neither=neither)
    z = normal_quantile(level)
    if method not in get_args(PairedMethod):
        raise ValueError(f"`method` must be one of: {', '.join(_NAMES)}.")
    n = counts.n_cases
    difference = low = high = None
    status = EstimateStatus.UNDEFINED
    reason: str | None = "no case"
    if n:
        difference = (counts.first_only - counts.second_only) / n
        if method == "tango":
            low, high = tango_limits(counts.first_only, counts.second_only, n, z)
        else:
            low, high = _newcombe(counts, z, corrected=method == "newcombe")
        status, reason = EstimateStatus.OK, None
        if low == high:
            low = high = None
            status, reason = EstimateStatus.INSUFFICIENT, "the two never differ, and the interval has no width"
    return DifferenceEstimate(
        estimate=difference,
        ci_low=low,
        ci_high=high,
        ci_level=level,
        ci_method=_NAMES[method],
        n_cases=n,
        status=status,
        reason=reason,
        first=(counts.both + counts.first_only) / n if n else None,
        second=(counts.both + counts.second_only) / n if n else None,
        n_first=n,
        n_second=n,
    )


def _newcombe(counts: PairedCounts, z: float, *, corrected: bool) -> tuple[float, float]:
    e, f, g, h = counts.both, counts.first_only, counts.second_only, counts.neither
    n = counts.n_cases
    first, second = (e + f) / n, (e + g) / n
    margins = (e + f) * (g + h) * (e + g) * (f + h)
    cross: float = e * h - f * g
    if corrected and cross > 0:
        cross = max(0.0, cross - n / 2.0)
    phi = cross / math.sqrt(margins) if margins else 0.0
    limits = wilson_interval(first, n, z), wilson_interval(second, n, z)
    return square_and_add(first, limits[0], second, limits[1], correlation=phi)


def tango_limits(first_only: float, second_only: float, n_cases: float, z: float) -> tuple[float, float]:
    """Tango's score limits of (f − g)/n; f, g and n may be effective numbers of cases that are not whole."""
    f, g, n = first_only, second_only, n_cases

    def excess(delta: float) -> float:
        # Mirrored for a negative difference, so that the root is never the small difference of two large numbers.
        size, larger, smaller = (delta, f, g) if delta >= 0.0 else (-delta, g, f)
        b = (2 * n - larger + smaller) * size - larger - smaller
        c = -smaller * size * (1.0 - size)
        root = math.sqrt(b * b - 8.0 * n * c)
        share = -2.0 * c / (root + b) if b > 0.0 else (root - b) / (4.0 * n)
        return ((f - g) / n - delta) ** 2 - z * z * (2.0 * share + size * (1.0 - size)) / n

    return score_limits(excess, (f - g) / n, nudge=1e-6 * min(1.0, z * z / n))
