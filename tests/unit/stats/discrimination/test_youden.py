"""Youden's index: which threshold, ties of thresholds, and where there is no interval."""

import math

import numpy as np
import pytest

from multisite.stats import proportion
from multisite.stats.discrimination import youden
from multisite.vocabulary import EstimateStatus

SEED = 53


def cases(n: int = 120) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(SEED)
    positive = rng.random(n) < 0.35
    return positive, (rng.normal(size=n) + 1.2 * positive).round(1)


def test_the_index_is_the_greatest_over_all_thresholds() -> None:
    positive, score = cases()
    found = youden(positive, score)
    everywhere = [(score[positive] >= t).mean() + (score[~positive] < t).mean() - 1 for t in np.unique(score)]
    assert found.estimate == pytest.approx(max(everywhere), abs=1e-15)
    assert found.threshold == np.unique(score)[np.argmax(everywhere)]
    assert found.sensitivity == (score[positive] >= found.threshold).mean()
    assert found.specificity == (score[~positive] < found.threshold).mean()


def test_of_equal_thresholds_the_lowest_is_given_and_their_number() -> None:
    # At 2 sensitivity is 1 and specificity 1/2; at 4, 1/2 and 1.
    found = youden([0, 0, 1, 1], [1, 3, 2, 4])
    assert (found.estimate, found.threshold, found.n_thresholds) == (0.5, 2, 2)
    assert (found.sensitivity, found.specificity) == (1.0, 0.5)


def test_equal_indices_are_equal_whatever_the_fractions() -> None:
    # 1/3 + 1 - 1 and 1 + 1/3 - 1: not the same number in floating point.
    found = youden([1, 0, 0, 1, 1, 0], [6, 5, 4, 3, 2, 1])
    assert (found.n_thresholds, found.threshold) == (2, 2)


def test_the_interval_is_square_and_add_of_wilson() -> None:
    positive, score = cases()
    found = youden(positive, score)
    s = proportion(int((score[positive] >= found.threshold).sum()), int(positive.sum()))
    c = proportion(int((score[~positive] < found.threshold).sum()), int((~positive).sum()))
    low = found.estimate - math.hypot(s.estimate - s.ci_low, c.estimate - c.ci_low)
    assert found.ci_low == pytest.approx(low)
    assert found.ci_high == pytest.approx(found.estimate + math.hypot(s.ci_high - s.estimate, c.ci_high - c.estimate))


def test_cases_repeated_within_their_patient_do_not_narrow_the_interval() -> None:
    positive, score = cases()
    patient = np.arange(120) // 2
    once = youden(positive, score, patient=patient)
    twice = youden(np.tile(positive, 2), np.tile(score, 2), patient=np.tile(patient, 2))
    # Wilson's cap at the number of cases is the one thing that repeats move.
    assert twice.ci_high - twice.ci_low == pytest.approx(once.ci_high - once.ci_low, rel=0.03)
    assert "patient-clustered" in once.ci_method


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_the_bootstraps_are_offered_with_a_seed(method: str) -> None:
    positive, score = cases()
    found = youden(positive, score, method=method, seed=3, n_replicates=200)
    assert 0 <= found.ci_low <= found.estimate <= found.ci_high <= 1
    assert found.standard_error > 0
    with pytest.raises(ValueError, match="`seed`"):
        youden(positive, score, method=method)


def test_a_perfect_separation_has_an_index_of_one_and_an_interval() -> None:
    found = youden([0] * 10 + [1] * 10, np.arange(20))
    assert (found.estimate, found.threshold, found.ci_high) == (1.0, 10, 1.0)
    assert 0.4 < found.ci_low < 1


def test_a_score_that_ranks_the_wrong_way_has_an_index_of_zero_and_is_not_flipped() -> None:
    found = youden([1] * 10 + [0] * 10, np.arange(20))
    assert (found.estimate, found.ci_low, found.threshold, found.n_thresholds) == (0.0, 0.0, 0, 2)


def test_one_class_is_undefined_and_one_score_or_patient_has_no_interval() -> None:
    none = youden([1, 1], [1, 2])
    assert (none.estimate, none.threshold, none.status) == (None, None, EstimateStatus.UNDEFINED)
    flat = youden([1, 0] * 6, [3.0] * 12)
    assert (flat.estimate, flat.ci_low, flat.reason) == (0.0, None, "every case has the same score, and no interval")
    single = youden([1, 0, 1, 0], [4, 1, 3, 2], patient=[1] * 4)
    assert (single.estimate, single.ci_low, single.status) == (1.0, None, EstimateStatus.INSUFFICIENT)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="`method`"):
        youden([1, 0], [1, 0], method="delta")  # type: ignore[arg-type]  # the point of the test
