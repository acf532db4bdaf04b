"""Series as the checks see them."""

import polars as pl

from multisite.schemas.series import SERIES
from tests.lib.tables import table

__all__ = ["SOUND_SERIES", "series_rows"]

SOUND_SERIES = """
series_instance_uid | n_missing_slices | n_duplicate_slices | is_complete | geometry_gap | inconsistent_attributes
e1                  | 0                | 0                  | true        | -            | -
e2                  | 0                | 0                  | true        | -            | rows
e3                  | -                | -                  | -           | one slice    | view_position,manufacturer
"""


def series_rows(text: str = SOUND_SERIES) -> pl.DataFrame:
    """Rows of SERIES of ten instances each; the varying attributes are parted by commas."""
    rows = table(text, n_missing_slices=pl.Int64(), n_duplicate_slices=pl.Int64(), is_complete=pl.Boolean())
    rows = rows.with_columns(
        pl.lit("north").alias("site"),
        pl.lit(10, pl.Int64).alias("n_instances"),
        pl.lit(10, pl.Int64).alias("n_objects"),
        pl.lit(0, pl.Int64).alias("n_conflicting_instances"),
        pl.col("inconsistent_attributes").fill_null("").str.split(",").list.filter(pl.element() != ""),
    )
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in SERIES.schema.items() if name not in rows.columns]
    return SERIES.conform(rows.with_columns(absent))
