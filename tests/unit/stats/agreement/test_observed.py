"""Shares of agreement where there is little to see."""

import numpy as np
import pytest

from multisite.stats import proportion
from multisite.stats.agreement import observed_agreement, specific_agreement
from multisite.vocabulary import EstimateStatus

NAN = float("nan")


def test_of_two_raters_both_kinds_are_a_proportion() -> None:
    ratings = [[1, 1]] * 17 + [[1, 0]] * 3
    theirs = proportion(17, 20)
    for kind in ("pairwise", "unanimous"):
        ours = observed_agreement(ratings, kind=kind)  # type: ignore[arg-type]  # a literal
        assert (ours.estimate, ours.ci_low, ours.ci_high) == (theirs.estimate, theirs.ci_low, theirs.ci_high)


@pytest.mark.parametrize("ratings", [[[1], [2]], [[NAN, NAN]], np.empty((0, 2))])
def test_without_two_ratings_of_a_case_agreement_is_undefined(ratings: object) -> None:
    result = observed_agreement(ratings)  # type: ignore[arg-type]  # lists
    assert (result.estimate, result.status, result.reason) == (
        None,
        EstimateStatus.UNDEFINED,
        "no case has two ratings",
    )


def test_perfect_agreement_is_wilson_s() -> None:
    assert observed_agreement([[1, 1, 1]] * 9).ci_low == proportion(9, 9).ci_low


def test_one_case_that_half_agrees_has_no_interval_and_one_that_agrees_has() -> None:
    assert observed_agreement([[1, 1, 2]]).status is EstimateStatus.INSUFFICIENT
    assert observed_agreement([[1, 1, 1]]).ci_low == proportion(1, 1).ci_low


def test_cases_that_half_agree_alike_count_as_their_pairs_at_most() -> None:
    result = observed_agreement([[1, 1, 2]] * 10)
    assert result.estimate == pytest.approx(1 / 3)
    assert result.ci_low == pytest.approx(proportion(10, 30).ci_low)


def test_cases_with_one_rating_are_left_out_and_counted() -> None:
    result = observed_agreement([[1, 1, NAN], [1, NAN, NAN], [1, 2, 2]])
    assert (result.n_cases, result.n_left_out, result.n_ratings) == (2, 1, 5)
    assert result.estimate == pytest.approx((1 + 1 / 3) / 2)


def test_positive_and_negative_agreement_of_two_raters() -> None:
    negative, positive = specific_agreement([[1, 1]] * 5 + [[1, 0]] * 2 + [[0, 1]] * 1 + [[0, 0]] * 40)
    assert positive.estimate == pytest.approx(10 / 13)
    assert negative.estimate == pytest.approx(80 / 83)
    assert (positive.category, negative.category) == (1, 0)


def test_a_category_that_nobody_used_is_undefined() -> None:
    first, _ = specific_agreement([[1, 1], [1, 1]], categories=[0, 1])
    assert first.status is EstimateStatus.UNDEFINED
    assert first.reason == "no case with two ratings has the category"


def test_patients_with_several_cases_widen_the_interval() -> None:
    ratings = np.repeat([[1, 1], [1, 0], [0, 0], [1, 1], [0, 0], [0, 1]], 5, axis=0)
    alone = specific_agreement(ratings)[1]
    together = specific_agreement(ratings, patient=np.repeat(np.arange(6), 5))[1]
    assert together.estimate == alone.estimate
    assert together.ci_low < alone.ci_low
    with pytest.raises(ValueError, match="`patient`"):
        specific_agreement(ratings, patient=[1, 2])


def test_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="`kind`"):
        observed_agreement([[1, 1]], kind="majority")  # type: ignore[arg-type]  # the point of the test
