"""Differences of areas: sign, direction, what cancels, and where there is no interval."""

import numpy as np
import pytest
from scipy import stats

from multisite.stats import ScoreCounts, auc
from multisite.stats.discrimination import auc_difference, auc_difference_unpaired
from multisite.vocabulary import EstimateStatus

SEED = 23


def both(n: int = 80) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(SEED)
    positive = rng.random(n) < 0.4
    noise = rng.normal(size=n)
    first = (noise + 1.2 * positive).round(1)
    return positive, first, (0.7 * noise + 0.7 * rng.normal(size=n) + 0.6 * positive).round(1)


def test_the_difference_is_first_minus_second_and_swapping_turns_it_round() -> None:
    positive, first, second = both()
    one, other = auc_difference(positive, first, second), auc_difference(positive, second, first)
    assert one.estimate == pytest.approx(one.first - one.second)
    assert (other.estimate, other.ci_low) == pytest.approx((-one.estimate, -one.ci_high))
    assert other.p_value == pytest.approx(one.p_value)


def test_the_parts_of_the_variance_are_those_of_each_area_and_add_up() -> None:
    positive, first, second = both()
    found = auc_difference(positive, first, second)
    for variance, score in ((found.first_variance, first), (found.second_variance, second)):
        assert variance**0.5 == pytest.approx(auc(ScoreCounts.from_cases(positive, score)).standard_error)
    assert found.covariance > 0
    total = found.first_variance + found.second_variance - 2 * found.covariance
    assert found.standard_error**2 == pytest.approx(total, rel=1e-12)


@pytest.mark.parametrize("clustered", [False, True])
def test_the_p_value_agrees_with_the_interval(clustered: bool) -> None:
    positive, first, second = both()
    patient = np.arange(positive.size) // 2 if clustered else None
    p_value = auc_difference(positive, first, second, patient=patient).p_value
    edge = auc_difference(positive, first, second, patient=patient, level=1 - p_value)
    assert min(abs(edge.ci_low), abs(edge.ci_high)) == pytest.approx(0, abs=1e-9)


def test_a_direction_is_not_flipped() -> None:
    positive, first, _ = both()
    found = auc_difference(positive, first, -first)
    assert found.second == pytest.approx(1 - found.first)
    assert found.estimate > 0
    assert found.covariance == pytest.approx(-found.first_variance)


def test_two_scores_that_rank_alike_differ_by_nothing_without_an_interval() -> None:
    positive, first, _ = both()
    found = auc_difference(positive, first, np.exp(3 * first))
    assert (found.estimate, found.ci_low, found.p_value) == (0.0, None, None)
    assert (found.status, found.reason) == (
        EstimateStatus.INSUFFICIENT,
        "the difference shows no variance, and there is no interval",
    )


def test_perfect_against_perfectly_wrong_shows_no_variance() -> None:
    positive = np.array([1, 1, 1, 0, 0])
    found = auc_difference(positive, positive, -positive)
    assert (found.estimate, found.ci_low, found.standard_error) == (1.0, None, 0.0)


def test_one_class_is_undefined_and_one_positive_has_no_interval() -> None:
    assert auc_difference([1, 1], [1, 2], [2, 1]).status is EstimateStatus.UNDEFINED
    lone = auc_difference([1, 0, 0], [0.5, 0.1, 0.9], [0.9, 0.1, 0.5])
    assert (lone.estimate, lone.ci_low, lone.status) == (-0.5, None, EstimateStatus.INSUFFICIENT)


def test_a_patient_per_case_has_delongs_error_and_students_quantile() -> None:
    positive, first, second = both()
    plain = auc_difference(positive, first, second)
    clustered = auc_difference(positive, first, second, patient=np.arange(positive.size))
    assert clustered.standard_error == pytest.approx(plain.standard_error, rel=1e-12)
    assert clustered.degrees_of_freedom < positive.size
    assert clustered.p_value > plain.p_value


def test_cases_repeated_within_their_patient_change_nothing() -> None:
    positive, first, second = both()
    patient = np.arange(positive.size) // 3
    once = auc_difference(positive, first, second, patient=patient)
    twice = auc_difference(*(np.tile(v, 2) for v in (positive, first, second)), patient=np.tile(patient, 2))
    assert (twice.estimate, twice.ci_low, twice.p_value) == pytest.approx((once.estimate, once.ci_low, once.p_value))


def test_the_interval_is_cut_to_possible_differences() -> None:
    found = auc_difference([1, 1, 0, 0], [3, 4, 1, 2], [1, 4, 3, 2])
    assert -1 <= found.ci_low <= found.estimate <= found.ci_high <= 1
    assert found.ci_method.endswith("plain scale")


def test_unpaired_variances_add_and_the_covariance_is_zero() -> None:
    positive, first, second = both()
    found = auc_difference_unpaired(positive, first, ~positive, second)
    assert found.covariance == 0
    assert found.standard_error**2 == pytest.approx(found.first_variance + found.second_variance)
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(found.estimate) / found.standard_error))
    assert found.n_cases == 2 * positive.size


def test_welchs_degrees_of_freedom_are_offered_by_name() -> None:
    positive, first, second = both()
    found = auc_difference_unpaired(positive, first, positive[:50], second[:50], method="welch")
    v, w = found.first_variance, found.second_variance
    degrees = (v + w) ** 2 / (v**2 / 79 + w**2 / 49)
    assert found.degrees_of_freedom == pytest.approx(degrees)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(found.estimate) / found.standard_error, degrees))


def test_unpaired_sets_may_name_patients_or_not() -> None:
    positive, first, second = both()
    found = auc_difference_unpaired(positive, first, positive, second, first_patient=np.arange(80) // 2)
    assert found.n_patients == 40 + 80
    assert found.degrees_of_freedom is not None
    with pytest.raises(ValueError, match="`method`"):
        auc_difference_unpaired(positive, first, positive, second, first_patient=np.arange(80), method="welch")


def test_an_unpaired_set_without_variance_adds_nothing() -> None:
    positive, first, _ = both()
    found = auc_difference_unpaired(positive, first, [1, 1, 0, 0], [2, 2, 1, 1], first_patient=np.arange(80) // 2)
    assert found.second == 1.0
    assert found.standard_error**2 == pytest.approx(found.first_variance)
    none = auc_difference_unpaired([1, 1, 0, 0], [2, 2, 1, 1], [1, 1, 0, 0], [2, 2, 1, 1])
    assert (none.estimate, none.ci_low, none.status) == (0.0, None, EstimateStatus.INSUFFICIENT)


def test_an_unpaired_set_of_one_class_is_named() -> None:
    found = auc_difference_unpaired([1, 0], [1, 0], [1, 1], [1, 0])
    assert (found.status, found.reason) == (EstimateStatus.UNDEFINED, "no negative case in the second set")
    assert (found.first, found.second) == (1.0, None)
    lone = auc_difference_unpaired([1, 0], [1, 0], [1, 1, 0, 0], [1, 0, 1, 0])
    assert (lone.estimate, lone.ci_low) == (0.5, None)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_score_that_is_not_finite_is_named(bad: float) -> None:
    with pytest.raises(ValueError, match="`second` must hold finite"):
        auc_difference([1, 0], [0.1, 0.2], [0.1, bad])
