"""Whether the values of a month lie higher or lower than those of a reference, by ranks on its bins."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import FloatArray
from multisite.stats.monitoring.counts import effective_counts

__all__ = ["LocationChange", "location_change", "rank_scores"]


@dataclass(frozen=True, slots=True)
class LocationChange:
    """``statistic`` is the shift over its standard error, ``shift`` P(month > reference) + P(equal)/2 - 1/2.

    Undefined (NaN) where a side has no study, or all of the reference lie in one bin.
    """

    statistic: float
    shift: float

    @property
    def is_defined(self) -> bool:
        """Whether there is anything to compare."""
        return bool(np.isfinite(self.statistic))


def location_change(month: npt.ArrayLike, reference: npt.ArrayLike, *, design_effect: float = 1.0) -> LocationChange:
    """The mean rank of the month's studies among those of the reference, less 1/2, over its standard error.

    A bin's rank is the share of the reference below it plus half of its own. The variance of a rank is taken from the
    reference: σ²(1/n + 1/m), so that the statistic is close to standard normal where nothing has changed.

    Parameters
    ----------
    month, reference
        Counts per bin in rising order, shape (n_bins,); many at once: :func:`rank_scores`.
    design_effect
        At least 1; both sides are divided by it.

    Raises
    ------
    ValueError
        If the shapes differ, a count is negative or infinite, or the design effect below 1.

    Undefined cases
    ---------------
    A side without a study; a reference in one bin.

    References
    ----------
    Mann HB, Whitney DR. Ann Math Stat 1947;18:50-60. doi:10.1214/aoms/1177730491
    """
    now, before = effective_counts(month, design_effect), effective_counts(reference, design_effect)
    if now.ndim != 1 or now.shape != before.shape:
        raise ValueError("Month and reference must have the same bins, in one dimension.")
    n, m = float(now.sum()), float(before.sum())
    if n == 0 or m == 0:
        return LocationChange(float("nan"), float("nan"))
    ranks, variance = rank_scores(before)
    shift = float(now @ ranks / n)
    if variance <= 0:
        return LocationChange(float("nan"), shift)
    return LocationChange(float(shift / np.sqrt(variance * (1 / n + 1 / m))), shift)


def rank_scores(reference: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Rank of each bin less 1/2, and the variance of a study's rank in the reference: many references at once.

    With counts ``months`` of shape (…, n_months, n_bins), the shift of :func:`location_change` is the sum over bins of
    ``months * ranks[..., None, :]``, over n.

    Parameters
    ----------
    reference
        Effective counts, shape (…, n_bins).

    Returns
    -------
    tuple of FloatArray
        Ranks in [-1/2, 1/2], shape (…, n_bins), and variances, shape (…).

    Raises
    ------
    ValueError
        If there is no bin, or a count is negative or infinite.

    Undefined cases
    ---------------
    NaN for a reference without a study. With all of it in one bin the variance is 0.
    """
    reference = effective_counts(reference, 1.0)
    total = reference.sum(axis=-1, keepdims=True)
    total = np.where(total > 0, total, np.nan)
    ranks = (np.cumsum(reference, axis=-1) - reference / 2) / total - 0.5
    return ranks, np.asarray((reference * ranks**2).sum(axis=-1) / total[..., 0], dtype=np.float64)
