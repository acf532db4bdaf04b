"""Conger's and Light's kappa: identities, missing ratings, and what has no interval."""

from itertools import combinations

import numpy as np
import pytest

from multisite.stats.agreement import cohen_kappa, conger_kappa, fleiss_kappa, light_kappa
from multisite.stats.agreement.resampled import jackknife_error
from multisite.vocabulary import EstimateStatus

RNG = np.random.default_rng(5)
TRUE = RNG.integers(0, 3, 40)
RATINGS = np.where(RNG.random((40, 4)) < 0.7, TRUE[:, None], RNG.integers(0, 3, (40, 4)))


@pytest.mark.parametrize("weights", ["unweighted", "linear", "quadratic"])
def test_of_two_raters_both_are_cohen_s(weights: str) -> None:
    expected = cohen_kappa(RATINGS[:, 0], RATINGS[:, 1], weights=weights).estimate
    assert conger_kappa(RATINGS[:, :2], weights=weights).estimate == pytest.approx(expected)
    assert light_kappa(RATINGS[:, :2], weights=weights).estimate == pytest.approx(expected)


def test_light_s_is_the_mean_of_cohen_s_over_the_pairs() -> None:
    pairs = [cohen_kappa(RATINGS[:, i], RATINGS[:, j]).estimate for i, j in combinations(range(4), 2)]
    assert light_kappa(RATINGS).estimate == pytest.approx(np.mean(pairs))


def test_conger_s_counts_chance_from_each_rater_s_own_shares() -> None:
    pairs = list(combinations(range(4), 2))
    observed = np.mean([(RATINGS[:, i] == RATINGS[:, j]).mean() for i, j in pairs])
    shares = np.array([[(RATINGS[:, r] == k).mean() for k in range(3)] for r in range(4)])
    expected = np.mean([shares[i] @ shares[j] for i, j in pairs])
    found = conger_kappa(RATINGS)
    assert found.estimate == pytest.approx((observed - expected) / (1 - expected))
    assert (found.observed_agreement, found.expected_agreement) == (pytest.approx(observed), pytest.approx(expected))
    assert found.estimate >= fleiss_kappa(RATINGS).estimate


@pytest.mark.parametrize("kappa", [conger_kappa, light_kappa])
def test_the_error_is_that_of_leaving_out_one_patient_at_a_time(kappa) -> None:
    patient = np.arange(40) // 3
    without = [kappa(RATINGS[patient != p]).estimate for p in range(14)]
    assert kappa(RATINGS, patient=patient).standard_error == pytest.approx(jackknife_error(np.array(without)))
    alone = [kappa(np.delete(RATINGS, i, axis=0)).estimate for i in range(40)]
    assert kappa(RATINGS).standard_error == pytest.approx(jackknife_error(np.array(alone)))


def test_a_case_with_a_missing_rating_is_left_out_and_counted() -> None:
    holed = RATINGS.astype(object)
    holed[3, 1] = None
    found, expected = conger_kappa(holed), conger_kappa(np.delete(RATINGS, 3, axis=0))
    assert (found.estimate, found.n_left_out, found.n_cases) == (expected.estimate, 1, 39)


@pytest.mark.parametrize("kappa", [conger_kappa, light_kappa])
def test_perfect_agreement_has_no_interval_and_one_category_no_kappa(kappa) -> None:
    perfect = kappa([[1, 1, 1], [0, 0, 0], [1, 1, 1], [0, 0, 0]])
    assert (perfect.estimate, perfect.ci_low, perfect.status) == (1.0, None, EstimateStatus.INSUFFICIENT)
    assert perfect.reason == "kappa is the same without any of the patients"
    alike = kappa([[1, 1, 1], [1, 1, 1]])
    assert (alike.estimate, alike.status) == (None, EstimateStatus.UNDEFINED)
    fragile = kappa([[1, 1, 1], [1, 1, 1], [1, 1, 1], [0, 0, 0]])
    assert fragile.reason == "without one of the patients kappa is undefined"


def test_a_pair_without_a_kappa_leaves_light_s_undefined_and_conger_s_defined() -> None:
    table = [[1, 1, 0], [1, 1, 1], [1, 1, 0], [1, 1, 1]]
    assert light_kappa(table).reason == "the kappa of two raters is 0/0"
    assert conger_kappa(table).estimate is not None


def test_weights_of_texts_need_their_order() -> None:
    with pytest.raises(ValueError, match="`categories` must be given"):
        conger_kappa([["a", "b"], ["b", "b"]], weights="linear")
    with pytest.raises(ValueError, match="`patient`"):
        light_kappa(RATINGS, patient=[1, 2])
