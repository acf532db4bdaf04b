"""Cases given one by one: truth, score and patient, checked and counted."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import BooleanArray, CountArray, FloatArray

__all__ = ["CaseArrays", "case_arrays", "is_missing", "patient_numbers"]

_INFINITE = (float("inf"), float("-inf"))


@dataclass(frozen=True, slots=True, eq=False)
class CaseArrays:
    """Truth and number of the patient of each case; numbers run from 0 in the order of the patients' names."""

    positive: BooleanArray
    patient: CountArray
    n_patients: int

    @property
    def n_cases(self) -> int:
        """All cases."""
        return int(self.positive.size)

    @property
    def n_positive(self) -> int:
        """Cases with the finding."""
        return int(np.count_nonzero(self.positive))

    @property
    def n_negative(self) -> int:
        """Cases without the finding."""
        return self.n_cases - self.n_positive

    @property
    def n_patients_positive(self) -> int:
        """Patients with at least one case with the finding."""
        return self._patients_of(self.positive)

    @property
    def n_patients_negative(self) -> int:
        """Patients with at least one case without the finding."""
        return self._patients_of(~self.positive)

    @property
    def missing_class(self) -> str | None:
        """Why nothing that compares the classes exists, if one of them is empty."""
        if self.n_positive and self.n_negative:
            return None
        return "no negative case" if self.n_positive else "no positive case"

    def _patients_of(self, chosen: BooleanArray) -> int:
        return int(np.count_nonzero(np.bincount(self.patient[chosen], minlength=self.n_patients)))


def case_arrays(
    positive: npt.ArrayLike, patient: npt.ArrayLike | None, **scores: npt.ArrayLike
) -> tuple[CaseArrays, tuple[FloatArray, ...]]:
    """Check the arrays of a data set of cases, and hand them back as arrays of one type.

    Parameters
    ----------
    positive
        Reference standard per case: True or 1 with the finding, False or 0 without, shape ``(n_cases,)``.
    patient
        Name or number of the patient of each case, shape ``(n_cases,)``; ``None``: each case is a patient.
    scores
        Arrays of finite scores, shape ``(n_cases,)``, by the name that an error gives them.

    Raises
    ------
    ValueError
        If the shapes differ, the reference standard is not binary, or a score or a patient is not finite.
    """
    truth = np.asarray(positive)
    if truth.ndim != 1:
        raise ValueError("`positive` must be one-dimensional.")
    if truth.dtype != np.bool_ and not np.isin(truth, (0, 1)).all():
        raise ValueError("`positive` must hold only 0 and 1 (or booleans).")
    values = tuple(_finite(name, score, truth.shape) for name, score in scores.items())
    if patient is None:
        return CaseArrays(truth.astype(np.bool_), np.arange(truth.size, dtype=np.int64), truth.size), values
    numbers, n_patients = patient_numbers(patient)
    if numbers.shape != truth.shape:
        raise ValueError("`patient` must have one value for each case.")
    return CaseArrays(truth.astype(np.bool_), numbers, n_patients), values


def patient_numbers(patient: npt.ArrayLike, n_cases: int | None = None) -> tuple[CountArray, int]:
    """Number the patients from 0, in the order of their names, and count them; ``n_cases`` is how many are expected.

    Raises
    ------
    ValueError
        If ``patient`` is not one-dimensional or not of ``n_cases``, a case has none (None, NaN, infinite, masked), or
        names cannot be put in order.
    """
    # As objects, for NumPy would make the text "nan" of a NaN among texts.
    names = np.array(patient, dtype=np.object_) if isinstance(patient, (list, tuple)) else np.asarray(patient)
    if names.ndim != 1 or n_cases not in (None, names.size):
        raise ValueError("`patient` must be one-dimensional, with one value for each case.")
    if np.ma.is_masked(patient) or _any_missing(names):
        raise ValueError("`patient` must be given for every case.")
    try:
        distinct, numbers = np.unique(names, return_inverse=True)
    except TypeError:
        raise ValueError("`patient` must hold numbers only or texts only.") from None
    return numbers.astype(np.int64, copy=False), int(distinct.size)


def _any_missing(names: npt.NDArray[Any]) -> bool:
    if names.dtype.kind in "fc":
        return not bool(np.isfinite(names).all())
    return names.dtype == np.object_ and any(is_missing(name) or name in _INFINITE for name in names.tolist())


def is_missing(value: Any) -> bool:
    """Whether a value among others stands for none: None, NaN, or the NA of pandas."""
    try:
        return value is None or bool(value != value)
    except TypeError:
        # Whether NA differs from itself is NA, which is neither.
        return True


def _finite(name: str, score: npt.ArrayLike, shape: tuple[int, ...]) -> FloatArray:
    values = np.asarray(score, dtype=np.float64)
    if values.shape != shape:
        raise ValueError(f"`{name}` must have one value for each case.")
    if not np.isfinite(values).all():
        raise ValueError(f"`{name}` must hold finite scores only.")
    return values
