"""One case per patient and label, counted at each score: what the model's scores are judged on as independent."""

from collections.abc import Sequence

import polars as pl

from multisite.schemas.shortcut_use import SHORTCUT_PATIENTS
from multisite.tallies import tally_scores

__all__ = ["patients_per_score"]

_PATIENT = ("finding", "model", "reference", "patient_id")


def patients_per_score(scored: pl.DataFrame, *, columns: Sequence[str], steps: int) -> pl.DataFrame:
    """Rows of SHORTCUT_PATIENTS from scored cases of one site that carry ``case_id`` and the ``columns`` of levels.

    Of a patient's cases with the finding one counts, and of those without it one: the first by the pseudonym of the
    case, which says nothing of image or score. An attribute of one level has no rows but those of ``overall``.
    """
    first = scored.sort("case_id").unique(_PATIENT, keep="first", maintain_order=True)
    negatives = first.filter(~pl.col("reference"))
    varied = [name for name in columns if negatives[name].n_unique() > 1]
    parts = [_rows(first.filter("reference"), True, [], steps), _rows(negatives, False, varied, steps)]
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
