"""Rows of flags by keyword, or by another code → lists of them."""

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from multisite.dicom.attributes import ATTRIBUTES

__all__ = ["code_lists", "keyword_lists"]

_ORDER: Final = {attribute.keyword: place for place, attribute in enumerate(ATTRIBUTES)}

Mask = npt.NDArray[np.bool_]


def keyword_lists(masks: dict[str, Mask], size: int) -> pl.Series:
    """For each row the keywords whose mask is true, in the order of the attributes, as a list that may be empty."""
    return code_lists(masks, size, order=_ORDER)


def code_lists(masks: Mapping[str, Mask], size: int, *, order: Mapping[str, int]) -> pl.Series:
    """For each row the codes whose mask is true, in their order, as a list that may be empty.

    Rows that are alike share the work: a batch has few patterns.
    """
    told = {code: masks[code] for code in sorted(masks, key=order.__getitem__) if masks[code].any()}
    if not told:
        return pl.Series([[]], dtype=pl.List(pl.String)).new_from_index(0, size)
    matrix = np.column_stack(list(told.values()))
    packed = np.packbits(matrix, axis=1)
    rows = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, pattern = np.unique(rows, return_index=True, return_inverse=True)
    return _lists(list(told), matrix[first]).gather(pattern)


def _lists(codes: list[str], matrix: Mask) -> pl.Series:
    offsets = np.concatenate([[0], np.cumsum(matrix.sum(axis=1))]).astype(np.int64)
    chosen = pa.array(codes, pa.large_string()).take(pa.array(np.nonzero(matrix)[1]))
    return pl.Series(pl.from_arrow(pa.LargeListArray.from_arrays(pa.array(offsets), chosen)), dtype=pl.List(pl.String))
