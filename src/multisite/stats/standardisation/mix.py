"""The target as the estimators need it: where its positives are, where its negatives are, and its prevalence."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from multisite.stats.estimate import FloatArray
from multisite.stats.proportions.clustered import ClusterMoments
from multisite.stats.standardisation.shares import CellShares, finite_column

__all__ = ["TargetMix", "mix_of_classes", "mix_of_counts"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TargetMix:
    """Shares of the target's positives and of its negatives over cells, and its prevalence.

    The rows of all three belong to the same sources, so that covariances between them are known;
    ``prevalence_moves`` has one number per source, shape ``(n_sources,)``.

    Raises
    ------
    ValueError
        If shapes differ or the prevalence does not lie strictly between 0 and 1.
    """

    positive: CellShares
    negative: CellShares
    prevalence: float
    prevalence_moves: FloatArray

    def __post_init__(self) -> None:
        moves = finite_column("prevalence_moves", self.prevalence_moves)
        object.__setattr__(self, "prevalence_moves", moves)
        if self.positive.sources.shape != self.negative.sources.shape or moves.size != len(self.positive.sources):
            raise ValueError("The positives, the negatives and the prevalence must have the same cells and sources.")
        if not 0.0 < self.prevalence < 1.0:
            raise ValueError("`prevalence` must lie strictly between 0 and 1.")

    def within(self, positive: npt.ArrayLike, negative: npt.ArrayLike) -> "TargetMix":
        """The mix of the cells that are kept for either class; the prevalence stays. See :meth:`CellShares.within`."""
        return TargetMix(
            positive=self.positive.within(positive),
            negative=self.negative.within(negative),
            prevalence=self.prevalence,
            prevalence_moves=self.prevalence_moves,
        )


def mix_of_classes(
    positive: CellShares, negative: CellShares, *, prevalence: float, n_cases: int | None = None
) -> TargetMix:
    """The mix of a target whose positives and negatives are counted apart.

    Parameters
    ----------
    positive, negative
        Shares of the target's positives and of its negatives over the same cells, from different cases.
    prevalence
        Of the target, strictly between 0 and 1.
    n_cases
        Cases that the prevalence was counted in, of which it then has the variance π(1 − π)/N; ``None``: it is known.

    Returns
    -------
    TargetMix
        The three vary independently.

    Raises
    ------
    ValueError
        If the cells differ, the prevalence does not lie strictly between 0 and 1, or ``n_cases`` is below 1.
    """
    if not 0.0 < prevalence < 1.0:
        raise ValueError("`prevalence` must lie strictly between 0 and 1.")
    if n_cases is not None and not 1 <= n_cases < math.inf:
        raise ValueError("`n_cases` must be at least 1.")
    p, n = positive.sources, negative.sources
    if p.shape[1] != n.shape[1]:
        raise ValueError("The positives and the negatives must have the same cells.")
    nobody = np.zeros((1, p.shape[1]))
    error = 0.0 if n_cases is None else math.sqrt(prevalence * (1.0 - prevalence) / n_cases)
    return TargetMix(
        positive=CellShares(positive.share, np.concatenate([p, np.zeros_like(n), nobody])),
        negative=CellShares(negative.share, np.concatenate([np.zeros_like(p), n, nobody])),
        prevalence=prevalence,
        prevalence_moves=np.concatenate([np.zeros(len(p) + len(n)), [error]]),
    )


def mix_of_counts(
    shares: CellShares, prevalences: Sequence[ClusterMoments], *, prevalence: float | None = None
) -> TargetMix:
    """The mix of a target of which only the cells' shares q are known; prevalences of cells are those of the source.

    uₖ = qₖπₖ/π and vₖ = qₖ(1 − πₖ)/(1 − π) with π = Σ qₖπₖ. That a cell's prevalence πₖ is the same in the target
    cannot be tested here. With a stated ``prevalence`` the odds of all πₖ are multiplied by the one factor that makes
    Σ qₖπₖ equal to it. The error of the shares and that of every πₖ (between patients) are carried on by the delta
    method; a stated prevalence has none.

    Parameters
    ----------
    shares
        Of the target over the cells.
    prevalences
        Per cell of the source: sums over patients of positives and of cases. A cell without a case has the prevalence
        of all cells together.
    prevalence
        Of the target, strictly between 0 and 1, where it is known.

    Returns
    -------
    TargetMix
        Of the same cells.

    Raises
    ------
    ValueError
        If the numbers of cells differ, there are no positives or no negatives where the target has a share, or no
        factor reaches the stated prevalence.
    """
    q = shares.share
    if len(prevalences) != q.size:
        raise ValueError("`prevalences` must hold the moments of each cell.")
    y, n = (np.array([getattr(cell, name) for cell in prevalences], dtype=np.float64) for name in ("sum_y", "sum_n"))
    together = y.sum() / n.sum() if n.sum() > 0.0 else 0.0
    own = np.divide(y, n, out=np.full_like(y, together), where=n > 0.0)
    error = np.sqrt([_variance(cell) for cell in prevalences])
    used = own if prevalence is None else _shifted(q, own, prevalence)
    total = float(np.sum(q * used)) if prevalence is None else prevalence
    if not 0.0 < total < 1.0:
        raise ValueError("Where the target has a share, the cells must hold positives and negatives.")
    slope = used * (1.0 - used)
    if prevalence is not None:
        inner = own * (1.0 - own)
        error = error * np.divide(slope, inner, out=np.zeros_like(slope), where=inner > 0.0)
    # Every row is a source: the table's move the shares, and one for each cell moves its prevalence.
    dq = np.concatenate([shares.sources, np.zeros((q.size, q.size))])
    dp = np.concatenate([np.zeros_like(shares.sources), np.diag(error)])
    if prevalence is not None:
        factor = -(dq @ used + dp @ q) / np.sum(q * slope)
        dp = dp + factor[:, None] * slope
    positives, negatives = dq * used + dp * q, dq * (1.0 - used) - dp * q
    moves = positives.sum(axis=1)
    u, v = q * used / total, q * (1.0 - used) / (1.0 - total)
    return TargetMix(
        positive=CellShares(u, (positives - moves[:, None] * u) / total),
        negative=CellShares(v, (negatives - negatives.sum(axis=1)[:, None] * v) / (1.0 - total)),
        prevalence=total,
        prevalence_moves=moves if prevalence is None else np.zeros_like(moves),
    )


def _variance(cell: ClusterMoments) -> float:
    if cell.sum_n == 0:
        return 0.0
    p = cell.sum_y / cell.sum_n
    alone = p * (1.0 - p) / cell.sum_n
    between = cell.variance if cell.clustered else alone
    return alone if between is None else max(between, 0.0)


def _shifted(q: FloatArray, own: FloatArray, prevalence: float) -> FloatArray:
    if not 0.0 < prevalence < 1.0:
        raise ValueError("`prevalence` must lie strictly between 0 and 1.")
    fixed = (own == 0.0) | (own == 1.0)
    at_least, movable = float(q[own == 1.0].sum()), float(q[~fixed].sum())
    if not at_least < prevalence < at_least + movable:
        raise ValueError("No factor on the odds reaches `prevalence`: too many cells are of one class.")
    odds = special.logit(np.where(fixed, 0.5, own))

    def shifted(by: float) -> FloatArray:
        moved: FloatArray = np.where(fixed, own, special.expit(odds + by))
        return moved

    found = optimize.brentq(lambda by: float(np.sum(q * shifted(by))) - prevalence, -800.0, 800.0, xtol=1e-14)
    return shifted(float(found))
