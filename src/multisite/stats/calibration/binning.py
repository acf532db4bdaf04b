"""Bins of scores: of equal width or of equal mass, closed on the side that the caller names."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from multisite.stats.estimate import CountArray, FloatArray
from multisite.stats.score_counts import ScoreCounts, require_probabilities

__all__ = [
    "BinnedScores",
    "Binning",
    "ClosedSide",
    "Quantiles",
    "bin_scores",
    "cuts_named",
    "equal_mass_cell",
    "equal_width_cell",
    "rising_cell",
    "share",
]

Binning: TypeAlias = Literal["equal width", "equal mass"]
ClosedSide: TypeAlias = Literal["left", "right"]
Quantiles: TypeAlias = Literal["linear", "inverse"]


def equal_width_cell(score: FloatArray, n_cells: int, *, closed: ClosedSide = "left") -> CountArray:
    """Index of the cell of equal width that holds each score.

    Closed on the left, cell k is [k/n, (k + 1)/n) and the last also holds a score of 1; closed on the right, it is
    (k/n, (k + 1)/n] and the first also holds a score of 0. A score lies in cell k or above exactly when
    ``score >= k / n_cells`` (on the right: ``score > k / n_cells``) is true, rounding included.

    Parameters
    ----------
    score
        Values in [0, 1], any shape.
    n_cells
        Number of cells, 1 or more.
    closed
        The side of a cell that belongs to it.

    Raises
    ------
    ValueError
        If ``n_cells`` is below 1, ``closed`` is unknown, or a score is NaN or outside [0, 1].
    """
    if n_cells < 1:
        raise ValueError("The number of cells must be 1 or more.")
    _require_side(closed)
    if not ((score >= 0.0) & (score <= 1.0)).all():
        raise ValueError("Scores must lie in [0, 1]; at least one is NaN or outside.")
    cell = np.floor(score * n_cells).astype(np.int64)
    # 0.29 * 100 is 28.999…: the product may round across an edge that the comparison does not.
    cell -= score < cell / n_cells
    cell += score >= (cell + 1) / n_cells
    if closed == "right":
        cell -= score == cell / n_cells
    return np.clip(cell, 0, n_cells - 1)


def rising_cell(score: FloatArray, n_cells: int, *, closed: ClosedSide = "left") -> CountArray:
    """:func:`equal_width_cell` of scores in [0, 1] that rise: only the edges are looked for.

    Raises
    ------
    ValueError
        If ``n_cells`` is below 1 or ``closed`` is unknown.
    """
    if n_cells < 1:
        raise ValueError("The number of cells must be 1 or more.")
    _require_side(closed)
    first = np.searchsorted(score, np.arange(1, n_cells) / n_cells, side=closed)
    return np.repeat(np.arange(n_cells), np.diff(first, prepend=0, append=score.size))


def equal_mass_cell(
    n_cases: CountArray, n_cells: int, *, closed: ClosedSide = "left", quantiles: Quantiles = "inverse"
) -> CountArray:
    """Index of the cell of nearly equal numbers of cases that holds each distinct score; equal scores stay together.

    The inner edges are the quantiles k/B of the scores. ``inverse`` (of the distribution function): closed on the
    right, the lowest score with at least k/B of the cases at or below it, which belongs to the cell below; closed on
    the left, the lowest with more than k/B, which belongs to the cell above. ``linear``: rank 1 + (n − 1)k/B of the n
    sorted scores, interpolated between neighbours, as R's ``quantile`` (type 7) and NumPy's do by default; the edge
    itself belongs to the side that is closed. Without ties, and with B a divisor of the number of cases, both give
    cells that all hold as many. Scores that many cases share leave cells empty.

    Parameters
    ----------
    n_cases
        Cases at each distinct score, the scores rising; shape (n_scores,).
    n_cells
        Number of cells B, 1 or more.
    closed
        The side of a cell that belongs to it.
    quantiles
        How the edges are made.

    Raises
    ------
    ValueError
        If ``n_cells`` is below 1, or ``closed`` or ``quantiles`` is unknown.

    References
    ----------
    Hyndman RJ, Fan Y. Am Stat 1996;50:361-365. doi:10.1080/00031305.1996.10473566 (definitions 1 and 7)
    """
    if n_cells < 1:
        raise ValueError("The number of cells must be 1 or more.")
    _require_side(closed)
    _require_quantiles(quantiles)
    # Whole numbers: k/B times the number of cases need not be one, and a rounded product would move an edge.
    upto = np.cumsum(n_cases)
    below = upto - n_cases
    n = int(upto[-1]) if upto.size else 0
    if quantiles == "inverse":
        n = max(n, 1)
        cell = below * n_cells // n if closed == "right" else (upto * n_cells - 1) // n
    else:
        # No case lies between an interpolated edge and its neighbours, so that the ranks alone decide.
        n = max(n - 1, 1)
        cell = (below * n_cells - 1) // n if closed == "right" else (upto - 1) * n_cells // n
    return np.clip(cell, 0, n_cells - 1).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class BinnedScores:
    """Cases, positives and the sum of the scores per bin, shape ``(n_bins,)``, and the bin of each distinct score."""

    bin_of: CountArray
    n_cases: CountArray
    n_positive: CountArray
    score_mass: FloatArray

    @property
    def mean_score(self) -> FloatArray:
        """Mean score per bin, NaN where there is no case."""
        return share(self.score_mass, self.n_cases)

    @property
    def observed(self) -> FloatArray:
        """Share of positives per bin, NaN where there is no case."""
        return share(self.n_positive.astype(np.float64), self.n_cases)


def bin_scores(
    counts: ScoreCounts, n_bins: int, *, binning: Binning, closed: ClosedSide, quantiles: Quantiles = "inverse"
) -> BinnedScores:
    """Cases, positives and scores added up per bin; ``quantiles`` are those of bins of equal mass.

    Raises
    ------
    ValueError
        If a score lies outside [0, 1], there is no bin, or a name is unknown.
    """
    require_probabilities(counts)
    _require_quantiles(quantiles)
    total = counts.n_positive + counts.n_negative
    if binning == "equal width":
        cell = rising_cell(counts.score, n_bins, closed=closed)
    elif binning == "equal mass":
        cell = equal_mass_cell(total, n_bins, closed=closed, quantiles=quantiles)
    else:
        raise ValueError("`binning` must be `equal width` or `equal mass`.")
    return BinnedScores(
        bin_of=cell,
        n_cases=np.bincount(cell, weights=total, minlength=n_bins).astype(np.int64),
        n_positive=np.bincount(cell, weights=counts.n_positive, minlength=n_bins).astype(np.int64),
        score_mass=np.bincount(cell, weights=total * counts.score, minlength=n_bins).astype(np.float64),
    )


def cuts_named(binning: Binning, closed: ClosedSide, quantiles: Quantiles) -> str:
    """The words of a method string for how scores were cut."""
    return f"{binning}{f' by {quantiles} quantiles' if binning == 'equal mass' else ''} closed on the {closed}"


def share(part: FloatArray, whole: CountArray) -> FloatArray:
    """``part`` over ``whole``, NaN where ``whole`` is zero."""
    found = np.full(part.shape, np.nan)
    np.divide(part, whole, out=found, where=whole > 0)
    return found


def _require_side(closed: ClosedSide) -> None:
    if closed not in ("left", "right"):
        raise ValueError("`closed` must be `left` or `right`.")


def _require_quantiles(quantiles: Quantiles) -> None:
    if quantiles not in ("linear", "inverse"):
        raise ValueError("`quantiles` must be `linear` or `inverse`.")
