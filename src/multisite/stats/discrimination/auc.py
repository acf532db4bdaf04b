"""Area under the ROC curve from counts per score, with DeLong's variance, for one group or very many."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, TypeAlias

import numpy as np
from scipy import optimize

from multisite.stats.dot import dot
from multisite.stats.estimate import CountArray, FloatArray, IntegerArray, ScoreEstimate, normal_quantile
from multisite.stats.score_counts import ScoreCounts, SegmentedScoreCounts
from multisite.vocabulary import EstimateStatus

__all__ = ["AucMethod", "auc", "auc_by_segment"]

AucMethod: TypeAlias = Literal["delong-logit", "delong", "newcombe"]

_NAMES: dict[AucMethod, str] = {
    "delong-logit": "delong, logit scale",
    "delong": "delong",
    "newcombe": "newcombe score",
}


def auc(counts: ScoreCounts, *, method: AucMethod = "delong-logit", level: float = 0.95) -> ScoreEstimate:
    """Area under the ROC curve: P(score of a positive > score of a negative) + ½ P(equal).

    With a placement V of each positive (the share of negatives below it, ties counting half) and of each
    negative, AUC is the mean placement and DeLong's variance is S₁₀/P + S₀₁/N, the sample variances of the
    placements over the numbers of positives and negatives. A higher score must speak for the finding; the
    direction is never flipped.

    Parameters
    ----------
    counts
        Positives and negatives per distinct score, on any real scale.
    method
        ``delong-logit``: logit(AUC) ± z·SE/(AUC(1 − AUC)), transformed back. ``delong``: AUC ± z·SE, cut to
        [0, 1]. ``newcombe``: the θ with (AUC − θ)² = z²V(θ), V being Hanley and McNeil's variance with both
        class sizes replaced by their mean (Newcombe's method 5); it needs no variance to be seen.
    level
        Confidence level in (0, 1).

    Returns
    -------
    ScoreEstimate
        Estimate in [0, 1], larger is better; ``standard_error`` is DeLong's, on the scale of AUC. Cases are
        taken as independent.

    Undefined cases
    ---------------
    No positive or no negative case: undefined. One positive or one negative case, or one score for all: the
    estimate stands without an interval, status ``insufficient``. AUC of 0 or 1 shows no variance: DeLong's
    methods then give Newcombe's interval, and ``ci_method`` says so.

    References
    ----------
    DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845. doi:10.2307/2531595
    Newcombe RG. Stat Med 2006;25:559-573. doi:10.1002/sim.2324
    Perme MP, Manevski D. Stat Methods Med Res 2019;28:3755-3768. doi:10.1177/0962280218814556 (logit scale)

    Examples
    --------
    >>> rating = ScoreCounts([1, 2, 3, 4, 5], [3, 2, 2, 11, 33], [33, 6, 6, 11, 2])  # Hanley and McNeil 1982
    >>> round(auc(rating).estimate, 3)
    0.893
    """
    starts = np.array([0, counts.score.size], dtype=np.int64)
    segments = SegmentedScoreCounts(counts.score, counts.n_positive, counts.n_negative, starts)
    return auc_by_segment(segments, method=method, level=level)[0]


def auc_by_segment(
    counts: SegmentedScoreCounts, *, method: AucMethod = "delong-logit", level: float = 0.95
) -> tuple[ScoreEstimate, ...]:
    """:func:`auc` of every segment, in their order; time and memory are linear in the distinct scores."""
    if method not in _NAMES:
        raise ValueError(f"`method` must be one of: {', '.join(_NAMES)}.")
    z = normal_quantile(level)
    scratch = _Scratch.of(int(np.diff(counts.starts).max(initial=0)))
    placements = (
        _placements(counts.n_positive[first:last], counts.n_negative[first:last], scratch)
        for first, last in pairwise(counts.starts.tolist())
    )
    return tuple(_with_interval(found, method=method, level=level, z=z) for found in placements)


@dataclass(frozen=True, slots=True)
class _Placements:
    """AUC as an exact fraction ``doubled_u`` / (2PN), and the sample variances of the placements."""

    positives: int
    negatives: int
    doubled_u: int
    variance: float | None

    @property
    def area(self) -> float:
        return self.doubled_u / (2 * self.positives * self.negatives)

    @property
    def complement(self) -> float:
        pairs = 2 * self.positives * self.negatives
        return (pairs - self.doubled_u) / pairs


@dataclass(frozen=True, slots=True, eq=False)
class _Scratch:
    """Memory that every segment writes over: getting it anew would cost more than all of the arithmetic."""

    running: CountArray
    columns: FloatArray

    @classmethod
    def of(cls, rows: int) -> "_Scratch":
        return cls(np.empty(rows, dtype=np.int64), np.empty((4, rows)))


def _placements(n_positive: IntegerArray, n_negative: IntegerArray, scratch: _Scratch) -> _Placements:
    # Running sums are ten times as fast in integers; all that follows is exact in float64, up to 2^52 half cases.
    rows = n_positive.size
    running, (positive, negative, below, above) = scratch.running[:rows], scratch.columns[:, :rows]
    positive[:], negative[:] = n_positive, n_negative
    below[:] = np.cumsum(n_negative, out=running)
    negatives = int(running[-1]) if rows else 0
    above[:] = np.cumsum(n_positive, out=running)
    positives = int(running[-1]) if rows else 0
    if positives == 0 or negatives == 0:
        return _Placements(positives, negatives, 0, None)
    doubled_u = 2.0 * dot(positive, below) - dot(positive, negative)
    if positives < 2 or negatives < 2:
        return _Placements(positives, negatives, int(doubled_u), None)
    positive *= 0.5
    negative *= 0.5
    below -= negative
    above -= positive
    below -= doubled_u / 2.0 / positives
    # Negatives are placed by the positives below them here, which mirrors the placement and keeps its variance.
    above -= positives - doubled_u / 2.0 / negatives
    spread_positive = 2.0 * dot(positive, below, below) / (positives - 1)
    spread_negative = 2.0 * dot(negative, above, above) / (negatives - 1)
    variance = (spread_positive / negatives + spread_negative / positives) / (positives * negatives)
    return _Placements(positives, negatives, int(doubled_u), variance)


def _with_interval(found: _Placements, *, method: AucMethod, level: float, z: float) -> ScoreEstimate:
    name = _NAMES[method]
    if found.positives == 0 or found.negatives == 0:
        missing = "positive" if found.positives == 0 else "negative"
        return _estimate(found, level, name, reason=f"no {missing} case")
    if found.variance is None:
        return _estimate(found, level, name, reason="an interval needs two positive and two negative cases")
    area = found.area
    if found.variance == 0.0 and 0.0 < area < 1.0:
        return _estimate(found, level, name, reason="every case has the same score, and no interval")
    if found.variance == 0.0 or method == "newcombe":
        if method != "newcombe":
            name = f"{_NAMES['newcombe']}, since AUC is {area:.0f} and shows no variance"
        return _estimate(found, level, name, interval=_newcombe(found, z))
    error = math.sqrt(found.variance)
    if method == "delong":
        return _estimate(found, level, name, interval=(max(0.0, area - z * error), min(1.0, area + z * error)))
    logit = math.log(area / found.complement)
    half = z * error / (area * found.complement)
    return _estimate(found, level, name, interval=(_expit(logit - half), _expit(logit + half)))


def _estimate(
    found: _Placements,
    level: float,
    method: str,
    *,
    interval: tuple[float, float] | None = None,
    reason: str | None = None,
) -> ScoreEstimate:
    defined = found.positives > 0 and found.negatives > 0
    low, high = interval if interval is not None else (None, None)
    thin = EstimateStatus.INSUFFICIENT if defined else EstimateStatus.UNDEFINED
    return ScoreEstimate(
        estimate=found.area if defined else None,
        ci_low=None if low is None else min(low, found.area),
        ci_high=None if high is None else max(high, found.area),
        ci_level=level,
        ci_method=method,
        n_cases=found.positives + found.negatives,
        status=EstimateStatus.OK if interval is not None else thin,
        reason=reason,
        n_positive=found.positives,
        n_negative=found.negatives,
        standard_error=None if found.variance is None else math.sqrt(found.variance),
    )


def _expit(value: float) -> float:
    # Written for both signs, so that a wide interval does not overflow.
    return 1.0 / (1.0 + math.exp(-value)) if value >= 0.0 else math.exp(value) / (1.0 + math.exp(value))


def _newcombe(found: _Placements, z: float) -> tuple[float, float]:
    area = found.area
    pairs = found.positives * found.negatives
    others = (found.positives + found.negatives) / 2.0 - 1.0

    def excess(theta: float) -> float:
        spread = 1.0 + others * ((1.0 - theta) / (2.0 - theta) + theta / (1.0 + theta))
        return float((area - theta) ** 2 - z * z * theta * (1.0 - theta) * spread / pairs)

    def root(outer: float, inner: float) -> float:
        # At a level near 0 the root may lie nearer to the area than the search goes.
        if excess(inner) >= 0.0:
            return inner
        return float(optimize.brentq(excess, min(outer, inner), max(outer, inner), xtol=margin))

    # At an area of 0 or 1 the far end is itself a root, so the search for the near one stops just short of
    # it.
    margin = 1e-12
    low = 0.0 if area == 0.0 else root(0.0, min(area, 1.0 - margin))
    high = 1.0 if area == 1.0 else root(1.0, max(area, margin))
    return low, high
