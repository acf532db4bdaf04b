"""Placements of cases among those of the other class, and what they add up to per patient.

One home for the linearised area: DeLong's and Obuchowski's variances and the removal of patients all sum it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from multisite.stats.dot import dot
from multisite.stats.estimate import BooleanArray, FloatArray, IntegerArray
from multisite.stats.resampling.case_arrays import CaseArrays

__all__ = [
    "Linearised",
    "area_influence",
    "class_sums",
    "obuchowski_covariance",
    "patient_degrees",
    "patient_sums",
    "shows_no_variance",
]


@dataclass(frozen=True, slots=True, eq=False)
class Linearised:
    """A statistic and the influence of each case on it."""

    value: float
    influence: FloatArray


def area_influence(positive: BooleanArray, score: FloatArray) -> Linearised | None:
    """AUC and the influence of each case: (V − A)/P of one with the finding, (V − A)/N of one without.

    V is the share of the other class that the case is ranked right against, ties counting half. ``None`` where a class
    is empty.
    """
    n_positive = int(positive.sum())
    n_negative = positive.size - n_positive
    if not n_positive or not n_negative:
        return None
    above, below = np.sort(score[positive]), np.sort(score[~positive])
    influence = np.empty(score.size)
    placed = (np.searchsorted(below, score[positive], "left") + np.searchsorted(below, score[positive], "right")) / 2
    area = float(placed.mean()) / n_negative
    influence[positive] = (placed / n_negative - area) / n_positive
    passed = (np.searchsorted(above, score[~positive], "left") + np.searchsorted(above, score[~positive], "right")) / 2
    influence[~positive] = ((n_positive - passed) / n_positive - area) / n_negative
    return Linearised(area, influence)


def patient_sums(influence: FloatArray, patient: IntegerArray, n_patients: int) -> FloatArray:
    """Sum over the cases of each patient, numbered from 0; shape ``(n_patients,)``."""
    sums: FloatArray = np.bincount(patient, weights=influence, minlength=n_patients).astype(np.float64, copy=False)
    return sums


def obuchowski_covariance(cases: CaseArrays, statistics: Sequence[Linearised]) -> FloatArray | None:
    """Covariance matrix of statistics of the same cases, patients as clusters (Obuchowski 1997, equation 4).

    With a and b the sums of a patient's influences over its cases with and without the finding, of statistics r and s:
    I₁/(I₁ − 1) Σ aᵣaₛ + I₀/(I₀ − 1) Σ bᵣbₛ + I/(I − 1) Σ (aᵣbₛ + bᵣaₛ), over I₁ patients with a positive, I₀ with a
    negative and I in all. If every case is a patient this is DeLong's matrix. ``None`` where I₁ or I₀ is below 2.
    """
    with_positive, with_negative = cases.n_patients_positive, cases.n_patients_negative
    if with_positive < 2 or with_negative < 2:
        return None
    of_positive, of_negative, of_both = (n / (n - 1) for n in (with_positive, with_negative, cases.n_patients))
    sums = [class_sums(cases, found.influence) for found in statistics]
    matrix = np.empty((len(sums), len(sums)))
    for row, (a, b) in enumerate(sums):
        for column, (c, d) in enumerate(sums):
            own = of_positive * dot(a, c) + of_negative * dot(b, d)
            matrix[row, column] = own + of_both * (dot(a, d) + dot(b, c))
    return matrix


def patient_degrees(cases: CaseArrays, influence: FloatArray) -> float:
    """Satterthwaite's degrees of freedom of a variance between patients: (u + v)² / (u²/(I₁ − 1) + v²/(I₀ − 1)).

    u and v are the parts of the patients with a positive case, I₁/(I₁ − 1) Σa², and of those with a negative one, as
    in :func:`obuchowski_covariance`; both must show variance in sum, and I₁ and I₀ be at least 2.
    """
    with_positive, with_negative = cases.n_patients_positive, cases.n_patients_negative
    a, b = class_sums(cases, influence)
    u, v = dot(a, a) * with_positive / (with_positive - 1), dot(b, b) * with_negative / (with_negative - 1)
    return (u + v) ** 2 / (u * u / (with_positive - 1) + v * v / (with_negative - 1))


def class_sums(cases: CaseArrays, influence: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Sums over the positive and over the negative cases of each patient; both of shape ``(n_patients,)``."""
    a, b = (
        patient_sums(np.where(chosen, influence, 0.0), cases.patient, cases.n_patients)
        for chosen in (cases.positive, ~cases.positive)
    )
    return a, b


def shows_no_variance(variance: float) -> bool:
    """Whether a variance is zero but for the rounding of its sums; statistics lie between −1 and 1."""
    return variance < 1e-24
