"""Standardised proportions, areas and predictive values, by hand and against what they come down to."""

import numpy as np
import pytest
from scipy import stats

from multisite.stats import ClusterMoments, ScoreCounts, auc, clustered_proportion, predictive_values, proportion
from multisite.stats.standardisation import (
    mix_of_classes,
    population_shares,
    standardised_auc,
    standardised_predictive_values,
    standardised_proportion,
)
from multisite.vocabulary import EstimateStatus


def alone(y: int, n: int) -> ClusterMoments:
    return ClusterMoments(n, y, n, y, y, n)


NOBODY = ClusterMoments(0, 0, 0, 0, 0, 0)
ONE = population_shares([100], census=True)
HALVES = population_shares([1, 1], census=True)
KNOWN = mix_of_classes(HALVES, HALVES, prevalence=0.1)


@pytest.mark.parametrize("method", ["stratified-wilson", "mover"])
@pytest.mark.parametrize(("y", "n"), [(0, 20), (17, 20), (20, 20)])
def test_one_cell_has_wilsons_interval(method: str, y: int, n: int) -> None:
    found, single = standardised_proportion([alone(y, n)], ONE, method=method), proportion(y, n)
    assert (found.estimate, found.ci_low, found.ci_high) == pytest.approx(
        (single.estimate, single.ci_low, single.ci_high)
    )


def test_one_cell_of_patients_has_their_interval() -> None:
    moments = ClusterMoments.from_clusters([1, 2, 0, 2, 3], [2, 2, 2, 2, 3])
    found, single = standardised_proportion([moments], ONE), clustered_proportion(moments)
    assert (found.ci_low, found.ci_high) == pytest.approx((single.ci_low, single.ci_high))
    assert "patients as clusters" in found.ci_method


def test_the_weighted_mean_and_its_mover_interval_by_hand() -> None:
    shares = population_shares([30, 70])
    found = standardised_proportion([alone(40, 50), alone(60, 100)], shares, method="mover")
    # 0.3·0.8 + 0.7·0.6 = 0.66; the weights' variance is (0.3·0.14² + 0.7·0.06²)/100 = 8.4e-5
    assert found.estimate == pytest.approx(0.66)
    assert found.weights_error == pytest.approx(np.sqrt(8.4e-5))
    (a, b), (c, d) = ((e.ci_low, e.ci_high) for e in (proportion(40, 50), proportion(60, 100)))
    error = (stats.norm.ppf(0.975) * found.weights_error) ** 2
    assert found.ci_low == pytest.approx(0.66 - np.sqrt((0.3 * (0.8 - a)) ** 2 + (0.7 * (0.6 - c)) ** 2 + error))
    assert found.ci_high == pytest.approx(0.66 + np.sqrt((0.3 * (b - 0.8)) ** 2 + (0.7 * (d - 0.6)) ** 2 + error))


def test_cells_alike_that_all_succeed_have_the_interval_of_all_cases() -> None:
    found = standardised_proportion([alone(10, 10)] * 8, population_shares([1] * 8, census=True))
    assert (found.ci_low, found.ci_high) == pytest.approx((proportion(80, 80).ci_low, 1.0))


def test_a_needed_cell_without_a_case_leaves_it_undefined() -> None:
    found = standardised_proportion([alone(4, 5), NOBODY], HALVES)
    assert (found.status, found.estimate) == (EstimateStatus.UNDEFINED, None)
    assert "no case" in found.reason


def test_a_needed_cell_of_one_patient_leaves_no_interval() -> None:
    found = standardised_proportion([alone(4, 5), ClusterMoments.from_clusters([2], [4])], HALVES)
    assert (found.status, found.ci_low) == (EstimateStatus.INSUFFICIENT, None)
    assert found.estimate == pytest.approx(0.65)


FIRST = ScoreCounts([0.1, 0.5, 0.9], [1, 2, 3], [4, 2, 1])
SECOND = ScoreCounts([0.2, 0.5, 0.7], [2, 1, 4], [3, 3, 0])


def test_the_area_is_the_weighted_mean_of_all_pairs_of_cells() -> None:
    positive, negative = population_shares([30, 70], census=True), population_shares([60, 40], census=True)
    found = standardised_auc([FIRST, SECOND], mix_of_classes(positive, negative, prevalence=0.3))
    area = 0.0
    for u, p in ((0.3, FIRST), (0.7, SECOND)):
        for v, n in ((0.6, FIRST), (0.4, SECOND)):
            above = (p.score[:, None] > n.score) + 0.5 * (p.score[:, None] == n.score)
            area += u * v * (p.n_positive @ above @ n.n_negative) / (p.positives * n.negatives)
    assert found.estimate == pytest.approx(area)


