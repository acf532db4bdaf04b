"""Patients in the place of their cases: one row per patient, so that every tally can be made of patients, too."""

import polars as pl

from multisite.tallies.proportion_moments import ProportionMoments, combine_proportion_moments
from multisite.tallies.score_tally import ScoreTally, combine_score_tallies
from multisite.tallies.segments import CASE_KEYS
from multisite.tallies.tally_scores import tally_scores
from multisite.tallies.thresholds import Thresholds, tally_at_thresholds
from multisite.vocabulary import PATIENTS

__all__ = ["patients_as_cases", "with_patients"]


def patients_as_cases(cases: pl.DataFrame) -> pl.DataFrame:
    """One row per patient, finding, model and split: positive if any case is, with the highest score of the cases.

    ``cases`` as for :func:`multisite.tallies.tally_at_thresholds`; columns of strata are dropped. At any threshold a
    patient is called positive if any of the cases is.
    """
    rows = cases.group_by(*CASE_KEYS, "patient_id").agg(pl.col("reference").any(), pl.col("score").max())
    return rows.sort(*CASE_KEYS, "patient_id")


def with_patients(
    tally: ScoreTally, moments: ProportionMoments, cases: pl.DataFrame, *, thresholds: Thresholds
) -> tuple[ScoreTally, ProportionMoments]:
    """Both with a further segment per finding, model and split: stratum ``patients``, level ``overall``, of patients.

    ``cases`` are those that the two were made of.
    """
    patients = patients_as_cases(cases)
    stratum = pl.lit(PATIENTS).alias("stratum")
    own = tally_scores(patients, strata=())
    sums = tally_at_thresholds(patients, strata=(), thresholds=thresholds)
    return (
        combine_score_tallies([tally, ScoreTally(own.keys.with_columns(stratum), own.counts)]),
        combine_proportion_moments([moments, ProportionMoments(sums.frame.with_columns(stratum))]),
    )
