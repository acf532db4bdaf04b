import math

import numpy as np
import pytest

from multisite.stats import ScoreCounts, ScoreEstimate, auc, auc_within_groups
from multisite.vocabulary import EstimateStatus


def area(scores: list[float], positive: list[bool]) -> ScoreEstimate:
    return auc(ScoreCounts.from_cases(np.array(positive), np.array(scores)))


GOOD = area([0.1, 0.4, 0.35, 0.8, 0.3], [False, False, True, True, False])
BAD = area([0.9, 0.2, 0.5, 0.4], [False, True, False, True])


def test_one_group_has_its_own_auc_and_interval() -> None:
    within = auc_within_groups([GOOD])
    assert within.estimate == GOOD.estimate
    assert (within.ci_low, within.ci_high) == pytest.approx((GOOD.ci_low, GOOD.ci_high))


def test_groups_weigh_by_their_pairs() -> None:
    # 5 of 6 pairs are ranked right in the first group, 0 of 4 in the second.
    within = auc_within_groups([GOOD, BAD])
    assert within.estimate == pytest.approx(5 / 10)
    assert (within.n_positive, within.n_negative, within.n_cases) == (4, 5, 9)


def test_the_standard_error_adds_over_groups() -> None:
    within = auc_within_groups([GOOD, GOOD])
    assert GOOD.standard_error is not None
    assert within.standard_error == pytest.approx(GOOD.standard_error / math.sqrt(2))


def test_a_group_of_one_class_has_no_pairs_and_no_weight() -> None:
    assert auc_within_groups([GOOD, area([0.5, 0.6], [True, True])]).estimate == GOOD.estimate


def test_without_a_pair_it_is_undefined() -> None:
    none = auc_within_groups([area([0.5], [True])])
    assert (none.estimate, none.status, none.reason) == (None, EstimateStatus.UNDEFINED, "no group with both classes")
    assert auc_within_groups([]).status is EstimateStatus.UNDEFINED


def test_scores_that_are_the_same_within_every_group_have_no_interval() -> None:
    flat = auc_within_groups([area([value] * 4, [True, True, False, False]) for value in (0.2, 0.8)])
    assert (flat.estimate, flat.ci_low, flat.status) == (0.5, None, EstimateStatus.INSUFFICIENT)


def test_a_group_with_one_case_of_a_class_counts_with_its_pairs_and_the_variance_of_hanley_and_mcneil() -> None:
    lone = area([0.7, 0.2, 0.3], [False, True, False])
    within = auc_within_groups([GOOD, lone])
    # 5 of 6 pairs are right in the first group, 0 of 2 in the second; of that, (A(1 - A) + (Q2 - A^2))/2 at A = 5/8.
    assert within.estimate == pytest.approx(5 / 8)
    variance = (5 / 8 * 3 / 8 + 2 * (5 / 8) ** 2 / (13 / 8) - (5 / 8) ** 2) / 2
    assert GOOD.standard_error is not None
    expected = math.sqrt((6 * GOOD.standard_error) ** 2 + 4 * variance) / 8
    assert within.standard_error == pytest.approx(expected)
    assert within.ci_method.endswith("hanley-mcneil in 1 of 2 groups")
    assert within.status is EstimateStatus.OK


def test_sets_of_one_positive_each_have_an_interval() -> None:
    rng = np.random.default_rng(5)
    sets = [area([rng.normal(1.0), *rng.normal(size=3)], [True, False, False, False]) for _ in range(60)]
    within = auc_within_groups(sets)
    assert within.ci_low is not None
    assert within.ci_high is not None
    assert within.ci_low < 0.76 < within.ci_high
    assert 0.1 < within.ci_high - within.ci_low < 0.25


def test_a_group_that_separates_the_classes_is_not_taken_as_known() -> None:
    perfect = area([0.1, 0.2, 0.8, 0.9], [False, False, True, True])
    within = auc_within_groups([GOOD, perfect])
    assert GOOD.standard_error is not None
    assert within.standard_error is not None
    assert within.standard_error > 6 * GOOD.standard_error / 10


def test_a_score_that_only_knows_the_group_is_chance_within_and_not_over_groups() -> None:
    truth = np.array([True] * 80 + [False] * 20 + [True] * 20 + [False] * 80)
    group = np.repeat([0, 1], 100)
    score = np.where(group == 0, 0.8, 0.2)
    pooled = auc(ScoreCounts.from_cases(truth, score))
    within = auc_within_groups([auc(ScoreCounts.from_cases(truth[group == g], score[group == g])) for g in (0, 1)])
    assert pooled.estimate == pytest.approx(0.8)
    assert within.estimate == pytest.approx(0.5)
