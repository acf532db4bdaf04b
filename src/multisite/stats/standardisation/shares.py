"""How a population divides over cells, and how surely that is known."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from multisite.stats.dot import dot
from multisite.stats.estimate import BooleanArray, FloatArray
from multisite.stats.proportions.counts import whole_counts

__all__ = ["CellShares", "effective_sample_size", "finite_column", "largest_weight_ratio", "population_shares"]


@dataclass(frozen=True, slots=True, eq=False)
class CellShares:
    """Shares w of cells, with what their sampling error is made of.

    Parameters
    ----------
    share
        Each in [0, 1], adding up to 1; shape ``(n_cells,)``.
    sources
        Shape ``(n_sources, n_cells)``: the shares vary as w + Σₛ εₛ · row s with independent ε of variance 1, so that
        their covariance is SᵀS. Shares that are known without error have no row.

    Raises
    ------
    ValueError
        If the shapes do not fit, a number is not finite, a share is negative, or the shares do not add up to 1.
    """

    share: FloatArray
    sources: FloatArray

    def __post_init__(self) -> None:
        share = finite_column("share", self.share)
        sources = np.asarray(self.sources, dtype=np.float64)
        object.__setattr__(self, "share", share)
        object.__setattr__(self, "sources", sources)
        if sources.ndim != 2 or sources.shape[1] != share.size or not np.isfinite(sources).all():
            raise ValueError("`sources` must be finite, with a column per cell.")
        if share.size == 0 or share.min() < 0.0 or not math.isclose(share.sum(), 1.0, abs_tol=1e-9):
            raise ValueError("`share` must hold no negative number and add up to 1.")

    def mean(self, values: FloatArray) -> float:
        """Σ wₖ aₖ."""
        return dot(self.share, values)

    def moves(self, values: FloatArray) -> FloatArray:
        """What each source adds to Σ wₖ aₖ, shape ``(n_sources,)``; its variance is the sum of their squares."""
        moves: FloatArray = np.einsum("sk,k->s", self.sources, values)
        return moves

    def within(self, kept: npt.ArrayLike) -> "CellShares":
        """The shares of the cells that are ``kept``, made to add up to 1 again; the others have none.

        Raises
        ------
        ValueError
            If the kept cells hold nothing.
        """
        chosen: BooleanArray = np.asarray(kept, dtype=np.bool_)
        held = float(self.share[chosen].sum())
        if held <= 0.0:
            raise ValueError("The cells that are kept hold no share.")
        share = np.where(chosen, self.share, 0.0) / held
        rows = np.where(chosen, self.sources, 0.0)
        return CellShares(share / share.sum(), (rows - rows.sum(axis=1)[:, None] * share) / held)


def population_shares(counts: npt.ArrayLike, *, census: bool = False) -> CellShares:
    """Shares n/N of a table of counts, with the error of a multinomial sample of N.

    Parameters
    ----------
    counts
        Whole numbers per cell, shape ``(n_cells,)``.
    census
        The table holds everybody whom it stands for, so that there is no sampling error.

    Returns
    -------
    CellShares
        Covariance (diag(w) − wwᵀ)/N.

    Raises
    ------
    ValueError
        If a count is not a whole number of 0 or more, or all are 0.
    """
    n = whole_counts("counts", counts)
    total = int(n.sum())
    if total == 0:
        raise ValueError("`counts` must hold at least one case.")
    share = n / total
    if census:
        return CellShares(share, np.zeros((0, share.size)))
    # A row per case's cell, weighted by how often that cell is drawn: the rows' squares add up to the covariance.
    return CellShares(share, np.sqrt(share / total)[:, None] * (np.eye(share.size) - share))


def effective_sample_size(shares: CellShares, counts: npt.ArrayLike) -> float:
    """Kish's effective number of cases, 1/Σ wₖ²/nₖ: cases of cell k weigh wₖ/nₖ each.

    Parameters
    ----------
    shares
        Of the target.
    counts
        Cases (or patients) that stand for each cell, whole numbers, shape ``(n_cells,)``.

    Returns
    -------
    float
        From 0 (a cell with a share and nobody in it) to the sum of the counts (shares as the counts have them).

    Raises
    ------
    ValueError
        If a count is not a whole number of 0 or more, or the lengths differ.

    References
    ----------
    Kish L. Survey Sampling. Wiley, 1965, section 11.7.
    """
    n, used = _of_shares(shares, counts)
    if (n[used] == 0).any():
        return 0.0
    # At the shares of the counts themselves the sum is exact but for rounding, and never more than all.
    return min(float(1.0 / np.sum(shares.share[used] ** 2 / n[used])), float(n.sum()))


def largest_weight_ratio(shares: CellShares, counts: npt.ArrayLike) -> float | None:
    """Largest weight of a case over the mean weight, max wₖ / (nₖ/N).

    Parameters as :func:`effective_sample_size`. 1 where the target has the shares of the counts; ``None`` where a cell
    with a share has nobody, for the ratio is infinite.
    """
    n, used = _of_shares(shares, counts)
    if (n[used] == 0).any():
        return None
    return float((shares.share[used] * n.sum() / n[used]).max())


def finite_column(name: str, values: npt.ArrayLike) -> FloatArray:
    """``values`` as finite numbers, one-dimensional; a ValueError that names the argument where they are not."""
    column = np.asarray(values, dtype=np.float64)
    if column.ndim != 1 or not np.isfinite(column).all():
        raise ValueError(f"`{name}` must be one-dimensional and finite.")
    return column


def _of_shares(shares: CellShares, counts: npt.ArrayLike) -> tuple[FloatArray, BooleanArray]:
    n = whole_counts("counts", counts).astype(np.float64)
    if n.shape != shares.share.shape:
        raise ValueError("`counts` must hold one number per cell.")
    return n, shares.share > 0.0
