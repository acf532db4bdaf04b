"""How well a label is told from categories that describe a case, and how often chance alone would tell it as well."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse, stats

from multisite.stats.estimate import BooleanArray, FloatArray, IntegerArray
from multisite.stats.proportions.counts import binary_results

__all__ = ["AreaFromLevels", "area_from_levels"]

_PRIOR_CASES = 5.0
"""Weight that draws the effect of a level to nothing, in cases."""

_DECIMALS = 9
_CELLS_AT_A_TIME = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AreaFromLevels:
    """Area under the ROC curve of a cross-fitted score from levels, of all attributes and of each alone.

    ``area`` is ``None`` where it is undefined, and ``reason`` says why. ``p_value`` is ``None`` there, and where the
    area is smaller than what was asked for.
    """

    area: float | None
    area_alone: tuple[float, ...]
    p_value: float | None
    n_permutations: int
    n_positive: int
    n_negative: int
    reason: str | None = None


def area_from_levels(
    levels: IntegerArray,
    label: BooleanArray,
    *,
    stratum: IntegerArray | None = None,
    rng: np.random.Generator,
    n_permutations: int,
    least_area: float = 0.0,
    n_folds: int = 5,
) -> AreaFromLevels:
    """Area under the ROC curve of a label scored from levels alone, cross-fitted, with its p-value by permutation.

    Each case is scored by what was fitted on the other folds: with x its 0/1 vector of levels and r the label less its
    mean in the case's stratum, the score is xᵀ(XᵀX + 5·I)⁻¹Xᵀr, least squares drawn to nothing by five cases per
    level, which for two labels is Fisher's linear discriminant. The area counts pairs of one fold and stratum only,
    A = Σ Uₖ / Σ PₖNₖ over them, so that its mean is ½ where the levels say nothing.

    The p-value is (b + 1)/(m + 1), b being how many of m permutations of the labels, within fold and stratum and each
    fitted anew, give an area as large or larger. One-sided: an area below ½ is no evidence.

    Parameters
    ----------
    levels
        Shape (n_cases, n_attributes): number of the level of each attribute, from 0. Cases are taken as exchangeable
        within a stratum: one per patient.
    label
        Shape (n_cases,), true for a positive.
    stratum
        Shape (n_cases,): cases are compared within a stratum only; all are in one if left out.
    rng
        Source of the folds and the permutations.
    n_permutations
        m, from 1 upwards.
    least_area
        A smaller area has no p-value, and takes no permutation.
    n_folds
        From 2 upwards. Labels are spread evenly over folds, within each stratum.

    Returns
    -------
    AreaFromLevels
        Areas in [0, 1], p-value in (0, 1].

    Raises
    ------
    ValueError
        If a label is not binary, shapes differ, or ``n_permutations`` or ``n_folds`` is too small.

    Undefined cases
    ---------------
    No attribute, fewer positives or negatives than folds, or no pair of one fold and stratum: undefined.

    References
    ----------
    Ojala M, Garriga GC. J Mach Learn Res 2010;11:1833-1863. https://jmlr.org/papers/v11/ojala10a.html
    Phipson B, Smyth GK. Stat Appl Genet Mol Biol 2010;9:39. doi:10.2202/1544-6115.1585 (one is added)

    Examples
    --------
    >>> label = np.arange(40) % 2 == 0
    >>> told = area_from_levels(label[:, None].astype(int), label, rng=np.random.default_rng(1), n_permutations=99)
    >>> (told.area, told.p_value)
    (1.0, 0.01)
    """
    label = binary_results("label", label)
    if levels.ndim != 2 or levels.shape[0] != label.size or (stratum is not None and stratum.size != label.size):
        raise ValueError("`levels` must have a row, and `stratum` an entry, per label.")
    if n_permutations < 1 or n_folds < 2:
        raise ValueError("`n_permutations` must be 1 or more, and `n_folds` 2 or more.")
    positives, negatives = int(label.sum()), int((~label).sum())
    if levels.shape[1] == 0:
        return _undefined("no attribute", positives, negatives)
    if min(positives, negatives) < n_folds:
        return _undefined(f"fewer than {n_folds} cases of a label", positives, negatives)
    strata = np.zeros(label.size, dtype=np.int64) if stratum is None else np.unique(stratum, return_inverse=True)[1]
    division = _Division(label, strata, rng=rng, n_folds=n_folds)
    if not division.pairs:
        return _undefined("no positive and negative of one fold and stratum", positives, negatives)
    observed = label[:, np.newaxis].astype(np.float64)
    fit = _Fit(levels, division)
    area = float(fit.areas(observed)[0])
    alone = tuple(float(_Fit(levels[:, [k]], division).areas(observed)[0]) for k in range(levels.shape[1]))
    if area < least_area:
        return AreaFromLevels(
            area=area, area_alone=alone, p_value=None, n_permutations=0, n_positive=positives, n_negative=negatives
        )
    # Sums in another order differ in their last digits, and an equal area must count as equal.
    least = area - 1e-9
    as_large, at_a_time = 0, max(1, _CELLS_AT_A_TIME // label.size)
    for start in range(0, n_permutations, at_a_time):
        permuted = division.permuted(label, min(at_a_time, n_permutations - start), rng)
        as_large += int(np.count_nonzero(fit.areas(permuted) >= least))
    return AreaFromLevels(
        area=area,
        area_alone=alone,
        p_value=(as_large + 1) / (n_permutations + 1),
        n_permutations=n_permutations,
        n_positive=positives,
        n_negative=negatives,
    )


def _undefined(reason: str, positives: int, negatives: int) -> AreaFromLevels:
    return AreaFromLevels(
        area=None,
        area_alone=(),
        p_value=None,
        n_permutations=0,
        n_positive=positives,
        n_negative=negatives,
        reason=reason,
    )


class _Division:
    """Cases parted by fold, and within a fold by stratum. Labels may be permuted within a part: all else depends on
    how many positives it has, and not on which."""

    def __init__(self, label: BooleanArray, stratum: IntegerArray, *, rng: np.random.Generator, n_folds: int) -> None:
        self.fold = np.empty(label.size, dtype=np.int64)
        order = np.lexsort((rng.random(label.size), label, stratum))
        self.fold[order] = np.arange(label.size) % n_folds
        self.n_folds = n_folds
        self.stratum = stratum
        part = self.fold * (int(stratum.max()) + 1) + stratum
        self.parts: Sequence[IntegerArray] = [np.flatnonzero(part == number) for number in np.unique(part)]
        positives = [int(label[cases].sum()) for cases in self.parts]
        self.pairs = sum(p * (cases.size - p) for p, cases in zip(positives, self.parts, strict=True))
        self.share = np.stack([self._share(label, self.fold != fold) for fold in range(n_folds)])
        """Shape (n_folds, n_cases): share of positives in the case's stratum, over the other folds."""

    def _share(self, label: BooleanArray, seen: BooleanArray) -> FloatArray:
        n_strata = int(self.stratum.max()) + 1
        cases = np.bincount(self.stratum[seen], minlength=n_strata)
        positives = np.bincount(self.stratum[seen], weights=label[seen], minlength=n_strata)
        share: FloatArray = (positives / np.maximum(cases, 1))[self.stratum]
        return share

    def permuted(self, label: BooleanArray, times: int, rng: np.random.Generator) -> FloatArray:
        """Labels permuted within each part, shape (n_cases, times)."""
        drawn = np.empty((label.size, times))
        for cases in self.parts:
            repeated = np.broadcast_to(label[cases].astype(np.float64), (times, cases.size))
            drawn[cases] = rng.permuted(repeated, axis=1).T
        return drawn


