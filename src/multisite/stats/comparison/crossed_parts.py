"""The two sets of data of a crossed comparison: what each holds, and how sure it is of its own value."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from multisite.stats.discrimination.clustered_auc import clustered_auc
from multisite.stats.discrimination.placements import (
    Linearised,
    area_influence,
    obuchowski_covariance,
    patient_degrees,
    patient_sums,
)
from multisite.stats.dot import dot
from multisite.stats.estimate import BooleanArray, CountArray, Estimate, FloatArray
from multisite.stats.proportions.clustered import ClusterMoments, clustered_proportion
from multisite.stats.resampling.case_arrays import CaseArrays

__all__ = ["CrossedPart", "crossed_parts"]


@dataclass(frozen=True, slots=True, eq=False)
class CrossedPart:
    """One set of data, its patients also by their numbers among those of both sets.

    ``old`` and ``new`` are ``None`` where ``reason`` says why; ``values`` are the cases' scores or values under
    either model. ``is_area`` tells which variance is theirs.
    """

    cases: CaseArrays
    numbers: CountArray
    old: Linearised | None
    new: Linearised | None
    reason: str | None
    is_area: bool
    values: tuple[FloatArray, FloatArray]

    def combined(self, factors: tuple[int, int]) -> Linearised | None:
        """Both statistics times their factors, added up."""
        if self.old is None or self.new is None:
            return None
        value = factors[0] * self.old.value + factors[1] * self.new.value
        return Linearised(value, factors[0] * self.old.influence + factors[1] * self.new.influence)

    def variance(self, found: Linearised) -> float | None:
        """``None`` where there are too few patients."""
        if self.is_area:
            matrix = obuchowski_covariance(self.cases, [found])
            return None if matrix is None else float(matrix[0, 0])
        k = self.cases.n_patients
        sums = patient_sums(found.influence, self.cases.patient, k)
        return k / (k - 1) * dot(sums, sums) if k > 1 else None

    def own_interval(self, model: int, level: float) -> Estimate | None:
        """The value of one model (0 the old) with its own interval; ``None`` for values that are no proportion."""
        values = self.values[model]
        if self.is_area:
            return clustered_auc(self.cases.positive, values, self.cases.patient, level=level)
        if not np.isin(values, (0.0, 1.0)).all():
            return None
        k = self.cases.n_patients
        right = np.bincount(self.cases.patient, weights=values, minlength=k).astype(np.int64)
        n = np.bincount(self.cases.patient, minlength=k)
        return clustered_proportion(ClusterMoments.from_clusters(right, n), level=level)

    def degrees(self, found: Linearised) -> float:
        """Degrees of freedom of a variance that is not zero."""
        return patient_degrees(self.cases, found.influence) if self.is_area else float(self.cases.n_patients - 1)


def crossed_parts(
    cases: CaseArrays, old: FloatArray, new: FloatArray, new_data: npt.ArrayLike, *, is_area: bool
) -> tuple[CrossedPart, CrossedPart]:
    """Old and new data. Raises ValueError if ``new_data`` is not binary or of another length."""
    chosen = np.asarray(new_data)
    if chosen.shape != old.shape or not np.isin(chosen, (0, 1)).all():
        raise ValueError("`new_data` must hold 0 or 1 (or booleans), one for each case.")
    first, second = (
        _part(cases, old, new, rows, is_area=is_area) for rows in (~chosen.astype(bool), chosen.astype(bool))
    )
    return first, second


def _part(cases: CaseArrays, old: FloatArray, new: FloatArray, rows: BooleanArray, *, is_area: bool) -> CrossedPart:
    numbers = cases.patient[rows]
    distinct, own = np.unique(numbers, return_inverse=True)
    held = CaseArrays(cases.positive[rows], own.astype(np.int64, copy=False), int(distinct.size))
    values = old[rows], new[rows]
    if is_area:
        found = [area_influence(held.positive, score[rows]) for score in (old, new)]
        return CrossedPart(held, numbers, found[0], found[1], held.missing_class, is_area, values)
    if not held.n_cases:
        return CrossedPart(held, numbers, None, None, "no case", is_area, values)
    means = [Linearised(float(v[rows].mean()), (v[rows] - v[rows].mean()) / held.n_cases) for v in (old, new)]
    return CrossedPart(held, numbers, means[0], means[1], None, is_area, values)
