"""A proportion of independent cases."""

from typing import Literal

from scipy import special

from multisite.stats.estimate import normal_quantile
from multisite.stats.proportions.result import ProportionEstimate, undefined_proportion, wilson_interval

__all__ = ["proportion"]


def proportion(
    numerator: int,
    denominator: int,
    *,
    method: Literal["wilson", "clopper-pearson"] = "wilson",
    level: float = 0.95,
) -> ProportionEstimate:
    """Proportion y/n of independent cases.

    ``wilson`` inverts the score test without continuity correction, (p̂ − p)² = z² p(1 − p)/n;
    ``clopper-pearson`` inverts the two one-sided exact binomial tests and never covers less than ``level``.

    Parameters
    ----------
    numerator, denominator
        Whole numbers, 0 ≤ numerator ≤ denominator.
    method
        Interval.
    level
        Confidence level in (0, 1).

    Returns
    -------
    ProportionEstimate
        Estimate in [0, 1].

    Raises
    ------
    ValueError
        If the counts are not whole, the numerator lies outside [0, denominator], or the method is unknown.

    Undefined cases
    ---------------
    A denominator of zero.

    References
    ----------
    Newcombe RG. Stat Med 1998;17:857-872.
    doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E

    Examples
    --------
    >>> result = proportion(81, 263)
    >>> round(result.ci_low, 4), round(result.ci_high, 4)
    (0.2553, 0.3662)
    """
    if int(numerator) != numerator or int(denominator) != denominator:
        raise ValueError("`numerator` and `denominator` must be whole numbers.")
    y, n = int(numerator), int(denominator)
    if not 0 <= y <= n:
        raise ValueError("`numerator` must lie between 0 and `denominator`.")
    if method not in ("wilson", "clopper-pearson"):
        raise ValueError("`method` must be `wilson` or `clopper-pearson`.")
    z = normal_quantile(level)
    if n == 0:
        return undefined_proportion(method, level, n_patients=None)
    low, high = wilson_interval(y / n, n, z) if method == "wilson" else _clopper_pearson(y, n, level)
    return ProportionEstimate(
        estimate=y / n,
        ci_low=low,
        ci_high=high,
        ci_level=level,
        ci_method=method,
        n_cases=n,
        numerator=y,
        denominator=n,
    )


def _clopper_pearson(y: int, n: int, level: float) -> tuple[float, float]:
    tail = (1.0 - level) / 2.0
    low = 0.0 if y == 0 else float(special.betaincinv(y, n - y + 1, tail))
    high = 1.0 if y == n else float(special.betaincinv(y + 1, n - y, 1.0 - tail))
    return low, high
