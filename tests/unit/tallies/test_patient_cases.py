"""Patients in the place of their cases."""

import polars as pl

from multisite.tallies import Thresholds, patients_as_cases, tally_at_thresholds, tally_scores, with_patients

CASES = pl.DataFrame(
    [
        ("a", "nodule", "m", "test", "p1", True, 0.2, "GE"),
        ("a", "nodule", "m", "test", "p1", False, 0.7, "Canon"),
        ("a", "nodule", "m", "test", "p2", False, 0.4, "GE"),
        ("a", "nodule", "m", "test", "p2", False, 0.1, "GE"),
        ("a", "nodule", "m", "tune", "p1", False, 0.9, "GE"),
        ("a", "nodule", "m", "test", "p3", True, 0.3, "GE"),
    ],
    schema=["site", "finding", "model", "split", "patient_id", "reference", "score", "stratum_vendor"],
    orient="row",
)


def test_a_patient_is_positive_if_any_case_is_and_has_the_highest_score() -> None:
    rows = patients_as_cases(CASES).select("split", "patient_id", "reference", "score").rows()
    assert rows == [
        ("test", "p1", True, 0.7),
        ("test", "p2", False, 0.4),
        ("test", "p3", True, 0.3),
        ("tune", "p1", False, 0.9),
    ]


def test_patients_are_one_more_segment_and_leave_the_others_as_they_are() -> None:
    strata, thresholds = ["stratum_vendor"], Thresholds(0.5)
    tally = tally_scores(CASES, strata=strata)
    moments = tally_at_thresholds(CASES, strata=strata, thresholds=thresholds)
    both, sums = with_patients(tally, moments, CASES, thresholds=thresholds)
    assert both.filter(pl.col("stratum") != "patients").equals(tally)
    assert sums.frame.filter(pl.col("stratum") != "patients").equals(moments.frame)
    own = both.filter(pl.col("stratum") == "patients").to_frame().filter(split="test")
    assert own.select("level", "score", "n_positive", "n_negative").rows() == [
        ("overall", 0.3, 1, 0),
        ("overall", 0.4, 0, 1),
        ("overall", 0.7, 1, 0),
    ]
    (sensitivity,) = sums.frame.filter(stratum="patients", split="test", metric="sensitivity").to_dicts()
    assert (sensitivity["sum_y"], sensitivity["sum_n"], sensitivity["sum_nn"]) == (1, 2, 2)
