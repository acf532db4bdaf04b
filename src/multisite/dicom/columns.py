"""Raw headers → one typed frame, column by column."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa

from multisite.dicom.attributes import ATTRIBUTES, Attribute, Form
from multisite.dicom.batch import Batch
from multisite.dicom.fingerprint import content_fingerprint
from multisite.dicom.numbers import binary_column
from multisite.dicom.parsing import parse, years_between
from multisite.dicom.pseudonym import Pseudonymiser
from multisite.dicom.records import PRESENT, RawHeader
from multisite.dicom.slots import PER_FRAME
from multisite.vocabulary import ColumnPrivacy

__all__ = ["HEADER_COLUMNS", "HeaderColumn", "decode_headers"]

_PADDING: Final = " \0"
_AGE: Final = "PatientAge"
_BIRTH: Final = "PatientBirthDate"
_STUDY: Final = "StudyDate"
_BINARY: Final = frozenset({Form.INTEGER, Form.FLOAT})


@dataclass(frozen=True, slots=True)
class HeaderColumn:
    """One column of the decoded frame. Any may be null; a presence is so only where it was not looked for."""

    name: str
    dtype: pl.DataType
    description: str
    unit: str
    privacy: ColumnPrivacy


def _describe(attribute: Attribute) -> str:
    group, element = attribute.tags[0] >> 16, attribute.tags[0] & 0xFFFF
    group_text = f"{group:04X}" if len(attribute.tags) == 1 else "60xx"
    source = f"{attribute.name} ({group_text},{element:04X})"
    if attribute.keyword == _AGE:
        return f"{source}; where it is missing, whole years from birth to study."
    if attribute.form is Form.PRESENCE:
        return f"Whether {source} is present and not empty."
    return f"Keyed pseudonym of {source}." if attribute.form is Form.PSEUDONYM else f"{source}."


HEADER_COLUMNS: Final[tuple[HeaderColumn, ...]] = (
    *(
        HeaderColumn(attribute.column, attribute.dtype, _describe(attribute), attribute.unit, attribute.column_privacy)
        for attribute in ATTRIBUTES
        if attribute.column is not None
    ),
    HeaderColumn(
        "content_fingerprint",
        pl.String(),
        "Keyed digest of what was acquired, without identifiers; null without a time of acquisition.",
        "",
        ColumnPrivacy.PSEUDONYM,
    ),
    HeaderColumn(
        "empty_attributes",
        pl.List(pl.String()),
        "Keywords of the attributes that are present without a value.",
        "",
        ColumnPrivacy.SAFE,
    ),
    HeaderColumn(
        "invalid_attributes",
        pl.List(pl.String()),
        "Keywords of the attributes whose value cannot be read as what it should be.",
        "",
        ColumnPrivacy.SAFE,
    ),
    HeaderColumn("header_bytes", pl.Int64(), "Length of the header in the object.", "bytes", ColumnPrivacy.SAFE),
    HeaderColumn("parsed_by", pl.String(), "What read the header: scanner or pydicom.", "", ColumnPrivacy.SAFE),
)
"""The columns of ``decode_headers``, in order."""


@dataclass(slots=True)
class _Decoded:
    """Columns by keyword, and where a keyword is there without a value or without a valid one."""

    values: dict[str, pl.Series] = field(default_factory=dict)
    empty: dict[str, npt.NDArray[np.bool_]] = field(default_factory=dict)
    invalid: dict[str, npt.NDArray[np.bool_]] = field(default_factory=dict)

    def put(
        self, attribute: Attribute, value: pl.Series, *, raw: pl.Series, empty: pl.Series, refused: Sequence[int]
    ) -> None:
        """Keep a column; ``raw`` is not null where there was an element, ``empty`` true where it was
        empty."""
        keyword = attribute.keyword
        self.values[keyword] = value
        n_empty = int(empty.sum() or 0)
        if n_empty:
            self.empty[keyword] = empty.fill_null(False).to_numpy()
        if value.null_count() > raw.null_count() + n_empty or refused:
            lost = (value.is_null() & raw.is_not_null() & ~empty.fill_null(False)).to_numpy(writable=True)
            lost[list(refused)] = True
            self.invalid[keyword] = lost


def decode_headers(headers: Sequence[RawHeader], pseudonymiser: Pseudonymiser) -> pl.DataFrame:
    """Decode a batch of raw headers, one row each, in order.

    The columns are ``HEADER_COLUMNS``, whatever the batch holds. A value that is null was absent from the
    header unless its keyword is in ``empty_attributes`` or in ``invalid_attributes``. Identifiers leave as
    pseudonyms, names and free text as presences, and the date of birth as an age.
    """
    batch = Batch(headers)
    found = [attribute for attribute in ATTRIBUTES if batch.has(attribute)]
    decoded = _Decoded()
    _decode_presences(batch, [a for a in found if a.form is Form.PRESENCE], decoded)
    _decode_numbers(batch, [a for a in found if a.form in _BINARY], decoded)
    _decode_texts(batch, [a for a in found if a.form is not Form.PRESENCE and a.form not in _BINARY], decoded)
    _replace_identifiers(found, decoded, pseudonymiser)
    _derive_age(decoded, batch.size)
    made = {a.column: decoded.values[a.keyword] for a in ATTRIBUTES if a.column and a.keyword in decoded.values}
    made["content_fingerprint"] = content_fingerprint(_frame(made, batch.size), pseudonymiser)
    made["empty_attributes"] = _keyword_lists(decoded.empty, batch.size)
    made["invalid_attributes"] = _keyword_lists(decoded.invalid, batch.size)
    made["header_bytes"] = pl.Series([header.header_bytes for header in headers], dtype=pl.Int64)
    made["parsed_by"] = pl.Series([header.parsed_by for header in headers], dtype=pl.String)
    return _frame(_completed(made, batch.size), batch.size)


def _decode_presences(batch: Batch, attributes: Sequence[Attribute], decoded: _Decoded) -> None:
    raw = pl.DataFrame({a.keyword: pl.Series(batch.presence(a), dtype=pl.Binary) for a in attributes})
    present = raw.select((pl.all() == pl.lit(PRESENT)).fill_null(False))
    empty = raw.select(pl.all() == pl.lit(b""))
    for attribute in attributes:
        key = attribute.keyword
        seen = present[key]
        if attribute.tags[0] > PER_FRAME:
            seen = seen.scatter([row for row in batch.early if raw[key][row] is None], None)
        decoded.put(attribute, seen, raw=raw[key], empty=empty[key], refused=batch.refused(attribute))


def _decode_numbers(batch: Batch, attributes: Sequence[Attribute], decoded: _Decoded) -> None:
    for attribute in attributes:
        raw = pl.Series(batch.values(attribute), dtype=pl.Binary)
        value = binary_column(batch, attribute, raw)
        overridden = [row for row in batch.overrides(attribute) if value[row] is None]
        refused = (*batch.refused(attribute), *overridden)
        decoded.put(attribute, value, raw=raw, empty=raw.bin.size() == 0, refused=refused)


def _decode_texts(batch: Batch, attributes: Sequence[Attribute], decoded: _Decoded) -> None:
    columns = {attribute.keyword: batch.text(attribute) for attribute in attributes}
    if not columns:
        return
    frame = pl.DataFrame({keyword: column.text for keyword, column in columns.items()})
    frame = frame.select(pl.all().str.strip_chars(_PADDING))
    empty = frame.select(pl.all() == "")
    values = frame.select(parse(a, pl.col(a.keyword)).alias(a.keyword) for a in attributes)
    for attribute in attributes:
        key = attribute.keyword
        decoded.put(attribute, values[key], raw=frame[key], empty=empty[key], refused=columns[key].refused)


def _replace_identifiers(found: Sequence[Attribute], decoded: _Decoded, pseudonymiser: Pseudonymiser) -> None:
    known: dict[str, dict[str | None, str | None]] = {}
    for attribute in found:
        kind = attribute.pseudonym
        if kind is None:
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


def _derive_age(decoded: _Decoded, size: int) -> None:
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
