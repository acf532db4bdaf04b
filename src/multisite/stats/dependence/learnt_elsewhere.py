"""A rule that was learnt from the counts of some groups, tried in another."""

from dataclasses import dataclass

import numpy as np

from multisite.stats.estimate import CountArray, FloatArray
from multisite.stats.score_counts import ScoreCounts

__all__ = ["LevelCounts", "learnt_elsewhere", "level_shares"]

_PRIOR_CASES = 5.0
"""Weight of the overall share against a level's own, in cases: as in cross-fitting."""


@dataclass(frozen=True, slots=True, eq=False)
class LevelCounts:
    """Positives and negatives in each level, shape (n_levels,); every group has the levels in the same order."""

    n_positive: CountArray
    n_negative: CountArray


def level_shares(counts: LevelCounts) -> FloatArray:
    """The share of positives of each level, drawn towards that of all cases; shape (n_levels,), in [0, 1].

    share = (P + 5 π) / (P + N + 5) for P positives and N negatives of the level, with π the share over all levels; a
    level without a case gets π, and without any case at all π is ½.
    """
    cases = counts.n_positive + counts.n_negative
    overall = float(counts.n_positive.sum() / cases.sum()) if cases.sum() else 0.5
    shares: FloatArray = (counts.n_positive + _PRIOR_CASES * overall) / (cases + _PRIOR_CASES)
    # Shares that differ in their last digits only are one share.
    return shares.round(12)


def learnt_elsewhere(here: LevelCounts, elsewhere: LevelCounts) -> ScoreCounts:
    """The cases of one group, each scored by its level's share of positives in the other groups.

    Levels of equal shares become one score. Nothing of ``here`` bears on the scores, so without a signal the area under
    their curve is ½ on average, other than with scores that were cross-fitted inside a group.

    Examples
    --------
    >>> two = LevelCounts(np.array([8, 2]), np.array([2, 8]))
    >>> learnt_elsewhere(two, two).score.round(2).tolist()
    [0.3, 0.7]
    """
    score, position = np.unique(level_shares(elsewhere), return_inverse=True)
    positive = np.bincount(position, weights=here.n_positive, minlength=score.size).astype(np.int64)
    negative = np.bincount(position, weights=here.n_negative, minlength=score.size).astype(np.int64)
    return ScoreCounts(score, positive, negative)
