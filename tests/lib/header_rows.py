"""Header rows written as small text tables: names in the place of pseudonyms, everything else missing."""

import hashlib

import polars as pl

from multisite.dicom import HEADER_COLUMNS
from tests.lib.tables import table

__all__ = ["header_rows", "pseudonym"]

_IDENTIFIERS = (
    "sop_instance_uid",
    "series_instance_uid",
    "study_instance_uid",
    "patient_id",
    "dataset_digest",
    "content_fingerprint",
)
_DTYPES = {column.name: column.dtype for column in HEADER_COLUMNS}


def pseudonym(name: str) -> str:
    """What stands for an identifier: 32 hexadecimal digits."""
    return hashlib.sha256(name.encode()).hexdigest()[:32]


def header_rows(text: str, **constant: object) -> pl.DataFrame:
    """Decoded headers (all HEADER_COLUMNS) from a text table; the ``constant`` columns are the same in all rows.

    A column of lists holds its values parted by spaces. Instances without a digest get one of their own.
    """
    rows = table(text)
    rows = rows.with_columns(_read(name) for name in rows.columns)
    rows = rows.with_columns(
        pl.Series(name, [value] * rows.height, dtype=_DTYPES[name]) for name, value in constant.items()
    )
    if "dataset_digest" not in rows.columns:
        rows = rows.with_columns(pl.col("sop_instance_uid").alias("dataset_digest"))
    known = [name for name in _IDENTIFIERS if name in rows.columns]
    rows = rows.with_columns(pl.col(name).map_elements(pseudonym, return_dtype=pl.String) for name in known)
    missing = [pl.lit(_nothing(name), dtype).alias(name) for name, dtype in _DTYPES.items() if name not in rows.columns]
    return rows.with_columns(missing).select(*_DTYPES)


def _nothing(name: str) -> object:
    return [] if name.endswith("_attributes") else "none" if name == "age_source" else None


def _read(name: str) -> pl.Expr:
    dtype, text = _DTYPES[name], pl.col(name)
    if isinstance(dtype, pl.List):
        return text.str.split(" ").cast(dtype)
    if dtype == pl.Datetime("us"):
        return text.str.to_datetime("%Y-%m-%d %H:%M:%S")
    if dtype == pl.Time():
        return text.str.to_time("%H:%M:%S")
    return text.str.to_date("%Y-%m-%d") if dtype == pl.Date() else text.cast(dtype)
