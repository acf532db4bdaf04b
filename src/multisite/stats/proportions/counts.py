"""Counts as the estimators take them: whole numbers, and pairs of results of the same cases."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import CountArray

__all__ = ["PairedCounts", "binary_results", "whole_count", "whole_counts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PairedCounts:
    """How two classifiers met the same cases: how many both called positive, one of them only, and neither.

    Raises
    ------
    ValueError
        If a count is not a whole number of 0 or more.
    """

    both: int
    first_only: int
    second_only: int
    neither: int

    def __post_init__(self) -> None:
        for name in ("both", "first_only", "second_only", "neither"):
            object.__setattr__(self, name, whole_count(name, getattr(self, name)))

    @classmethod
    def from_cases(cls, first: npt.ArrayLike, second: npt.ArrayLike) -> "PairedCounts":
        """Count results (0, 1 or booleans) given case by case, both of shape ``(n_cases,)``."""
        one, other = binary_results("first", first), binary_results("second", second)
        if one.shape != other.shape:
            raise ValueError("`first` and `second` must be of the same length.")
        return cls(
            both=int((one & other).sum()),
            first_only=int((one & ~other).sum()),
            second_only=int((~one & other).sum()),
            neither=int((~one & ~other).sum()),
        )

    @property
    def n_cases(self) -> int:
        """All four together."""
        return self.both + self.first_only + self.second_only + self.neither


def whole_count(name: str, value: float) -> int:
    """``value`` as an integer.

    Raises
    ------
    ValueError
        If it is not a whole number of 0 or more; names the argument.
    """
    if not math.isfinite(value) or value != int(value) or value < 0:
        raise ValueError(f"`{name}` must be a whole number, 0 or more.")
    return int(value)


def whole_counts(name: str, values: npt.ArrayLike) -> CountArray:
    """``values`` as integers, one-dimensional.

    Raises
    ------
    ValueError
        If one is not a whole number of 0 or more; names the argument.
    """
    counts = np.asarray(values)
    if counts.ndim != 1 or counts.dtype.kind not in "biuf" or not np.isfinite(counts).all():
        raise ValueError(f"`{name}` must be one-dimensional and hold whole numbers.")
    if (counts != np.trunc(counts)).any() or (counts < 0).any():
        raise ValueError(f"`{name}` must hold whole numbers of 0 or more.")
    return counts.astype(np.int64)


def binary_results(name: str, values: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """``values`` as booleans, one-dimensional.

    Raises
    ------
    ValueError
        If they hold anything but 0 and 1 (or booleans); names the argument.
    """
    results = np.asarray(values)
    # An empty list becomes an array of floats, in which nothing is wrong.
    numeric = results.ndim == 1 and results.dtype.kind in "biuf"
    if not numeric or (results.dtype != np.bool_ and not np.isin(results, (0, 1)).all()):
        raise ValueError(f"`{name}` must be one-dimensional and hold only 0 and 1 (or booleans).")
    return results.astype(np.bool_)
