"""Estimates per segment: the right numbers, the right intervals, and rows that stay when a number is withheld."""

import dataclasses

import numpy as np
import polars as pl
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from multisite.performance import METRICS, Evaluation, evaluate
from multisite.performance.estimates.spread import IndependentCases, PatientRows
from multisite.schemas.performance import ESTIMATES, RELIABILITY
from multisite.stats import (
    ScoreCounts,
    auc,
    clustered_auc,
    clustered_calibration_line,
    clustered_observed_expected,
    proportion,
)
from multisite.tallies import SegmentPatients, scored_cases, tally_proportions, tally_scores
from multisite.vocabulary import EstimateStatus
from tests.unit.performance.builders import PARAMETERS, cohort_and_predictions

STRATA = ["stratum_sex", "stratum_vendor"]


def evaluated(cases: pl.DataFrame, **changes: object) -> Evaluation:
    parameters = dataclasses.replace(PARAMETERS, **changes)
    tally = tally_scores(cases, strata=STRATA)
    moments = tally_proportions(cases, strata=STRATA, thresholds=[parameters.threshold])
    return evaluate(tally, moments, parameters, spread=PatientRows(SegmentPatients(cases, STRATA)))


def cases(**changes: int) -> pl.DataFrame:
    return scored_cases(*cohort_and_predictions("a", **changes), carry=STRATA)


def row(found: Evaluation, metric: str, *, level: str = "overall", model: str = "m1") -> dict:
    return found.estimates.row(
        by_predicate=(pl.col("metric") == metric) & (pl.col("level") == level) & (pl.col("model") == model), named=True
    )


@pytest.fixture(scope="module")
def single() -> Evaluation:
    return evaluated(cases())


@pytest.fixture(scope="module")
def repeated() -> Evaluation:
    return evaluated(cases(cases_per_patient=4))


def test_frames_keep_their_schema_and_every_segment_has_every_metric(single: Evaluation) -> None:
    ESTIMATES.conform(single.estimates)
    RELIABILITY.conform(single.reliability)
    segments = single.estimates.group_by("model", "stratum", "level", maintain_order=True).agg("metric")
    assert segments.height == 2 * (1 + 3 + 3)
    assert all(metrics == list(METRICS) for metrics in segments["metric"].to_list())


def test_only_the_test_split_is_judged(single: Evaluation) -> None:
    assert single.estimates["split"].unique().to_list() == ["test"]
    assert row(single, "auc")["n_cases"] == 320


def test_numbers_are_those_of_the_cases(single: Evaluation) -> None:
    tested = cases().filter(split="test", model="m1")
    reference, score = tested["reference"].to_numpy(), tested["score"].to_numpy()
    assert row(single, "auc")["estimate"] == pytest.approx(roc_auc_score(reference, score), abs=1e-12)
    assert row(single, "auc")["ci_low"] == auc(ScoreCounts.from_cases(reference, score)).ci_low
    found = row(single, "sensitivity")
    hits = int((reference & (score >= 0.5)).sum())
    assert (found["numerator"], found["denominator"]) == (hits, int(reference.sum()))
    assert found["ci_high"] == proportion(hits, int(reference.sum())).ci_high
    assert (found["ci_method"], found["threshold"]) == ("wilson", 0.5)
    assert row(single, "prevalence")["threshold"] is None
    assert row(single, "brier")["estimate"] == pytest.approx(np.mean((score - reference) ** 2))


def test_patients_who_repeat_get_intervals_that_count_patients(single: Evaluation, repeated: Evaluation) -> None:
    for metric in ("sensitivity", "specificity", "ppv", "npv", "prevalence"):
        assert row(repeated, metric)["ci_method"].startswith("patient-clustered wilson")
        assert row(repeated, metric)["estimate"] == row(single, metric)["estimate"]
    rows = cases(cases_per_patient=4).filter(model="m1", split="test")
    truth, score, patient = (rows[name].to_numpy() for name in ("reference", "score", "patient_id"))
    line = clustered_calibration_line(truth, score, patient)
    expected = {
        "auc": clustered_auc(truth, score, patient),
        "calibration_intercept": line.intercept,
        "calibration_slope": line.slope,
        "calibration_in_the_large": line.in_the_large,
        "observed_expected": clustered_observed_expected(truth, score, patient),
    }
    for metric, told in expected.items():
        found = row(repeated, metric)
        for name in ("estimate", "ci_low", "ci_high"):
            assert found[name] == pytest.approx(getattr(told, name), rel=1e-9), (metric, name)
        assert found["ci_method"].split("; ")[0] == told.ci_method, metric
        assert found["n_patients"] == 100
    squared = (score - truth) ** 2
    sums = np.bincount(np.unique(patient, return_inverse=True)[1], weights=squared - squared.mean()) / truth.size
    error = np.sqrt(sums.size / (sums.size - 1) * (sums**2).sum())
    assert row(repeated, "brier")["ci_high"] == pytest.approx(squared.mean() + stats.t.ppf(0.975, 99) * error)
    assert row(single, "auc")["ci_method"] == "delong, logit scale"


