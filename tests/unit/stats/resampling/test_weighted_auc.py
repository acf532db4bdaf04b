"""Weighted AUC: what repeated cases give, exactly, and leave-one-out in closed form."""

import numpy as np
import pytest

from multisite.stats import ScoreCounts, auc
from multisite.stats.resampling import WeightedAuc, jackknife

SEED = 67


def cases(n: int, levels: int, share: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng([SEED, n, levels])
    return rng.random(n) < share, rng.integers(0, levels, n).astype(float), rng.integers(0, n // 4 + 1, n)


@pytest.mark.parametrize("levels", [1, 4, 1000])
@pytest.mark.parametrize("share", [0.2, 0.7])
def test_weights_are_repeats(levels: int, share: float) -> None:
    positive, score, _ = cases(60, levels, share)
    weights = np.random.default_rng(SEED).integers(0, 4, (20, 60))
    found = WeightedAuc(positive, score)(weights)
    for row, value in zip(weights, found, strict=True):
        assert value == auc(ScoreCounts.from_cases(np.repeat(positive, row), np.repeat(score, row))).estimate


def test_a_class_without_weight_has_no_area() -> None:
    assert np.isnan(WeightedAuc([1, 0, 0], [1, 2, 3])(np.array([[0, 1, 1], [1, 0, 0]]))).all()
    assert np.isnan(WeightedAuc([1, 1], [1, 2])(np.array([[1, 1]]))).all()


@pytest.mark.parametrize("levels", [1, 4, 1000])
@pytest.mark.parametrize("share", [0.3, 0.8])
def test_leaving_each_patient_out_in_closed_form_is_what_recomputing_gives(levels: int, share: float) -> None:
    positive, score, patient = cases(80, levels, share)
    statistic = WeightedAuc(positive, score)
    expected = [
        auc(ScoreCounts.from_cases(positive[patient != who], score[patient != who])).estimate
        for who in np.unique(patient)
    ]
    assert statistic.leave_one_out(patient) == pytest.approx(expected, abs=1e-15)
    assert np.array_equal(jackknife(statistic, patient), jackknife(lambda weights: statistic(weights), patient))


def test_leaving_out_the_only_patient_of_a_class_leaves_nothing() -> None:
    found = WeightedAuc([1, 1, 0, 0], [3, 2, 1, 2]).leave_one_out([5, 5, 6, 7])
    assert np.isnan(found).tolist() == [True, False, False]
    assert found[1:].tolist() == [0.75, 1.0]


def test_a_patient_for_each_case_is_required() -> None:
    with pytest.raises(ValueError, match="`patient`"):
        WeightedAuc([1, 0], [1, 0]).leave_one_out([1])


def test_no_case_is_allowed_until_it_is_asked() -> None:
    empty = WeightedAuc([], [])
    assert empty.n_cases == 0
    assert empty.leave_one_out([]).size == 0
