"""Predictive values of two tests of the same cases."""

import pytest

from multisite.stats.proportions import PairedCounts, paired_predictive_values
from multisite.vocabulary import EstimateStatus


def counts(both: int, first_only: int, second_only: int, neither: int) -> PairedCounts:
    return PairedCounts(both=both, first_only=first_only, second_only=second_only, neither=neither)


WITH, WITHOUT = counts(30, 8, 4, 3), counts(5, 6, 9, 60)
TESTS = ("weighted-generalised-score", "generalised-score")


def test_the_predictive_values_are_those_of_each_test() -> None:
    found = paired_predictive_values(WITH, WITHOUT)
    assert (found.ppv.first.numerator, found.ppv.first.denominator) == (38, 49)
    assert (found.ppv.second.numerator, found.ppv.second.denominator) == (34, 48)
    assert (found.npv.first.numerator, found.npv.first.denominator) == (69, 76)
    assert (found.npv.second.numerator, found.npv.second.denominator) == (66, 77)
    assert found.ppv.ratio.estimate == pytest.approx((38 / 49) / (34 / 48))
    assert found.npv.ratio.estimate == pytest.approx((69 / 76) / (66 / 77))
    assert found.ppv.ratio.n_cases == found.ppv.test.n_cases == 62
    assert found.ppv.test.n_discordant == 27


@pytest.mark.parametrize("test", TESTS)
def test_the_tests_may_change_places(test: str) -> None:
    one = paired_predictive_values(WITH, WITHOUT, test=test)
    other = paired_predictive_values(counts(30, 4, 8, 3), counts(5, 9, 6, 60), test=test)
    assert one.ppv.ratio.estimate == pytest.approx(1 / other.ppv.ratio.estimate)
    assert one.ppv.ratio.ci_low == pytest.approx(1 / other.ppv.ratio.ci_high)
    assert one.npv.test.statistic == pytest.approx(other.npv.test.statistic)


@pytest.mark.parametrize("test", TESTS)
def test_turning_results_and_findings_round_makes_a_positive_value_a_negative_one(test: str) -> None:
    one = paired_predictive_values(WITH, WITHOUT, test=test)
    other = paired_predictive_values(counts(60, 9, 6, 5), counts(3, 4, 8, 30), test=test)
    assert one.ppv == other.npv
    assert one.npv == other.ppv


@pytest.mark.parametrize("test", TESTS)
def test_tests_that_never_differ_have_a_ratio_of_one_and_nothing_to_test(test: str) -> None:
    found = paired_predictive_values(counts(30, 0, 0, 5), counts(7, 0, 0, 40), test=test)
    for value in (found.ppv, found.npv):
        assert (value.ratio.estimate, value.ratio.ci_low) == (1.0, None)
        assert value.ratio.status is EstimateStatus.INSUFFICIENT
        assert (value.test.statistic, value.test.p_value, value.test.status) == (None, None, EstimateStatus.UNDEFINED)
        assert value.test.reason == "the counts show no variance"


@pytest.mark.parametrize("test", TESTS)
def test_two_perfect_predictive_values_show_no_variance(test: str) -> None:
    found = paired_predictive_values(counts(30, 3, 2, 5), counts(0, 0, 0, 40), test=test)
    assert (found.ppv.ratio.estimate, found.ppv.ratio.status) == (1.0, EstimateStatus.INSUFFICIENT)
    assert found.ppv.test.status is EstimateStatus.UNDEFINED
    assert found.npv.ratio.status is EstimateStatus.OK


@pytest.mark.parametrize("test", TESTS)
def test_a_test_that_is_never_positive_has_no_positive_predictive_value_to_compare(test: str) -> None:
    found = paired_predictive_values(counts(0, 0, 9, 5), counts(0, 0, 3, 40), test=test)
    assert found.ppv.first.status is EstimateStatus.UNDEFINED
    assert (found.ppv.ratio.estimate, found.ppv.ratio.status) == (None, EstimateStatus.UNDEFINED)
    assert found.ppv.test.reason == "a test has no such result"
    assert found.npv.ratio.status is EstimateStatus.OK


def test_a_predictive_value_of_zero_makes_the_ratio_infinite_or_zero() -> None:
    found = paired_predictive_values(counts(0, 5, 0, 5), counts(3, 2, 4, 9))
    assert (found.ppv.ratio.estimate, found.ppv.ratio.status) == (None, EstimateStatus.UNDEFINED)
    assert "infinite" in (found.ppv.ratio.reason or "")
    turned = paired_predictive_values(counts(0, 0, 5, 5), counts(3, 4, 2, 9))
    assert (turned.ppv.ratio.estimate, turned.ppv.ratio.status) == (0.0, EstimateStatus.INSUFFICIENT)
    assert turned.ppv.test.status is EstimateStatus.OK


def test_no_case_at_all_is_undefined() -> None:
    found = paired_predictive_values(counts(0, 0, 0, 0), counts(0, 0, 0, 0))
    assert found.ppv.ratio.status is found.npv.test.status is EstimateStatus.UNDEFINED


def test_impossible_input_is_refused() -> None:
    with pytest.raises(ValueError, match="test"):
        paired_predictive_values(WITH, WITHOUT, test="wald")
    with pytest.raises(ValueError, match="level"):
        paired_predictive_values(WITH, WITHOUT, level=0)
    with pytest.raises(ValueError, match="neither"):
        counts(1, 2, 3, -1)