def test_one_cell_has_delongs_interval() -> None:
    mix = mix_of_classes(ONE, ONE, prevalence=0.3)
    found, single = standardised_auc([FIRST], mix), auc(FIRST)
    assert (found.ci_low, found.ci_high) == pytest.approx((single.ci_low, single.ci_high))
    wider = standardised_auc([FIRST], mix, design_effect=4.0)
    assert np.log(wider.ci_high / (1 - wider.ci_high)) - np.log(found.estimate / (1 - found.estimate)) == pytest.approx(
        2 * (np.log(found.ci_high / (1 - found.ci_high)) - np.log(found.estimate / (1 - found.estimate)))
    )


def test_perfect_separation_has_newcombes_interval_at_the_effective_numbers() -> None:
    apart = ScoreCounts([0.1, 0.9], [0, 10], [20, 0])
    found = standardised_auc([apart, apart], KNOWN)
    single = auc(ScoreCounts([0.1, 0.9], [0, 20], [40, 0]), method="newcombe")
    assert found.estimate == 1.0
    assert (found.ci_low, found.ci_high) == pytest.approx((single.ci_low, 1.0))


@pytest.mark.parametrize(
    ("cell", "status", "reason"),
    [
        (ScoreCounts([], [], []), EstimateStatus.UNDEFINED, "no positive case"),
        (ScoreCounts([0.4], [0], [5]), EstimateStatus.UNDEFINED, "no positive case"),
        (ScoreCounts([0.4], [5], [0]), EstimateStatus.UNDEFINED, "no negative case"),
        (ScoreCounts([0.4], [1], [5]), EstimateStatus.INSUFFICIENT, "two positive cases in every cell"),
    ],
)
def test_an_area_of_too_few_says_so(cell: ScoreCounts, status: EstimateStatus, reason: str) -> None:
    found = standardised_auc([FIRST, cell], KNOWN)
    assert (found.status, found.ci_low) == (status, None)
    assert reason in found.reason


def test_predictive_values_are_those_of_bayes() -> None:
    se, sp = [alone(40, 50), alone(45, 50)], [alone(80, 100), alone(95, 100)]
    found = standardised_predictive_values(se, sp, KNOWN)
    assert found.ppv.estimate == pytest.approx(0.85 * 0.1 / (0.85 * 0.1 + 0.125 * 0.9))
    assert found.npv.estimate == pytest.approx(0.875 * 0.9 / (0.875 * 0.9 + 0.15 * 0.1))


def test_one_cell_at_a_known_prevalence_is_near_mercaldos_interval() -> None:
    mix = mix_of_classes(ONE, ONE, prevalence=0.1)
    found = standardised_predictive_values([alone(160, 200)], [alone(270, 300)], mix)
    single = predictive_values(160, 30, 40, 270, prevalence=0.1)
    for name in ("ppv", "npv"):
        ours, theirs = getattr(found, name), getattr(single, name)
        assert (ours.estimate, ours.ci_low, ours.ci_high) == pytest.approx(
            (theirs.estimate, theirs.ci_low, theirs.ci_high), abs=0.01
        )


def test_an_uncertain_prevalence_widens_the_predictive_values() -> None:
    se, sp = [alone(40, 50)] * 2, [alone(80, 100)] * 2
    known = standardised_predictive_values(se, sp, KNOWN)
    sampled = standardised_predictive_values(se, sp, mix_of_classes(HALVES, HALVES, prevalence=0.1, n_cases=100))
    assert sampled.ppv.ci_low < known.ppv.ci_low < known.ppv.ci_high < sampled.ppv.ci_high


def test_a_specificity_of_1_gives_a_predictive_value_of_1_with_a_lower_end() -> None:
    found = standardised_predictive_values([alone(40, 50)] * 2, [alone(100, 100)] * 2, KNOWN)
    assert (found.ppv.estimate, found.ppv.ci_high) == (1.0, 1.0)
    assert 0.5 < found.ppv.ci_low < 1.0


def test_no_result_of_a_kind_leaves_that_value_undefined() -> None:
    found = standardised_predictive_values([alone(0, 50)] * 2, [alone(100, 100)] * 2, KNOWN)
    assert (found.ppv.status, found.ppv.reason) == (EstimateStatus.UNDEFINED, "no positive result")
    assert found.npv.estimate == pytest.approx(0.9)
