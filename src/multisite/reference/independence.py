"""Whether those who decided a case were independent of the model, and of those who had read it before."""

import polars as pl

from multisite.reference.rules import FindingRule, is_before_adjudication

__all__ = ["INDEPENDENCE", "INDEPENDENT", "case_independence"]

INDEPENDENT = "independent, as far as is told"

INDEPENDENCE: tuple[str, ...] = (
    INDEPENDENT,
    "not said whether blinded",
    "decided by who saw the model's output",
    "decided by who had read the case before",
    "decided by who saw the model's output and had read the case before",
)
"""What can be said of a decided case."""


def case_independence(readings: pl.DataFrame, rule: FindingRule) -> pl.DataFrame:
    """``case_id`` and ``independence`` of each case that a reading decided.

    ``readings`` as adjudicated. A case has been read before by who decides it where an adjudicator, or one of a panel,
    also has a reading among those of which the disagreement was to be settled.
    """
    first = is_before_adjudication(rule.rule)
    earlier = (
        readings.filter(first).select("case_id", "reader").unique().with_columns(pl.lit(True).alias("read_before"))
    )
    deciding = readings.filter("decided").with_columns((~first).alias("later"))
    joined = deciding.join(earlier, on=["case_id", "reader"], how="left", maintain_order="left")
    told = joined.group_by("case_id").agg(
        (pl.col("blinded") == pl.lit(False)).fill_null(False).any().alias("saw"),
        pl.col("blinded").is_null().any().alias("unsaid"),
        (pl.col("later") & pl.col("read_before").fill_null(False)).any().alias("before"),
    )
    saw, before = pl.col("saw"), pl.col("before")
    level = (
        pl.when(saw & before)
        .then(pl.lit(INDEPENDENCE[4]))
        .when(before)
        .then(pl.lit(INDEPENDENCE[3]))
        .when(saw)
        .then(pl.lit(INDEPENDENCE[2]))
        .when("unsaid")
        .then(pl.lit(INDEPENDENCE[1]))
        .otherwise(pl.lit(INDEPENDENT))
    )
    return told.select("case_id", level.alias("independence")).sort("case_id")
