"""The ROC curve as counts per threshold, for weighted cases whose scores are sorted once."""

import numpy as np

from multisite.stats.estimate import BooleanArray, CountArray, FloatArray

__all__ = ["RocCounts"]


class RocCounts:
    """Positives below, and negatives below, each threshold: every distinct score, rising, and last one above all.

    A case is called positive if its score is at or above the threshold. Above the highest score no case is, and the
    threshold is infinite.
    """

    __slots__ = ("_ends", "_negative", "_order", "_positive", "threshold")

    def __init__(self, positive: BooleanArray, score: FloatArray) -> None:
        self._order = np.argsort(score, kind="stable")
        ordered = score[self._order]
        self._positive = positive[self._order]
        self._negative = ~self._positive
        # Where a run of equal scores begins, and where the last one ends.
        self._ends = np.append(np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1])), ordered.size)
        self.threshold = np.append(ordered[self._ends[:-1]], np.inf)

    def below(self, weights: CountArray) -> tuple[CountArray, CountArray]:
        """Weight of positives and of negatives below each threshold, of shape ``(n, n_thresholds)``.

        ``weights`` are whole numbers of shape ``(n, n_cases)``; the last column has the whole weight of each class.
        """
        ordered = weights[:, self._order]
        return self._summed(ordered * self._positive), self._summed(ordered * self._negative)

    def _summed(self, weights: CountArray) -> CountArray:
        sums = np.zeros((weights.shape[0], weights.shape[1] + 1), dtype=np.int64)
        np.cumsum(weights, axis=1, out=sums[:, 1:])
        return sums[:, self._ends]
