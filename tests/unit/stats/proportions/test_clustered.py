"""Proportions of cases that cluster in patients."""

import numpy as np
import pytest

from multisite.stats.proportions import ClusterMoments, PairedClusterMoments, clustered_proportion, proportion
from multisite.vocabulary import EstimateStatus


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


@pytest.mark.parametrize("wrong", [[1.5], [np.nan], [np.inf], [-1], [[1]], ["1"]])
def test_clusters_that_are_not_whole_numbers_are_refused_by_name(wrong: list) -> None:
    with pytest.raises(ValueError, match="`numerator`"):
        ClusterMoments.from_clusters(wrong, [2])
    with pytest.raises(ValueError, match="`second`"):
        PairedClusterMoments.from_clusters([1], wrong, [2])


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


METHODS = ("wilson", "korn-graubard", "rao-scott")


@pytest.mark.parametrize("method", METHODS)
def test_every_method_says_its_name_and_keeps_the_estimate(method: str) -> None:
    moments = ClusterMoments.from_clusters([2, 1, 0, 3], [3, 1, 2, 3])
    result = clustered_proportion(moments, method=method)
    assert result.estimate == 6 / 9
    assert method in result.ci_method
    assert result.ci_low < result.estimate < result.ci_high


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("hits", "end"), [(0, "ci_low"), (2, "ci_high")])
def test_a_proportion_of_zero_or_one_touches_the_end_of_the_scale(method: str, hits: int, end: str) -> None:
    result = clustered_proportion(ClusterMoments.from_clusters([hits] * 7, [2] * 7), method=method)
    assert getattr(result, end) == (0.0 if hits == 0 else 1.0)
    assert "taken as alike" in result.ci_method


def test_korn_and_graubard_s_interval_is_wider_than_wilson_s_and_rao_and_scott_s_narrower() -> None:
    moments = ClusterMoments.from_clusters([2, 1, 0, 3, 2, 2], [3, 1, 2, 3, 2, 4])
    width = {m: (r := clustered_proportion(moments, method=m)).ci_high - r.ci_low for m in METHODS}
    assert width["korn-graubard"] > width["wilson"] > width["rao-scott"]


def test_rao_and_scott_let_opposite_cases_count_for_more_than_they_are() -> None:
    moments = ClusterMoments.from_clusters([1] * 50 + [0, 2], [2] * 52)
    assert clustered_proportion(moments, method="rao-scott").effective_n > 104


def test_the_same_share_in_every_patient_shows_no_variance_and_is_said_so() -> None:
    result = clustered_proportion(ClusterMoments.from_clusters([1, 2, 3], [2, 4, 6]))
    assert "taken as alike" in result.ci_method
    assert result.ci_low < 0.5 < result.ci_high


def test_one_case_per_patient_is_nearly_the_plain_interval() -> None:
    moments = ClusterMoments.from_clusters([1] * 300 + [0] * 100, [1] * 400)
    ours, plain = clustered_proportion(moments), proportion(300, 400)
    assert ours.design_effect == pytest.approx(400 / 399)
    assert ours.ci_low == pytest.approx(plain.ci_low, abs=3e-4)


@pytest.mark.parametrize("patients", [5, 7])
def test_a_level_near_none_gives_an_interval_without_width_for_any_number_of_patients(patients: int) -> None:
    # Where SciPy's quantile of Student's t, with 4 and 6 degrees of freedom, is 0.
    result = clustered_proportion(
        ClusterMoments.from_clusters([1, 0] + [1] * (patients - 2), [2] * patients), level=1e-9
    )
    assert result.ci_low == pytest.approx(result.estimate, abs=1e-6)
    assert result.ci_high == pytest.approx(result.estimate, abs=1e-6)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="method"):
        clustered_proportion(ClusterMoments.from_clusters([1], [2]), method="gee")


def test_with_one_case_per_patient_korn_and_graubard_s_number_is_that_of_the_patients_less_one() -> None:
    # t on n - 1 and on K - 1 are the same, and the variance has K - 1 where the binomial one has n.
    one_each = ClusterMoments.from_clusters([1] * 3 + [0] * 17, [1] * 20)
    assert clustered_proportion(one_each, method="korn-graubard").effective_n == pytest.approx(19.0)
