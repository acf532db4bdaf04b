"""Intervals of a binomial proportion, by name."""

import math
from typing import Literal, TypeAlias, get_args

from scipy import special

from multisite.stats.estimate import normal_quantile
from multisite.stats.proportions.result import wilson_interval

__all__ = ["PROPORTION_METHODS", "ProportionMethod", "binomial_interval", "clopper_pearson_interval"]

ProportionMethod: TypeAlias = Literal["wilson", "wilson-cc", "clopper-pearson", "agresti-coull", "jeffreys"]

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
