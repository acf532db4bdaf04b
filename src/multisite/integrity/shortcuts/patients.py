"""One case per patient, counted at each score: what the model's scores are judged on as independent."""

from collections.abc import Sequence

import polars as pl

from multisite.schemas.shortcut_use import SHORTCUT_PATIENTS
from multisite.tallies import tally_scores
from multisite.vocabulary import OVERALL

__all__ = ["patients_per_score"]

_COARSE_STEPS = 20
"""Cells of the score in which the patients of a level are counted."""

_PATIENT = ("finding", "model", "patient_id")


def patients_per_score(scored: pl.DataFrame, *, columns: Sequence[str], steps: int) -> pl.DataFrame:
    """Rows of SHORTCUT_PATIENTS from scored cases of one site that carry ``case_id`` and the ``columns`` of levels.

    Of a patient's cases one counts, with its label: the first by the pseudonym of the case, which says nothing of image
    or score. An attribute of one level has no rows but those of ``overall``.

    Patients in a level are counted at coarse scores: at fine ones nearly every score is one patient's, and would tie
    the levels of all attributes together again.
    """
    first = scored.sort("case_id").unique(_PATIENT, keep="first", maintain_order=True)
    negatives = first.filter(~pl.col("reference"))
    varied = [name for name in columns if negatives[name].n_unique() > 1]
    parts = [
        _rows(first.filter("reference"), True, [], steps),
        _rows(negatives, False, [], steps),
        _rows(negatives, False, varied, _COARSE_STEPS).filter(pl.col("attribute") != OVERALL),
    ]
    return pl.concat(parts).sort(SHORTCUT_PATIENTS.key)


def _rows(cases: pl.DataFrame, reference: bool, columns: Sequence[str], steps: int) -> pl.DataFrame:
    counted = tally_scores(cases, strata=columns).on_grid(steps).to_frame()
    return counted.select(
        "site",
        "finding",
        "model",
        pl.lit(reference).alias("reference"),
        pl.col("stratum").alias("attribute"),
        "level",
        "score",
        (pl.col("n_positive") + pl.col("n_negative")).alias("n_patients"),
    )
