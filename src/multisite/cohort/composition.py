"""Who is in the set: patients, cases and positives per split, finding, stratum and level."""

import polars as pl

from multisite.cohort.strata import StratumParameters, level_order
from multisite.schemas.cohort import COMPOSITION
from multisite.vocabulary import OVERALL

__all__ = ["composition_table"]


def composition_table(
    cohort: pl.DataFrame, strata: tuple[StratumParameters, ...], findings: tuple[str, ...]
) -> pl.DataFrame:
    """Counts over the included cases; one row per split × finding × stratum × level that occurs."""
    included = cohort.filter("included").with_columns(pl.lit(OVERALL).alias(f"stratum_{OVERALL}"))
    axes = [StratumParameters(OVERALL, OVERALL, None, None, "level"), *strata]
    parts = [_count(included, axis, finding) for finding in findings for axis in axes]
    return pl.concat(parts) if parts else COMPOSITION.empty()


def _count(included: pl.DataFrame, axis: StratumParameters, finding: str) -> pl.DataFrame:
    name = f"stratum_{axis.id}"
    order = level_order(axis, included[name].unique().to_list())
    reference = pl.col(f"reference_{finding}")
    counted = included.group_by("site", "split", pl.col(name).alias("level")).agg(
        pl.col("patient_id").n_unique().cast(pl.Int64).alias("n_patients"),
        pl.len().cast(pl.Int64).alias("n_cases"),
        reference.fill_null(False).sum().cast(pl.Int64).alias("n_positive"),
        (~reference).fill_null(False).sum().cast(pl.Int64).alias("n_negative"),
        pl.col("patient_id").filter(reference).n_unique().cast(pl.Int64).alias("n_positive_patients"),
    )
    labelled = counted.with_columns(
        pl.lit(finding).alias("finding"),
        pl.lit(axis.id).alias("stratum"),
        pl.col("level").replace_strict(order, return_dtype=pl.Int64).alias("level_order"),
    )
    return labelled.select(COMPOSITION.schema.names()).sort("split", "level_order")
