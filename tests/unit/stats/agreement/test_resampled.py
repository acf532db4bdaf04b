"""The jackknife over patients, and kappa of every two raters."""

import numpy as np
import pytest

from multisite.stats import proportion
from multisite.stats.agreement import cohen_kappa, jackknife_over_patients, observed_agreement, pairwise_kappa
from multisite.stats.estimate import CountArray, Estimate
from multisite.vocabulary import EstimateStatus

NAN = float("nan")


def share_of(values: np.ndarray) -> object:
    def statistic(rows: CountArray) -> Estimate:
        return proportion(int(values[rows].sum()), rows.size)

    return statistic


def test_of_a_mean_of_single_cases_it_is_the_usual_error() -> None:
    values = np.array([1, 0, 1, 1, 0, 1, 1, 0, 1, 1])
    found = jackknife_over_patients(share_of(values), list("abcdefghij"), bounds=(0.0, 1.0))
    assert found.standard_error == pytest.approx(values.std(ddof=1) / np.sqrt(10))
    assert (found.estimate, found.n_patients, found.n_cases) == (0.7, 10, 10)


def test_cases_of_a_patient_go_together() -> None:
    ratings = np.repeat([[1, 1], [1, 0], [0, 0], [1, 1], [0, 0], [0, 1]], 4, axis=0)
    patient = np.repeat(np.arange(6), 4)
    together = jackknife_over_patients(lambda rows: observed_agreement(ratings[rows]), patient, bounds=(0, 1))
    alone = observed_agreement(ratings)
    assert together.estimate == alone.estimate
    assert together.ci_low < alone.ci_low
    shuffled = np.random.default_rng(1).permutation(24)
    again = jackknife_over_patients(
        lambda rows: observed_agreement(ratings[shuffled][rows]), patient[shuffled], bounds=(0, 1)
    )
    assert again.standard_error == pytest.approx(together.standard_error)


def test_where_there_is_no_interval_it_says_why() -> None:
    one = jackknife_over_patients(lambda rows: observed_agreement(np.array([[1, 1], [1, 0]])[rows]), [7, 7])
    assert (one.estimate, one.status, one.n_patients) == (0.5, EstimateStatus.INSUFFICIENT, 1)
    first, second = np.array([1, 1, 0]), np.array([1, 1, 0])
    lone = jackknife_over_patients(lambda rows: cohen_kappa(first[rows], second[rows]), [1, 1, 2])
    assert lone.reason == "without one of the patients the statistic is undefined"
    same = jackknife_over_patients(lambda rows: observed_agreement(np.ones((4, 2))[rows]), [1, 2, 3, 4])
    assert "the same without any" in (same.reason or "")
    nothing = jackknife_over_patients(lambda rows: observed_agreement(np.full((2, 2), NAN)[rows]), [1, 2])
    assert nothing.status is EstimateStatus.UNDEFINED


def test_a_patient_must_be_known_for_every_case() -> None:
    with pytest.raises(ValueError, match="`patient` must be given"):
        jackknife_over_patients(lambda rows: proportion(1, 2), ["a", None])
    with pytest.raises(ValueError, match="one-dimensional"):
        jackknife_over_patients(lambda rows: proportion(1, 2), [["a"]])


def test_every_two_raters_over_the_cases_that_both_rated() -> None:
    ratings = np.array([[1, 1, NAN], [2, 2, 2], [1, 2, 1], [2, NAN, 2], [1, 1, 2], [NAN, 2, 1]])
    found = pairwise_kappa(ratings)
    assert found.n_shared.tolist() == [[5, 4, 4], [4, 5, 4], [4, 4, 5]]
    for (i, j), pair in found.pairs.items():
        alone = cohen_kappa(ratings[:, i], ratings[:, j], categories=[1, 2])
        assert (pair.estimate, pair.n_left_out) == (alone.estimate, alone.n_left_out)
        assert found.kappa[i, j] == found.kappa[j, i] == pair.estimate
    assert np.isnan(np.diag(found.kappa)).all()


def test_a_pair_that_shares_no_case_is_undefined_beside_a_count_of_zero() -> None:
    found = pairwise_kappa([["a", None], [None, "b"]])
    assert np.isnan(found.kappa).all()
    assert found.n_shared[0, 1] == 0
    assert found.pairs[0, 1].status is EstimateStatus.UNDEFINED
    assert pairwise_kappa([[1], [2]]).pairs == {}
    with pytest.raises(ValueError, match="`categories` must be given"):
        pairwise_kappa([["a", "b"]], weights="linear")
