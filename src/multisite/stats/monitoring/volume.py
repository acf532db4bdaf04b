"""How many studies a month brings, given the months before: a negative binomial prediction, and days of silence."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special, stats

from multisite.stats.estimate import FloatArray
from multisite.stats.monitoring.evidence import DriftEvidence, detector

__all__ = ["VolumePrediction", "silence_p_value", "volume_evidence", "volume_p_value", "volume_prediction"]

_PRIOR_CV, _PRIOR_DF = 0.12, 4.0
_RATIOS = np.array([0.5, 0.7, 0.85, 1.2, 1.4, 2.0])
_LARGEST_LOG = 600.0


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
    if not (np.isfinite(count) and count >= 0):
        raise ValueError("A count must be finite and at least 0.")
    found = _distribution(counts, exposures, exposure)
    if found is None:
        return math.nan
    _, size, chance = found
    below, above = stats.nbinom.cdf(count, size, chance), stats.nbinom.sf(count - 1, size, chance)
    return float(min(1.0, 2 * min(below, above)))


def volume_evidence(
    months: npt.ArrayLike, month_exposures: npt.ArrayLike, *, counts: npt.ArrayLike, exposures: npt.ArrayLike
) -> DriftEvidence:
    """M of the number of studies: e-values of a rate that is 0.5, 0.7, 0.85, 1.2, 1.4 or 2 times the predicted one.

    E(s, t) is the mean over these of the product, over the months s … t, of the negative binomial probability at the
    changed mean over that at the predicted mean, with the size of :func:`volume_prediction`. Its expectation is 1 where
    months come from that prediction independently; the error of the rate, which they share, is in each month's spread.

    Parameters
    ----------
    months, month_exposures
        Studies and working days of the months watched, shape (n_months,).
    counts, exposures
        Of the months before, as for :func:`volume_prediction`.

    Returns
    -------
    DriftEvidence
        Shape (n_months,). A month of no study counts as any other: it is what speaks for a fall.

    Raises
    ------
    ValueError
        If shapes differ, a count is negative, infinite or a fraction, or an exposure not above 0.

    Undefined cases
    ---------------
    NaN throughout where the months before are none, or have no study.

    References
    ----------
    Shin J, Ramdas A, Rinaldo A. New England J Stat Data Sci 2024;2:229-260. doi:10.51387/23-NEJSDS51
    """
    now, days = np.asarray(months, dtype=np.float64), np.asarray(month_exposures, dtype=np.float64)
    if now.ndim != 1 or now.shape != days.shape:
        raise ValueError("Give as many exposures as months.")
    if not (np.all(np.isfinite(now)) and np.all(now >= 0) and np.all(now == np.rint(now))):
        raise ValueError("Studies of a month must be whole numbers, at least 0.")
    logs = np.zeros((now.size, _RATIOS.size))
    known = True
    for at, (count, exposure) in enumerate(zip(now, days, strict=True)):
        found = _distribution(counts, exposures, float(exposure))
        known = found is not None
        if found is not None:
            mean, size, _ = found
            # The factors that do not depend on the mean are the same above and below.
            logs[at] = count * np.log(_RATIOS) - (count + size) * np.log((size + mean * _RATIOS) / (size + mean))
    sums = np.concatenate([np.zeros((1, _RATIOS.size)), logs.cumsum(axis=0)])
    values = [np.exp(np.minimum(sums[s + 1 :] - sums[s], _LARGEST_LOG)).mean(axis=-1) for s in range(now.size)]
    return detector(values, np.ones(now.size), np.asarray(float(known)))


def silence_p_value(days: int, *, rate_per_day: float, n_days: int) -> float:
    """Chance of at least ``days`` working days in a row without any study within ``n_days``, at a Poisson rate.

    Exact, by the number of silent days that end at each day.

    Raises
    ------
    ValueError
        If a number is negative or infinite, or days are a fraction.
    """
    if not (np.isfinite(rate_per_day) and rate_per_day >= 0):
        raise ValueError("The rate must be finite and at least 0.")
    if not all(np.isfinite(number) and number >= 0 and number == int(number) for number in (days, n_days)):
        raise ValueError("Days must be whole numbers, at least 0.")
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
    if not (np.all(np.isfinite(before)) and np.all(before >= 0) and np.all(np.isfinite(days)) and np.all(days > 0)):
        raise ValueError("Counts must be finite and at least 0, and exposures finite and above 0.")
    if not (np.isfinite(exposure) and exposure > 0):
        raise ValueError("An exposure must be finite and above 0.")
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
