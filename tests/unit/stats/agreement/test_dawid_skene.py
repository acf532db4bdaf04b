"""Latent classes: what is told apart, what is not, and what a reader of the numbers must be told."""

import numpy as np
import pytest

from multisite.stats import dawid_skene, dawid_skene_intervals
from multisite.stats.agreement import latent_class_identification
from multisite.stats.agreement.dawid_skene import coded_by_rater
from multisite.stats.agreement.latent_classes import fit_classes
from multisite.vocabulary import EstimateStatus

NAN = float("nan")
SEED = 20_240_501


def _simulated(n: int, sensitivity: list[float], specificity: list[float], *, share: float = 0.4) -> np.ndarray:
    rng = np.random.default_rng(SEED)
    truth = rng.random(n) < share
    right = rng.random((n, len(sensitivity))) < np.where(truth[:, None], sensitivity, specificity)
    return np.where(right, truth[:, None], ~truth[:, None]).astype(float)


def test_planted_errors_are_found_again() -> None:
    found = dawid_skene(_simulated(4_000, [0.9, 0.8, 0.6], [0.95, 0.85, 0.9]), smoothing=0.0)

    assert found.converged
    assert found.prevalence[1] == pytest.approx(0.4, abs=0.03)
    assert [found.accuracy(r, 1.0) for r in range(3)] == pytest.approx([0.9, 0.8, 0.6], abs=0.04)
    assert [found.accuracy(r, 0.0) for r in range(3)] == pytest.approx([0.95, 0.85, 0.9], abs=0.04)
    assert found.remarks == ()


def test_missing_ratings_are_left_out_and_a_case_without_any_has_no_posterior() -> None:
    ratings = _simulated(2_000, [0.9, 0.8, 0.7, 0.8], [0.9, 0.9, 0.9, 0.8])
    ratings[np.random.default_rng(1).random(ratings.shape) < 0.3] = NAN
    ratings[0] = NAN
    found = dawid_skene(ratings, smoothing=0.0)

    without = np.isnan(ratings).all(axis=1)
    assert found.n_left_out == without.sum() > 0
    assert (np.isnan(found.posterior).all(axis=1) == without).all()
    assert np.nansum(found.posterior, axis=1)[~without] == pytest.approx(1.0)
    assert found.n_ratings == (~np.isnan(ratings)).sum()
    assert found.accuracy(0, 1.0) == pytest.approx(0.9, abs=0.05)


def test_a_class_that_nobody_names_has_no_case_and_nothing_is_said_of_its_ratings() -> None:
    found = dawid_skene(np.zeros((20, 3)), categories=[0, 1])

    assert found.status is EstimateStatus.OK
    assert found.prevalence.tolist() == [1.0, 0.0]
    assert found.accuracy(0, 1) is None
    assert found.accuracy(0, 0) == pytest.approx(1.0, abs=0.001)
    assert found.remarks == ("1 of 2 classes have no case",)


def test_one_category_alone_is_undefined() -> None:
    found = dawid_skene(np.zeros((20, 3)))

    assert found.status is EstimateStatus.UNDEFINED
    assert found.reason == "one category: there are no classes to tell apart"
    assert found.accuracy(0, 0) is None


def test_perfect_agreement_is_taken_at_its_word() -> None:
    ratings = np.repeat([[1], [0], [0], [1], [0]] * 10, 3, axis=1)
    found = dawid_skene(ratings, smoothing=0.0)

    assert found.prevalence.tolist() == pytest.approx([0.6, 0.4])
    assert found.posterior[:5, 1].tolist() == pytest.approx([1, 0, 0, 1, 0])
    assert found.log_likelihood == pytest.approx(50 * (0.6 * np.log(0.6) + 0.4 * np.log(0.4)))


def test_smoothing_keeps_probabilities_from_one() -> None:
    ratings = np.repeat([[1], [0], [0], [1], [0]] * 10, 3, axis=1)
    found = dawid_skene(ratings, smoothing=0.5)

    assert found.accuracy(0, 1) == pytest.approx(20.5 / 21.0, abs=0.001)


