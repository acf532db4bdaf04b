"""Area under the ROC curve of the cells of one set, weighted to the mix of another."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from multisite.stats.discrimination.auc import auc
from multisite.stats.discrimination.placements import shows_no_variance
from multisite.stats.estimate import BooleanArray, FloatArray, normal_quantile
from multisite.stats.score_counts import ScoreCounts
from multisite.stats.standardisation.mix import TargetMix
from multisite.stats.standardisation.proportion import StandardisedEstimate
from multisite.stats.standardisation.shares import CellShares, effective_sample_size
from multisite.vocabulary import EstimateStatus

__all__ = ["standardised_auc"]

_NAME = "standardised, delong within cells, logit scale"


def standardised_auc(
    cells: Sequence[ScoreCounts], mix: TargetMix, *, design_effect: float = 1.0, level: float = 0.95
) -> StandardisedEstimate:
    """AUC = Σⱼₖ uⱼvₖAⱼₖ: a positive of the target's mix u scores above a negative of its mix v, ties counting half.

    Aⱼₖ compares the positives of cell j with the negatives of cell k, so that pairs of different cells count as in the
    target. With V the weighted placement of a positive, Σₖ vₖ · (share of cell k's negatives below it), and W that of a
    negative, the variance of the cases is Σⱼ uⱼ² S²ⱼ(V)/Pⱼ + Σₖ vₖ² S²ₖ(W)/Nₖ, DeLong's in every cell; that of the mix
    is added: the variance of Σ uⱼaⱼ + Σ vₖbₖ with a and b the cells' mean placements. The interval is
    logit(AUC) ± z·SE/(AUC(1 − AUC)), transformed back.

    Parameters
    ----------
    cells
        Positives and negatives per score of each cell, on one scale of scores.
    mix
        Of the target over the cells.
    design_effect
        Variance over that of independent cases, above 0, by which the part of the cases is multiplied.
    level
        Confidence level in (0, 1).

    Returns
    -------
    StandardisedEstimate
        Estimate in [0, 1], larger is better.

    Raises
    ------
    ValueError
        If the number of cells differs from that of the mix, or the design effect is not finite and above 0.

    Undefined cases
    ---------------
    A cell that the target's positives (negatives) need and that has none: undefined. One positive (negative) only in
    such a cell, or one score for all: the estimate stands without an interval, status ``insufficient``. An AUC of 0 or
    1 shows no variance: Newcombe's method 5 at the effective numbers of cases is given, and ``ci_method`` says so.

    References
    ----------
    DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845. doi:10.2307/2531595
    """
    z = normal_quantile(level)
    if not (math.isfinite(design_effect) and design_effect > 0.0):
        raise ValueError("`design_effect` must be finite and above 0.")
    if len(cells) != mix.positive.share.size:
        raise ValueError("`cells` must hold the counts of each cell of the mix.")
    found = _placed(cells, mix)
    area = found.area
    if area is None:
        return _made(None, found, level, EstimateStatus.UNDEFINED)
    weights = float(np.sum((mix.positive.moves(found.of_positives) + mix.negative.moves(found.of_negatives)) ** 2))
    if found.variance is None:
        return _made(area, found, level, EstimateStatus.INSUFFICIENT)
    if area in (0.0, 1.0):
        return _without_variance(found, cells, mix, design_effect, level)
    if shows_no_variance(found.variance):
        flat = replace(found, reason="the cases show no variance, and there is no interval")
        return _made(area, flat, level, EstimateStatus.INSUFFICIENT)
    error = math.sqrt(design_effect * found.variance + weights)
    middle, half = float(special.logit(area)), z * error / (area * (1.0 - area))
    ends = min(float(special.expit(middle - half)), area), max(float(special.expit(middle + half)), area)
    name = _NAME if design_effect == 1.0 else f"{_NAME}, widened by a design effect"
    return _made(area, found, level, EstimateStatus.OK, ends=ends, name=name, weights_error=math.sqrt(weights))


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """The area, mean placements per cell (0 where it has no weight), and the variance that the cases bring."""

    area: float | None
    of_positives: FloatArray
    of_negatives: FloatArray
    variance: float | None
    n_cases: int
    reason: str | None


def _placed(cells: Sequence[ScoreCounts], mix: TargetMix) -> _Placed:
    u, v = mix.positive.share, mix.negative.share
    positive, negative = _tables(cells)
    n_positive, n_negative = positive.sum(axis=1), negative.sum(axis=1)
    n_cases = int(n_positive[u > 0.0].sum() + n_negative[v > 0.0].sum())
    nothing = np.zeros(u.size)
    for share, held, called in ((u, n_positive, "positive"), (v, n_negative, "negative")):
        if (held[share > 0.0] == 0).any():
            return _Placed(None, nothing, nothing, None, n_cases, f"a cell that the target needs has no {called} case")
    below = np.cumsum(negative, axis=1) - negative / 2.0
    above = n_positive[:, None] - np.cumsum(positive, axis=1) + positive / 2.0
    of_positive = _weighted(v, n_negative, below)
    of_negative = _weighted(u, n_positive, above)
    a, spread_positive = _moments(positive, n_positive, of_positive, u > 0.0)
    b, spread_negative = _moments(negative, n_negative, of_negative, v > 0.0)
    area = min(1.0, max(0.0, float(np.sum(u * a))))
    # Sums of whole and half pairs: within rounding of 0 or 1 they are 0 or 1.
    area = round(area) * 1.0 if min(area, 1.0 - area) < 1e-12 else area
    few = [held[share > 0.0].min() < 2 for share, held in ((u, n_positive), (v, n_negative))]
    if any(few):
        called = "positive" if few[0] else "negative"
        return _Placed(area, a, b, None, n_cases, f"an interval needs two {called} cases in every cell with weight")
    variance = float(np.sum(u**2 * spread_positive) + np.sum(v**2 * spread_negative))
    return _Placed(area, a, b, variance, n_cases, None)


def _tables(cells: Sequence[ScoreCounts]) -> tuple[FloatArray, FloatArray]:
    """Positives and negatives per cell and score, the scores being those of all cells."""
    scores = np.unique(np.concatenate([cell.score for cell in cells]))
    tables = np.zeros((2, len(cells), scores.size))
    for k, cell in enumerate(cells):
        at = np.searchsorted(scores, cell.score)
        tables[0, k, at], tables[1, k, at] = cell.n_positive, cell.n_negative
    return tables[0], tables[1]


def _weighted(share: FloatArray, held: FloatArray, counts: FloatArray) -> FloatArray:
    each = np.divide(share, held, out=np.zeros_like(share), where=share > 0.0)
    placed: FloatArray = np.einsum("k,kx->x", each, counts)
    return placed


def _moments(
    counts: FloatArray, held: FloatArray, placement: FloatArray, used: BooleanArray
) -> tuple[FloatArray, FloatArray]:
    """Mean placement of each cell's cases, and its variance."""
    n = np.where(used & (held > 0), held, 1.0)
    mean = np.where(used, np.einsum("kx,x->k", counts, placement) / n, 0.0)
    squares = np.einsum("kx,kx->k", counts, (placement - mean[:, None]) ** 2)
    spread = np.where(used & (held > 1), squares / np.maximum(n - 1.0, 1.0) / n, 0.0)
    return mean, spread


def _without_variance(
    found: _Placed, cells: Sequence[ScoreCounts], mix: TargetMix, design_effect: float, level: float
) -> StandardisedEstimate:
    sizes = [
        max(1, int(_effective(shares, [getattr(cell, name) for cell in cells]) / max(1.0, design_effect)))
        for shares, name in ((mix.positive, "positives"), (mix.negative, "negatives"))
    ]
    first, second = (0, 1) if found.area == 1.0 else (1, 0)
    apart = np.zeros((2, 2), dtype=np.int64)
    apart[0, second], apart[1, first] = sizes
    alone = auc(ScoreCounts(np.array([0.0, 1.0]), apart[0], apart[1]), method="newcombe", level=level)
    name = f"newcombe score at the effective numbers of cases, since AUC is {found.area:.0f} and shows no variance"
    if alone.ci_low is None or alone.ci_high is None:
        lacking = replace(found, reason="an interval needs two positive and two negative cases")
        return _made(found.area, lacking, level, EstimateStatus.INSUFFICIENT, name=name)
    return _made(found.area, found, level, EstimateStatus.OK, ends=(alone.ci_low, alone.ci_high), name=name)


def _effective(shares: CellShares, counts: Sequence[int]) -> float:
    return effective_sample_size(shares, np.array(counts))


def _made(
    estimate: float | None,
    found: _Placed,
    level: float,
    status: EstimateStatus,
    *,
    ends: tuple[float, float] | None = None,
    name: str = _NAME,
    weights_error: float | None = None,
) -> StandardisedEstimate:
    return StandardisedEstimate(
        estimate=estimate,
        ci_low=None if ends is None else ends[0],
        ci_high=None if ends is None else ends[1],
        ci_level=level,
        ci_method=name,
        n_cases=found.n_cases,
        status=status,
        reason=found.reason,
        weights_error=weights_error,
    )
