"""Quantiles of measurements that are known as counts on a grid."""

import math

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import IntegerArray
from multisite.stats.proportions.counts import whole_counts

__all__ = ["grid_quantile"]


def grid_quantile(counts: npt.ArrayLike, *, low: float, high: float, probability: float) -> float | None:
    """The usual quantile, linear between neighbours in order, of values taken as spread evenly inside each cell.

    The k-th of c values in a cell is taken to lie at (k − ½)/c of its width. Less than the width of a cell from the
    quantile of the rows (NumPy's default, Hyndman and Fan's seventh), also where a gap lies between the neighbours: the
    median is then the middle between them.

    Parameters
    ----------
    counts
        Cases in each of the cells of equal width from ``low`` to ``high``, shape ``(n_cells,)``.
    low, high
        Ends of the grid, ``low`` below ``high``.
    probability
        In (0, 1); 0.5 for the median.

    Returns
    -------
    float or None
        In [low, high]; ``None`` where there is no case.

    Raises
    ------
    ValueError
        If a count is no whole number of 0 or more, there is no cell, an end is not finite, or a number lies outside its
        range.

    Examples
    --------
    >>> grid_quantile([0, 2, 2, 0], low=0.0, high=1.0, probability=0.5)
    0.5
    >>> grid_quantile([2, 0, 0, 2], low=0.0, high=1.0, probability=0.5)
    0.5
    """
    cells = whole_counts("counts", counts)
    if not cells.size or not 0.0 < high - low < math.inf or not 0.0 < probability < 1.0:
        raise ValueError(
            "A quantile needs a cell, a finite `low` below `high`, and `probability` strictly between 0 and 1."
        )
    total = int(cells.sum())
    if not total:
        return None
    reached = np.cumsum(cells)
    lower, share = divmod(probability * (total - 1), 1.0)
    place = _place(cells, reached, int(lower))
    if share:
        place += share * (_place(cells, reached, int(lower) + 1) - place)
    return low + (high - low) * place / cells.size


def _place(cells: IntegerArray, reached: IntegerArray, rank: int) -> float:
    """Where the value with ``rank`` smaller ones is taken to lie, in cells from the lower end."""
    cell = int(np.searchsorted(reached, rank, side="right"))
    before = int(reached[cell] - cells[cell])
    return cell + (rank - before + 0.5) / int(cells[cell])
