"""Reading a table of the site: mapped, typed, and its identifiers replaced before anything else sees them."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from multisite.dicom import Pseudonymiser
from multisite.errors import SchemaError
from multisite.runners.header_table import header_columns, row_faults
from multisite.schemas.site_tables import SERIES_TABLE, SiteColumn, SiteTable

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
    missing), others as numbers or text; a declared column of booleans is read as ``reference_…`` is. A number or date
    that does not parse is missing. A table of series has the columns of the headers instead, as ``header_columns``
    makes them.

    Raises
    ------
    SchemaError
        When the file cannot be read, lacks columns, repeats series, or has no date in the declared format. All faults
        that can be seen at once are named at once.
    """
    place = f"site {site}, table `{table.name}`"
    source = _open(path, place)
    chosen = _choose(source.collect_schema().names(), table, columns, place)
    frame = _collect(source.select(pl.col(theirs).alias(ours) for ours, theirs in chosen.items()), place)
    if table is SERIES_TABLE:
        return _series(frame, date_format=date_format, pseudonyms=pseudonyms, place=place)
    declared = [_declared(frame, column, date_format, pseudonyms, place) for column in table.columns]
    open_columns = [_open_column(frame[name]) for name in _open_names(frame.columns, table)]
    return pl.DataFrame([*declared, *open_columns])


def _open(path: Path, place: str) -> pl.LazyFrame:
    try:
        if path.suffix.lower() == ".parquet":
            source = pl.scan_parquet(path)
        else:
            source = pl.scan_csv(path, infer_schema=False, null_values=["", "NA"])
        names = source.collect_schema().names()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _unreadable(error, place) from None
    if len(names) == 1 and ";" in names[0]:
        raise SchemaError(
            "the file seems to be separated by semicolons",
            place=place,
            remedy="Write it with commas between the columns, and points in numbers; or as Parquet.",
        )
    return source


def _collect(source: pl.LazyFrame, place: str) -> pl.DataFrame:
    try:
        return source.collect()
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _unreadable(error, place) from None


def _unreadable(error: Exception, place: str) -> SchemaError:
    return SchemaError(
        f"the file cannot be read as a table ({type(error).__name__})",
        place=place,
        remedy="Name a CSV file with a header line, or a Parquet file, that this machine can read.",
    )


def _choose(names: list[str], table: SiteTable, columns: Mapping[str, str], place: str) -> dict[str, str]:
    """Our name → the site's name, of every column that is wanted: as mapped, else under our name, else by keyword."""
    ours = {column.name: column for column in table.columns}
    lacking = sorted({theirs for theirs in columns.values() if theirs not in names})
    unknown = sorted(name for name in columns if name not in ours and not _is_open(name, table))
    found = {our: their for our, their in columns.items() if their in names and our not in unknown}
    for name in [*ours, *_open_names(names, table)]:
        keyword = ours[name].keyword if name in ours else None
        for candidate in (name, keyword):
            if candidate in names and name not in columns and candidate not in columns.values():
                found.setdefault(name, candidate)
    missing = [c for c in table.columns if c.required and c.name not in columns and c.name not in found]
    faults = [
        *([f"the table has no column {_quoted(lacking)}, which the site file maps"] if lacking else []),
        *([f"the site file maps {_quoted(unknown)}, which is no column of this table"] if unknown else []),
        *([f"the table lacks {', '.join(map(_spelt, missing))}"] if missing else []),
    ]
    if faults:
        raise SchemaError(
            "\n".join(faults),
            place=place,
            remedy=f"Map the site's own columns under `tables.{table.name}.columns` in the site file, our name first.",
        )
    return found


def _quoted(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _spelt(column: SiteColumn) -> str:
    return f"`{column.name}`" + (f" ({column.keyword})" if column.keyword else "")


def _series(frame: pl.DataFrame, *, date_format: str, pseudonyms: Pseudonymiser, place: str) -> pl.DataFrame:
    made, foreign = header_columns(frame, SERIES_TABLE, date_format=date_format, pseudonyms=pseudonyms)
    faults = [f"no value of column `{name}` is a date in the declared format" for name in foreign] + row_faults(made)
    if faults:
        raise SchemaError(
            "\n".join(faults),
            place=place,
            remedy="Bring one row per series, or one row per instance with its SOPInstanceUID; mend `columns` and"
            " `date_format` of the table in the site file.",
        )
    return made


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
    if column.dtype == pl.Boolean():
        return _truth(values)
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


def _is_open(name: str, table: SiteTable) -> bool:
    return bool(table.open_prefixes) and name.startswith(table.open_prefixes)


def _open_names(names: list[str], table: SiteTable) -> list[str]:
    return sorted(name for name in names if _is_open(name, table))


def _open_column(values: pl.Series) -> pl.Series:
    if values.name.startswith("reference_"):
        return _truth(values)
    number = _number(values)
    return number if number.null_count() == values.null_count() else values.cast(pl.String).str.strip_chars()


def _truth(values: pl.Series) -> pl.Series:
    if values.dtype == pl.Boolean:
        return values
    word = values.cast(pl.String).str.strip_chars().str.to_lowercase()
    known = pl.when(word.is_in(_TRUE)).then(True).when(word.is_in(_FALSE)).then(False).otherwise(None)
    return pl.select(known.alias(values.name)).to_series()


def _number(values: pl.Series) -> pl.Series:
    if values.dtype == pl.String:
        values = values.str.strip_chars()
    return values.cast(pl.Float64, strict=False)
