"""Detectable differences: formula, empty groups, and what is refused."""

import pytest
from scipy import stats

from multisite.stats.detectable_difference import (
    detectable_auc_difference,
    detectable_proportion_difference,
    smallest_detectable_difference,
)
from multisite.vocabulary import EstimateStatus


@pytest.mark.parametrize(("power", "level"), [(0.8, 0.95), (0.9, 0.9), (0.99, 0.999)])
def test_the_gap_is_the_sum_of_two_quantiles_in_standard_errors(power: float, level: float) -> None:
    found = smallest_detectable_difference(0.02, power=power, level=level)
    expected = 0.02 * (stats.norm.ppf((1 + level) / 2) + stats.norm.ppf(power))
    assert found.difference == pytest.approx(expected)
    assert smallest_detectable_difference(0.0).difference == 0.0


def test_a_known_comparison_halves_the_variance_and_a_design_effect_multiplies_it() -> None:
    both, alone = detectable_proportion_difference(0.8, 100, 100), detectable_proportion_difference(0.8, 100)
    assert both.difference == pytest.approx((alone.difference or 0) * 2**0.5)
    clustered = detectable_proportion_difference(0.8, 100, design_effect=4.0)
    assert clustered.difference == pytest.approx((alone.difference or 0) * 2)
    area, area_alone = detectable_auc_difference(0.8, 50, 60, 50, 60), detectable_auc_difference(0.8, 50, 60)
    assert area.difference == pytest.approx((area_alone.difference or 0) * 2**0.5)


@pytest.mark.parametrize(
    "found",
    [
        detectable_proportion_difference(0.8, 0, 10),
        detectable_proportion_difference(0.8, 10, 0),
        detectable_proportion_difference(1.0, 10, 10),
        detectable_auc_difference(0.8, 0, 10),
        detectable_auc_difference(0.8, 9, 10, 4, 0),
        detectable_auc_difference(1.0, 9, 10),
    ],
)
def test_what_has_no_variance_to_go_by_is_undefined(found) -> None:
    assert (found.difference, found.standard_error, found.status) == (None, None, EstimateStatus.UNDEFINED)
    assert found.reason


def test_arguments_out_of_range_are_refused_by_name() -> None:
    for error in (-1.0, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="`standard_error`"):
            smallest_detectable_difference(error)
    for power in (0.5, 1.0):
        with pytest.raises(ValueError, match="`power`"):
            detectable_proportion_difference(0.5, 0, power=power)
    with pytest.raises(ValueError, match="`proportion`"):
        detectable_proportion_difference(1.2, 10)
    with pytest.raises(ValueError, match="`design_effect`"):
        detectable_proportion_difference(0.5, 10, design_effect=0.0)
    with pytest.raises(ValueError, match="`n_first`"):
        detectable_proportion_difference(0.5, -1)
    with pytest.raises(ValueError, match="`auc`"):
        detectable_auc_difference(1.5, 10, 10)
    with pytest.raises(ValueError, match="`n_negative_second`"):
        detectable_auc_difference(0.8, 10, 10, 5)


def test_few_degrees_of_freedom_find_only_large_differences() -> None:
    found = smallest_detectable_difference(0.1, degrees_of_freedom=1).difference
    assert found == pytest.approx(0.1 * (stats.t.ppf(0.975, 1) + stats.t.ppf(0.8, 1)))
    assert found == pytest.approx(1.408, abs=5e-4)
    many = smallest_detectable_difference(0.1, degrees_of_freedom=1e9).difference
    assert many == pytest.approx(smallest_detectable_difference(0.1).difference, rel=1e-6)


@pytest.mark.parametrize("wrong", [0.0, -1.0, float("nan")])
def test_no_degree_of_freedom_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="degrees_of_freedom"):
        smallest_detectable_difference(0.1, degrees_of_freedom=wrong)
