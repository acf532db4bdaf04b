"""Numbers as a few levels of about as many values each."""

import numpy as np

from multisite.stats.estimate import FloatArray, IntegerArray

__all__ = ["quantile_levels"]


def quantile_levels(value: FloatArray, n_levels: int) -> IntegerArray:
    """The level of each number, rising from 0; shape of ``value``.

    Up to ``n_levels`` distinct values are a level each. More are cut at their quantiles k/n_levels, a value at a cut
    belonging above it; where many are equal there are fewer levels, and what lies above the most frequent value is
    never one with it.

    Parameters
    ----------
    value
        Finite numbers, shape (n,).
    n_levels
        From 1 upwards.

    Raises
    ------
    ValueError
        If ``n_levels`` is below 1, or a number is not finite.
    """
    if n_levels < 1 or not np.isfinite(value).all():
        raise ValueError("Levels must be 1 or more, and numbers finite.")
    distinct = np.unique(value)
    if distinct.size <= n_levels:
        edges = distinct[1:]
    else:
        edges = np.unique(np.quantile(value, np.arange(1, n_levels) / n_levels, method="inverted_cdf"))
        # Equal to the last cut lie so many that they fill a level; what is larger would be lost among them.
        above = distinct[distinct > edges[-1]] if edges.size else distinct[:0]
        if above.size and np.mean(value == edges[-1]) >= 1.0 / n_levels:
            edges = np.append(edges, above[0])
    level: IntegerArray = np.searchsorted(edges, value, side="right").astype(np.int64)
    return level
