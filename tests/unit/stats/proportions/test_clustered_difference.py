"""Differences of proportions of cases that cluster in patients."""

import math

import numpy as np
import pytest
from scipy import stats

from multisite.stats.proportions import (
    ClusterMoments,
    PairedClusterMoments,
    clustered_proportion,
    clustered_proportion_difference,
    paired_clustered_proportion_difference,
    paired_proportion_difference,
)
from multisite.vocabulary import EstimateStatus

METHODS = ("square-and-add", "wald")
FIRST, SECOND, N = [2, 1, 3, 0, 2, 4], [1, 1, 1, 0, 3, 3], [3, 1, 4, 2, 3, 4]


def paired() -> PairedClusterMoments:
    return PairedClusterMoments.from_clusters(FIRST, SECOND, N)


def test_paired_moments_are_sums_over_patients_and_leave_out_the_empty_ones() -> None:
    moments = PairedClusterMoments.from_clusters([1, 0, 2], [0, 0, 1], [2, 0, 3])
    assert moments.n_patients == 2
    assert (moments.sum_first, moments.sum_second, moments.sum_n) == (3, 1, 5)
    assert (moments.sum_first_first, moments.sum_second_second, moments.sum_first_second) == (5, 1, 2)
    assert (moments.sum_first_n, moments.sum_second_n, moments.sum_nn) == (8, 3, 13)


def test_cases_that_are_alike_tell_as_much_as_the_patients_and_less_where_one_has_most_of_them() -> None:
    of = PairedClusterMoments.from_clusters
    assert of([0] * 5, [0] * 5, [3] * 5).n_if_alike == 5
    assert of([0] * 3, [0] * 3, [1, 1, 8]).n_if_alike == 1  # 100 / 66
    assert of([], [], []).n_if_alike == 0


def test_paired_moments_of_disjoint_patients_add() -> None:
    parts = (PairedClusterMoments.from_clusters(FIRST[s], SECOND[s], N[s]) for s in (slice(0, 2), slice(2, 6)))
    assert next(parts) + next(parts) == paired()


def test_paired_moments_hold_those_of_each() -> None:
    assert paired().first == ClusterMoments.from_clusters(FIRST, N)
    assert paired().second == ClusterMoments.from_clusters(SECOND, N)


def test_squares_and_covariance_are_those_of_the_patients() -> None:
    d, n = np.subtract(FIRST, SECOND), np.array(N)
    theta = d.sum() / n.sum()
    assert paired().sum_of_squared_differences == int((d**2).sum())
    assert paired().sum_of_squared_residuals == pytest.approx(float(((d - theta * n) ** 2).sum()))
    residuals = [np.array(y) - np.sum(y) / n.sum() * n for y in (FIRST, SECOND)]
    assert paired().covariance == pytest.approx(6 / 5 * float(residuals[0] @ residuals[1]) / n.sum() ** 2)


@pytest.mark.parametrize("change", [{"sum_first_second": -1}, {"sum_first_second": 99}, {"sum_second": 99}])
def test_paired_moments_that_contradict_each_other_are_refused(change: dict) -> None:
    sums = {name: getattr(paired(), name) for name in PairedClusterMoments.__dataclass_fields__}
    with pytest.raises(ValueError, match="contradict"):
        PairedClusterMoments(**(sums | change))


def test_impossible_clusters_are_refused() -> None:
    with pytest.raises(ValueError, match="length"):
        PairedClusterMoments.from_clusters([1], [1, 0], [1, 1])
    with pytest.raises(ValueError, match="between 0 and"):
        PairedClusterMoments.from_clusters([2], [1], [1])


def test_wald_s_interval_of_the_same_cases_is_that_of_the_ratio_of_sums() -> None:
    d, n = np.subtract(FIRST, SECOND), np.array(N)
    theta = d.sum() / n.sum()
    error = math.sqrt(6 / 5 * float(((d - theta * n) ** 2).sum())) / n.sum()
    result = paired_clustered_proportion_difference(paired(), method="wald")
    assert result.estimate == pytest.approx(theta)
    assert result.standard_error == pytest.approx(error)
    assert result.ci_high - result.estimate == pytest.approx(stats.t.ppf(0.975, 5) * error)


def test_square_and_add_of_the_same_cases_uses_their_correlation_between_patients() -> None:
    one, other = clustered_proportion(paired().first), clustered_proportion(paired().second)
    rho = paired().covariance / math.sqrt(paired().first.variance * paired().second.variance)
    down, up = one.estimate - one.ci_low, other.ci_high - other.estimate
    result = paired_clustered_proportion_difference(paired())
    expected = one.estimate - other.estimate - math.sqrt(down**2 - 2 * rho * down * up + up**2)
    assert result.ci_low == pytest.approx(expected)


