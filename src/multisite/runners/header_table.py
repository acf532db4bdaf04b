"""Columns of a header table → the columns that reading the headers would have given, as far as a table can."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
import pyarrow as pa

from multisite.dicom import ATTRIBUTES, Attribute, Pseudonymiser
from multisite.dicom.ages import age_sources
from multisite.dicom.attributes import Form
from multisite.dicom.parsing import parse, possible_years, years_between
from multisite.schemas.site_tables import SiteColumn, SiteTable

__all__ = ["header_columns", "row_faults"]

_PADDING: Final = " \0\t\n\r\v\f"
_BIRTH: Final = "patient_birth_date"
_WRITTEN: Final = {pl.Date: "%Y%m%d", pl.Datetime: "%Y%m%d%H%M%S%.6f", pl.Time: "%H%M%S%.6f"}
_ATTRIBUTES: Final = {attribute.keyword: attribute for attribute in ATTRIBUTES}


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A column, and the rows where there was something that is no value."""

    values: pl.Series
    empty: pl.Series
    invalid: pl.Series


def header_columns(
    frame: pl.DataFrame, table: SiteTable, *, date_format: str, pseudonyms: Pseudonymiser
) -> tuple[pl.DataFrame, list[str]]:
    """The table in the columns of the headers, and the dates that are all in another format than declared.

    Parameters
    ----------
    frame : columns under our names; values as text, or typed
    date_format : strftime pattern of dates written as text; DICOM's own form (20240131) is understood, too

    Returns
    -------
    Those of the table's columns that the frame has, so that a column that was not brought and one without a value stay
    apart. The date of birth gives the age where none is stated and is then dropped. As in the headers there are
    ``age_source``, and ``empty_attributes`` and ``invalid_attributes``: the keywords whose value is
    empty text, or no value. Several values may be a list or stand in one text with backslashes between them. An age is
    as in DICOM (045Y) or a number of years from 0 to 150; one number is enough for a spacing that is alike both ways.
    """
    parsed = {
        column.name: _parsed(frame[column.name], column, date_format)
        for column in table.columns
        if column.name in frame.columns
    }
    foreign = [name for name, column in parsed.items() if _has_no_date(column)]
    made = {name: column.values for name, column in parsed.items()}
    for column in table.columns:
        if column.pseudonym_kind is not None and column.name in made:
            made[column.name] = pseudonyms.pseudonyms(made[column.name], kind=column.pseudonym_kind)
    made |= _age(made.get("age_years"), made.pop(_BIRTH, None), made.get("study_date"), frame.height)
    keywords = {column.name: column.keyword or column.name for column in table.columns}
    made["empty_attributes"] = _keywords({keywords[n]: p.empty for n, p in parsed.items()}, frame.height)
    made["invalid_attributes"] = _keywords({keywords[n]: p.invalid for n, p in parsed.items()}, frame.height)
    return pl.DataFrame([column.alias(name) for name, column in made.items()], height=frame.height), foreign


def row_faults(made: pl.DataFrame) -> list[str]:
    """What is wrong with the rows as a whole, in counts.

    Rows are instances where ``made`` (of ``header_columns``) has SOPInstanceUIDs, and series otherwise. Then no series
    may have two rows, and each must say how many instances it has: the index series of a study is chosen by that.
    """
    if "sop_instance_uid" in made.columns:
        return []
    faults = []
    uid = made["series_instance_uid"].drop_nulls()
    n_distinct = uid.n_unique()
    if n_distinct < len(uid):
        n_repeated = uid.value_counts().filter(pl.col("count") > 1).height
        faults.append(
            f"{n_repeated:,} series stand in more than one row ({len(uid):,} rows for {n_distinct:,} series), and there"
            " is no `sop_instance_uid` by which rows would be instances"
        )
    if "n_instances" not in made.columns:
        faults.append("the table has neither `n_instances`, for rows that are series, nor `sop_instance_uid`")
    elif made["n_instances"].null_count():
        faults.append(f"`n_instances` is no whole number from 1 in {made['n_instances'].null_count():,} rows")
    return faults


def _parsed(column: pl.Series, declared: SiteColumn, date_format: str) -> _Parsed:
    text = _text(column).str.strip_chars(_PADDING)
    empty = text == ""
    values = _values(text.set(empty.fill_null(False), None), declared, date_format)
    return _Parsed(values, empty, values.is_null() & text.is_not_null() & ~empty)


