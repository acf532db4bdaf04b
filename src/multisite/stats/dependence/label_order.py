"""Whether labels depend on the order in which they come: their ranks, and their runs."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from multisite.stats.estimate import BooleanArray, FloatArray
from multisite.stats.proportions.counts import binary_results

__all__ = ["RankSum", "Runs", "rank_sum_test", "runs_test"]

_LEAST_P = float(np.finfo(np.float64).tiny)
"""Far out a tail is too small for a float; a p-value of exactly zero would claim more than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RankSum:
    """Area under the ROC curve of a value for a label, and the two-sided p-value of an area of ½.

    Both are ``None`` where they are undefined, and ``reason`` says why.
    """

    area: float | None
    p_value: float | None
    n_positive: int
    n_negative: int
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """Runs of equal labels, how many are expected in a random order, and the two-sided p-value of a random order.

    ``expected`` and ``p_value`` are ``None`` where they are undefined, and ``reason`` says why.
    """

    n_runs: int
    expected: float | None
    p_value: float | None
    n_positive: int
    n_negative: int
    reason: str | None = None


def rank_sum_test(label: BooleanArray, value: FloatArray) -> RankSum:
    """Wilcoxon's rank-sum test (Mann and Whitney's U) of a value in positives against negatives.

    With P positives, N negatives, n = P + N and R the sum of the positives' ranks, ties sharing their mean rank,
    U = R − P(P + 1)/2 and the area is U/(PN). Under an order without meaning U has mean PN/2 and variance
    PN/12 · (n + 1 − Σ(t³ − t)/(n(n − 1))) over groups of t tied values. The p-value is 2·Φ(−z) with the
    continuity-corrected z = (|U − PN/2| − ½)/SD, not below 0.

    Parameters
    ----------
    label
        Shape (n,), true for a positive. Labels are taken as independent: one per patient.
    value
        Shape (n,), finite.

    Returns
    -------
    RankSum
        Area in [0, 1]: 1 where every positive has the larger value, ½ where the value says nothing. p-value in (0, 1].

    Raises
    ------
    ValueError
        If a label is not binary, the lengths differ or a value is not finite.

    Undefined cases
    ---------------
    No positive or no negative: area and p-value are undefined. The same value for all: area ½, p-value 1.

    References
    ----------
    Mann HB, Whitney DR. Ann Math Stat 1947;18:50-60. doi:10.1214/aoms/1177730491

    Examples
    --------
    >>> rank_sum_test(np.array([True, True, False, False]), np.array([4.0, 3.0, 2.0, 1.0])).area
    1.0
    """
    label = binary_results("label", label)
    if label.size != value.size or not np.isfinite(value).all():
        raise ValueError("`label` and `value` must be of one length, and every value finite.")
    positives = int(label.sum())
    negatives = label.size - positives
    if positives == 0 or negatives == 0:
        missing = "positive" if positives == 0 else "negative"
        return RankSum(area=None, p_value=None, n_positive=positives, n_negative=negatives, reason=f"no {missing} case")
    n, pairs = label.size, positives * negatives
    u = float(stats.rankdata(value)[label].sum()) - positives * (positives + 1) / 2.0
    _, tied = np.unique(value, return_counts=True)
    ties = float((tied.astype(np.float64) ** 3 - tied).sum()) / (n * (n - 1))
    variance = pairs / 12.0 * (n + 1 - ties)
    distance = max(0.0, abs(u - pairs / 2.0) - 0.5)
    p_value = _two_sided(distance / math.sqrt(variance)) if variance > 0.0 else 1.0
    return RankSum(area=u / pairs, p_value=p_value, n_positive=positives, n_negative=negatives)


def runs_test(label: BooleanArray) -> Runs:
    """Wald and Wolfowitz's test of whether labels come in a random order.

    A run is a stretch of equal labels. With P positives, N negatives and n = P + N, a random order has
    μ = 1 + 2PN/n runs on average, and 2k of them with probability 2·C(P−1, k−1)·C(N−1, k−1)/C(n, P), or 2k + 1 with
    [C(P−1, k)·C(N−1, k−1) + C(P−1, k−1)·C(N−1, k)]/C(n, P). The p-value is twice the smaller of P(as few or fewer) and
    P(as many or more), and 1 at most; it is exact, because the normal curve lies far off where one label is rare.

    Parameters
    ----------
    label
        Shape (n,), true for a positive, in their order. Labels are taken as independent: one per patient.

    Returns
    -------
    Runs
        Fewer runs than expected mean blocks, more mean alternation. p-value in (0, 1].

    Raises
    ------
    ValueError
        If a label is not binary.

    Undefined cases
    ---------------
    No positive or no negative: mean and p-value are undefined.

    References
    ----------
    Wald A, Wolfowitz J. Ann Math Stat 1940;11:147-162. doi:10.1214/aoms/1177731909

    Examples
    --------
    >>> runs_test(np.array([True, True, False, True])).n_runs
    3
    """
    label = binary_results("label", label)
    positives = int(label.sum())
    negatives = label.size - positives
    n_runs = int(np.count_nonzero(label[1:] != label[:-1])) + (1 if label.size else 0)
    if positives == 0 or negatives == 0:
        missing = "positive" if positives == 0 else "negative"
        return Runs(
            n_runs=n_runs,
            expected=None,
            p_value=None,
            n_positive=positives,
            n_negative=negatives,
            reason=f"no {missing} case",
        )
    expected = 1.0 + 2.0 * positives * negatives / label.size
    p_value = _of_runs(n_runs, positives, negatives)
    return Runs(n_runs=n_runs, expected=expected, p_value=p_value, n_positive=positives, n_negative=negatives)


def _of_runs(n_runs: int, positives: int, negatives: int) -> float:
    """Twice the smaller tail of the exact distribution of the number of runs."""
    # In this order, so that turning the labels round changes no digit.
    rarer, commoner = sorted((positives, negatives))
    half = np.arange(1, rarer + 1, dtype=np.float64)
    few, many = _log_choose(rarer - 1, half - 1), _log_choose(commoner - 1, half - 1)
    even = math.log(2.0) + few + many
    odd = np.logaddexp(_log_choose(rarer - 1, half) + many, few + _log_choose(commoner - 1, half))
    runs = np.concatenate([2 * half, 2 * half + 1])
    chance = np.exp(np.concatenate([even, odd]) - _log_choose(rarer + commoner, np.float64(rarer)))
    tail = min(float(chance[runs <= n_runs].sum()), float(chance[runs >= n_runs].sum()))
    return min(1.0, max(2.0 * tail, _LEAST_P))


def _log_choose(n: int, k: FloatArray | np.float64) -> FloatArray:
    """log C(n, k), shape of ``k``; −∞ where k > n."""
    inside = np.where(k <= n, k, 0.0)
    found = special.gammaln(n + 1.0) - special.gammaln(inside + 1.0) - special.gammaln(n - inside + 1.0)
    chosen: FloatArray = np.where(k <= n, found, -np.inf)
    return chosen


def _two_sided(z: float) -> float:
    return max(float(2.0 * special.ndtr(-z)), _LEAST_P)
