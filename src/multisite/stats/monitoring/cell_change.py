"""Which bin of a month changed most against a reference, and by how much more than chance would."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.estimate import FloatArray
from multisite.stats.monitoring.counts import effective_counts

__all__ = ["CellChange", "cell_statistics", "largest_cell_change"]


@dataclass(frozen=True, slots=True)
class CellChange:
    """The bin that changed most: its position, its share less that of the reference, and the statistic (0 or more).

    Undefined (NaN, position -1) where a side has no study.
    """

    statistic: float
    cell: int
    change: float

    @property
    def is_defined(self) -> bool:
        """Whether both sides have studies."""
        return self.cell >= 0


def largest_cell_change(month: npt.ArrayLike, reference: npt.ArrayLike, *, design_effect: float = 1.0) -> CellChange:
    """The largest |signed root of the binomial deviance| over bins, each against all others.

    For a bin with y of n studies of the month and x of m of the reference, G = 2 Σ observed · ln(observed / expected)
    over the four counts, expected at the share (x + y)/(n + m). √G is close to normal also where a bin is rare, which
    the usual z is not: one study in a bin that has one in a thousand does not outweigh all others.

    Parameters
    ----------
    month, reference
        Counts per bin, shape (n_bins,).
    design_effect
        At least 1; both sides are divided by it.

    Returns
    -------
    CellChange
        Of equally large bins the first.

    Raises
    ------
    ValueError
        If the shapes differ, a count is negative or infinite, or the design effect below 1.

    Undefined cases
    ---------------
    A side without a study. With one bin only, the statistic is 0.

    References
    ----------
    Wilks SS. Ann Math Stat 1938;9:60-62. doi:10.1214/aoms/1177732360
    """
    now, before = effective_counts(month, design_effect), effective_counts(reference, design_effect)
    if now.ndim != 1 or now.shape != before.shape:
        raise ValueError("Month and reference must have the same bins, in one dimension.")
    n, m = float(now.sum()), float(before.sum())
    if n == 0 or m == 0:
        return CellChange(float("nan"), -1, float("nan"))
    roots = cell_statistics(now, before)
    cell = int(np.argmax(roots))
    return CellChange(float(roots[cell]), cell, float(now[cell] / n - before[cell] / m))


def cell_statistics(now: FloatArray, before: FloatArray) -> FloatArray:
    """√G of each bin, shape as ``now`` and ``before`` broadcast, bins last; both sides have studies."""
    n, m = now.sum(axis=-1, keepdims=True), before.sum(axis=-1, keepdims=True)
    share = (now + before) / (n + m)
    deviance = (
        special.rel_entr(now, n * share)
        + special.rel_entr(n - now, n * (1 - share))
        + special.rel_entr(before, m * share)
        + special.rel_entr(m - before, m * (1 - share))
    )
    # Rounding can leave a hair below zero, or make a count that equals its total an infinite hair away.
    return np.asarray(np.sqrt(2 * np.clip(np.nan_to_num(deviance, nan=0.0, posinf=0.0), 0, None)), dtype=np.float64)