def test_with_one_case_per_patient_it_is_nearly_newcombe_s_method_8() -> None:
    first, second = [1] * 200 + [1] * 60 + [0] * 30 + [0] * 110, [1] * 200 + [0] * 60 + [1] * 30 + [0] * 110
    ours = paired_clustered_proportion_difference(PairedClusterMoments.from_clusters(first, second, [1] * 400))
    plain = paired_proportion_difference(200, 60, 30, 110, method="newcombe-8")
    assert (ours.ci_low, ours.ci_high) == pytest.approx((plain.ci_low, plain.ci_high), abs=5e-4)


@pytest.mark.parametrize("method", METHODS)
def test_the_other_way_round_is_the_mirrored_interval(method: str) -> None:
    one = paired_clustered_proportion_difference(paired(), method=method)
    other = paired_clustered_proportion_difference(PairedClusterMoments.from_clusters(SECOND, FIRST, N), method=method)
    assert (one.estimate, one.ci_low) == pytest.approx((-other.estimate, -other.ci_high))
    groups = ClusterMoments.from_clusters(FIRST, N), ClusterMoments.from_clusters([0, 1, 1], [2, 2, 4])
    one, other = (clustered_proportion_difference(a, b, method=method) for a, b in (groups, groups[::-1]))
    assert (one.estimate, one.ci_low) == pytest.approx((-other.estimate, -other.ci_high))


def test_wald_s_interval_of_different_patients_adds_their_variances() -> None:
    one, other = ClusterMoments.from_clusters(FIRST, N), ClusterMoments.from_clusters([0, 1, 1], [2, 2, 4])
    result = clustered_proportion_difference(one, other, method="wald")
    error = math.sqrt(one.variance + other.variance)
    assert result.standard_error == pytest.approx(error)
    assert result.ci_high == pytest.approx(min(1.0, 12 / 17 - 2 / 8 + stats.t.ppf(0.975, 7) * error))
    assert (result.n_patients, result.n_cases) == (9, 25)


def test_square_and_add_of_different_patients_joins_both_intervals() -> None:
    one, other = ClusterMoments.from_clusters(FIRST, N), ClusterMoments.from_clusters([0, 1, 1], [2, 2, 4])
    a, b = clustered_proportion(one), clustered_proportion(other)
    result = clustered_proportion_difference(one, other)
    assert result.ci_low == pytest.approx(result.estimate - math.hypot(a.estimate - a.ci_low, b.ci_high - b.estimate))


@pytest.mark.parametrize("method", METHODS)
def test_no_case_is_undefined_and_one_patient_insufficient(method: str) -> None:
    none, one = ClusterMoments(0, 0, 0, 0, 0, 0), ClusterMoments.from_clusters([1], [2])
    many = ClusterMoments.from_clusters(FIRST, N)
    assert clustered_proportion_difference(none, many, method=method).status is EstimateStatus.UNDEFINED
    result = clustered_proportion_difference(one, many, method=method)
    assert (result.estimate, result.ci_low, result.status) == (0.5 - 12 / 17, None, EstimateStatus.INSUFFICIENT)
    empty = PairedClusterMoments.from_clusters([], [], [])
    assert paired_clustered_proportion_difference(empty, method=method).status is EstimateStatus.UNDEFINED
    single = PairedClusterMoments.from_clusters([2], [1], [2])
    result = paired_clustered_proportion_difference(single, method=method)
    assert (result.estimate, result.ci_low, result.status) == (0.5, None, EstimateStatus.INSUFFICIENT)


@pytest.mark.parametrize("method", METHODS)
def test_two_that_never_differ_have_no_interval(method: str) -> None:
    result = paired_clustered_proportion_difference(PairedClusterMoments.from_clusters(FIRST, FIRST, N), method=method)
    assert (result.estimate, result.ci_low, result.status) == (0.0, None, EstimateStatus.INSUFFICIENT)
    assert "no variance" in (result.reason or "")


def test_groups_that_do_not_vary_have_an_interval_by_square_and_add_alone() -> None:
    groups = ClusterMoments.from_clusters([2, 2, 2], [2, 2, 2]), ClusterMoments.from_clusters([0, 0, 0], [2, 2, 2])
    joined = clustered_proportion_difference(*groups)
    assert (joined.estimate, joined.ci_high) == (1.0, 1.0)
    assert joined.ci_low < 1.0
    wald = clustered_proportion_difference(*groups, method="wald")
    assert (wald.ci_low, wald.status) == (None, EstimateStatus.INSUFFICIENT)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="method"):
        paired_clustered_proportion_difference(paired(), method="newcombe")
