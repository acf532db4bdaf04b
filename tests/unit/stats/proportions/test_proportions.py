"""Proportions of independent cases and of cases that cluster in patients."""

import math

import numpy as np
import pytest

from multisite.stats import ClusterMoments, clustered_proportion, proportion
from multisite.vocabulary import EstimateStatus


def test_an_empty_denominator_is_undefined_and_not_zero() -> None:
    result = proportion(0, 0)
    assert (result.estimate, result.ci_low, result.ci_high) == (None, None, None)
    assert result.status is EstimateStatus.UNDEFINED
    assert result.reason == "the denominator is zero"


@pytest.mark.parametrize("method", ["wilson", "clopper-pearson"])
def test_zero_and_full_numerators_touch_the_ends_exactly(method: str) -> None:
    assert proportion(0, 7, method=method).ci_low == 0.0  # type: ignore[arg-type]  # a parametrised literal
    assert proportion(7, 7, method=method).ci_high == 1.0  # type: ignore[arg-type]  # a parametrised literal


@pytest.mark.parametrize("method", ["wilson", "clopper-pearson"])
def test_interval_of_the_complement_is_the_mirrored_interval(method: str) -> None:
    one, other = proportion(3, 11, method=method), proportion(8, 11, method=method)  # type: ignore[arg-type]  # a parametrised literal
    assert one.ci_low == pytest.approx(1 - other.ci_high, abs=1e-14)
    assert one.ci_high == pytest.approx(1 - other.ci_low, abs=1e-14)


def test_a_higher_level_gives_a_wider_interval() -> None:
    narrow, wide = proportion(8, 20, level=0.9), proportion(8, 20, level=0.99)
    assert wide.ci_low < narrow.ci_low < narrow.ci_high < wide.ci_high


@pytest.mark.parametrize(("numerator", "denominator"), [(3, 2), (-1, 2), (0, -1), (1.5, 2), (1, 2.5)])
def test_impossible_counts_are_refused(numerator: int, denominator: int) -> None:
    with pytest.raises(ValueError, match="numerator"):
        proportion(numerator, denominator)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, math.nan])
def test_impossible_levels_are_refused(level: float) -> None:
    with pytest.raises(ValueError, match="confidence level"):
        proportion(1, 2, level=level)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="method"):
        proportion(1, 2, method="wald")  # type: ignore[arg-type]  # the point of the test


def test_moments_are_the_sums_over_patients_and_leave_out_the_empty_ones() -> None:
    moments = ClusterMoments.from_clusters([1, 0, 2, 0], [1, 2, 3, 0])
    assert moments == ClusterMoments(n_patients=3, sum_y=3, sum_n=6, sum_yy=5, sum_yn=7, sum_nn=14)


def test_moments_of_disjoint_patients_add() -> None:
    first, second = ClusterMoments.from_clusters([1, 0], [2, 1]), ClusterMoments.from_clusters([3], [3])
    assert first + second == ClusterMoments.from_clusters([1, 0, 3], [2, 1, 3])


@pytest.mark.parametrize("sums", [(1, 2, 1, 4, 2, 1), (1, -1, 1, 1, 1, 1), (3, 1, 2, 1, 1, 2), (1, 2, 2, 1, 4, 4)])
def test_moments_that_contradict_each_other_are_refused(sums: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="contradict"):
        ClusterMoments(*sums)


def test_clusters_with_more_hits_than_cases_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and its denominator"):
        ClusterMoments.from_clusters([2], [1])


def test_moments_know_whether_a_patient_repeats() -> None:
    assert not ClusterMoments.from_clusters([1, 0], [1, 1]).clustered
    assert ClusterMoments.from_clusters([1, 0], [1, 2]).clustered


def test_cases_of_a_patient_that_are_all_alike_count_once() -> None:
    # Every patient has three equal cases: the variance is that of one case per patient, times K / (K - 1).
    hits = np.repeat([1, 0], [40, 60])
    result = clustered_proportion(ClusterMoments.from_clusters(3 * hits, np.full(100, 3)))
    assert result.design_effect == pytest.approx(3 * 100 / 99)
    single = proportion(40, 100)
    assert result.ci_low < single.ci_low
    assert result.ci_high > single.ci_high
    assert result.ci_high - result.ci_low == pytest.approx(single.ci_high - single.ci_low, rel=0.03)


def test_one_patient_has_an_estimate_and_no_interval() -> None:
    result = clustered_proportion(ClusterMoments.from_clusters([3], [5]))
    assert result.estimate == pytest.approx(0.6)
    assert (result.ci_low, result.ci_high) == (None, None)
    assert result.status is EstimateStatus.INSUFFICIENT
    assert "one patient" in (result.reason or "")


def test_no_patient_is_undefined() -> None:
    result = clustered_proportion(ClusterMoments(0, 0, 0, 0, 0, 0))
    assert result.status is EstimateStatus.UNDEFINED
    assert result.estimate is None


def test_a_proportion_of_one_assumes_that_cases_of_a_patient_are_alike_and_says_so() -> None:
    result = clustered_proportion(ClusterMoments.from_clusters([2] * 10, [2] * 10))
    assert result.ci_high == 1.0
    assert result.ci_low < proportion(10, 10).ci_low
    assert "taken as alike" in result.ci_method


def test_few_patients_widen_the_interval() -> None:
    few = clustered_proportion(ClusterMoments.from_clusters([1, 2, 0, 2], [2, 2, 2, 2]))
    assert few.effective_n < few.denominator / few.design_effect


def test_opposite_cases_inside_patients_never_count_more_than_they_are() -> None:
    result = clustered_proportion(ClusterMoments.from_clusters([1] * 50 + [0, 2], [2] * 52))
    assert result.design_effect < 1
    assert result.effective_n == result.denominator
