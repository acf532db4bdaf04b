"""Ratings as they come, turned into numbers of categories."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import BooleanArray, CountArray, FloatArray
from multisite.stats.resampling.case_arrays import is_missing

__all__ = ["MISSING", "CodedRatings", "coded_ratings", "counts_of_categories", "numeric_ratings"]

MISSING = -1
"""The code of a rating that was not given."""


@dataclass(frozen=True, slots=True, eq=False)
class CodedRatings:
    """Ratings as positions in ``categories``; :data:`MISSING` where there is none."""

    codes: CountArray
    categories: tuple[Any, ...]

    @property
    def unused(self) -> tuple[Any, ...]:
        """Categories that no rating has."""
        seen = set(np.unique(self.codes).tolist())
        return tuple(category for k, category in enumerate(self.categories) if k not in seen)

    @property
    def counts(self) -> CountArray:
        """Ratings per case (a row of two-dimensional codes) and category, shape (n_cases, n_categories)."""
        rows, columns = np.nonzero(self.codes != MISSING)
        found = np.zeros((self.codes.shape[0], len(self.categories)), dtype=np.int64)
        np.add.at(found, (rows, self.codes[rows, columns]), 1)
        return found

    @property
    def n_raters(self) -> int:
        """Raters (columns of two-dimensional codes) who gave any rating."""
        return int((self.codes != MISSING).any(axis=0).sum())


def coded_ratings(
    ratings: npt.ArrayLike, categories: Sequence[Any] | None, *, argument: str, n_dimensions: int
) -> CodedRatings:
    """Code ``ratings``; NaN, None and masked entries are missing.

    Without ``categories`` these are the distinct ratings in rising order.

    Raises
    ------
    ValueError
        If the shape is wrong, a rating is infinite or no category, or categories repeat or cannot be put in order.
    """
    values, given = _values(ratings, argument=argument, n_dimensions=n_dimensions)
    present = values[given]
    if present.dtype == np.object_:
        distinct = list(dict.fromkeys(present.tolist()))
        position = {value: number for number, value in enumerate(distinct)}
        inverse = np.fromiter((position[value] for value in present.tolist()), dtype=np.int64, count=present.size)
    else:
        found, inverse = np.unique(present, return_inverse=True)
        distinct = found.tolist()
    order = _in_order(distinct, argument) if categories is None else tuple(_plain(c) for c in categories)
    number_of = {category: k for k, category in enumerate(order)}
    if len(number_of) != len(order):
        raise ValueError("`categories` must be distinct.")
    if any(value not in number_of for value in distinct):
        raise ValueError(f"`{argument}` must hold only `categories` and missing ratings.")
    codes = np.full(values.shape, MISSING, dtype=np.int64)
    codes[given] = np.array([number_of[value] for value in distinct], dtype=np.int64)[inverse.ravel()]
    return CodedRatings(codes, order)


def numeric_ratings(ratings: npt.ArrayLike, *, argument: str, n_dimensions: int) -> FloatArray:
    """Numbers, NaN where there is none (NaN, None or masked).

    Raises
    ------
    ValueError
        If the shape is wrong, or a rating is infinite or no number.
    """
    values, given = _values(ratings, argument=argument, n_dimensions=n_dimensions)
    numbers = np.full(values.shape, np.nan)
    try:
        numbers[given] = values[given].astype(np.float64)
    except (TypeError, ValueError):
        raise ValueError(f"`{argument}` must hold numbers.") from None
    if np.isinf(numbers).any():
        raise ValueError(f"`{argument}` must be finite; NaN stands for a missing rating.")
    return numbers


def counts_of_categories(counts: npt.ArrayLike, *, argument: str) -> CountArray:
    """A table of counts: two-dimensional, whole and not negative.

    Raises
    ------
    ValueError
        If it is not.
    """
    table = np.asarray(counts)
    if table.ndim != 2 or table.dtype.kind not in "iuf":
        raise ValueError(f"`{argument}` must be a two-dimensional table of counts.")
    if table.size and not (np.isfinite(table).all() and (table == np.trunc(table)).all() and table.min() >= 0):
        raise ValueError(f"`{argument}` must hold whole numbers that are not negative.")
    return table.astype(np.int64)


def _values(ratings: npt.ArrayLike, *, argument: str, n_dimensions: int) -> tuple[npt.NDArray[Any], BooleanArray]:
    # As objects, for NumPy would make the text "nan" of a NaN among texts.
    values = ratings if isinstance(ratings, np.ndarray) else np.array(ratings, dtype=np.object_)
    if values.ndim != n_dimensions:
        shape = "one-dimensional" if n_dimensions == 1 else "two-dimensional, one row per case and one column per rater"
        raise ValueError(f"`{argument}` must be {shape}.")
    masked = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else np.zeros(values.shape, np.bool_)
    plain: npt.NDArray[Any] = np.asarray(values)
    if plain.dtype == np.object_:
        missing = np.fromiter((is_missing(v) for v in plain.ravel()), dtype=np.bool_, count=plain.size)
        missing = missing.reshape(plain.shape) | masked
        infinite = any(isinstance(v, float) and abs(v) == float("inf") for v in plain[~missing].tolist())
    elif plain.dtype.kind == "f":
        missing = np.isnan(plain) | masked
        infinite = bool(np.isinf(plain[~missing]).any())
    else:
        missing, infinite = masked, False
    if infinite:
        raise ValueError(f"`{argument}` must be finite; NaN stands for a missing rating.")
    return plain, ~missing


def _in_order(distinct: list[Any], argument: str) -> tuple[Any, ...]:
    try:
        return tuple(sorted(distinct))
    except TypeError:
        raise ValueError(f"`categories` must be given where `{argument}` cannot be put in order.") from None


def _plain(category: Any) -> Any:
    return category.item() if isinstance(category, np.generic) else category
