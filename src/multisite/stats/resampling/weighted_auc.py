"""AUC as a function of whole-number case weights, on scores sorted once."""

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import CountArray, FloatArray
from multisite.stats.resampling.case_arrays import case_arrays, patient_numbers

__all__ = ["WeightedAuc"]


class WeightedAuc:
    """AUC of cases that count as often as their weights say; a statistic for :func:`bootstrap` and :func:`jackknife`.

    With weights w the area is Σ wᵢwⱼ ψ(xᵢ, yⱼ) / (Σ wᵢ Σ wⱼ) over positives i and negatives j, ψ being 1, ½ or 0. The
    scores are sorted here, once; each call is linear in the cases and exact, in whole numbers, up to 2⁶² half pairs.

    Parameters
    ----------
    positive, score
        Truth and finite score of each case, shape ``(n_cases,)``. A higher score speaks for the finding.

    Raises
    ------
    ValueError
        If the arrays differ in length, the truth is not binary, or a score is not finite.

    Examples
    --------
    >>> area = WeightedAuc([1, 0, 1, 0], [0.9, 0.6, 0.5, 0.1])
    >>> area(np.array([[1, 1, 1, 1], [1, 0, 2, 1]])).tolist()
    [0.75, 1.0]
    """

    __slots__ = ("_few", "_few_are_positive", "_first_above", "_first_at", "_many", "_positive", "_score")

    def __init__(self, positive: npt.ArrayLike, score: npt.ArrayLike) -> None:
        cases, (values,) = case_arrays(positive, None, score=score)
        self._positive, self._score = cases.positive, values
        # Weights of the larger class are summed up in their order, those of the smaller look up the sums.
        self._few_are_positive = cases.n_positive <= cases.n_negative
        few = cases.positive if self._few_are_positive else ~cases.positive
        self._few, many = np.flatnonzero(few), np.flatnonzero(~few)
        self._few = self._few[np.argsort(values[self._few], kind="stable")]
        self._many = many[np.argsort(values[many], kind="stable")]
        ordered, sought = values[self._many], values[self._few]
        self._first_at = np.searchsorted(ordered, sought, "left")
        self._first_above = np.searchsorted(ordered, sought, "right")

    @property
    def n_cases(self) -> int:
        """Cases, and so the weights that a call expects in each row."""
        return int(self._score.size)

    def __call__(self, weights: CountArray) -> FloatArray:
        """Areas for weights of shape ``(n, n_cases)``, non-negative whole numbers; NaN where a class weighs nothing."""
        summed = np.zeros((len(weights), self._many.size + 1), dtype=np.int64)
        np.cumsum(weights.take(self._many, axis=1), axis=1, out=summed[:, 1:])
        few = weights.take(self._few, axis=1)
        below = summed.take(self._first_at, axis=1)
        below += summed.take(self._first_above, axis=1)
        doubled = np.einsum("ij,ij->i", few, below)
        pairs = 2 * few.sum(axis=1) * summed[:, -1]
        if not self._few_are_positive:
            doubled = pairs - doubled
        return np.asarray(np.divide(doubled, pairs, out=np.full(len(weights), np.nan), where=pairs > 0))

    def leave_one_out(self, patient: npt.ArrayLike) -> FloatArray:
        """Area without each patient in turn, patients in the order of their names, in one sort: O(n log n) for all.

        What a patient takes along is the pairs of its cases with all others, less those counted twice: its own.
        """
        numbers, n_patients = patient_numbers(patient)
        if numbers.size != self.n_cases:
            raise ValueError("`patient` must have one value for each case.")
        negative = ~self._positive
        order = np.argsort(self._score, kind="stable")
        won = _doubled_won(self._score[order], self._positive[order], np.zeros(order.size, dtype=np.int64))
        of_case = np.empty(order.size, dtype=np.int64)
        of_case[order] = won
        within = np.lexsort((self._score, numbers))
        own = _doubled_won(self._score[within], self._positive[within], numbers[within])
        own_positive = self._positive[within]
        all_won = int(of_case[self._positive].sum())
        lost = _whole_sums(numbers, of_case, n_patients) - _whole_sums(
            numbers[within][own_positive], own[own_positive], n_patients
        )
        positives = int(self._positive.sum()) - np.bincount(numbers[self._positive], minlength=n_patients)
        negatives = int(negative.sum()) - np.bincount(numbers[negative], minlength=n_patients)
        pairs = 2 * positives * negatives
        with np.errstate(invalid="ignore"):
            return np.where(pairs > 0, (all_won - lost) / np.where(pairs > 0, pairs, 1), np.nan)


def _doubled_won(score: FloatArray, positive: npt.NDArray[np.bool_], group: CountArray) -> CountArray:
    """Twice the pairs of its group that each case is ranked right in, ties counting half; sorted by group, score."""
    n = score.size
    if not n:
        return np.zeros(0, dtype=np.int64)
    negatives = np.append(0, np.cumsum(~positive))
    positives = np.append(0, np.cumsum(positive))
    new_group = np.append(True, group[1:] != group[:-1])
    new_run = new_group | np.append(True, score[1:] != score[:-1])
    run_starts, group_starts = np.flatnonzero(new_run), np.flatnonzero(new_group)
    run, of_group = np.cumsum(new_run) - 1, np.cumsum(new_group) - 1
    first, after = run_starts[run], np.append(run_starts[1:], n)[run]
    begin, end = group_starts[of_group], np.append(group_starts[1:], n)[of_group]
    won = negatives[first] + negatives[after] - 2 * negatives[begin]
    passed = 2 * positives[end] - positives[first] - positives[after]
    return np.asarray(np.where(positive, won, passed))


def _whole_sums(patient: CountArray, values: CountArray, n_patients: int) -> CountArray:
    # `np.bincount` sums in floating point, which is exact for pairs of a patient's cases below 2^53.
    return np.bincount(patient, weights=values, minlength=n_patients).astype(np.int64)
