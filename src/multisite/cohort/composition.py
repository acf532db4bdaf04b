"""Who is in the set: patients, cases and positives per split, finding, stratum and level."""

from collections.abc import Mapping

import polars as pl

from multisite.cohort.strata import CrossingParameters, StratumParameters, crossed_order, level_order
from multisite.schemas.cohort import COMPOSITION
from multisite.vocabulary import OVERALL

__all__ = ["composition_table"]


def composition_table(
    cohort: pl.DataFrame,
    strata: tuple[StratumParameters, ...],
    findings: tuple[str, ...],
    crossings: tuple[CrossingParameters, ...] = (),
) -> pl.DataFrame:
    """Counts over the included cases; one row per split × finding × stratum × level that occurs."""
    included = cohort.filter("included").with_columns(pl.lit(OVERALL).alias(f"stratum_{OVERALL}"))
    axes = [StratumParameters(OVERALL, OVERALL, None, None, "level"), *strata]
    orders = {axis.id: level_order(axis, included[f"stratum_{axis.id}"].unique().to_list()) for axis in axes}
    orders |= {crossing.id: crossed_order([orders[name] for name in crossing.of]) for crossing in crossings}
    parts = [_count(included, name, order, finding) for finding in findings for name, order in orders.items()]
    return pl.concat(parts) if parts else COMPOSITION.empty()


def _count(included: pl.DataFrame, stratum: str, order: Mapping[str, int], finding: str) -> pl.DataFrame:
    reference = pl.col(f"reference_{finding}")
    counted = included.group_by("site", "split", pl.col(f"stratum_{stratum}").alias("level")).agg(
        pl.col("patient_id").n_unique().cast(pl.Int64).alias("n_patients"),
        pl.len().cast(pl.Int64).alias("n_cases"),
        reference.fill_null(False).sum().cast(pl.Int64).alias("n_positive"),
        (~reference).fill_null(False).sum().cast(pl.Int64).alias("n_negative"),
        pl.col("patient_id").filter(reference).n_unique().cast(pl.Int64).alias("n_positive_patients"),
    )
    labelled = counted.with_columns(
        pl.lit(finding).alias("finding"),
        pl.lit(stratum).alias("stratum"),
        pl.col("level").replace_strict(order, return_dtype=pl.Int64).alias("level_order"),
    )
    return labelled.select(COMPOSITION.schema.names()).sort("split", "level_order")
