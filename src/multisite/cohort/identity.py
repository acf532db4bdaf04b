"""The hash that identifies the validated set."""

import hashlib
import json

import polars as pl

from multisite.schemas.cohort import COHORT_IDENTITY

__all__ = ["identity_row", "set_digest"]


def set_digest(included: pl.DataFrame) -> str:
    """SHA-256 over the included rows in canonical form.

    Rows are sorted by case, columns by name; each column contributes its name, dtype and values as JSON (dates as
    ISO 8601, numbers in shortest round-trip form). Reordering or re-partitioning rows leaves the hash; any change of
    a value, a column or the number of rows does not.
    """
    ordered = included.sort("case_id")
    digest = hashlib.sha256()
    for name in sorted(ordered.columns):
        column = ordered[name]
        header = [name, str(column.dtype), len(column)]
        digest.update(json.dumps([header, _plain(column)], separators=(",", ":"), allow_nan=False).encode())
    return digest.hexdigest()


def _plain(column: pl.Series) -> list[object]:
    if column.dtype.is_temporal():
        return column.dt.to_string("iso").to_list()
    if column.dtype.is_float():
        # A header may hold an infinity or a NaN, which JSON has no word for.
        return [None if value is None else repr(value) for value in column.to_list()]
    return column.to_list()


def identity_row(cohort: pl.DataFrame, *, site: str, n_studies_without_case: int) -> pl.DataFrame:
    """The single row of COHORT_IDENTITY."""
    included = cohort.filter("included")
    months = included.select(
        pl.col("case_date").min().dt.truncate("1mo").alias("first"),
        pl.col("case_date").max().dt.truncate("1mo").alias("last"),
    ).row(0)
    return pl.DataFrame(
        {
            "site": [site],
            "sha256": [set_digest(included)],
            "n_cases": [included.height],
            "n_patients": [included["patient_id"].n_unique()],
            "n_studies_without_case": [n_studies_without_case],
            "first_case_date": [months[0]],
            "last_case_date": [months[1]],
        },
        schema=COHORT_IDENTITY.schema,
    )
