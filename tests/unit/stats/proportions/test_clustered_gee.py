"""The proportion of clustered cases by a GEE: what is refused, and what cannot be fitted."""

import numpy as np
import pytest
import statsmodels.genmod.generalized_estimating_equations  # noqa: F401  # loaded here, so that no test pays for it

from multisite.stats.proportions import ClusterMoments, clustered_proportion, clustered_proportion_gee
from multisite.vocabulary import EstimateStatus

OUTCOME = [1, 1, 0, 1, 0, 0, 1, 1, 1, 0, 1]
PATIENT = ["a", "a", "a", "b", "c", "c", "d", "d", "d", "e", "f"]


@pytest.mark.parametrize("variance", ["robust", "bias-reduced"])
@pytest.mark.parametrize("working", ["exchangeable", "independence"])
def test_the_method_says_what_was_done_and_the_order_of_cases_does_not_matter(working: str, variance: str) -> None:
    result = clustered_proportion_gee(OUTCOME, PATIENT, working=working, variance=variance)
    assert working in result.ci_method
    assert variance in result.ci_method
    assert (result.numerator, result.denominator, result.n_patients) == (7, 11, 6)
    assert result.ci_low < result.estimate < result.ci_high
    order = np.random.default_rng(1).permutation(11)
    other = clustered_proportion_gee(
        np.array(OUTCOME)[order], np.array(PATIENT)[order], working=working, variance=variance
    )
    assert (other.estimate, other.ci_low) == pytest.approx((result.estimate, result.ci_low), abs=1e-8)


def test_independence_estimates_the_ratio_and_exchangeable_something_else() -> None:
    moments = ClusterMoments.from_clusters([2, 1, 0, 3, 0, 1], [3, 1, 2, 3, 1, 1])
    assert clustered_proportion_gee(OUTCOME, PATIENT, working="independence").estimate == pytest.approx(
        clustered_proportion(moments).estimate
    )
    assert clustered_proportion_gee(OUTCOME, PATIENT).estimate != pytest.approx(7 / 11, abs=1e-3)


def test_bias_reduction_widens_the_interval() -> None:
    robust, reduced = (clustered_proportion_gee(OUTCOME, PATIENT, variance=v) for v in ("robust", "bias-reduced"))
    assert reduced.ci_high - reduced.ci_low > robust.ci_high - robust.ci_low


def test_turning_the_outcome_round_mirrors_the_interval() -> None:
    one = clustered_proportion_gee(OUTCOME, PATIENT)
    other = clustered_proportion_gee([1 - y for y in OUTCOME], PATIENT)
    assert (one.ci_low, one.ci_high) == pytest.approx((1 - other.ci_high, 1 - other.ci_low), abs=1e-7)


@pytest.mark.parametrize(
    ("outcome", "patient", "estimate", "status", "reason"),
    [
        ([], [], None, EstimateStatus.UNDEFINED, "denominator"),
        ([1, 0], [4, 4], 0.5, EstimateStatus.INSUFFICIENT, "one patient"),
        ([1, 1, 1], [1, 1, 2], 1.0, EstimateStatus.INSUFFICIENT, "same outcome"),
        ([0, 0], [1, 2], 0.0, EstimateStatus.INSUFFICIENT, "same outcome"),
        ([1, 0, 1, 0, 1, 0], [1, 1, 2, 2, 3, 3], 0.5, EstimateStatus.INSUFFICIENT, "no variance"),
    ],
)
@pytest.mark.parametrize("working", ["exchangeable", "independence"])
def test_what_cannot_be_fitted_is_said(outcome, patient, estimate, status, reason, working: str) -> None:  # type: ignore[no-untyped-def]  # a table
    result = clustered_proportion_gee(outcome, patient, working=working)
    assert (result.estimate, result.ci_low, result.status) == (estimate, None, status)
    assert reason in (result.reason or "")


def test_cases_of_a_patient_that_contradict_each_other_may_leave_the_exchangeable_equation_unsolved() -> None:
    hits, cases = [1, 3, 3, 2, 1, 1, 2, 2, 1, 3, 1, 1], [2, 4, 5, 2, 1, 3, 2, 4, 2, 7, 1, 1]
    outcome = np.concatenate([np.repeat([1, 0], [y, n - y]) for y, n in zip(hits, cases, strict=True)])
    patient = np.repeat(np.arange(12), cases)
    result = clustered_proportion_gee(outcome, patient)
    assert (result.estimate, result.ci_low, result.status) == (21 / 34, None, EstimateStatus.INSUFFICIENT)
    assert "not solved" in (result.reason or "")
    assert clustered_proportion_gee(outcome, patient, working="independence").status is EstimateStatus.OK


def test_one_case_per_patient_is_no_obstacle() -> None:
    result = clustered_proportion_gee([1, 1, 0, 1], [1, 2, 3, 4])
    assert (result.estimate, result.status) == (pytest.approx(0.75), EstimateStatus.OK)


def test_impossible_input_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="outcome"):
        clustered_proportion_gee([0, np.nan], [1, 2])
    with pytest.raises(ValueError, match="patient"):
        clustered_proportion_gee([0, 1], [1, np.nan])
    with pytest.raises(ValueError, match="one value for each case"):
        clustered_proportion_gee([0, 1], [1, 2, 3])
    with pytest.raises(ValueError, match="working"):
        clustered_proportion_gee([0, 1], [1, 2], working="unstructured")