@pytest.mark.parametrize(
    "ratings", [[[1, 0], [1, 1], [0, 0]], [[1, 0, NAN], [NAN, 1, 1], [0, NAN, 0]]], ids=["two raters", "three in pairs"]
)
def test_without_a_case_of_three_raters_it_is_undefined(ratings: list[list[float]]) -> None:
    found = dawid_skene(ratings)

    assert found.status is EstimateStatus.UNDEFINED
    assert found.reason == "no case that three raters have rated: the classes cannot be told from the errors"
    assert found.posterior is None
    assert not found.converged


def _third_where_two_differ(n: int) -> np.ndarray:
    ratings = _simulated(n, [0.85, 0.8, 0.9], [0.9, 0.85, 0.95])
    ratings[ratings[:, 0] == ratings[:, 1], 2] = NAN
    return ratings


def _rotating_pairs(n: int, *, triples: int) -> np.ndarray:
    ratings = _simulated(n, [0.85, 0.8, 0.9], [0.9, 0.85, 0.95])
    ratings[np.arange(triples, n), np.arange(triples, n) % 3] = NAN
    return ratings


@pytest.mark.parametrize("n", [60, 600, 6_000])
def test_a_third_rater_of_the_cases_on_which_two_differ_does_not_tell_the_classes(n: int) -> None:
    found = dawid_skene(_third_where_two_differ(n))

    assert (found.status, found.posterior) == (EstimateStatus.UNDEFINED, None)
    assert found.reason == (
        "the rating patterns have 5 degrees of freedom for 7 parameters: the classes cannot be told from the errors"
    )


def test_rotating_pairs_and_a_few_triples_do_not_tell_the_classes_and_many_triples_do() -> None:
    for triples in (1, 5):
        found = dawid_skene(_rotating_pairs(600, triples=triples))
        assert found.status is EstimateStatus.UNDEFINED
        assert found.reason.startswith("the ratings leave some errors of the raters open")
    assert dawid_skene(_rotating_pairs(900, triples=300)).status is EstimateStatus.OK


def test_a_model_that_is_not_identified_has_other_answers_that_fit_as_well() -> None:
    coded = coded_by_rater(_third_where_two_differ(600), categories=None, raters=None).patterns
    start = latent_class_identification._starts(coded.counts, 8, SEED)
    weights = np.repeat(coded.n_cases[None, :], len(start), axis=0)
    fits = fit_classes(coded.counts, weights, smoothing=0.0, max_iterations=3_000, tolerance=1e-7, start=start)

    assert np.ptp(fits.log_likelihood) < 0.01
    assert np.ptp(fits.prevalence[:, 1]) > 0.01
    assert latent_class_identification._other_answer(coded, fits)


def test_a_rater_of_a_few_cases_does_not_undo_what_the_others_tell() -> None:
    ratings = _simulated(600, [0.9, 0.8, 0.7, 0.8], [0.9, 0.9, 0.9, 0.8])
    ratings[5:, 3] = NAN

    assert dawid_skene(ratings).status is EstimateStatus.OK
    ratings[5:, 2] = NAN
    assert dawid_skene(ratings).status is EstimateStatus.UNDEFINED


def test_three_raters_of_all_cases_are_enough_and_too_few_cases_are_not() -> None:
    ratings = _simulated(600, [0.85, 0.8, 0.9], [0.9, 0.85, 0.95])

    assert dawid_skene(ratings).status is EstimateStatus.OK
    assert dawid_skene(ratings[:12]).status is EstimateStatus.UNDEFINED
    assert dawid_skene(ratings[:12], judge_identification=False).posterior is not None


def test_three_ratings_of_one_rater_are_not_three_raters() -> None:
    assert dawid_skene([[1, 1, 0], [0, 0, 0]], raters=["a", "a", "a"]).status is EstimateStatus.UNDEFINED


