import math

import numpy as np
import pytest

from multisite.stats import auc_without, proportion_without
from multisite.vocabulary import EstimateStatus


def test_the_two_areas_are_those_of_all_cases_and_of_those_left() -> None:
    positive = np.array([True, True, True, False, False])
    score = np.array([0.9, 0.8, 0.2, 0.5, 0.1])
    patient = np.arange(5)
    removed = np.array([False, False, True, False, False])
    found = auc_without(positive, score, patient, removed)
    assert (found.of_all, found.without) == (pytest.approx(5 / 6), pytest.approx(1.0))
    assert found.difference == pytest.approx(-1 / 6)
    assert (found.n_patients, found.n_patients_removed) == (5, 1)


def test_ties_count_half() -> None:
    positive, score = np.array([True, False, False]), np.array([0.5, 0.5, 0.1])
    found = auc_without(positive, score, np.arange(3), np.array([False, False, True]))
    assert (found.of_all, found.without) == (pytest.approx(0.75), pytest.approx(0.5))


def test_a_share_worked_by_hand() -> None:
    # Four of five, and three of four without the last: influences of all are ±, of those left as well.
    success = np.array([True, True, True, False, True])
    removed = np.array([False, False, False, False, True])
    found = proportion_without(success, np.arange(5), removed)
    assert (found.of_all, found.without, found.difference) == (0.8, 0.75, pytest.approx(0.05))
    influence = np.array([0.04 - 0.0625] * 3 + [-0.16 + 0.1875] + [0.04])
    error = math.sqrt((influence**2).sum() * 5 / 4)
    assert found.ci_high == pytest.approx(0.05 + 1.959964 * error, abs=1e-6)


def test_removing_nobody_is_no_comparison() -> None:
    nobody = np.zeros(3, dtype=bool)
    shares = proportion_without(np.array([True, False, True]), np.arange(3), nobody)
    areas = auc_without(np.array([True, False, True]), np.array([0.3, 0.2, 0.1]), np.arange(3), nobody)
    for found in (shares, areas):
        assert (found.difference, found.ci_low, found.ci_high) == (0.0, None, None)
        assert (found.status, found.reason) == (
            EstimateStatus.INSUFFICIENT,
            "nobody is removed: both are of the same patients",
        )


def test_patients_who_are_all_alike_do_not_make_a_difference_of_zero_certain() -> None:
    truth, last = np.array([True, True, True, False, False, False]), np.arange(6) == 5
    shares = proportion_without(np.ones(6, dtype=bool), np.arange(6), last)
    areas = auc_without(truth, np.arange(6.0)[::-1], np.arange(6), last)
    for found in (shares, areas):
        assert (found.of_all, found.without, found.difference, found.ci_low) == (1.0, 1.0, None, None)
        assert (found.status, found.reason) == (
            EstimateStatus.INSUFFICIENT,
            "the patients show no variance, with or without",
        )


def test_cases_of_one_patient_count_as_one() -> None:
    success = np.tile(np.array([True, False, True, True]), 2)
    removed = np.tile(np.array([False, False, False, True]), 2)
    one = proportion_without(success[:4], np.arange(4), removed[:4])
    twice = proportion_without(success, np.tile(np.arange(4), 2), removed)
    assert (twice.difference, twice.ci_low) == (pytest.approx(one.difference), pytest.approx(one.ci_low))


def test_a_class_that_is_gone_leaves_it_undefined_with_what_is_known() -> None:
    positive, score = np.array([True, False, False]), np.array([0.9, 0.5, 0.1])
    gone = auc_without(positive, score, np.arange(3), positive)
    assert (gone.of_all, gone.without, gone.difference) == (1.0, None, None)
    assert (gone.status, gone.reason) == (EstimateStatus.UNDEFINED, "a class is empty")
    none = proportion_without(np.zeros(0, dtype=bool), np.zeros(0, dtype=np.int64), np.zeros(0, dtype=bool))
    assert (none.of_all, none.reason) == (None, "no case")


def test_half_a_patient_is_refused() -> None:
    with pytest.raises(ValueError, match="with all cases or with none"):
        proportion_without(np.array([True, True]), np.array([1, 1]), np.array([True, False]))


def draw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """150 patients of one or two cases; a tenth of them leaked, and score as if the model had seen them."""
    patient = np.repeat(np.arange(150), rng.integers(1, 3, 150))
    effect = rng.normal(size=150)[patient]
    leaked = (np.arange(150) < 15)[patient]
    positive = rng.random(patient.size) < 0.4
    shift = np.where(leaked, 3.0, 1.0) * positive
    return positive, shift + 0.6 * effect + 0.8 * rng.normal(size=patient.size), patient, leaked


def test_the_interval_covers_what_many_cohorts_show_on_average() -> None:
    rng = np.random.default_rng(20261127)
    found = [auc_without(*draw(rng)) for _ in range(600)]
    mean = np.mean([f.difference for f in found])
    assert mean > 0.01
    covered = np.mean([f.ci_low <= mean <= f.ci_high for f in found])
    assert 0.92 <= covered <= 0.975


def test_ones_and_zeros_are_taken_as_truth_and_what_is_neither_is_refused() -> None:
    positive, score = [1, 0, 1, 0, 1, 0, 1, 0], [0.9, 0.2, 0.4, 0.5, 0.8, 0.1, 0.7, 0.3]
    patient, removed = list("abcdefgh"), [1, 0, 0, 0, 0, 0, 0, 1]
    found = auc_without(positive, score, patient, removed)
    known = auc_without(np.array(positive, bool), np.array(score), np.arange(8), np.array(removed, bool))
    assert found == known
    assert (found.of_all, found.without) == (pytest.approx(0.9375), pytest.approx(8 / 9))
    assert proportion_without(positive, patient, removed).without == 0.5
    with pytest.raises(ValueError, match="`removed`"):
        auc_without(positive, score, patient, [2] * 8)
    with pytest.raises(ValueError, match="`score`"):
        auc_without(positive, [np.nan, *score[1:]], patient, removed)