class _Fit:
    """What does not depend on the labels: the levels of the cases, and the normal equations of each fold."""

    def __init__(self, levels: IntegerArray, division: _Division) -> None:
        n_cases, n_attributes = levels.shape
        sizes = levels.max(axis=0) + 1
        columns = levels + (np.cumsum(sizes) - sizes)
        starts = np.arange(0, columns.size + 1, n_attributes)
        self._division = division
        self._x: Any = sparse.csr_array(
            (np.ones(columns.size), columns.ravel(), starts), shape=(n_cases, int(sizes.sum()))
        )
        self._here = [self._x[division.fold == fold] for fold in range(division.n_folds)]
        self._inverse = [self._inverted(fold) for fold in range(division.n_folds)]
        means = [self._x.T @ np.where(division.fold == fold, 0.0, share) for fold, share in enumerate(division.share)]
        self._expected = [mean[:, np.newaxis] for mean in means]

    def _inverted(self, fold: int) -> FloatArray:
        seen = self._x[self._division.fold != fold]
        normal = (seen.T @ seen).toarray()
        inverse: FloatArray = np.linalg.inv(normal + _PRIOR_CASES * np.eye(normal.shape[0]))
        return inverse

    def areas(self, labels: FloatArray) -> FloatArray:
        """Cross-fitted area of each column of ``labels``, shape (n_cases, n_columns)."""
        division, summed = self._division, self._x.T @ labels
        won = np.zeros(labels.shape[1])
        scores = np.empty(labels.shape)
        for fold in range(division.n_folds):
            held_out, here = division.fold == fold, self._here[fold]
            residuals = summed - here.T @ labels[held_out] - self._expected[fold]
            scores[held_out] = here @ (self._inverse[fold] @ residuals)
        # A threaded BLAS rounds differently with every number of threads, which must not part scores that are equal.
        scores = scores.round(_DECIMALS)
        for cases in division.parts:
            won += _pairs_won(scores[cases], labels[cases])
        areas: FloatArray = won / division.pairs
        return areas


def _pairs_won(scores: FloatArray, labels: FloatArray) -> FloatArray:
    """Pairs in which the positive scores higher, ties counting one half; of each column."""
    ranks = stats.rankdata(scores.T, axis=1).T
    positives = labels.sum(axis=0)
    won: FloatArray = np.einsum("ij,ij->j", ranks, labels) - positives * (positives + 1.0) / 2.0
    return won
