"""A proportion of the cells of one set, weighted to the mix of another."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from multisite.stats.estimate import Estimate, FloatArray, normal_quantile
from multisite.stats.proportions.clustered import ClusterMoments, clustered_proportion
from multisite.stats.proportions.result import wilson_interval
from multisite.stats.standardisation.shares import CellShares
from multisite.vocabulary import EstimateStatus

__all__ = [
    "CellProportions",
    "StandardisedEstimate",
    "StandardisedMethod",
    "cell_proportions",
    "standardised_proportion",
]

StandardisedMethod: TypeAlias = Literal["stratified-wilson", "mover"]

_NAMES: dict[StandardisedMethod, str] = {
    "stratified-wilson": "standardised, stratified wilson",
    "mover": "standardised, mover of wilson",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardisedEstimate(Estimate):
    """A weighted estimate. ``weights_error`` is the part of its standard error that the weights bring."""

    weights_error: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CellProportions:
    """Per cell the proportion (0 where it has no weight) and the number of independent cases that it is worth."""

    p: FloatArray
    n: FloatArray
    clustered: bool
    n_cases: int
    reason: str | None


def standardised_proportion(
    cells: Sequence[ClusterMoments],
    shares: CellShares,
    *,
    method: StandardisedMethod = "stratified-wilson",
    level: float = 0.95,
) -> StandardisedEstimate:
    """Proportion p = Σ wₖpₖ that a target with shares w would have, were every cell's proportion the source's.

    Each cell is worth nₖ independent cases: its own, or the effective number of :func:`clustered_proportion` where
    patients repeat.

    ``stratified-wilson``: with aₖ the half width of cell k's Wilson interval and λ² = Σ wₖ²aₖ²/(Σ wₖaₖ)², which is 1
    for one cell and 1/K for K alike, the centre is Σ wₖ(pₖ + λ²z²/2nₖ)/(1 + λ²z²/nₖ) and the half width
    z√(Σ wₖ²(pₖ(1 − pₖ)/(nₖ − 1 + λ²) + λ²z²/4nₖ²)/(1 + λ²z²/nₖ)²): Wilson's interval for one cell, and nearly that of
    all cases for cells alike. After Yan and Su, with widths added in squares. ``mover``: the arms of the cells' own
    intervals are added in squares (Zou and Donner). Each cell's asymmetry is then kept however many there are, so that
    at proportions near 1 it covers too little with many small cells (of 95 %, at about 0.9: 87 with 30 cells of 10
    cases, 90 with 10 of 12).
    The weights' sampling error, z·√Var(Σ wₖpₖ) at the pₖ as they are, joins both arms in squares.

    Parameters
    ----------
    cells
        Sums over patients per cell.
    shares
        Of the target over the cells.
    method
        Interval.
    level
        Confidence level in (0, 1).

    Returns
    -------
    StandardisedEstimate
        Estimate in [0, 1]; ``n_cases`` counts the cases of cells with weight.

    Raises
    ------
    ValueError
        If the number of cells differs from that of the shares, or the method is unknown.

    Undefined cases
    ---------------
    A cell with weight and without a case: undefined. A cell with weight whose several cases are of one patient: the
    estimate stands without an interval, status ``insufficient``.

    References
    ----------
    Yan X, Su XG. Stat Biopharm Res 2010;2:329-335.
    Zou GY, Donner A. Stat Med 2008;27:1693-1702. doi:10.1002/sim.3095
    """
    if method not in _NAMES:
        raise ValueError(f"`method` must be one of: {', '.join(_NAMES)}.")
    z = normal_quantile(level)
    found = cell_proportions(cells, shares, level)
    name = f"{_NAMES[method]}{', patients as clusters' if found.clustered else ''}"
    if found.reason is not None and "no case" in found.reason:
        return _without(None, found, level, name, EstimateStatus.UNDEFINED)
    estimate = min(1.0, max(0.0, shares.mean(found.p)))
    if found.reason is not None:
        return _without(estimate, found, level, name, EstimateStatus.INSUFFICIENT)
    low, high = case_interval(found, shares, method, z)
    error = float(np.sqrt(np.sum(shares.moves(found.p) ** 2)))
    return StandardisedEstimate(
        estimate=estimate,
        ci_low=max(0.0, estimate - math.hypot(estimate - low, z * error)),
        ci_high=min(1.0, estimate + math.hypot(high - estimate, z * error)),
        ci_level=level,
        ci_method=name,
        n_cases=found.n_cases,
        weights_error=error,
    )


def cell_proportions(cells: Sequence[ClusterMoments], shares: CellShares, level: float) -> CellProportions:
    """What :func:`standardised_proportion` needs of the cells; ``reason`` says what keeps an interval from being."""
    if len(cells) != shares.share.size:
        raise ValueError("`cells` must hold the moments of each cell of the shares.")
    p, n = np.zeros(len(cells)), np.ones(len(cells))
    clustered, n_cases, reason = False, 0, None
    for k in np.flatnonzero(shares.share > 0.0).tolist():
        cell = cells[k]
        n_cases += cell.sum_n
        if cell.sum_n == 0:
            return CellProportions(p, n, clustered, n_cases, "a cell that the target needs has no case")
        p[k], n[k] = cell.sum_y / cell.sum_n, cell.sum_n
        if cell.clustered:
            clustered = True
            alone = clustered_proportion(cell, level=level)
            if alone.effective_n is None:
                reason = "a cell that the target needs has one patient, and no variance between patients"
            else:
                # Where cases of a patient contradict each other more than by chance, they still count for no more.
                n[k] = min(alone.effective_n, float(cell.sum_n))
    return CellProportions(p, n, clustered, n_cases, reason)


def case_interval(
    found: CellProportions, shares: CellShares, method: StandardisedMethod, z: float
) -> tuple[float, float]:
    """Ends of the interval at fixed weights; the estimate lies between them."""
    used = shares.share > 0.0
    w, p, n = shares.share[used], found.p[used], found.n[used]
    estimate = float(np.sum(w * p))
    ends = np.array([wilson_interval(float(a), float(b), z) for a, b in zip(p, n, strict=True)])
    if method == "mover":
        down, up = np.sqrt(np.sum((w[:, None] * (ends - p[:, None])) ** 2, axis=0))
        return max(0.0, estimate - float(down)), min(1.0, estimate + float(up))
    half = w * (ends[:, 1] - ends[:, 0]) / 2.0
    spread = float(np.sum(half**2) / np.sum(half) ** 2)
    pull = spread * z * z / n
    centre = float(np.sum(w * (p + pull / 2.0) / (1.0 + pull)))
    variance = p * (1.0 - p) / (n - 1.0 + spread) + pull / (4.0 * n)
    width = z * math.sqrt(float(np.sum((w / (1.0 + pull)) ** 2 * variance)))
    # At 0 and 1 the ends are those of the scale; rounding may miss them by a hair.
    low = 0.0 if estimate <= 0.0 else max(0.0, min(centre - width, estimate))
    high = 1.0 if (p == 1.0).all() else min(1.0, max(centre + width, estimate))
    return low, high


def _without(
    estimate: float | None, found: CellProportions, level: float, name: str, status: EstimateStatus
) -> StandardisedEstimate:
    return StandardisedEstimate(
        estimate=estimate,
        ci_low=None,
        ci_high=None,
        ci_level=level,
        ci_method=name,
        n_cases=found.n_cases,
        status=status,
        reason=found.reason,
    )