def _text(column: pl.Series) -> pl.Series:
    """The column as DICOM would write it; NaN is how some programs write a number that is missing."""
    if isinstance(column.dtype, pl.List | pl.Array):
        lists = column.arr.to_list() if isinstance(column.dtype, pl.Array) else column
        return lists.cast(pl.List(pl.String)).list.drop_nulls().list.join("\\")
    if column.dtype.is_float():
        column = column.fill_nan(None)
    for dtype, written in _WRITTEN.items():
        if column.dtype == dtype:
            return column.dt.strftime(written)
    return column.cast(pl.String)


def _values(text: pl.Series, declared: SiteColumn, date_format: str) -> pl.Series:
    attribute = _ATTRIBUTES.get(declared.keyword or "")
    if attribute is None or attribute.form is Form.INTEGER:
        number = _whole(text)
        return number if attribute is not None else number.set((number < 1).fill_null(False), None)
    if attribute.pseudonym is not None:
        return text
    if attribute.form is Form.DATE:
        return _dates(text, date_format)
    known = _parse(attribute, text)
    if attribute.form is not Form.AGE:
        return known
    years = text.cast(pl.Float64, strict=False).to_frame("years").select(possible_years(pl.col("years"))).to_series()
    return known.zip_with(known.is_not_null(), years)


def _parse(attribute: Attribute, text: pl.Series) -> pl.Series:
    if attribute.form is Form.DECIMAL_TEXT and attribute.vm == "2":
        text = text.str.replace(r"^([^\\]+)$", r"${1}\${1}")
    return parse([attribute], text.rename(attribute.keyword).to_frame())[attribute.keyword]


def _whole(text: pl.Series) -> pl.Series:
    number = text.cast(pl.Float64, strict=False)
    return number.set((number != number.floor()).fill_null(False), None).cast(pl.Int64, strict=False)


def _dates(text: pl.Series, date_format: str) -> pl.Series:
    """In the declared format, else in DICOM's, where a clock may follow the day (a moment cast to text)."""
    declared = text.str.to_date(date_format, strict=False)
    if declared.null_count() == text.null_count():
        return declared
    day = text.str.replace(r"^([0-9]{8})[0-9]{6}(?:\.[0-9]+)?$", "$1")
    return declared.zip_with(declared.is_not_null(), _parse(_ATTRIBUTES["StudyDate"], day))


def _has_no_date(parsed: _Parsed) -> bool:
    known = parsed.values
    return known.dtype == pl.Date and known.null_count() == len(known) and bool(parsed.invalid.any())


def _age(
    stated: pl.Series | None, birth: pl.Series | None, study: pl.Series | None, height: int
) -> dict[str, pl.Series]:
    """The age as stated, else in whole years from birth to study, and which of them it is."""
    nothing = pl.Series([None], dtype=pl.Float64).new_from_index(0, height)
    if birth is None or study is None:
        if stated is None:
            return {"age_source": age_sources(nothing, nothing)}
        return {"age_years": stated, "age_source": age_sources(stated, stated)}
    stated = nothing if stated is None else stated
    dates = pl.DataFrame({"birth": birth, "study": study})
    years = dates.select(years_between(pl.col("birth"), pl.col("study"))).to_series()
    age = stated.zip_with(stated.is_not_null(), years)
    return {"age_years": age, "age_source": age_sources(stated, age)}


def _keywords(masks: dict[str, pl.Series], height: int) -> pl.Series:
    """For each row the keywords whose mask is true, as a list that may be empty."""
    some = {keyword: mask.fill_null(False).to_numpy() for keyword, mask in masks.items() if mask.any()}
    matrix = np.column_stack([np.zeros((height, 0), dtype=bool), *some.values()])
    ends = np.concatenate([[0], np.cumsum(matrix.sum(axis=1))]).astype(np.int64)
    told = pl.Series(list(some), dtype=pl.String).gather(np.nonzero(matrix)[1]).to_arrow()
    # From buffers: an array made from one of NumPy has pyarrow import pandas.
    lists = pa.Array.from_buffers(pa.large_list(told.type), height, [None, pa.py_buffer(ends)], children=[told])
    return pl.Series(pl.from_arrow(lists), dtype=pl.List(pl.String))
