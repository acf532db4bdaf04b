"""Which bin of a month changed most against a reference, and by how much more than chance would."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.estimate import FloatArray
from multisite.stats.monitoring.counts import effective_counts

__all__ = ["CellChange", "cell_statistics", "deviance_roots", "largest_cell_change"]


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
        Counts per bin, shape (n_bins,); many at once: :func:`cell_statistics`.
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
    roots = deviance_roots(now, before)
    # Of two bins both are equal but for rounding.
    cell = int(np.argmax(roots >= roots.max() * (1 - 1e-9)))
    return CellChange(float(roots[cell]), cell, float(now[cell] / n - before[cell] / m))


def cell_statistics(now: FloatArray, before: FloatArray) -> FloatArray:
    """√G of each bin against all others, of many months at once: see :func:`largest_cell_change`.

    Parameters
    ----------
    now, before
        Effective counts, bins last, of shapes that broadcast: months (…, n_months, n_bins) against references
        (…, 1, n_bins).

    Returns
    -------
    FloatArray
        The broadcast shape, 0 or more.

    Raises
    ------
    ValueError
        If there is no bin, the numbers of bins differ, or a count is negative or infinite.

    Undefined cases
    ---------------
    NaN where a side has no study.
    """
    now, before = effective_counts(now, 1.0), effective_counts(before, 1.0)
    if now.shape[-1] != before.shape[-1]:
        raise ValueError("Month and reference must have the same bins.")
    return deviance_roots(now, before)


def deviance_roots(now: FloatArray, before: FloatArray) -> FloatArray:
    """:func:`cell_statistics` of counts that are known to be counts."""
    n, m = now.sum(axis=-1, keepdims=True), before.sum(axis=-1, keepdims=True)
    known = (n > 0) & (m > 0)
    share = (now + before) / np.where(known, n + m, 1.0)
    deviance = (
        special.rel_entr(now, n * share)
        + special.rel_entr(n - now, n * (1 - share))
        + special.rel_entr(before, m * share)
        + special.rel_entr(m - before, m * (1 - share))
    )
    # Rounding can leave a hair below zero, or make a count that equals its total an infinite hair away.
    roots = np.sqrt(2 * np.clip(np.nan_to_num(deviance, nan=0.0, posinf=0.0), 0, None))
    return np.asarray(np.where(known, roots, np.nan), dtype=np.float64)
