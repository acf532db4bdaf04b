"""An age, and what it was taken from."""

from enum import StrEnum

import polars as pl

__all__ = ["AgeSource", "age_sources"]


class AgeSource(StrEnum):
    """What an age was taken from."""

    PATIENT_AGE = "patient_age"
    DATES = "dates"
    NONE = "none"


def age_sources(stated: pl.Series, age: pl.Series) -> pl.Series:
    """The source of each ``age``: PatientAge where that is ``stated``, else the dates of birth and study."""
    source = (
        pl.when(pl.col("stated").is_not_null())
        .then(pl.lit(AgeSource.PATIENT_AGE.value))
        .when(pl.col("age").is_not_null())
        .then(pl.lit(AgeSource.DATES.value))
        .otherwise(pl.lit(AgeSource.NONE.value))
    )
    return pl.DataFrame({"stated": stated, "age": age}).select(source).to_series()
