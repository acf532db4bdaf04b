"""Intervals of a binomial proportion, by name."""

import math
from typing import Literal, TypeAlias, get_args

from scipy import optimize, special

from multisite.stats.estimate import normal_quantile
from multisite.stats.proportions.result import wilson_interval

__all__ = ["PROPORTION_METHODS", "ProportionMethod", "binomial_interval", "clopper_pearson_interval"]

ProportionMethod: TypeAlias = Literal[
    "wilson", "wilson-cc", "clopper-pearson", "mid-p", "agresti-coull", "jeffreys", "wald"
]

PROPORTION_METHODS: tuple[ProportionMethod, ...] = get_args(ProportionMethod)


def binomial_interval(y: int, n: int, *, method: ProportionMethod, level: float) -> tuple[float, float]:
    """Interval of y/n, n > 0; what each method does is said in :func:`proportion`.

    Raises
    ------
    ValueError
        If the method is unknown or the level not in (0, 1).
    """
    z = normal_quantile(level)
    match method:
        case "wilson":
            return wilson_interval(y / n, n, z)
        case "wilson-cc":
            return _wilson_with_correction(y, n, z)
        case "clopper-pearson":
            return clopper_pearson_interval(y, n, level)
        case "mid-p":
            return _mid_p(y, n, level)
        case "wald":
            half = z * math.sqrt(y * (n - y) / n) / n
            return max(0.0, y / n - half), min(1.0, y / n + half)
        case "agresti-coull":
            return _agresti_coull(y, n, z)
        case "jeffreys":
            return _jeffreys(y, n, level)
    raise ValueError(f"`method` must be one of: {', '.join(PROPORTION_METHODS)}.")


def clopper_pearson_interval(y: float, n: float, level: float) -> tuple[float, float]:
    """Clopper and Pearson's interval through the beta distribution, at numbers that need not be whole."""
    tail = (1.0 - level) / 2.0
    low = 0.0 if y <= 0 else float(special.betaincinv(y, n - y + 1, tail))
    high = 1.0 if y >= n else float(special.betaincinv(y + 1, n - y, 1.0 - tail))
    return low, high


def _mid_p(y: int, n: int, level: float) -> tuple[float, float]:
    tail = (1.0 - level) / 2.0

    def excess(p: float) -> float:
        """P(X > y) + P(X = y)/2, which rises with p; special.bdtrc is 0 beyond n."""
        above = float(special.bdtrc(y, n, p)) if y < n else 0.0
        at_or_above = float(special.bdtrc(y - 1, n, p)) if y > 0 else 1.0
        return (above + at_or_above) / 2.0

    def where(value: float) -> float:
        return float(optimize.brentq(lambda p: excess(p) - value, 0.0, 1.0, xtol=1e-15, rtol=1e-13))

    return (0.0 if y == 0 else where(tail)), (1.0 if y == n else where(1.0 - tail))


def _wilson_with_correction(y: int, n: int, z: float) -> tuple[float, float]:
    p, q = y / n, (n - y) / n
    middle, divisor = 2.0 * y + z * z, 2.0 * (n + z * z)
    low = middle - 1.0 - z * math.sqrt(z * z - 2.0 - 1.0 / n + 4.0 * p * (n * q + 1.0)) if y > 0 else 0.0
    high = middle + 1.0 + z * math.sqrt(z * z + 2.0 - 1.0 / n + 4.0 * p * (n * q - 1.0)) if y < n else divisor
    return max(0.0, min(low / divisor, p)), min(1.0, max(high / divisor, p))


def _agresti_coull(y: int, n: int, z: float) -> tuple[float, float]:
    total = n + z * z
    centre = (y + z * z / 2.0) / total
    half = z * math.sqrt(centre * (1.0 - centre) / total)
    return max(0.0, centre - half), min(1.0, centre + half)


def _jeffreys(y: int, n: int, level: float) -> tuple[float, float]:
    tail = (1.0 - level) / 2.0
    low = 0.0 if y == 0 else float(special.betaincinv(y + 0.5, n - y + 0.5, tail))
    high = 1.0 if y == n else float(special.betaincinv(y + 0.5, n - y + 0.5, 1.0 - tail))
    return low, high
