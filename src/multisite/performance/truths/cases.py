"""Scores of tested cases beside a truth, or a reader's word, that is not the cohort's own."""

import polars as pl

from multisite.vocabulary import Split

__all__ = ["tested_scores"]


def tested_scores(cohort: pl.DataFrame, predictions: pl.DataFrame, labels: pl.DataFrame) -> pl.DataFrame:
    """``labels`` joined with score, ``model`` and ``patient_id`` of the included cases of the test split.

    ``labels`` has ``case_id`` and ``finding``, and may have several rows for a case.
    """
    tested = cohort.filter("included", pl.col("split") == Split.TEST.value).drop_nulls("patient_id")
    scored = predictions.select("case_id", "finding", "model", "score").join(
        tested.select("case_id", "patient_id"), on="case_id", how="inner"
    )
    return labels.drop("site").join(scored, on=["case_id", "finding"], how="inner").sort("case_id")
