"""Cases as codes: which level each has on every column, whether it is an error, and whose it is."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import BooleanArray, IntegerArray

__all__ = ["CodedCases", "Slice", "slice_members"]

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
        If the shapes differ, or a level is not below ``n_levels``.
    """

    levels: IntegerArray
    n_levels: tuple[int, ...]
    error: BooleanArray
    patient: IntegerArray

    def __post_init__(self) -> None:
        n_cases, n_columns = self.levels.shape
        if n_columns != len(self.n_levels) or self.error.shape != (n_cases,) or self.patient.shape != (n_cases,):
            raise ValueError("`levels`, `n_levels`, `error` and `patient` must be of the same cases and columns.")
        if n_cases and ((self.levels < 0).any() or (self.levels.max(axis=0) >= np.asarray(self.n_levels)).any()):
            raise ValueError("Every level must lie between 0 and the number of levels of its column.")

    @classmethod
    def of(
        cls,
        levels: npt.ArrayLike,
        n_levels: Sequence[int],
        error: npt.ArrayLike,
        patient: npt.ArrayLike,
    ) -> "CodedCases":
        """From any arrays; patients may be named in any way."""
        numbered = np.unique(np.asarray(patient), return_inverse=True)[1]
        # Column by column in memory: the search reads one column at a time.
        coded = np.asfortranarray(np.asarray(levels, dtype=np.int64))
        return cls(coded, tuple(n_levels), np.asarray(error, dtype=np.bool_), numbered.astype(np.int64))

    def take(self, rows: BooleanArray) -> "CodedCases":
        """The cases for which ``rows`` is true."""
        return CodedCases.of(self.levels[rows], self.n_levels, self.error[rows], self.patient[rows])


def slice_members(levels: IntegerArray, conditions: Sequence[Condition]) -> BooleanArray:
    """Which cases lie in a slice: on every column of ``conditions`` one of its levels."""
    inside = np.ones(levels.shape[0], dtype=np.bool_)
    for column, allowed in conditions:
        own = levels[:, column]
        inside &= own == allowed[0] if len(allowed) == 1 else np.isin(own, allowed)
    return inside
