"""The included cases with all that a check may ask of a case."""

import polars as pl

from multisite.schemas.cohort import COHORT
from multisite.schemas.series import ACQUISITION

__all__ = ["CLINICAL", "COLUMNS_OF_CASE", "COLUMNS_OF_SERIES", "TABLE_ROW", "described_cases"]

CLINICAL = "clinical_"
"""Prefix of the columns that a site's table of cases may have beyond the declared ones."""

TABLE_ROW = "table_row"
"""Column of ``described_cases``: position of the case in the site's table, from 0."""

COLUMNS_OF_SERIES = ("station_name", "device_serial_number", "protocol_name")
"""Columns that a case takes over from its index series beyond those that the cohort has."""

COLUMNS_OF_CASE = (
    "site",
    *(column.name for column in ACQUISITION if column.name in COHORT.schema),
    *COLUMNS_OF_SERIES,
)
"""Columns that describe every case, whatever the study or the site declares."""


def described_cases(cohort: pl.DataFrame, table: pl.DataFrame, series: pl.DataFrame) -> pl.DataFrame:
    """The included cases of ``cohort``, with ``table_row``, ``clinical_…`` and the columns of their index series.

    ``table`` is the site's table of cases in its own order. A column of the series is missing where the series has no
    value of it, or several.
    """
    included = cohort.filter("included")
    clinical = [name for name in table.columns if name.startswith(CLINICAL)]
    # A case id that stands in two rows is excluded, so the first row is the only one of what is included.
    rows = table.with_row_index(TABLE_ROW).select("case_id", TABLE_ROW, *clinical).unique("case_id", keep="first")
    described = included.join(rows, on="case_id", how="left", maintain_order="left")
    return described.join(
        _of_index_series(included, series), on="series_instance_uid", how="left", maintain_order="left"
    )


def _of_index_series(included: pl.DataFrame, series: pl.DataFrame) -> pl.DataFrame:
    of_cases = series.join(included.drop_nulls("series_instance_uid"), on="series_instance_uid", how="semi")
    varying = pl.col("inconsistent_attributes")
    return of_cases.select(
        "series_instance_uid",
        *(pl.when(~varying.list.contains(name).fill_null(False)).then(name).alias(name) for name in COLUMNS_OF_SERIES),
    )
