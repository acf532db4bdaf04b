"""Shares of crossed cells from the margins of a table: iterative proportional fitting with bounded weights."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import FloatArray, IntegerArray
from multisite.stats.proportions.counts import whole_counts
from multisite.stats.standardisation.shares import CellShares

__all__ = ["RakedShares", "raked_shares"]

_TOLERANCE = 1e-10


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RakedShares:
    """Shares with the wanted margins; ``found`` is ``None`` where there are none, and ``reason`` says why.

    ``largest_ratio`` is that of a raked share to the seed's; ``capped`` says whether the bound on it held one back.
    """

    found: CellShares | None
    largest_ratio: float | None
    capped: bool
    n_rounds: int
    reason: str | None = None


def raked_shares(
    seed: npt.ArrayLike,
    levels: npt.ArrayLike,
    margins: Sequence[npt.ArrayLike],
    *,
    max_ratio: float = 10.0,
    census: bool = False,
    max_rounds: int = 2000,
) -> RakedShares:
    """Shares q of cells whose margins are those of a target, as near to a seed s as that allows.

    From q = s, each margin in turn is multiplied up or down to its target, and every q then cut to ``max_ratio`` · s,
    until all margins hold to 1e-10. Without a cut q minimises Σ q ln(q/s): odds ratios between the strata stay those of
    the seed. The sampling error is linearised: with A the margins' rows of 0 and 1, D = diag(q) and
    P = D Aᵀ(A D Aᵀ)⁺A, a patient of cell c moves q by P(e_c − q)/N, N being the smallest total of the margins, and a
    case of the seed in cell j by (D − P D)e_j/(s_j C), C being the seed's cases. A cut is not linearised.

    Parameters
    ----------
    seed
        Cases per cell, whole numbers, shape ``(n_cells,)``. An empty cell stays empty.
    levels
        Level of each cell on each axis, from 0, shape ``(n_axes, n_cells)``.
    margins
        Per axis, patients per level, whole numbers. Totals may differ: shares are what counts.
    max_ratio
        Bound on q/s, above 1.
    census
        The margins are known without error.
    max_rounds
        Rounds over all margins, at least 1, after which it is given up.

    Returns
    -------
    RakedShares
        Shares in [0, 1] that add up to 1.

    Raises
    ------
    ValueError
        If a count is not whole, a margin or the seed is empty, a level lies outside its margin, or a bound is out of
        range.

    Undefined cases
    ---------------
    A level with patients and no case of the seed, and margins that no shares within the bound have.

    References
    ----------
    Deming WE, Stephan FF. Ann Math Stat 1940;11:427-444. doi:10.1214/aoms/1177731829
    Deville JC, Särndal CE, Sautory O. J Am Stat Assoc 1993;88:1013-1020. doi:10.1080/01621459.1993.10476369
    """
    cases = whole_counts("seed", seed)
    position, wanted, total = _axes(cases, levels, margins)
    if not np.isfinite(max_ratio) or max_ratio <= 1.0 or max_rounds < 1:
        raise ValueError("`max_ratio` must be finite and above 1, and `max_rounds` at least 1.")
    s = cases / cases.sum()
    for axis, target in zip(position, wanted, strict=True):
        if ((np.bincount(axis, weights=s, minlength=target.size) == 0.0) & (target > 0.0)).any():
            return _none("a level that has patients has no case to start from", 0, capped=False)
    q, rounds, capped = s.copy(), 0, False
    while rounds < max_rounds:
        rounds += 1
        for axis, target in zip(position, wanted, strict=True):
            held = np.bincount(axis, weights=q, minlength=target.size)
            q = q * np.divide(target, held, out=np.zeros_like(target), where=held > 0.0)[axis]
        bound = max_ratio * s
        capped = capped or bool((q > bound * (1.0 + _TOLERANCE)).any())
        q = np.minimum(q, bound)
        if max(_gap(axis, target, q) for axis, target in zip(position, wanted, strict=True)) < _TOLERANCE:
            break
    else:
        bounded = f", no weight above {max_ratio:g} times the mean" if capped else ""
        return _none(f"no shares with these margins were found in {max_rounds} rounds{bounded}", rounds, capped=capped)
    q = q / q.sum()
    ratio = float((q[s > 0.0] / s[s > 0.0]).max())
    found = CellShares(q, _sources(q, s, int(cases.sum()), position, wanted, None if census else total))
    return RakedShares(found=found, largest_ratio=ratio, capped=capped, n_rounds=rounds)


def _axes(
    cases: IntegerArray, levels: npt.ArrayLike, margins: Sequence[npt.ArrayLike]
) -> tuple[IntegerArray, list[FloatArray], int]:
    position = np.asarray(levels)
    counts = [whole_counts("margins", margin) for margin in margins]
    if position.ndim != 2 or position.shape != (len(counts), cases.size) or not counts:
        raise ValueError("`levels` must have a row per margin and a column per cell.")
    if cases.sum() == 0 or any(count.sum() == 0 for count in counts):
        raise ValueError("`seed` and every margin must hold at least one case.")
    sizes = np.array([count.size for count in counts])[:, None]
    if position.dtype.kind not in "iu" or (position < 0).any() or (position >= sizes).any():
        raise ValueError("`levels` must be positions in the margins.")
    return position, [count / count.sum() for count in counts], int(min(count.sum() for count in counts))


def _gap(axis: IntegerArray, target: FloatArray, q: FloatArray) -> float:
    return float(np.abs(np.bincount(axis, weights=q, minlength=target.size) - target).max())


def _sources(
    q: FloatArray, s: FloatArray, n_seed: int, position: IntegerArray, wanted: list[FloatArray], total: int | None
) -> FloatArray:
    margins = np.concatenate([axis == np.arange(t.size)[:, None] for axis, t in zip(position, wanted, strict=True)])
    a = margins.astype(np.float64)
    spread = a.T @ np.linalg.pinv((a * q) @ a.T, hermitian=True) @ a
    onto = q[:, None] * spread
    used = s > 0.0
    of_seed = (np.diag(q) - onto * q)[:, used] * (1.0 / np.sqrt(s[used] * n_seed))
    if total is None:
        return of_seed.T
    of_table = (onto - (onto @ q)[:, None]) * np.sqrt(q / total)
    return np.concatenate([of_table.T, of_seed.T])


def _none(reason: str, rounds: int, *, capped: bool) -> RakedShares:
    return RakedShares(found=None, largest_ratio=None, capped=capped, n_rounds=rounds, reason=reason)
