"""Which values are missing because the header was de-identified.

A value counts as removed if it is missing (absent, empty, or a sentinel such as ANONYMOUS), the header itself
says that it was de-identified, and the profile does not keep the attribute under the options that the header
declares. A header that names no option by its code is taken to follow the Basic Profile alone.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from multisite.dicom.decoding import Decoded
from multisite.dicom.deidentification import DECLARATIONS, KEPT_BY

__all__ = ["declared_rows", "rows_with_option", "take_removed"]

_REMOVED, _METHOD, _CODES = DECLARATIONS
_NONE: Final[tuple[str, ...]] = ()

Mask = npt.NDArray[np.bool_]


def take_removed(decoded: Decoded, unseen: dict[str, Mask], size: int) -> dict[str, Mask]:
    """The rows in which each attribute was removed, by keyword.

    There a sentinel becomes null in the column, also in one of presences, and the attribute no longer counts as empty
    or invalid. ``unseen`` are the rows in which an attribute may be there all the same.
    """
    declared = declared_rows(decoded, size)
    if not declared.any():
        return {}
    acted = {codes: declared & ~rows_with_option(decoded, codes, size) for codes in set(KEPT_BY.values())}
    removed = {}
    for keyword, codes in KEPT_BY.items():
        mask = acted[codes] & _missing(decoded, keyword, size)
        if keyword in unseen:
            mask &= ~unseen[keyword]
        if mask.any():
            removed[keyword] = mask
            _forget(decoded, keyword, mask)
    return removed


def declared_rows(decoded: Decoded, size: int) -> Mask:
    """Where a header says that it was de-identified."""
    declared = np.zeros(size, dtype=bool)
    if _REMOVED in decoded.values:
        declared |= _true(decoded.values[_REMOVED] == "YES")
    if _METHOD in decoded.values:
        declared |= _true(decoded.values[_METHOD].list.join("") != "")
    if _CODES in decoded.values:
        declared |= _true(decoded.values[_CODES].list.len() > 0)
    return declared


def rows_with_option(decoded: Decoded, codes: tuple[str, ...], size: int) -> Mask:
    """Where a header declares any of the options."""
    declared = np.zeros(size, dtype=bool)
    if _CODES in decoded.values:
        for code in codes:
            declared |= _true(decoded.values[_CODES].list.contains(code))
    return declared


def _missing(decoded: Decoded, keyword: str, size: int) -> Mask:
    """Where an attribute has no value, and no invalid one either, unless that is a sentinel."""
    values = decoded.values.get(keyword)
    if values is None:
        return np.ones(size, dtype=bool)
    missing = ~_true(values) if values.dtype == pl.Boolean else values.is_null().to_numpy(writable=True)
    if keyword in decoded.invalid:
        missing &= ~decoded.invalid[keyword]
    if keyword in decoded.dummy:
        missing |= decoded.dummy[keyword]
    return missing


def _forget(decoded: Decoded, keyword: str, removed: Mask) -> None:
    for masks in (decoded.empty, decoded.invalid):
        if keyword in masks:
            masks[keyword] = masks[keyword] & ~removed
    if keyword in decoded.dummy:
        dummies = pl.lit(pl.Series(removed & decoded.dummy[keyword]))
        values = decoded.values[keyword].alias("values").to_frame()
        decoded.values[keyword] = values.select(pl.when(~dummies).then(pl.col("values"))).to_series()


def _true(flags: pl.Series) -> Mask:
    return flags.fill_null(False).to_numpy(writable=True)
