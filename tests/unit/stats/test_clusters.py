"""Sums over patients of influences: the same intervals as from the cases one by one, in every awkward case."""

import numpy as np
import pytest

from multisite.stats import (
    INFLUENCES,
    ClusteredScores,
    ScoreCounts,
    auc,
    brier,
    calibration_line,
    clustered_auc,
    clustered_calibration_line,
    clustered_observed_expected,
    clustered_scores,
    observed_expected,
    patient_products,
    score_influence,
)
from multisite.vocabulary import EstimateStatus

FIELDS = ("estimate", "ci_low", "ci_high", "standard_error")


def found_by_sums(truth: np.ndarray, score: np.ndarray, patient: np.ndarray) -> ClusteredScores:
    counts = ScoreCounts.from_cases(truth, score)
    line = calibration_line(counts)
    influence = score_influence(counts, line)
    row = np.searchsorted(counts.score, score)
    products = patient_products(influence, row, truth.astype(bool), np.unique(patient, return_inverse=True)[1])
    return clustered_scores(
        auc=auc(counts),
        line=line,
        observed_expected=observed_expected(counts),
        brier=brier(counts),
        influence=influence,
        patients=products,
    )


def draw(seed: int, *, n: int = 120, patients: int = 40, decimals: int = 2) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    patient = rng.integers(0, patients, n)
    truth = rng.random(n) < 0.4
    score = (1 / (1 + np.exp(-rng.normal(size=patients)[patient] - rng.normal(size=n) - truth))).round(decimals)
    return truth, score, patient


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("decimals", [1, 2, 12])
def test_intervals_are_those_of_the_cases_one_by_one(seed: int, decimals: int) -> None:
    truth, score, patient = draw(seed, decimals=decimals)
    found = found_by_sums(truth, score, patient)
    line = clustered_calibration_line(truth, score, patient)
    pairs = (
        (found.auc, clustered_auc(truth, score, patient)),
        (found.line.intercept, line.intercept),
        (found.line.slope, line.slope),
        (found.line.in_the_large, line.in_the_large),
        (found.observed_expected, clustered_observed_expected(truth, score, patient)),
    )
    for one, other in pairs:
        for name in FIELDS:
            assert getattr(one, name) == pytest.approx(getattr(other, name), rel=1e-9, abs=1e-12)
        assert (one.ci_method, one.status, one.reason) == (other.ci_method, other.status, other.reason)
    assert found.line.covariance == pytest.approx(line.covariance, rel=1e-9)


def test_with_a_patient_per_case_the_brier_interval_is_that_of_independent_cases_but_for_the_quantile() -> None:
    truth, score, _ = draw(1)
    found, plain = found_by_sums(truth, score, np.arange(truth.size)).brier, brier(ScoreCounts.from_cases(truth, score))
    assert found.standard_error == pytest.approx(plain.standard_error)
    assert found.estimate == plain.estimate
    assert found.ci_high > plain.ci_high


def test_every_case_twice_by_one_patient_adds_nothing_that_was_not_known() -> None:
    truth, score, patient = draw(2)
    once, twice = found_by_sums(truth, score, patient), found_by_sums(*(np.tile(a, 2) for a in (truth, score, patient)))
    for name in ("auc", "observed_expected", "brier"):
        for part in FIELDS:
            assert getattr(getattr(twice, name), part) == pytest.approx(getattr(getattr(once, name), part), rel=1e-9)


def test_influences_of_all_cases_add_up_to_nothing() -> None:
    truth, score, _ = draw(3)
    counts = ScoreCounts.from_cases(truth, score)
    table = score_influence(counts, calibration_line(counts)).table
    classes = np.stack([counts.n_negative, counts.n_positive], axis=1)
    assert table.shape == (len(INFLUENCES), counts.score.size, 2)
    assert np.abs((table * classes).sum(axis=(1, 2))).max() < 1e-9


@pytest.mark.parametrize("truth", [[0, 0, 0, 0], [1, 1, 1, 1]])
def test_one_class_leaves_area_and_line_undefined(truth: list[int]) -> None:
    found = found_by_sums(np.array(truth), np.array([0.2, 0.4, 0.4, 0.9]), np.array([0, 0, 1, 2]))
    for estimate in (found.auc, found.line.slope, found.line.intercept, found.line.in_the_large):
        assert estimate.status is EstimateStatus.UNDEFINED
        assert estimate.reason
    assert found.brier.ci_low is not None


def test_one_patient_leaves_every_estimate_without_an_interval() -> None:
    truth, score, _ = draw(4)
    found = found_by_sums(truth, score, np.zeros(truth.size, dtype=int))
    for estimate in (found.auc, found.line.slope, found.observed_expected, found.brier):
        assert (estimate.ci_low, estimate.status) == (None, EstimateStatus.INSUFFICIENT)
        assert estimate.estimate is not None
        assert estimate.reason


def test_no_case_is_undefined() -> None:
    nothing = np.zeros(0)
    found = found_by_sums(nothing.astype(bool), nothing, nothing.astype(int))
    for estimate in (found.auc, found.line.slope, found.observed_expected, found.brier):
        assert (estimate.estimate, estimate.status) == (None, EstimateStatus.UNDEFINED)


def test_patients_that_are_numbered_with_a_gap_are_refused() -> None:
    counts = ScoreCounts.from_cases([0, 1], [0.2, 0.8])
    influence = score_influence(counts, calibration_line(counts))
    with pytest.raises(ValueError, match="gap"):
        patient_products(influence, np.array([0, 1]), np.array([False, True]), np.array([0, 2]))
    with pytest.raises(ValueError, match="same length"):
        patient_products(influence, np.array([0, 1]), np.array([False]), np.array([0, 1]))
