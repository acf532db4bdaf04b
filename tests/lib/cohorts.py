"""Cohorts written as small text tables."""

import polars as pl

from multisite.schemas.cohort import COHORT
from tests.lib.tables import table

__all__ = ["cohort"]


def cohort(text: str) -> pl.DataFrame:
    """A frame of COHORT from the columns in ``text``; the others are missing.

    Without the column, the site is ``north``, the patient of case c1 is p1, and a case is included when no rule
    excludes it.
    """
    written = table(text)
    dtypes = dict(COHORT.schema)
    for name in COHORT.family_columns(written):
        dtypes[name] = pl.Boolean() if name.startswith("reference_") else pl.String()
    frame = table(text, **{name: dtypes[name] for name in written.columns})
    assumed = {
        "site": pl.lit("north"),
        "patient_id": pl.col("case_id").str.replace("c", "p"),
        "exclusion_rule": pl.lit(None, pl.String),
    }
    frame = frame.with_columns(value.alias(name) for name, value in assumed.items() if name not in frame.columns)
    if "included" not in frame.columns:
        frame = frame.with_columns(pl.col("exclusion_rule").is_null().alias("included"))
    missing = {name: dtype for name, dtype in COHORT.schema.items() if name not in frame.columns}
    return COHORT.conform(frame.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in missing.items()))
