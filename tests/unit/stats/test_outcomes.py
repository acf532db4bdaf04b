"""Outcomes at a prevalence: counted by hand, and held against net benefit and predictive values."""

import pytest

from multisite.stats import (
    ClusterMoments,
    Estimate,
    clustered_proportion,
    design_effect_of,
    net_benefit,
    outcomes_at_prevalence,
    predictive_values,
    proportion,
    proportion_with_design_effect,
)
from multisite.vocabulary import EstimateStatus

SENSITIVITY, SPECIFICITY = proportion(80, 100), proportion(270, 300)


def ends(estimate: Estimate) -> tuple[float, float]:
    assert estimate.ci_low is not None
    assert estimate.ci_high is not None
    return estimate.ci_low, estimate.ci_high


def test_the_numbers_are_those_that_one_counts() -> None:
    found = outcomes_at_prevalence(SENSITIVITY, SPECIFICITY, prevalence=0.1, act_from=0.2)
    assert found.true_positives.estimate == pytest.approx(0.08)
    assert found.false_negatives.estimate == pytest.approx(0.02)
    assert found.false_positives.estimate == pytest.approx(0.09)
    assert found.called_positive.estimate == pytest.approx(0.17)
    assert found.called_per_true_positive.estimate == pytest.approx(0.17 / 0.08)
    assert found.net_benefit.estimate == pytest.approx(0.08 - 0.25 * 0.09)
    assert found.treat_all == pytest.approx(0.1 - 0.25 * 0.9)


def test_single_terms_have_the_interval_of_their_proportion_turned_where_they_fall() -> None:
    found = outcomes_at_prevalence(SENSITIVITY, SPECIFICITY, prevalence=0.1, act_from=0.2)
    low, high = ends(SENSITIVITY)
    assert ends(found.true_positives) == pytest.approx((0.1 * low, 0.1 * high))
    assert ends(found.false_negatives) == pytest.approx((0.1 * (1 - high), 0.1 * (1 - low)))
    low, high = ends(SPECIFICITY)
    assert ends(found.false_positives) == pytest.approx((0.9 * (1 - high), 0.9 * (1 - low)))


def test_sums_are_close_to_walds_interval_of_net_benefit() -> None:
    found = outcomes_at_prevalence(SENSITIVITY, SPECIFICITY, prevalence=0.1, act_from=0.2).net_benefit
    walds = net_benefit(80, 30, 100, 300, threshold=0.2, prevalence=0.1)
    assert found.estimate == pytest.approx(walds.estimate)
    assert ends(found) == pytest.approx(ends(walds), abs=0.003)


def test_the_cases_called_per_hit_are_the_inverse_of_the_ppv_and_nearly_its_interval() -> None:
    found = outcomes_at_prevalence(SENSITIVITY, SPECIFICITY, prevalence=0.1, act_from=0.2).called_per_true_positive
    ppv = predictive_values(80, 30, 20, 270, prevalence=0.1).ppv
    assert ppv.estimate is not None
    assert found.estimate == pytest.approx(1 / ppv.estimate)
    assert ends(found) == pytest.approx((1 / ends(ppv)[1], 1 / ends(ppv)[0]), rel=0.05)


def test_no_hit_has_no_ratio_and_a_missing_class_no_sum() -> None:
    none = outcomes_at_prevalence(proportion(0, 20), SPECIFICITY, prevalence=0.1, act_from=0.2)
    assert none.called_per_true_positive.status is EstimateStatus.UNDEFINED
    assert none.called_per_true_positive.reason == "no case with the finding is called positive"
    missing = outcomes_at_prevalence(proportion(0, 0), SPECIFICITY, prevalence=0.1, act_from=0.2)
    assert missing.net_benefit.status is EstimateStatus.UNDEFINED
    assert missing.false_positives.estimate is not None


def test_a_proportion_without_an_interval_gives_a_number_without_one() -> None:
    one = clustered_proportion(ClusterMoments.from_clusters([2], [3]))
    found = outcomes_at_prevalence(one, SPECIFICITY, prevalence=0.1, act_from=0.0)
    assert found.called_positive.estimate is not None
    assert found.called_positive.ci_low is None
    assert found.called_positive.status is EstimateStatus.INSUFFICIENT


@pytest.mark.parametrize(("prevalence", "act_from"), [(0.0, 0.1), (1.0, 0.1), (0.1, 1.0)])
def test_what_is_out_of_range_is_refused(prevalence: float, act_from: float) -> None:
    with pytest.raises(ValueError, match="must lie"):
        outcomes_at_prevalence(SENSITIVITY, SPECIFICITY, prevalence=prevalence, act_from=act_from)


def test_a_design_effect_of_one_is_wilson_and_that_of_clusters_is_theirs() -> None:
    plain = proportion_with_design_effect(80, 100, design_effect=1.0)
    assert ends(plain) == ends(SENSITIVITY)
    moments = ClusterMoments.from_clusters([3, 0, 3, 1, 2, 0, 3, 3, 1, 2], [3] * 10)
    effect = design_effect_of(moments)
    assert effect is not None
    assert effect > 1.0
    clustered = clustered_proportion(moments)
    assert ends(proportion_with_design_effect(18, 30, design_effect=effect)) == pytest.approx(ends(clustered))
    assert design_effect_of(ClusterMoments.from_clusters([1, 0], [1, 1])) == 1.0
    assert design_effect_of(ClusterMoments.from_clusters([1], [2])) is None


@pytest.mark.parametrize(("y", "n", "effect"), [(3, 2, 1.0), (1, 2, 0.5)])
def test_a_share_above_one_and_a_design_effect_below_it_are_refused(y: int, n: int, effect: float) -> None:
    with pytest.raises(ValueError, match="must not"):
        proportion_with_design_effect(y, n, design_effect=effect)
