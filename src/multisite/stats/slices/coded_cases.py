"""Cases as codes: which level each has on every column, whether it is an error, and whose it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import BooleanArray, IntegerArray
from multisite.stats.proportions.counts import binary_results, whole_count
from multisite.stats.resampling.case_arrays import patient_numbers

__all__ = ["CodedCases", "Slice", "require_search", "slice_members"]

Condition = tuple[int, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Slice:
    """The cases that have, on each named column, one of the named levels.

    ``conditions`` holds (column, levels) by number, both rising; ``z`` is how far the share of errors stands above that
    of all cases, as :meth:`~multisite.stats.SliceSums.z` measures it where the slice was searched; ``found_by`` names
    the search.
    """

    conditions: tuple[Condition, ...]
    z: float
    found_by: str


@dataclass(frozen=True, slots=True, eq=False)
class CodedCases:
    """``levels`` holds the level of each case on every column by number, shape ``(n_cases, n_columns)``.

    ``n_levels`` is the number of levels of each column; ``error`` and ``patient`` (any numbers) have shape
    ``(n_cases,)``.

    Raises
    ------
    ValueError
        If the shapes differ, a level is not below ``n_levels``, or a patient's number is below 0.
    """

    levels: IntegerArray
    n_levels: tuple[int, ...]
    error: BooleanArray
    patient: IntegerArray

    def __post_init__(self) -> None:
        if self.levels.ndim != 2:
            raise ValueError("`levels` must be two-dimensional: cases by columns.")
        n_cases, n_columns = self.levels.shape
        if n_columns != len(self.n_levels) or self.error.shape != (n_cases,) or self.patient.shape != (n_cases,):
            raise ValueError("`levels`, `n_levels`, `error` and `patient` must be of the same cases and columns.")
        if n_cases and ((self.levels < 0).any() or (self.levels.max(axis=0) >= np.asarray(self.n_levels)).any()):
            raise ValueError("Every level must lie between 0 and the number of levels of its column.")
        if n_cases and self.patient.min() < 0:
            raise ValueError("`patient` must hold numbers of 0 or more.")

    @classmethod
    def of(
        cls,
        levels: npt.ArrayLike,
        n_levels: Sequence[int],
        error: npt.ArrayLike,
        patient: npt.ArrayLike,
    ) -> "CodedCases":
        """From any arrays; patients are named by numbers or by texts.

        Raises
        ------
        ValueError
            Also if a level is no whole number, ``error`` is not binary, or a patient is missing.
        """
        numbered = patient_numbers(patient)[0]
        # Column by column in memory: the search reads one column at a time.
        coded = np.asfortranarray(_whole_levels(levels))
        return cls(coded, tuple(n_levels), binary_results("error", error), numbered)

    def take(self, rows: BooleanArray) -> "CodedCases":
        """The cases for which ``rows`` is true."""
        return CodedCases.of(self.levels[rows], self.n_levels, self.error[rows], self.patient[rows])


def slice_members(levels: IntegerArray, conditions: Sequence[Condition]) -> BooleanArray:
    """Which cases lie in a slice: on every column of ``conditions`` one of its levels.

    Parameters
    ----------
    levels
        Level of each case on every column, shape ``(n_cases, n_columns)``.
    conditions
        Of a :class:`Slice`. Without any, every case lies in it; where no level is allowed, none.

    Raises
    ------
    ValueError
        If ``levels`` is not two-dimensional, or has no such column.
    """
    if levels.ndim != 2 or not all(0 <= column < levels.shape[1] for column, _ in conditions):
        raise ValueError("`levels` must be two-dimensional and have every column that `conditions` names.")
    inside = np.ones(levels.shape[0], dtype=np.bool_)
    for column, allowed in conditions:
        own = levels[:, column]
        inside &= own == allowed[0] if len(allowed) == 1 else np.isin(own, allowed)
    return inside


def require_search(*, max_conditions: int, minimum_patients: int, beam_width: int = 1) -> None:
    """Refuse bounds of a search that are no whole number of 1 or more.

    Raises
    ------
    ValueError
        If one is not.
    """
    bounds = {"max_conditions": max_conditions, "minimum_patients": minimum_patients, "beam_width": beam_width}
    for name, bound in bounds.items():
        if whole_count(name, bound) < 1:
            raise ValueError(f"`{name}` must be 1 or more.")


def _whole_levels(levels: npt.ArrayLike) -> npt.NDArray[np.int64]:
    given = np.asarray(levels)
    numeric = given.dtype.kind in "biuf" and bool(np.isfinite(given).all())
    if not numeric or (given.dtype.kind == "f" and (given != np.trunc(given)).any()):
        raise ValueError("`levels` must hold whole numbers.")
    return given.astype(np.int64, copy=False)
