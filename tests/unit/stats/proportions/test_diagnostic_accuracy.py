"""What a two-by-two table says, zero cells above all."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from multisite.stats.proportions import diagnostic_accuracy, predictive_values, proportion_difference
from multisite.vocabulary import EstimateStatus

OK, INSUFFICIENT, UNDEFINED = EstimateStatus.OK, EstimateStatus.INSUFFICIENT, EstimateStatus.UNDEFINED
RATIOS = ("positive_likelihood_ratio", "negative_likelihood_ratio", "diagnostic_odds_ratio")


def test_every_number_is_made_from_the_cells_it_is_made_from() -> None:
    found = diagnostic_accuracy(40, 10, 5, 45)
    assert (found.sensitivity.numerator, found.sensitivity.denominator) == (40, 45)
    assert (found.specificity.numerator, found.specificity.denominator) == (45, 55)
    assert (found.ppv.numerator, found.ppv.denominator) == (40, 50)
    assert (found.npv.numerator, found.npv.denominator) == (45, 50)
    assert (found.accuracy.numerator, found.accuracy.denominator) == (85, 100)
    assert (found.prevalence.numerator, found.prevalence.denominator) == (45, 100)
    assert found.youden_index.estimate == pytest.approx(40 / 45 + 45 / 55 - 1)
    assert found.positive_likelihood_ratio.estimate == pytest.approx((40 / 45) / (10 / 55))
    assert found.negative_likelihood_ratio.estimate == pytest.approx((5 / 45) / (45 / 55))
    assert found.diagnostic_odds_ratio.estimate == 36.0
    assert found.at_prevalence is None


def test_the_odds_ratio_is_the_ratio_of_the_likelihood_ratios() -> None:
    found = diagnostic_accuracy(40, 10, 5, 45)
    ratio = found.positive_likelihood_ratio.estimate / found.negative_likelihood_ratio.estimate
    assert found.diagnostic_odds_ratio.estimate == pytest.approx(ratio)


def test_turning_results_and_findings_round_swaps_what_belongs_together() -> None:
    one, other = diagnostic_accuracy(40, 10, 5, 45, prevalence=0.1), diagnostic_accuracy(45, 5, 10, 40, prevalence=0.9)
    assert one.sensitivity == other.specificity
    assert one.ppv == other.npv
    assert one.positive_likelihood_ratio.estimate == pytest.approx(1 / other.negative_likelihood_ratio.estimate)
    assert one.positive_likelihood_ratio.ci_low == pytest.approx(1 / other.negative_likelihood_ratio.ci_high)
    assert one.at_prevalence.ppv.ci_low == pytest.approx(other.at_prevalence.npv.ci_low)


def test_youden_s_index_with_wilson_s_interval_is_newcombe_s_difference() -> None:
    one, other = diagnostic_accuracy(40, 10, 5, 45).youden_index, proportion_difference(40, 45, 10, 55)
    assert (one.estimate, one.ci_low, one.ci_high) == (other.estimate, other.ci_low, other.ci_high)


@pytest.mark.parametrize(
    ("table", "statuses"),
    [
        ((40, 0, 5, 45), (UNDEFINED, OK, UNDEFINED)),  # LR+ and DOR are infinite
        ((0, 10, 5, 45), (INSUFFICIENT, OK, INSUFFICIENT)),  # LR+ and DOR are 0
        ((40, 10, 0, 45), (OK, INSUFFICIENT, UNDEFINED)),  # LR− is 0
        ((40, 10, 5, 0), (OK, UNDEFINED, INSUFFICIENT)),
        ((40, 10, 0, 0), (INSUFFICIENT, UNDEFINED, UNDEFINED)),  # every result is positive
        ((0, 0, 5, 45), (UNDEFINED, INSUFFICIENT, UNDEFINED)),
        ((40, 0, 0, 45), (UNDEFINED, INSUFFICIENT, UNDEFINED)),
        ((0, 10, 5, 0), (INSUFFICIENT, UNDEFINED, INSUFFICIENT)),
    ],
)
def test_zero_cells_leave_a_ratio_infinite_zero_or_without_variance(table: tuple, statuses: tuple) -> None:
    found = diagnostic_accuracy(*table)
    ratios = [getattr(found, name) for name in RATIOS]
    assert tuple(ratio.status for ratio in ratios) == statuses
    for ratio in ratios:
        assert (ratio.estimate is None) == (ratio.status is UNDEFINED)
        assert (ratio.ci_low is None) == (ratio.status is not OK)
        assert bool(ratio.reason) == (ratio.status is not OK)


@pytest.mark.parametrize("table", [(40, 0, 5, 45), (0, 10, 5, 45), (40, 10, 0, 0), (40, 0, 0, 45)])
def test_half_added_to_every_cell_gives_what_the_table_with_half_gives(table: tuple) -> None:
    found = diagnostic_accuracy(*table, zero_cells="add-half")
    tp, fp, fn, tn = (count + 0.5 for count in table)
    assert found.positive_likelihood_ratio.estimate == pytest.approx(tp / (tp + fn) / (fp / (fp + tn)))
    assert found.negative_likelihood_ratio.estimate == pytest.approx(fn / (tp + fn) / (tn / (fp + tn)))
    assert found.diagnostic_odds_ratio.estimate == pytest.approx(tp * tn / (fp * fn))
    error = math.sqrt(1 / tp + 1 / fp + 1 / fn + 1 / tn)
    assert found.diagnostic_odds_ratio.log_standard_error == pytest.approx(error)
    assert all("0.5 added" in getattr(found, name).ci_method for name in RATIOS)
    assert found.sensitivity == diagnostic_accuracy(*table).sensitivity


def test_half_is_not_added_without_a_zero() -> None:
    assert diagnostic_accuracy(40, 10, 5, 45, zero_cells="add-half") == diagnostic_accuracy(40, 10, 5, 45)


@pytest.mark.parametrize("table", [(40, 0, 5, 0), (0, 10, 0, 45), (0, 0, 0, 0)])
@pytest.mark.parametrize("zero_cells", ["keep", "add-half"])
def test_one_class_leaves_what_needs_both_undefined(table: tuple, zero_cells: str) -> None:
    found = diagnostic_accuracy(*table, prevalence=0.1, zero_cells=zero_cells)
    both = [getattr(found, name) for name in RATIOS] + [found.youden_index, found.at_prevalence.ppv]
    assert all(number.status is UNDEFINED and number.estimate is None and number.reason for number in both)


def test_impossible_input_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="`fn`"):
        diagnostic_accuracy(1, 2, -1, 3)
    with pytest.raises(ValueError, match="`tn`"):
        predictive_values(1, 2, 1, math.nan, prevalence=0.1)
    with pytest.raises(ValueError, match="zero_cells"):
        diagnostic_accuracy(1, 2, 1, 3, zero_cells="drop")
    with pytest.raises(ValueError, match="method"):
        diagnostic_accuracy(1, 2, 1, 3, method="exact")
    with pytest.raises(ValueError, match="method"):
        predictive_values(1, 2, 1, 3, prevalence=0.1, method="delta")


@pytest.mark.parametrize("prevalence", [0.0, 1.0, -0.1, math.nan])
def test_a_prevalence_must_lie_inside_zero_and_one(prevalence: float) -> None:
    with pytest.raises(ValueError, match="prevalence"):
        predictive_values(1, 2, 1, 3, prevalence=prevalence)


def test_at_the_prevalence_of_the_set_the_predictive_values_are_those_of_the_set() -> None:
    found = diagnostic_accuracy(40, 10, 5, 45, prevalence=0.45)
    assert found.at_prevalence.ppv.estimate == pytest.approx(found.ppv.estimate)
    assert found.at_prevalence.npv.estimate == pytest.approx(found.npv.estimate)


def test_a_zero_count_brings_the_adjusted_interval_and_the_method_says_so() -> None:
    found = predictive_values(40, 0, 5, 45, prevalence=0.1)
    assert found.ppv.estimate == 1.0
    assert found.ppv.ci_high == 1.0
    assert found.ppv.ci_low < 1.0
    assert found.ppv.ci_method == "mercaldo adjusted logit, prevalence known, since a count is zero"
    asked_for = predictive_values(40, 0, 5, 45, prevalence=0.1, method="adjusted-logit")
    assert (asked_for.ppv.ci_low, asked_for.ppv.ci_high) == (found.ppv.ci_low, found.ppv.ci_high)


def test_a_zero_count_leaves_the_other_value_its_own_interval() -> None:
    found = predictive_values(40, 0, 5, 45, prevalence=0.1).npv
    assert found.ci_method == "mercaldo logit, prevalence known"
    # Without a false positive, logit NPV varies with sensitivity alone: se/((1 - se) n1) is 40/(5 · 45).
    centre, half = math.log(1.0 / (5 / 45) * 9.0), stats.norm.ppf(0.975) * math.sqrt(40 / (5 * 45))
    assert [found.ci_low, found.ci_high] == pytest.approx([expit(centre - half), expit(centre + half)])


@pytest.mark.parametrize(
    ("table", "adjusted"),
    [((0, 5, 5, 40), (True, False)), ((9, 3, 0, 8), (False, True)), ((9, 3, 4, 0), (False, True))],
)
def test_only_the_value_that_needs_it_is_adjusted(table: tuple, adjusted: tuple) -> None:
    found = predictive_values(*table, prevalence=0.3)
    assert ("adjusted" in found.ppv.ci_method, "adjusted" in found.npv.ci_method) == adjusted


def test_a_test_that_calls_all_alike_has_no_interval_without_width() -> None:
    never, always = predictive_values(0, 0, 5, 45, prevalence=0.1).npv, predictive_values(5, 45, 0, 0, prevalence=0.1)
    for found in (never, always.ppv):
        assert "adjusted" in found.ci_method
        assert found.ci_low < found.ci_high


def test_a_test_that_never_is_positive_has_no_positive_predictive_value() -> None:
    found = predictive_values(0, 0, 5, 45, prevalence=0.1)
    assert (found.ppv.estimate, found.ppv.reason) == (None, "no positive result")
    assert found.npv.estimate == pytest.approx(0.9)
    assert predictive_values(5, 45, 0, 0, prevalence=0.1).npv.reason == "no negative result"


@pytest.mark.parametrize("method", ["logit", "adjusted-logit"])
def test_coverage_of_the_predictive_values_by_enumeration_of_every_table(method: str) -> None:
    with_finding, without = 40, 30
    chance = np.outer(stats.binom.pmf(np.arange(41), 40, 0.8), stats.binom.pmf(np.arange(31), 30, 0.75))
    truth = {"ppv": 0.8 * 0.2 / (0.8 * 0.2 + 0.25 * 0.8), "npv": 0.75 * 0.8 / (0.75 * 0.8 + 0.2 * 0.2)}
    covered = dict.fromkeys(truth, 0.0)
    for tp in range(22, 41):
        for tn in range(12, 31):
            found = predictive_values(tp, without - tn, with_finding - tp, tn, prevalence=0.2, method=method)
            for name, value in truth.items():
                interval = getattr(found, name)
                covered[name] += chance[tp, tn] * (interval.ci_low <= value <= interval.ci_high)
    # The adjusted estimates are drawn towards one half, and its interval falls short.
    assert (
        all(0.945 <= share <= 0.97 for share in covered.values()) if method == "logit" else max(covered.values()) < 0.96
    )


def test_coverage_of_the_likelihood_ratios_by_enumeration_of_every_table() -> None:
    chance = np.outer(stats.binom.pmf(np.arange(41), 40, 0.8), stats.binom.pmf(np.arange(31), 30, 0.75))
    truth = {RATIOS[0]: 3.2, RATIOS[1]: 0.2 / 0.75, RATIOS[2]: 12.0}
    covered, total = dict.fromkeys(truth, 0.0), 0.0
    for tp in range(24, 40):
        for tn in range(14, 30):
            found = diagnostic_accuracy(tp, 30 - tn, 40 - tp, tn)
            total += chance[tp, tn]
            for name, value in truth.items():
                ratio = getattr(found, name)
                covered[name] += chance[tp, tn] * (ratio.ci_low <= value <= ratio.ci_high)
    assert total > 0.997
    assert all(0.945 <= share / total <= 0.975 for share in covered.values())
