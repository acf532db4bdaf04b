"""Influences added up per patient, and the products of these sums over patients."""

from dataclasses import dataclass
from itertools import combinations_with_replacement

import numpy as np

from multisite.stats.clusters.score_influence import ScoreInfluence
from multisite.stats.dot import dot
from multisite.stats.estimate import BooleanArray, FloatArray, IntegerArray

__all__ = ["PatientProducts", "patient_products"]


@dataclass(frozen=True, slots=True, eq=False)
class PatientProducts:
    """Σₖ uₖ uₖᵀ over patients k, u being the sums of the influences of a patient's cases; shape (7, 7).

    Sums of a few numbers per segment, whatever the number of cases: they may leave a site where its rows may not.
    """

    products: FloatArray
    n_patients: int
    n_patients_positive: int
    n_patients_negative: int


def patient_products(
    influence: ScoreInfluence, row: IntegerArray, positive: BooleanArray, patient: IntegerArray
) -> PatientProducts:
    """Add up the influences of each patient's cases, and multiply.

    Parameters
    ----------
    influence
        By distinct score and class.
    row
        Position in ``influence.table`` of the score of each case, shape ``(n_cases,)``.
    positive, patient
        Truth of each case, and the number of its patient: 0, 1, … without a gap.

    Raises
    ------
    ValueError
        If the shapes differ, ``row`` points outside the table, or the numbers of the patients have a gap.
    """
    if row.ndim != 1 or row.shape != positive.shape or row.shape != patient.shape:
        raise ValueError("`row`, `positive` and `patient` must be one-dimensional and of the same length.")
    if row.size and not 0 <= row.min() <= row.max() < influence.table.shape[1]:
        raise ValueError("`row` must hold positions in the table of the influence.")
    n_cases = np.bincount(np.maximum(patient, 0))
    if not n_cases.all() or patient.min(initial=0) < 0:
        raise ValueError("`patient` must number the patients from 0 without a gap.")
    n_positive = np.bincount(patient[positive], minlength=n_cases.size)
    cell = 2 * row.astype(np.int64) + positive
    sums = [np.bincount(patient, weights=column.ravel()[cell], minlength=n_cases.size) for column in influence.table]
    products = np.empty((len(sums), len(sums)))
    for one, other in combinations_with_replacement(range(len(sums)), 2):
        # Not by BLAS: see multisite.stats.dot.
        products[one, other] = products[other, one] = dot(sums[one], sums[other])
    return PatientProducts(
        products=products,
        n_patients=int(n_cases.size),
        n_patients_positive=int(np.count_nonzero(n_positive)),
        n_patients_negative=int(np.count_nonzero(n_cases - n_positive)),
    )
