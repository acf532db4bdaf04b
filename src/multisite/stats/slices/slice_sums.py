"""Sums over patients of many slices at once, and how far each slice's share of errors stands above that of all."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import BooleanArray, FloatArray, IntegerArray
from multisite.stats.proportions import ClusterMoments, SharedMoments
from multisite.stats.proportions.counts import binary_results, whole_count, whole_counts

__all__ = ["SliceSums", "disjoint_sums", "slice_sums"]


@dataclass(frozen=True, slots=True, eq=False)
class SliceSums:
    """Per slice, shape ``(n_slices,)``: y errors among n cases of each patient inside it, Y among N of all its cases.

    ``n_patients`` have a case in the slice, ``n_patients_only`` have no other. ``sum_y`` to ``sum_nn`` are the moments
    of the slice, ``cross_yy`` to ``cross_nn`` the sums of yY, yN, nY and nN. Those of disjoint patients add.
    """

    n_patients: IntegerArray
    n_patients_only: IntegerArray
    sum_y: IntegerArray
    sum_n: IntegerArray
    sum_yy: IntegerArray
    sum_yn: IntegerArray
    sum_nn: IntegerArray
    cross_yy: IntegerArray
    cross_yn: IntegerArray
    cross_ny: IntegerArray
    cross_nn: IntegerArray

    def __add__(self, other: "SliceSums") -> "SliceSums":
        return SliceSums(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    def moments(self, slice_: int) -> ClusterMoments:
        """The moments of one slice."""
        names = ("n_patients", "sum_y", "sum_n", "sum_yy", "sum_yn", "sum_nn")
        return ClusterMoments(*(int(getattr(self, name)[slice_]) for name in names))

    def rest(self, slice_: int, everyone: ClusterMoments) -> ClusterMoments:
        """The moments of all cases outside a slice, patient by patient."""
        own = self.moments(slice_)
        yy, yn, ny, nn = self._cross(slice_)
        return ClusterMoments(
            n_patients=everyone.n_patients - int(self.n_patients_only[slice_]),
            sum_y=everyone.sum_y - own.sum_y,
            sum_n=everyone.sum_n - own.sum_n,
            sum_yy=everyone.sum_yy - 2 * yy + own.sum_yy,
            sum_yn=everyone.sum_yn - yn - ny + own.sum_yn,
            sum_nn=everyone.sum_nn - 2 * nn + own.sum_nn,
        )

    def shared(self, slice_: int) -> SharedMoments:
        """The sums over patients with cases on both sides of a slice."""
        own = self.moments(slice_)
        yy, yn, ny, nn = self._cross(slice_)
        only = int(self.n_patients_only[slice_])
        return SharedMoments(own.n_patients - only, yy - own.sum_yy, yn - own.sum_yn, ny - own.sum_yn, nn - own.sum_nn)

    def z(self, everyone: ClusterMoments) -> FloatArray:
        """z = Σu/√Σu² of every slice, u = (y − rn) − f(Y − rN) being what a patient adds to the excess of errors.

        r is the share of errors of all cases, f the share of cases in the slice: the score test of no difference
        between slice and rest, with the variance between patients, K/(K − 1) left out. Above 0 where the slice has more
        errors. −∞ where there is no variance, or no case on one side.
        """
        if everyone.sum_n == 0:
            return np.full(self.sum_n.shape, -np.inf)
        r, f = everyone.sum_y / everyone.sum_n, self.sum_n / everyone.sum_n
        own = self.sum_yy - 2 * r * self.sum_yn + r * r * self.sum_nn
        cross = self.cross_yy - r * (self.cross_yn + self.cross_ny) + r * r * self.cross_nn
        whole = everyone.sum_yy - 2 * r * everyone.sum_yn + r * r * everyone.sum_nn
        variance = own - 2 * f * cross + f * f * whole
        defined = (variance > 1e-9) & (f > 0.0) & (f < 1.0)
        spread = np.sqrt(np.where(defined, variance, 1.0))
        excess = (self.sum_y - r * self.sum_n) / spread
        return np.asarray(np.where(defined, excess, -np.inf), dtype=np.float64)

    def _cross(self, slice_: int) -> tuple[int, int, int, int]:
        return (
            int(self.cross_yy[slice_]),
            int(self.cross_yn[slice_]),
            int(self.cross_ny[slice_]),
            int(self.cross_nn[slice_]),
        )


def slice_sums(
    cell: npt.ArrayLike,
    error: npt.ArrayLike,
    patient: npt.ArrayLike,
    *,
    n_cells: int,
    patient_errors: npt.ArrayLike,
    patient_cases: npt.ArrayLike,
) -> SliceSums:
    """Sums of the slices ``cell`` = 0, 1, …, which are disjoint.

    Parameters
    ----------
    cell, error, patient
        Slice, error and patient of each case that lies in one of the slices, shape ``(n_cases,)``.
    n_cells
        Number of slices.
    patient_errors, patient_cases
        Errors and cases of every patient, in and outside the slices, shape ``(n_patients,)``.

    Returns
    -------
    SliceSums
        One entry per slice; zeros for a slice without a case.

    Raises
    ------
    ValueError
        If the lengths differ, a number is not whole, a slice or a patient is not among those counted, or the slices
        hold more cases or errors of a patient than there are.
    """
    cell, patient = whole_counts("cell", cell), whole_counts("patient", patient)
    error, n_cells = binary_results("error", error), whole_count("n_cells", n_cells)
    all_y, all_n = whole_counts("patient_errors", patient_errors), whole_counts("patient_cases", patient_cases)
    if not cell.shape == error.shape == patient.shape or all_y.shape != all_n.shape:
        raise ValueError("Cases must have a slice, an error and a patient each, and patients errors and cases.")
    if cell.size and (cell.max() >= n_cells or patient.max() >= all_n.size):
        raise ValueError("Every slice must lie below `n_cells`, and every patient be among `patient_cases`.")
    inside = np.bincount(patient, minlength=all_n.size), np.bincount(patient[error], minlength=all_n.size)
    if (inside[0] - inside[1] > all_n - all_y).any() or (inside[1] > all_y).any():
        raise ValueError("The slices must not hold more cases or errors of a patient than there are.")
    return disjoint_sums(cell, error, patient, n_cells=n_cells, patient_errors=all_y, patient_cases=all_n)


def disjoint_sums(
    cell: IntegerArray,
    error: BooleanArray,
    patient: IntegerArray,
    *,
    n_cells: int,
    patient_errors: IntegerArray,
    patient_cases: IntegerArray,
) -> SliceSums:
    """:func:`slice_sums` of arrays that are known to be sound."""
    all_y, all_n = patient_errors, patient_cases
    if all_n.size == 0 or all_n.max() <= 1:
        # One case a patient: every sum of products is a sum of cases, or of errors.
        n, y = _counted(cell, n_cells), _counted(cell[error], n_cells)
        return SliceSums(n, n, y, n, y, y, n, y, y, y, n)
    key = patient * n_cells + cell
    held, place = np.unique(key, return_inverse=True)
    n, y = np.bincount(place), _counted(place[error], held.size)
    own_cell, own_patient = held % n_cells, held // n_cells
    whole_y, whole_n = all_y[own_patient], all_n[own_patient]

    def summed(values: npt.NDArray[np.integer]) -> IntegerArray:
        # Weights are floats: whole numbers below 2⁵³ stay exact.
        return np.rint(np.bincount(own_cell, weights=values, minlength=n_cells)).astype(np.int64)

    products = (y * y, y * n, n * n, y * whole_y, y * whole_n, n * whole_y, n * whole_n)
    return SliceSums(
        _counted(own_cell, n_cells),
        summed((n == whole_n).astype(np.int64)),
        summed(y),
        summed(n),
        *(summed(product) for product in products),
    )


def _counted(cell: IntegerArray, n_cells: int) -> IntegerArray:
    return np.bincount(cell, minlength=n_cells).astype(np.int64)
