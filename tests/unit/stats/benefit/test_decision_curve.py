"""Net benefit: ends of the curve, empty classes, and what is refused."""

import numpy as np
import pytest

from multisite.stats import ScoreCounts
from multisite.stats.benefit.decision_curve import decision_curve, net_benefit, net_benefit_by_patient
from multisite.vocabulary import EstimateStatus

COUNTS = ScoreCounts([0.1, 0.2, 0.6, 0.9], [1, 2, 5, 12], [40, 20, 10, 3])


def test_a_score_at_the_threshold_is_acted_on() -> None:
    at, above = decision_curve(COUNTS, [0.2, 0.2000001])
    assert (at.true_positive, at.false_positive) == (19, 33)
    assert (above.true_positive, above.false_positive) == (17, 13)


def test_acting_on_all_by_the_score_is_acting_on_everybody() -> None:
    (found,) = decision_curve(COUNTS, [0.05])
    assert found.estimate == pytest.approx(found.treat_all)
    assert found.interventions_avoided.estimate == 0.0
    assert found.interventions_avoided.status == EstimateStatus.INSUFFICIENT
    assert found.treat_none == 0.0


def test_acting_on_nobody_is_worth_nothing_and_shows_no_variance() -> None:
    (found,) = decision_curve(COUNTS, [0.95])
    assert (found.estimate, found.status, found.ci_low) == (0.0, EstimateStatus.INSUFFICIENT, None)
    assert found.standardised.estimate == 0.0
    assert found.interventions_avoided.ci_low is not None


def test_at_threshold_zero_false_positives_are_free_and_none_can_be_avoided() -> None:
    (found,) = decision_curve(COUNTS, [0.0])
    assert found.estimate == found.treat_all == found.prevalence
    assert found.interventions_avoided.status == EstimateStatus.UNDEFINED


def test_a_perfect_score_has_a_standardised_net_benefit_of_one_without_an_interval() -> None:
    found = net_benefit(10, 0, 10, 90, threshold=0.3)
    assert found.standardised.estimate == pytest.approx(1.0)
    assert found.standardised.status == EstimateStatus.INSUFFICIENT
    assert found.ci_low is not None


def test_no_case_is_undefined() -> None:
    found = net_benefit(0, 0, 0, 0, threshold=0.3)
    assert (found.status, found.reason, found.treat_all, found.prevalence) == (
        EstimateStatus.UNDEFINED,
        "no case",
        None,
        None,
    )
    assert net_benefit_by_patient([], [], [], [], threshold=0.3).status == EstimateStatus.UNDEFINED


def test_a_cohort_without_the_finding_has_a_net_benefit_but_nothing_to_standardise_by() -> None:
    found = net_benefit(0, 9, 0, 90, threshold=0.5)
    assert found.estimate == pytest.approx(-0.1)
    assert found.standardised.status == EstimateStatus.UNDEFINED
    assert found.treat_all == -1.0


@pytest.mark.parametrize(("sizes", "reason"), [((0, 9, 0, 90), "no positive case"), ((5, 0, 9, 0), "no negative case")])
def test_a_stated_prevalence_needs_both_classes(sizes: tuple[int, int, int, int], reason: str) -> None:
    found = net_benefit(*sizes, threshold=0.5, prevalence=0.1)
    assert (found.status, found.reason, found.prevalence) == (EstimateStatus.UNDEFINED, reason, 0.1)
    assert found.treat_all == pytest.approx(0.1 - 0.9)


def test_patients_of_one_case_give_the_interval_of_cases_but_for_small_numbers() -> None:
    tp, fn, fp, tn = (np.repeat(row, (30, 20, 40, 110)) for row in np.eye(4, dtype=np.int64))
    by_patient = net_benefit_by_patient(tp, fp, tp + fn, fp + tn, threshold=0.2)
    by_case = net_benefit(30, 40, 50, 150, threshold=0.2)
    for one, other in ((by_patient, by_case), (by_patient.standardised, by_case.standardised)):
        assert one.ci_low == pytest.approx(other.ci_low, abs=2e-3)
    assert by_patient.n_patients == 200


def test_one_patient_has_an_estimate_without_an_interval() -> None:
    found = net_benefit_by_patient([3], [1], [4], [5], threshold=0.2)
    assert (found.status, found.n_patients) == (EstimateStatus.INSUFFICIENT, 1)
    assert found.reason is not None
    assert found.reason.startswith("one patient")


@pytest.mark.parametrize("threshold", [-0.1, 1.0, np.nan])
def test_a_threshold_that_is_none_is_refused(threshold: float) -> None:
    with pytest.raises(ValueError, match="`threshold`"):
        decision_curve(COUNTS, [threshold])


@pytest.mark.parametrize("prevalence", [0.0, 1.0, np.nan])
def test_a_prevalence_that_is_none_is_refused(prevalence: float) -> None:
    with pytest.raises(ValueError, match="`prevalence`"):
        decision_curve(COUNTS, [0.1], prevalence=prevalence)


@pytest.mark.parametrize("counts", [(5, 0, 4, 9), (0, 10, 4, 9), (-1, 0, 4, 9), (0.5, 0, 4, 9), (np.nan, 0, 4, 9)])
def test_counts_that_contradict_each_other_are_refused(counts) -> None:
    with pytest.raises(ValueError, match="`true_positive`"):
        net_benefit(*counts, threshold=0.2)
    with pytest.raises(ValueError, match="`true_positive`"):
        net_benefit_by_patient(*([x] for x in counts), threshold=0.2)


def test_scores_that_are_no_probabilities_and_lengths_that_differ_are_refused() -> None:
    with pytest.raises(ValueError, match="probabilities"):
        decision_curve(ScoreCounts([-1.0, 2.0], [1, 2], [3, 4]), [0.2])
    with pytest.raises(ValueError, match="same length"):
        net_benefit_by_patient([1], [1, 2], [1], [1], threshold=0.2)
