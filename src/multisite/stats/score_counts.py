"""Positives and negatives at each distinct score: all that a score-based metric needs to know."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import CountArray, FloatArray, IntegerArray

__all__ = ["ScoreCounts", "SegmentedScoreCounts", "require_probabilities"]


@dataclass(frozen=True, slots=True, eq=False)
class ScoreCounts:
    """Positives and negatives at each distinct score of one group of cases.

    Parameters
    ----------
    score
        Finite, strictly rising, shape ``(n_scores,)``. Any real scale; calibration needs [0, 1].
    n_positive, n_negative
        Non-negative whole numbers of cases with and without the finding, shape ``(n_scores,)``.

    Raises
    ------
    ValueError
        If the shapes differ, a score is not finite, the scores do not rise strictly, or a count is negative.
    """

    score: FloatArray
    n_positive: CountArray
    n_negative: CountArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "score", np.asarray(self.score, dtype=np.float64))
        object.__setattr__(self, "n_positive", _wide(_whole(self.n_positive)))
        object.__setattr__(self, "n_negative", _wide(_whole(self.n_negative)))
        _check(self.score, self.n_positive, self.n_negative, starts=None)

    @classmethod
    def from_cases(cls, reference: npt.ArrayLike, score: npt.ArrayLike) -> "ScoreCounts":
        """Count cases given one by one.

        Parameters
        ----------
        reference
            Reference standard per case: True or 1 with the finding, False or 0 without, shape ``(n_cases,)``.
        score
            Score per case, finite, shape ``(n_cases,)``. A higher score speaks for the finding.

        Raises
        ------
        ValueError
            If the shapes differ, a score is not finite, or the reference standard is not binary.
        """
        labels = np.asarray(reference)
        values = np.asarray(score, dtype=np.float64)
        if labels.ndim != 1 or labels.shape != values.shape:
            raise ValueError("`reference` and `score` must be one-dimensional and of the same length.")
        if labels.dtype != np.bool_ and not np.isin(labels, (0, 1)).all():
            raise ValueError("`reference` must hold only 0 and 1 (or booleans).")
        _require_finite(values)
        distinct, position = np.unique(values, return_inverse=True)
        positive = labels.astype(np.bool_)
        n_positive = np.bincount(position[positive], minlength=distinct.size)
        n_negative = np.bincount(position[~positive], minlength=distinct.size)
        return cls(distinct, n_positive.astype(np.int64), n_negative.astype(np.int64))

    @property
    def positives(self) -> int:
        """Cases with the finding."""
        return int(self.n_positive.sum())

    @property
    def negatives(self) -> int:
        """Cases without the finding."""
        return int(self.n_negative.sum())


@dataclass(frozen=True, slots=True, eq=False)
class SegmentedScoreCounts:
    """The counts of many groups of cases, one after the other.

    Parameters
    ----------
    score, n_positive, n_negative
        As in :class:`ScoreCounts`; the scores rise strictly inside each segment, shape ``(n_rows,)``.
    starts
        First row of each segment and, last, ``n_rows``; never falling, shape ``(n_segments + 1,)``.

    Counts keep their integer type, for there may be very many; those of a single segment are 64 bits wide.

    Raises
    ------
    ValueError
        As :class:`ScoreCounts`, and if ``starts`` does not run from 0 to ``n_rows``.
    """

    score: FloatArray
    n_positive: IntegerArray
    n_negative: IntegerArray
    starts: CountArray

    def __post_init__(self) -> None:
        object.__setattr__(self, "score", np.asarray(self.score, dtype=np.float64))
        object.__setattr__(self, "n_positive", _whole(self.n_positive))
        object.__setattr__(self, "n_negative", _whole(self.n_negative))
        starts = _wide(_whole(self.starts))
        object.__setattr__(self, "starts", starts)
        if starts.size == 0 or starts[0] != 0 or starts[-1] != self.score.size or (np.diff(starts) < 0).any():
            raise ValueError("`starts` must run from 0 to the number of rows without falling.")
        _check(self.score, self.n_positive, self.n_negative, starts=starts)

    @property
    def n_segments(self) -> int:
        """Number of groups."""
        return int(self.starts.size - 1)

    def segment(self, index: int) -> ScoreCounts:
        """The counts of one group."""
        rows = slice(int(self.starts[index]), int(self.starts[index + 1]))
        return ScoreCounts(self.score[rows], _wide(self.n_positive[rows]), _wide(self.n_negative[rows]))

    def __iter__(self) -> Iterator[ScoreCounts]:
        return (self.segment(index) for index in range(self.n_segments))


def require_probabilities(counts: ScoreCounts) -> None:
    """Refuse scores outside [0, 1].

    Raises
    ------
    ValueError
        If the lowest score is below 0 or the highest above 1.
    """
    if counts.score.size and (counts.score[0] < 0.0 or counts.score[-1] > 1.0):
        raise ValueError("Calibration needs scores from 0 to 1; at least one lies outside.")


def _require_finite(score: FloatArray) -> None:
    if not np.isfinite(score).all():
        raise ValueError("Scores must be finite; at least one is NaN or infinite.")


def _whole(counts: npt.ArrayLike) -> IntegerArray:
    values = np.asarray(counts)
    if values.dtype.kind in "iu":
        return values
    if values.size and not (np.isfinite(values).all() and (values == np.trunc(values)).all()):
        raise ValueError("Counts must be whole numbers.")
    return values.astype(np.int64)


def _wide(counts: IntegerArray) -> CountArray:
    return counts.astype(np.int64, copy=False)


def _check(score: FloatArray, n_positive: IntegerArray, n_negative: IntegerArray, *, starts: CountArray | None) -> None:
    if score.ndim != 1 or score.shape != n_positive.shape or score.shape != n_negative.shape:
        raise ValueError("`score`, `n_positive` and `n_negative` must be one-dimensional and of the same length.")
    if score.size == 0:
        return
    _require_finite(score)
    if n_positive.min() < 0 or n_negative.min() < 0:
        raise ValueError("Counts must not be negative.")
    rising = score[1:] > score[:-1]
    if starts is not None:
        first_rows = starts[(starts > 0) & (starts < score.size)]
        rising[first_rows - 1] = True
    if not rising.all():
        raise ValueError("Scores must rise strictly: add up the counts of equal scores first.")