def test_no_rating_at_all_is_undefined() -> None:
    assert dawid_skene(np.full((3, 3), NAN), categories=[0, 1]).reason == "no rating"
    assert dawid_skene(np.empty((0, 3)), categories=[0, 1]).reason == "no rating"


def test_a_rater_who_errs_more_often_than_not_is_told_of() -> None:
    found = dawid_skene(_simulated(1_000, [0.9, 0.9, 0.9, 0.2], [0.9, 0.9, 0.9, 0.3]))

    assert found.remarks == ("1 of 4 raters name a class more often in cases of another",)
    assert not found.switched
    assert found.accuracy(3, 1.0) < 0.3


def test_rounds_that_do_not_suffice_are_insufficient_with_their_numbers() -> None:
    found = dawid_skene(_simulated(500, [0.8, 0.8, 0.7], [0.8, 0.8, 0.8]), max_iterations=3)

    assert (found.status, found.converged, found.n_iterations) == (EstimateStatus.INSUFFICIENT, False, 3)
    assert found.prevalence is not None


@pytest.mark.parametrize(
    "settings",
    [
        {"smoothing": -1.0},
        {"smoothing": NAN},
        {"max_iterations": 1},
        {"tolerance": 0.0},
        {"n_starts": -1},
        {"raters": [1, 2]},
    ],
)
def test_settings_out_of_range_are_refused(settings: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="must"):
        dawid_skene([[1, 1, 0], [0, 0, 0]], **settings)


def test_the_order_of_cases_and_raters_changes_nothing() -> None:
    ratings = _simulated(300, [0.9, 0.8, 0.7], [0.9, 0.85, 0.9])
    one, other = dawid_skene(ratings), dawid_skene(ratings[::-1, ::-1])

    assert one.posterior == pytest.approx(other.posterior[::-1], abs=1e-6)


def test_intervals_hold_the_estimate_and_are_the_same_with_the_same_seed() -> None:
    ratings = _simulated(150, [0.9, 0.8, 0.7], [0.9, 0.85, 0.9])
    patient = np.arange(150) // 2
    one, again = (dawid_skene_intervals(ratings, patient, seed=SEED, n_replicates=60) for _ in range(2))

    share = one.prevalence[1.0]
    assert share.ci_low < share.estimate < share.ci_high
    assert (share.n_patients, share.n_cases, share.n_replicates) == (75, 150, 60)
    assert one.accuracy[0, 1.0].estimate == pytest.approx(one.classes.accuracy(0, 1.0))
    assert share == again.prevalence[1.0]


def test_intervals_of_what_is_undefined_or_does_not_vary_say_so() -> None:
    undefined = dawid_skene_intervals([[1, 0], [0, 0]], [1, 2], seed=SEED, n_replicates=5)
    assert undefined.prevalence[1].status is EstimateStatus.UNDEFINED
    single = dawid_skene_intervals([[1, 1, 1], [0, 0, 0]] * 10, [7] * 20, seed=SEED, n_replicates=5)
    assert single.prevalence[1].reason == "one patient: there is no variance between patients, and no interval"
    alike = dawid_skene_intervals(np.zeros((20, 3)), range(20), seed=SEED, n_replicates=5, categories=[0, 1])
    assert alike.prevalence[1].reason == "every replicate has the same value, and there is no interval"
    assert alike.accuracy[0, 1].status is EstimateStatus.UNDEFINED


def test_a_rater_with_most_ratings_keeps_the_classes_in_place() -> None:
    ratings = [[1, 1, 1, 0, 0]] * 40 + [[0, 0, 0, 1, 1]] * 60
    found = dawid_skene(ratings, raters=["a", "a", "a", "b", "c"], smoothing=0.0)

    assert not found.switched
    assert found.prevalence.tolist() == pytest.approx([0.6, 0.4])
    assert found.remarks == ("2 of 3 raters name a class more often in cases of another",)
