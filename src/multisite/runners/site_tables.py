"""Reading a table of the site: mapped, typed, and its identifiers replaced before anything else sees them."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from multisite.dicom import Pseudonymiser
from multisite.errors import SchemaError
from multisite.schemas.site_tables import SiteColumn, SiteTable

__all__ = ["read_site_table"]

_TRUE = ("1", "1.0", "true", "yes", "y", "t", "positive", "pos", "present")
_FALSE = ("0", "0.0", "false", "no", "n", "f", "negative", "neg", "absent")


def read_site_table(
    path: Path,
    table: SiteTable,
    *,
    columns: Mapping[str, str],
    date_format: str,
    pseudonyms: Pseudonymiser,
    site: str,
) -> pl.DataFrame:
    """The table with our column names and types.

    Parameters
    ----------
    columns : our name → the site's name; a column that is not mapped keeps its name
    date_format : strftime pattern of dates written as text

    Returns
    -------
    The declared columns, a null column for each optional one the site lacks, and the columns whose (mapped) name begins
    with an open prefix: ``reference_…`` as booleans (1/0, yes/no, true/false, positive/negative; anything else is
    missing), others as numbers or text. A number or date that does not parse is missing.

    Raises
    ------
    SchemaError
        When the file cannot be read, lacks a column (all of them named), or has no date in the declared format.
    """
    place = f"site {site}, table `{table.name}`"
    raw = _read(path, place)
    renamed = _rename(raw, table, columns, place)
    declared = [_declared(renamed, column, date_format, pseudonyms, place) for column in table.columns]
    open_columns = [_open_column(renamed[name]) for name in _open_names(renamed, table)]
    return pl.DataFrame([*declared, *open_columns])


def _read(path: Path, place: str) -> pl.DataFrame:
    try:
        if path.suffix.lower() == ".parquet":
            return pl.read_parquet(path)
        return pl.read_csv(path, infer_schema=False, null_values=["", "NA"])
    except (OSError, pl.exceptions.PolarsError) as error:
        raise SchemaError(
            f"the file cannot be read as a table ({type(error).__name__})",
            place=place,
            remedy="Name a CSV file with a header line, or a Parquet file, that this machine can read.",
        ) from None


def _rename(raw: pl.DataFrame, table: SiteTable, columns: Mapping[str, str], place: str) -> pl.DataFrame:
    lacking = sorted(name for name in columns.values() if name not in raw.columns)
    if lacking:
        raise SchemaError(
            f"the table has no column {', '.join(f'`{name}`' for name in lacking)}, which the site file maps",
            place=place,
            remedy=f"Mend `tables.{table.name}.columns` in the site file.",
        )
    renamed = raw.select(
        [pl.col(theirs).alias(ours) for ours, theirs in columns.items()]
        + [pl.col(name) for name in raw.columns if name not in columns.values() and name not in columns]
    )
    missing = [column.name for column in table.columns if column.required and column.name not in renamed.columns]
    if missing:
        raise SchemaError(
            f"the table lacks {', '.join(f'`{name}`' for name in missing)}",
            place=place,
            remedy=f"Map the site's own column to it under `tables.{table.name}.columns`.",
        )
    return renamed


def _declared(
    frame: pl.DataFrame, column: SiteColumn, date_format: str, pseudonyms: Pseudonymiser, place: str
) -> pl.Series:
    if column.name not in frame.columns:
        return pl.Series(column.name, [None] * frame.height, dtype=column.dtype)
    values = frame[column.name]
    if column.pseudonym_kind is not None:
        text = values.cast(pl.String).str.strip_chars()
        return pseudonyms.pseudonyms(text, kind=column.pseudonym_kind).alias(column.name)
    if column.dtype == pl.Date():
        return _dates(values, date_format, place)
    if column.dtype == pl.String():
        return values.cast(pl.String).str.strip_chars()
    return _number(values).cast(column.dtype, strict=False)


def _dates(values: pl.Series, date_format: str, place: str) -> pl.Series:
    if values.dtype != pl.String:
        return values.cast(pl.Date, strict=False)
    dates = values.str.strip_chars().str.to_date(date_format, strict=False)
    if len(values) > values.null_count() and dates.null_count() == len(dates):
        raise SchemaError(
            f"no value of column `{values.name}` is a date in the declared format",
            place=place,
            remedy="Mend `date_format` in the site file; it is a pattern as in Python's strftime.",
        )
    return dates


def _open_names(frame: pl.DataFrame, table: SiteTable) -> list[str]:
    return sorted(name for name in frame.columns if table.open_prefixes and name.startswith(table.open_prefixes))


def _open_column(values: pl.Series) -> pl.Series:
    if values.name.startswith("reference_"):
        if values.dtype == pl.Boolean:
            return values
        word = values.cast(pl.String).str.strip_chars().str.to_lowercase()
        known = pl.when(word.is_in(_TRUE)).then(True).when(word.is_in(_FALSE)).then(False).otherwise(None)
        return pl.select(known.alias(values.name)).to_series()
    number = _number(values)
    return number if number.null_count() == values.null_count() else values.cast(pl.String).str.strip_chars()


def _number(values: pl.Series) -> pl.Series:
    if values.dtype == pl.String:
        values = values.str.strip_chars()
    return values.cast(pl.Float64, strict=False)
