"""Cohen's kappa where there is little to see, and what stands beside it."""

import numpy as np
import pytest

from multisite.stats.agreement import cohen_kappa, cohen_kappa_from_table
from multisite.vocabulary import EstimateStatus

NAN = float("nan")


def test_no_shared_case_is_undefined() -> None:
    for first, second in (([], []), ([1, NAN], [NAN, 2]), ([NAN, NAN], [NAN, NAN])):
        result = cohen_kappa(first, second)
        assert (result.estimate, result.status) == (None, EstimateStatus.UNDEFINED)
        assert result.reason == "no case has a rating of both raters"
        assert result.n_left_out == len(first)


def test_one_category_for_all_is_zero_over_zero() -> None:
    result = cohen_kappa([1, 1, 1], [1, 1, 1], categories=[0, 1])
    assert (result.estimate, result.status) == (None, EstimateStatus.UNDEFINED)
    assert "0/0" in (result.reason or "")
    assert (result.observed_agreement, result.unused_categories, result.pabak) == (1.0, (0,), 1.0)


def test_perfect_agreement_has_wilson_s_interval_and_says_so() -> None:
    result = cohen_kappa_from_table([[10, 0], [0, 10]])
    # Wilson's lower limit of 20/20 is 0.8389; p_e is 0.5.
    assert (result.estimate, result.ci_high, result.standard_error) == (1.0, 1.0, 0.0)
    assert result.ci_low == pytest.approx((0.838875 - 0.5) / 0.5, abs=1e-6)
    assert "perfect agreement" in result.ci_method


def test_a_rater_with_one_category_makes_kappa_zero_without_an_interval() -> None:
    result = cohen_kappa([1, 1, 1, 1], [1, 1, 0, 0])
    assert (result.estimate, result.ci_low, result.status) == (0.0, None, EstimateStatus.INSUFFICIENT)
    assert "one category only" in (result.reason or "")


def test_complete_disagreement_on_even_margins_shows_no_variance() -> None:
    result = cohen_kappa_from_table([[0, 5], [5, 0]])
    assert (result.estimate, result.ci_low, result.status) == (-1.0, None, EstimateStatus.INSUFFICIENT)
    assert "no variance" in (result.reason or "")


def test_one_case_is_undefined_if_alike_and_without_an_interval_if_not() -> None:
    assert cohen_kappa([1], [1]).status is EstimateStatus.UNDEFINED
    assert cohen_kappa([1], [2]).status is EstimateStatus.INSUFFICIENT


def test_a_case_with_one_rating_is_left_out_and_counted() -> None:
    result = cohen_kappa([1, 2, 1, 2, NAN], [1, 2, 2, NAN, 1])
    assert (result.n_cases, result.n_left_out, result.n_ratings) == (3, 2, 6)
    assert result.estimate == cohen_kappa([1, 2, 1], [1, 2, 2]).estimate


def test_an_unused_category_changes_neither_kappa_nor_its_errors() -> None:
    first, second = [0, 1, 2, 2, 1, 0, 0, 1], [0, 1, 2, 1, 1, 0, 2, 1]
    few, more = cohen_kappa(first, second), cohen_kappa(first, second, categories=[0, 1, 2, 3])
    assert (few.estimate, few.ci_low) == pytest.approx((more.estimate, more.ci_low))
    assert few.null_standard_error == pytest.approx(more.null_standard_error)
    assert more.unused_categories == (3,)
    at_end = cohen_kappa(first, second, categories=[0, 1, 2, 3], weights="quadratic")
    within = cohen_kappa(first, second, categories=[0, 1, 3, 2], weights="quadratic")
    assert at_end.estimate == pytest.approx(
        cohen_kappa(first, second, categories=[0, 1, 2], weights="quadratic").estimate
    )
    assert within.estimate != pytest.approx(at_end.estimate)


def test_kappa_is_pabak_with_prevalence_and_bias_taken_back() -> None:
    # Byrt, Bishop and Carlin 1993: κ = (PABAK − PI² + BI²)/(1 − PI² + BI²).
    result = cohen_kappa_from_table([[45, 15], [25, 15]])
    prevalence, bias = result.prevalence_index, result.bias_index
    assert (prevalence, bias, result.pabak) == pytest.approx((0.3, -0.1, 0.2))
    assert result.estimate == pytest.approx((result.pabak - prevalence**2 + bias**2) / (1 - prevalence**2 + bias**2))


def test_indices_of_more_than_two_categories_are_none() -> None:
    result = cohen_kappa_from_table(np.diag([3, 4, 5]) + 1)
    assert (result.prevalence_index, result.bias_index) == (None, None)
    assert result.pabak == pytest.approx((3 * 15 / 21 - 1) / 2)


def test_wilson_s_interval_stays_inside_and_has_the_same_error() -> None:
    wald, wilson = (cohen_kappa_from_table([[19, 0], [1, 1]], method=method) for method in ("wald", "wilson"))
    assert wald.ci_high == 1.0
    assert wilson.ci_high < 1.0
    assert wald.standard_error == wilson.standard_error


def test_weights_need_an_order_which_numbers_have_and_texts_have_not() -> None:
    with pytest.raises(ValueError, match="`categories` must be given"):
        cohen_kappa(["low", "high"], ["low", "high"], weights="linear")
    first, second = [1, 2, 3, 1, 2], [1, 3, 3, 2, 2]
    given = cohen_kappa(first, second, weights="linear", categories=[1, 2, 3])
    assert cohen_kappa(first, second, weights="linear") == given


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ([[1, 2, 3], [4, 5, 6]], "square"),
        ([1, 2], "two-dimensional"),
        ([[1, -1], [0, 2]], "not negative"),
        ([[1.5, 1], [0, 2]], "whole"),
        ([[NAN, 1], [0, 2]], "whole"),
        ([["1", "1"], ["0", "2"]], "two-dimensional table of counts"),
    ],
)
def test_tables_that_are_no_counts_are_refused(table: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        cohen_kappa_from_table(table)  # type: ignore[arg-type]  # the point of the test


def test_other_impossible_arguments_are_refused() -> None:
    with pytest.raises(ValueError, match="`categories` must be distinct, and as many"):
        cohen_kappa_from_table([[1, 0], [0, 1]], categories=["a"])
    with pytest.raises(ValueError, match="same length"):
        cohen_kappa([1, 2], [1])
    with pytest.raises(ValueError, match="`method` must be"):
        cohen_kappa([1, 2], [1, 2], method="exact")  # type: ignore[arg-type]  # the point of the test
    with pytest.raises(ValueError, match="confidence level"):
        cohen_kappa([1, 2], [1, 2], level=1.0)
