"""Wasserstein's first distance (the earth mover's) between two distributions of numbers."""

import numpy as np
import numpy.typing as npt

from multisite.stats.divergence.divergence import (
    Divergence,
    NoDifference,
    Statistic,
    checked_counts,
    counted,
    divergence_of,
)
from multisite.stats.estimate import FloatArray

__all__ = ["wasserstein", "wasserstein_of_counts"]


def wasserstein(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    rng: np.random.Generator | None = None,
    n_draws: int = 1000,
    level: float = 0.95,
) -> Divergence:
    """W₁ = ∫ |F(x) − G(x)| dx of two samples: the mean distance that values must be moved, in their own unit.

    Parameters
    ----------
    first, second
        Values, finite, shape (n,) and (m,).
    rng, n_draws, level
        As for :func:`population_stability_index`; draws are permutations.

    Returns
    -------
    Divergence
        From 0 upwards, in the unit of the values; it is not divided by a standard deviation.

    Raises
    ------
    ValueError
        If a sample is not one-dimensional or not finite.

    Undefined cases
    ---------------
    A side without a value.

    References
    ----------
    Vallender SS. Theory Probab Appl 1974;18:784-786. doi:10.1137/1118101
    """
    value, one, other = counted(first, second)
    method = "wasserstein-1 on samples"
    return divergence_of(one, other, _moved(value), method=method, rng=rng, n_draws=n_draws, level=level)


def wasserstein_of_counts(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    grid: npt.ArrayLike,
    rng: np.random.Generator | None = None,
    n_draws: int = 1000,
    level: float = 0.95,
    no_difference: NoDifference = "permutation",
) -> Divergence:
    """W₁ of counts at the points of a grid.

    Parameters
    ----------
    first, second
        Counts per point, shape (n_points,).
    grid
        The points, finite and strictly rising, shape (n_points,); of bins, one value each, as their middles.
    rng, n_draws, level, no_difference
        As for :func:`population_stability_index`.

    Returns
    -------
    Divergence
        From 0 upwards, in the unit of the grid. Unlike the other divergences it may also **exceed** that of the values
        that were binned: each value was moved by at most d, and W₁ differs by at most 2d.

    Raises
    ------
    ValueError
        If the shapes differ, a count is negative or not whole, or ``grid`` does not rise strictly.

    Undefined cases
    ---------------
    A side without a case.

    References
    ----------
    Vallender SS. Theory Probab Appl 1974;18:784-786. doi:10.1137/1118101
    """
    one, other = checked_counts(first, second)
    point = np.asarray(grid, dtype=np.float64)
    if point.shape != one.shape:
        raise ValueError("`grid` must have one point for each bin.")
    if not np.isfinite(point).all() or not (np.diff(point) > 0.0).all():
        raise ValueError("`grid` must be finite and rise strictly.")
    held = (one > 0) | (other > 0)
    return divergence_of(
        one,
        other,
        _moved(point[held]),
        method="wasserstein-1 on a grid",
        rng=rng,
        n_draws=n_draws,
        level=level,
        no_difference=no_difference,
    )


def _moved(value: FloatArray) -> Statistic:
    step = np.diff(value)

    def mean_distance(one: FloatArray, other: FloatArray) -> FloatArray:
        n, m = one.sum(axis=1, keepdims=True), other.sum(axis=1, keepdims=True)
        gap = np.abs(np.cumsum(one, axis=1) * m - np.cumsum(other, axis=1) * n) / (n * m)
        found: FloatArray = (gap[:, :-1] * step).sum(axis=1)
        return found

    return mean_distance
