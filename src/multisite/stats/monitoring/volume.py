"""How many studies a month brings, given the months before: a negative binomial prediction, and days of silence."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from multisite.stats.estimate import FloatArray

__all__ = ["VolumePrediction", "silence_p_value", "volume_p_value", "volume_prediction"]

_PRIOR_CV, _PRIOR_DF = 0.12, 4.0


@dataclass(frozen=True, slots=True)
class VolumePrediction:
    """Expected studies, and between which a month lies with the chance that was asked for; NaN where undefined."""

    expected: float
    low: float
    high: float


def volume_prediction(
    counts: npt.ArrayLike, exposures: npt.ArrayLike, *, exposure: float, level: float = 0.95
) -> VolumePrediction:
    """Studies of a month of ``exposure`` working days, from months with ``counts`` in ``exposures``.

    The rate is Σcounts/Σexposures. The variance is μ + (c² + c²/k)μ² + μ²/Σcounts: chance, months that differ by the
    coefficient of variation c, and the error of the rate. c² is estimated from the k months and drawn towards 0.12²
    with the weight of four degrees of freedom, for a few months do not tell it.

    Raises
    ------
    ValueError
        If shapes differ, a count is negative or an exposure not above 0, or the level outside (0, 1).

    Undefined cases
    ---------------
    No month, or no study in them.
    """
    if not 0 < level < 1:
        raise ValueError("The level must lie between 0 and 1.")
    found = _distribution(counts, exposures, exposure)
    if found is None:
        return VolumePrediction(math.nan, math.nan, math.nan)
    mean, size, chance = found
    tail = (1 - level) / 2
    low, high = stats.nbinom.ppf([tail, 1 - tail], size, chance)
    return VolumePrediction(mean, float(low), float(high))


def volume_p_value(count: float, *, exposure: float, counts: npt.ArrayLike, exposures: npt.ArrayLike) -> float:
    """Twice the smaller tail of ``count`` under the prediction of :func:`volume_prediction`, at most 1; NaN undefined.

    Raises
    ------
    ValueError
        As for :func:`volume_prediction`, or for a negative count.
    """
    if not count >= 0:
        raise ValueError("A count must be at least 0.")
    found = _distribution(counts, exposures, exposure)
    if found is None:
        return math.nan
    _, size, chance = found
    below, above = stats.nbinom.cdf(count, size, chance), stats.nbinom.sf(count - 1, size, chance)
    return float(min(1.0, 2 * min(below, above)))


def silence_p_value(days: int, *, rate_per_day: float, n_days: int) -> float:
    """Chance of at least ``days`` working days in a row without any study within ``n_days``, at a Poisson rate.

    Exact, by the number of silent days that end at each day.

    Raises
    ------
    ValueError
        If a number is negative or the rate not finite.
    """
    if days < 0 or n_days < 0 or not np.isfinite(rate_per_day) or rate_per_day < 0:
        raise ValueError("Days and rate must be finite and at least 0.")
    if days == 0:
        return 1.0
    if days > n_days:
        return 0.0
    silent = math.exp(-rate_per_day)
    state: FloatArray = np.zeros(days)
    state[0], reached = 1.0, 0.0
    for _ in range(n_days):
        reached += state[-1] * silent
        state = np.concatenate([[state.sum() * (1 - silent)], state[:-1] * silent])
    return float(min(1.0, reached))


def _distribution(
    counts: npt.ArrayLike, exposures: npt.ArrayLike, exposure: float
) -> tuple[float, float, float] | None:
    """Mean, and the two parameters of the negative binomial distribution."""
    before, days = np.asarray(counts, dtype=np.float64), np.asarray(exposures, dtype=np.float64)
    if before.ndim != 1 or before.shape != days.shape:
        raise ValueError("Give as many exposures as counts.")
    if not (np.all(np.isfinite(before)) and np.all(before >= 0) and np.all(days > 0) and exposure > 0):
        raise ValueError("Counts must be at least 0 and exposures above 0.")
    total = float(before.sum())
    if total == 0:
        return None
    rate = total / float(days.sum())
    expected = rate * days
    mean, k = rate * exposure, before.size
    excess = float(((before - expected) ** 2 - expected).sum())
    prior = _PRIOR_CV**2 * _PRIOR_DF
    squared_cv = (prior + max(0.0, excess) / float((expected**2).mean())) / (_PRIOR_DF + k - 1)
    over = squared_cv * (1 + 1 / k) + 1 / total
    size = 1 / over
    return mean, size, float(special.expit(math.log(size) - math.log(mean)))
