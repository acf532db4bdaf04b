"""Whether what was fitted before the model (normalisation, harmonisation, selection) saw cases of the test set."""

import polars as pl

from multisite.integrity.check import Check, CheckFrames, Outcome, insufficient, judged, not_applicable
from multisite.vocabulary import Severity, Split

__all__ = ["PREPROCESSING_CHECKS"]


def fitted_on_test(frames: CheckFrames) -> Outcome:
    """Cases and patients of the test set (and of tune, where it may not fit) on which something was fitted."""
    if frames.fitted is None:
        return not_applicable("The site has no table of what was fitted on which cases.")
    n_rows = frames.fitted.height
    rows = frames.fitted.with_row_index("row")
    # A row that names a case is about that case, whoever its patient is.
    by_patient = rows.filter(pl.col("case_id").is_null())
    named = pl.concat(
        [_splits_of(rows, frames.included, "case_id"), _splits_of(by_patient, frames.included, "patient_id")]
    )
    n_unknown = n_rows - named["row"].n_unique()
    if named.is_empty():
        return insufficient(f"None of {n_rows:,} rows of the table names an included case or its patient.")
    forbidden = [Split.TEST.value] if frames.claims.tune_may_fit else [Split.TEST.value, Split.TUNE.value]
    wrong = named.filter(pl.col("split").is_in(forbidden))
    found = (
        wrong.group_by("entity", "pseudonym")
        .agg(
            pl.col("split").unique().sort().str.join(" and ").alias("splits"),
            pl.col("transform").n_unique().alias("n_transforms"),
        )
        .sort("entity", "pseudonym")
        .select(
            "entity",
            "pseudonym",
            pl.format("of {}, and {} things were fitted on it", "splits", "n_transforms").alias("detail"),
        )
    )
    n_examined = named.select("entity", "pseudonym").n_unique()
    n_tune = named.filter(pl.col("split") == Split.TUNE.value).select("entity", "pseudonym").n_unique()
    where = "test" if frames.claims.tune_may_fit else "test or tune"
    remarks = f" {n_tune:,} are of tune." if n_tune else ""
    remarks += f" {n_unknown:,} of {n_rows:,} rows name no included case." if n_unknown else ""
    return judged(
        found,
        n_examined,
        failed=f"{found.height:,} of {n_examined:,} cases and patients on which something was fitted are of {where}."
        + remarks,
        passed=f"None of {n_examined:,} cases and patients on which something was fitted is of {where}.{remarks}",
    )


def _splits_of(rows: pl.DataFrame, included: pl.DataFrame, key: str) -> pl.DataFrame:
    """A row per row of the table and split in which what it names under ``key`` has included cases."""
    splits = included.select(key, "split").drop_nulls().unique()
    return rows.join(splits, on=key, how="inner").select(
        "row",
        "transform",
        "split",
        pl.lit(key.removesuffix("_id")).alias("entity"),
        pl.col(key).alias("pseudonym"),
    )


PREPROCESSING_CHECKS = (
    Check(
        id="fitted_on_test",
        title="Nothing was fitted on a test case",
        family="preprocessing",
        severity=Severity.CRITICAL,
        method="Splits of the included cases and patients that the site's table `fitted` names.",
        unit="cases and patients",
        run=fitted_on_test,
    ),
)
