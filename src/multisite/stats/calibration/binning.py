"""Equal-width cells of [0, 1], closed on the left, decided by the same comparison as a threshold."""

import numpy as np

from multisite.stats.estimate import CountArray, FloatArray

__all__ = ["equal_width_cell"]


def equal_width_cell(score: FloatArray, n_cells: int) -> CountArray:
    """Index of the cell [k/n, (k + 1)/n) that holds each score; the last cell also holds a score of 1.

    A score lies in cell k or above exactly when ``score >= k / n_cells`` is true, rounding included.

    Parameters
    ----------
    score
        Values in [0, 1], any shape.
    n_cells
        Number of cells, 1 or more.

    Raises
    ------
    ValueError
        If ``n_cells`` is below 1, or a score is NaN or outside [0, 1].
    """
    if n_cells < 1:
        raise ValueError("The number of cells must be 1 or more.")
    if not ((score >= 0.0) & (score <= 1.0)).all():
        raise ValueError("Scores must lie in [0, 1]; at least one is NaN or outside.")
    cell = np.floor(score * n_cells).astype(np.int64)
    # 0.29 * 100 is 28.999…: the product may round across an edge that the comparison does not.
    cell -= score < cell / n_cells
    cell += score >= (cell + 1) / n_cells
    return np.minimum(cell, n_cells - 1)
