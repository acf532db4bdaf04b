"""How far a score differs between the levels of a category among cases of one label, and whether by chance."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse, stats

from multisite.stats.dot import dot
from multisite.stats.estimate import BooleanArray, FloatArray, IntegerArray
from multisite.stats.proportions.counts import binary_results

__all__ = ["ScoreByLevel", "score_by_level"]

_CELLS_AT_A_TIME = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreByLevel:
    """Share of the variance of a score's ranks that lies between levels, given the label, with its p-value.

    ``epsilon_squared`` is ``None`` where it is undefined, and ``reason`` says why. ``p_value`` is ``None`` there, and
    where the share is smaller than what was asked for.
    """

    epsilon_squared: float | None
    p_value: float | None
    n_permutations: int
    n_positive: int
    n_negative: int
    reason: str | None = None


def score_by_level(
    score: FloatArray,
    level: IntegerArray,
    label: BooleanArray,
    *,
    rng: np.random.Generator,
    n_permutations: int,
    least: float = 0.0,
) -> ScoreByLevel:
    """Kruskal and Wallis's statistic of a score by level within each label, summed, with its p-value by permutation.

    Within a label of n cases and k levels, with ranks of the score (ties sharing their mean rank), H is n − 1 times
    the part of the ranks' sum of squares that lies between levels. Over the labels with two levels or more,
    ε² = Σ(H − (k − 1)) / Σ(n − k), cut at 0: the share of the variance of the ranks that lies between levels, less
    what chance puts there (Kelley's ε², the adjusted R² of the ranks). Two halves of the cases that are parted with an
    area under the ROC curve of A have ε² of about 3·(A − ½)².

    The p-value is (b + 1)/(m + 1), b being how many of m permutations of the levels within the labels give a ΣH as
    large or larger.

    Parameters
    ----------
    score
        Shape (n_cases,), finite.
    level
        Shape (n_cases,): number of the level, from 0. Cases are taken as exchangeable within a label: one per patient.
    label
        Shape (n_cases,), true for a positive.
    rng
        Source of the permutations.
    n_permutations
        m, from 1 upwards.
    least
        A smaller ε² has no p-value, and takes no permutation.

    Returns
    -------
    ScoreByLevel
        ε² in [0, 1], 0 where the levels do not differ more than chance makes them; p-value in (0, 1].

    Raises
    ------
    ValueError
        If a label is not binary, the lengths differ, a score is not finite, or ``n_permutations`` is below 1.

    Undefined cases
    ---------------
    No label with two levels, more cases than levels and scores that differ: undefined.

    References
    ----------
    Kruskal WH, Wallis WA. J Am Stat Assoc 1952;47:583-621. doi:10.1080/01621459.1952.10483441
    Kelley TL. Proc Natl Acad Sci USA 1935;21:554-559. doi:10.1073/pnas.21.9.554
    Phipson B, Smyth GK. Stat Appl Genet Mol Biol 2010;9:39. doi:10.2202/1544-6115.1585 (one is added)

    Examples
    --------
    >>> score, level = np.arange(12.0), np.repeat([0, 1], 6)
    >>> told = score_by_level(score, level, np.ones(12, bool), rng=np.random.default_rng(1), n_permutations=99)
    >>> round(told.epsilon_squared, 2)
    0.73
    """
    label = binary_results("label", label)
    if not score.size == level.size == label.size or not np.isfinite(score).all() or n_permutations < 1:
        raise ValueError("Arrays must be of one length, scores finite, and `n_permutations` 1 or more.")
    positives, negatives = int(label.sum()), int((~label).sum())
    parts = [_part(score[label == side], level[label == side]) for side in (True, False)]
    told = [part for part in parts if part is not None]
    if not told:
        reason = "no label with two levels and scores that differ"
        return ScoreByLevel(
            epsilon_squared=None,
            p_value=None,
            n_permutations=0,
            n_positive=positives,
            n_negative=negatives,
            reason=reason,
        )
    observed = sum(float(part.statistic(part.ranks[np.newaxis])[0]) for part in told)
    chance = sum(part.sizes.size - 1 for part in told)
    freedom = sum(part.ranks.size - part.sizes.size for part in told)
    share = min(1.0, max(0.0, (observed - chance) / freedom))
    if share < least:
        return ScoreByLevel(
            epsilon_squared=share, p_value=None, n_permutations=0, n_positive=positives, n_negative=negatives
        )
    # Sums in another order differ in their last digits, and an equal table must count as equal.
    needed = observed * (1.0 - 1e-9)
    as_large, at_a_time = 0, max(1, _CELLS_AT_A_TIME // score.size)
    for start in range(0, n_permutations, at_a_time):
        times = min(at_a_time, n_permutations - start)
        drawn = sum(part.permuted(times, rng) for part in told)
        as_large += int(np.count_nonzero(drawn >= needed))
    return ScoreByLevel(
        epsilon_squared=share,
        p_value=(as_large + 1) / (n_permutations + 1),
        n_permutations=n_permutations,
        n_positive=positives,
        n_negative=negatives,
    )


@dataclass(frozen=True, slots=True)
class _Part:
    """The cases of one label: their centred ranks, and which of them are of each level, shape (n_levels, n_cases)."""

    ranks: FloatArray
    of_level: Any
    sizes: FloatArray

    def statistic(self, ranks: FloatArray) -> FloatArray:
        """H of each row of ``ranks``."""
        # A product with a sparse matrix is summed in one order, whatever the number of threads.
        of_levels = self.of_level @ ranks.T
        between = (of_levels**2 / self.sizes[:, np.newaxis]).sum(axis=0)
        found: FloatArray = (self.ranks.size - 1) * between / dot(self.ranks, self.ranks)
        return found

    def permuted(self, times: int, rng: np.random.Generator) -> FloatArray:
        """H of ``times`` permutations."""
        return self.statistic(rng.permuted(np.broadcast_to(self.ranks, (times, self.ranks.size)), axis=1))


def _part(score: FloatArray, level: IntegerArray) -> _Part | None:
    """None where nothing can differ."""
    numbers, place = np.unique(level, return_inverse=True)
    if numbers.size < 2 or numbers.size >= score.size or score.min() == score.max():
        return None
    of_level = sparse.csr_array((np.ones(score.size), (place, np.arange(score.size))))
    ranks = stats.rankdata(score)
    return _Part(ranks - ranks.mean(), of_level, np.bincount(place).astype(np.float64))
