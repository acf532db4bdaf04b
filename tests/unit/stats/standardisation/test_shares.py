"""Shares of cells, effective numbers, support and bounds, by hand."""

import numpy as np
import pytest

from multisite.stats import proportion
from multisite.stats.standardisation import (
    CellShares,
    cell_support,
    effective_sample_size,
    filled_bounds,
    largest_weight_ratio,
    population_shares,
)
from multisite.vocabulary import EstimateStatus


def covariance(shares: CellShares) -> np.ndarray:
    return shares.sources.T @ shares.sources


def test_shares_of_a_sample_have_the_covariance_of_a_multinomial() -> None:
    shares = population_shares([20, 30, 50])
    w = np.array([0.2, 0.3, 0.5])
    assert shares.share == pytest.approx(w)
    assert covariance(shares) == pytest.approx((np.diag(w) - np.outer(w, w)) / 100)


def test_the_variance_of_a_weighted_mean_is_that_of_the_delta_method() -> None:
    shares, p = population_shares([20, 30, 50]), np.array([0.9, 0.8, 0.6])
    # mean 0.72; Σ w (p - mean)²/N = (0.2·0.18² + 0.3·0.08² + 0.5·0.12²)/100
    assert shares.mean(p) == pytest.approx(0.72)
    assert np.sum(shares.moves(p) ** 2) == pytest.approx((0.2 * 0.0324 + 0.3 * 0.0064 + 0.5 * 0.0144) / 100)


def test_a_census_has_no_error() -> None:
    assert population_shares([1, 2], census=True).sources.shape == (0, 2)


def test_the_shares_of_some_cells_are_those_of_a_smaller_table() -> None:
    whole = population_shares([20, 30, 50]).within([True, True, False])
    alone = population_shares([20, 30])
    assert whole.share == pytest.approx([0.4, 0.6, 0.0])
    assert covariance(whole)[:2, :2] == pytest.approx(covariance(alone))
    with pytest.raises(ValueError, match="hold no share"):
        population_shares([5, 0]).within([False, True])


def test_cases_of_equal_weight_count_for_as_many_as_they_are() -> None:
    shares = population_shares([20, 30])
    assert effective_sample_size(shares, [40, 60]) == pytest.approx(100)
    assert largest_weight_ratio(shares, [40, 60]) == pytest.approx(1)


def test_unequal_weights_count_for_fewer() -> None:
    shares = population_shares([50, 50])
    # 1/(0.25/10 + 0.25/90) = 36
    assert effective_sample_size(shares, [10, 90]) == pytest.approx(36)
    assert largest_weight_ratio(shares, [10, 90]) == pytest.approx(5)


def test_a_needed_cell_with_nobody_counts_for_nothing() -> None:
    shares = population_shares([50, 50])
    assert effective_sample_size(shares, [0, 90]) == 0
    assert largest_weight_ratio(shares, [0, 90]) is None


def test_support_names_the_largest_cells_that_lack_it() -> None:
    shares = population_shares([10, 60, 25, 5])
    found = cell_support(shares, [9, 10, 3, 0])
    assert found.unsupported == pytest.approx(0.4)
    assert found.kept.tolist() == [False, True, False, False]
    assert found.lacking == (2, 0, 3)


def test_a_cell_that_the_target_does_not_have_needs_no_support() -> None:
    assert cell_support(population_shares([10, 0]), [10, 0]).unsupported == 0
    assert cell_support(population_shares([10, 0]), [0, 99]).unsupported == 1


def test_bounds_fill_the_unsupported_part_with_0_and_with_1() -> None:
    found = filled_bounds(proportion(80, 100), 0.25)
    assert (found.low, found.high) == pytest.approx((0.6, 0.85))
    assert found.ci_low == pytest.approx(0.75 * proportion(80, 100).ci_low)
    assert found.ci_high == pytest.approx(0.75 * proportion(80, 100).ci_high + 0.25)


def test_bounds_of_nothing_are_0_and_1() -> None:
    nothing = proportion(0, 0)
    assert nothing.status is EstimateStatus.UNDEFINED
    found = filled_bounds(nothing, 0.3)
    assert (found.low, found.high, found.ci_low) == (0.0, 1.0, None)