def test_a_level_has_the_interval_of_its_own_patients(repeated: Evaluation) -> None:
    rows = cases(cases_per_patient=4).filter(model="m2", split="test", stratum_vendor="Canon")
    told = clustered_auc(*(rows[name].to_numpy() for name in ("reference", "score", "patient_id")))
    found = row(repeated, "auc", level="Canon", model="m2")
    assert (found["ci_low"], found["ci_high"]) == pytest.approx((told.ci_low, told.ci_high), rel=1e-9)


def test_scores_of_zero_and_one_are_told_of_with_the_line_and_not_how_many(single: Evaluation) -> None:
    extreme = cases().with_columns(pl.when(pl.col("score") < 0.2).then(0.0).otherwise(pl.col("score")).alias("score"))
    found = evaluated(extreme)
    for metric in ("calibration_intercept", "calibration_slope", "calibration_in_the_large"):
        moved, plain = row(found, metric), row(single, metric)
        assert (moved["status"], moved["reason"]) == (EstimateStatus.OK, None)
        assert moved["ci_method"] == f"{plain['ci_method']}; scores of 0 or 1 moved inside"
    assert "moved" not in row(found, "brier")["ci_method"]


def test_a_small_level_keeps_its_rows_and_counts_and_says_what_it_lacks(single: Evaluation) -> None:
    found = row(single, "specificity", level="Rare")
    assert (found["estimate"], found["ci_low"], found["ci_high"]) == (None, None, None)
    assert found["status"] == EstimateStatus.INSUFFICIENT
    assert found["reason"] == "fewer than 10 patients with a negative case"
    assert 0 < found["denominator"] <= 4
    bins = single.reliability.filter(level="Rare", model="m1")
    assert bins["n_cases"].sum() == 4
    assert bins["observed"].null_count() == bins["band_low"].null_count() == 10


def test_the_least_number_counts_patients_and_not_cases() -> None:
    few = evaluated(cases(cases_per_patient=40))
    assert row(few, "sensitivity")["denominator"] > 10
    assert row(few, "sensitivity")["status"] == EstimateStatus.OK
    fewer = evaluated(cases(cases_per_patient=80))
    assert row(fewer, "sensitivity")["denominator"] > 10
    assert row(fewer, "sensitivity")["status"] == EstimateStatus.INSUFFICIENT
    assert row(fewer, "auc")["reason"] == "fewer than 10 patients with a positive case"


def test_one_class_is_undefined_however_few_patients_there_are() -> None:
    negatives = evaluated(cases().filter(~pl.col("reference")))
    for metric in ("sensitivity", "auc", "calibration_slope"):
        found = row(negatives, metric)
        assert (found["status"], found["estimate"]) == (EstimateStatus.UNDEFINED, None)
        assert found["reason"] == "no positive case"
    assert row(negatives, "specificity")["status"] == EstimateStatus.OK
    assert row(negatives, "prevalence")["estimate"] == 0
    assert row(negatives, "brier")["status"] == EstimateStatus.INSUFFICIENT


def test_no_patient_called_positive_leaves_the_predictive_value_undefined() -> None:
    found = row(evaluated(cases(), threshold=1.0), "ppv")
    assert (found["status"], found["reason"]) == (EstimateStatus.UNDEFINED, "no case called positive")


def test_a_miscalibrated_model_exceeds_its_null_and_a_calibrated_one_does_not(single: Evaluation) -> None:
    good, bad = ({m: row(single, m, model=model)["estimate"] for m in ("ece", "ece_null_95")} for model in ("m1", "m2"))
    assert good["ece"] < good["ece_null_95"]
    assert bad["ece"] > 2 * bad["ece_null_95"]
    assert row(single, "ece")["ci_level"] is None


def test_results_do_not_depend_on_which_other_segments_are_there(single: Evaluation) -> None:
    alone = evaluated(cases().filter(pl.col("model") == "m2").reverse())
    expected = single.estimates.filter(pl.col("model") == "m2")
    assert alone.estimates.equals(expected)
    assert alone.reliability.equals(single.reliability.filter(pl.col("model") == "m2"))


def test_another_seed_moves_the_null_and_nothing_else(single: Evaluation) -> None:
    other = evaluated(cases(), seed=5).estimates
    differs = other.filter(pl.Series(other["estimate"].ne_missing(single.estimates["estimate"])))
    assert differs["metric"].unique().to_list() == ["ece_null_95"]


def test_moments_of_another_threshold_are_refused() -> None:
    few = cases()
    moments = tally_proportions(few, strata=STRATA, thresholds=[0.3])
    with pytest.raises(ValueError, match="threshold"):
        evaluate(tally_scores(few, strata=STRATA), moments, PARAMETERS, spread=IndependentCases())


def test_no_case_gives_empty_frames() -> None:
    nothing = evaluated(cases().clear())
    assert nothing.estimates.is_empty()
    assert nothing.estimates.schema == ESTIMATES.schema
    assert nothing.reliability.schema == RELIABILITY.schema
