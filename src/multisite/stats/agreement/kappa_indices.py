"""What helps to read a kappa: prevalence, bias, and how large it could have been."""

import numpy as np

from multisite.stats.estimate import FloatArray

__all__ = ["kappa_indices", "maximum_kappa"]


def kappa_indices(share: FloatArray) -> dict[str, float]:
    """PABAK of q categories and, for two, the prevalence and bias indices, from the shares of a square table."""
    q = share.shape[0]
    if q < 2:
        return {}
    found = {"pabak": (q * float(np.trace(share)) - 1.0) / (q - 1)}
    if q == 2:
        found["prevalence_index"] = float(share[0, 0] - share[1, 1])
        found["bias_index"] = float(share[0, 1] - share[1, 0])
    return found


def maximum_kappa(row: FloatArray, column: FloatArray, weight: FloatArray, expected: float) -> float:
    """The largest kappa of these margins, for no weights or for a loss that is convex in the distance."""
    # Without weights: as much as fits on the diagonal. With a convex loss: both sorted alike, category by category.
    if np.array_equal(weight, 1.0 - np.eye(row.size)):
        return 1.0 - (1.0 - float(np.minimum(row, column).sum())) / expected
    ends_row, ends_column = np.cumsum(row), np.cumsum(column)
    upper = np.minimum.outer(ends_row, ends_column)
    lower = np.maximum.outer(ends_row - row, ends_column - column)
    return 1.0 - float((weight * np.maximum(upper - lower, 0.0)).sum()) / expected
