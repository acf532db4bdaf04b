"""Raw headers → one typed frame, column by column."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from multisite.dicom.attributes import ATTRIBUTES
from multisite.dicom.batch import Batch
from multisite.dicom.decoding import Decoded, decode
from multisite.dicom.fingerprint import content_fingerprint
from multisite.dicom.header_columns import HEADER_COLUMNS
from multisite.dicom.parsing import years_between
from multisite.dicom.pseudonym import Pseudonymiser
from multisite.dicom.records import RawHeader

__all__ = ["decode_headers"]

_AGE: Final = "PatientAge"
_BIRTH: Final = "PatientBirthDate"
_STUDY: Final = "StudyDate"


def decode_headers(headers: Sequence[RawHeader], pseudonymiser: Pseudonymiser) -> pl.DataFrame:
    """Decode a batch of raw headers, one row each, in order.

    The columns are ``HEADER_COLUMNS``, whatever the batch holds. A value that is null was absent from the
    header unless its keyword is in ``empty_attributes`` or in ``invalid_attributes``. Identifiers leave as
    pseudonyms, names and free text as presences, and the date of birth as an age.
    """
    batch = Batch(headers)
    decoded = decode(batch)
    _replace_identifiers(decoded, pseudonymiser)
    _derive_age(decoded, batch.size)
    made = {a.column: decoded.values[a.keyword] for a in ATTRIBUTES if a.column and a.keyword in decoded.values}
    made["content_fingerprint"] = content_fingerprint(_frame(made, batch.size), pseudonymiser)
    made["empty_attributes"] = _keyword_lists(decoded.empty, batch.size)
    made["invalid_attributes"] = _keyword_lists(decoded.invalid, batch.size)
    made["header_bytes"] = pl.Series([header.header_bytes for header in headers], dtype=pl.Int64)
    made["parsed_by"] = pl.Series([header.parsed_by for header in headers], dtype=pl.String)
    return _frame(_completed(made, batch.size), batch.size)


def _replace_identifiers(decoded: Decoded, pseudonymiser: Pseudonymiser) -> None:
    known: dict[str, dict[str | None, str | None]] = {}
    for attribute in ATTRIBUTES:
        kind = attribute.pseudonym
        if kind is None or attribute.keyword not in decoded.values:
            continue
        column = decoded.values[attribute.keyword]
        flat = column.explode() if attribute.many else column
        values = flat.to_list()
        memo = known.setdefault(kind, {})
        memo |= pseudonymiser.known((value for value in values if value not in memo), kind=kind)
        if attribute.many:
            hashed = [None if row is None else [memo[value] for value in row] for row in column.to_list()]
            decoded.values[attribute.keyword] = pl.Series(hashed, dtype=attribute.dtype)
        else:
            decoded.values[attribute.keyword] = pl.Series([memo[value] for value in values], dtype=pl.String)


def _derive_age(decoded: Decoded, size: int) -> None:
    """The age as stated, else from the date of birth, which is then dropped."""
    birth, study = decoded.values.pop(_BIRTH, None), decoded.values.get(_STUDY)
    if birth is None or study is None:
        return
    dates = pl.DataFrame({"birth": birth, "study": study})
    years = dates.select(years_between(pl.col("birth"), pl.col("study"))).to_series()
    stated = decoded.values.get(_AGE, pl.Series([None] * size, dtype=pl.Float64))
    decoded.values[_AGE] = stated.zip_with(stated.is_not_null(), years)


def _keyword_lists(masks: dict[str, npt.NDArray[np.bool_]], size: int) -> pl.Series:
    """For each row the keywords whose mask is true, as a list that may be empty."""
    keywords = pa.array(list(masks), pa.large_string())
    matrix = np.column_stack([np.zeros((size, 0), dtype=bool), *masks.values()])
    offsets = np.concatenate([[0], np.cumsum(matrix.sum(axis=1))]).astype(np.int64)
    chosen = keywords.take(pa.array(np.nonzero(matrix)[1]))
    lists = pl.from_arrow(pa.LargeListArray.from_arrays(pa.array(offsets), chosen))
    return pl.Series(lists, dtype=pl.List(pl.String))


def _completed(made: dict[str, pl.Series], size: int) -> dict[str, pl.Series]:
    """Every declared column, those that no header has as typed nulls or as false."""
    blanks = {
        dtype: pl.Series([False if dtype == pl.Boolean else None], dtype=dtype).new_from_index(0, size)
        for dtype in {column.dtype for column in HEADER_COLUMNS}
    }
    return {column.name: made.get(column.name, blanks[column.dtype]) for column in HEADER_COLUMNS}


def _frame(columns: dict[str, pl.Series], size: int) -> pl.DataFrame:
    return pl.DataFrame([column.alias(name) for name, column in columns.items()], height=size)
