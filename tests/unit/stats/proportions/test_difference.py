"""Differences of proportions of different cases."""

import math

import numpy as np
import pytest
from scipy import stats

from multisite.stats.proportions import proportion, proportion_difference
from multisite.vocabulary import EstimateStatus

METHODS = ("newcombe", "newcombe-cc", "miettinen-nurminen")
TABLES = [(3, 8, 5, 9), (0, 8, 0, 9), (8, 8, 0, 9), (0, 8, 9, 9), (8, 8, 9, 9), (1, 1, 0, 1), (1, 400, 3, 7)]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("table", TABLES)
def test_every_table_has_an_interval_with_a_width_that_holds_the_difference(method: str, table: tuple) -> None:
    result = proportion_difference(*table, method=method)
    assert -1 <= result.ci_low <= result.estimate <= result.ci_high <= 1
    assert result.ci_low < result.ci_high
    assert result.n_cases == result.n_first + result.n_second == table[1] + table[3]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("table", TABLES)
def test_the_difference_the_other_way_round_is_the_mirrored_interval(method: str, table: tuple) -> None:
    one, other = (
        proportion_difference(*table, method=method),
        proportion_difference(*table[2:], *table[:2], method=method),
    )
    assert one.estimate == -other.estimate
    assert one.ci_low == pytest.approx(-other.ci_high, abs=1e-11)


@pytest.mark.parametrize("method", METHODS)
def test_the_difference_of_the_complements_is_the_mirrored_interval(method: str) -> None:
    one = proportion_difference(3, 8, 5, 9, method=method)
    other = proportion_difference(5, 8, 4, 9, method=method)
    assert (one.ci_low, one.ci_high) == pytest.approx((-other.ci_high, -other.ci_low), abs=1e-11)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("table", [(0, 0, 1, 2), (1, 2, 0, 0), (0, 0, 0, 0)])
def test_an_empty_denominator_is_undefined(method: str, table: tuple) -> None:
    result = proportion_difference(*table, method=method)
    assert (result.estimate, result.ci_low, result.status) == (None, None, EstimateStatus.UNDEFINED)
    assert result.reason == "a denominator is zero"
    assert result.first == (0.5 if table == (1, 2, 0, 0) else None)


def test_equal_proportions_differ_by_exactly_zero() -> None:
    assert proportion_difference(1, 3, 7, 21).estimate == 0.0


def test_newcombe_s_interval_is_made_from_wilson_s_of_both() -> None:
    one, other, ours = proportion(56, 70), proportion(48, 80), proportion_difference(56, 70, 48, 80)
    assert ours.ci_low == pytest.approx(0.2 - math.hypot(0.8 - one.ci_low, other.ci_high - 0.6), abs=1e-14)
    assert ours.ci_high == pytest.approx(0.2 + math.hypot(one.ci_high - 0.8, 0.6 - other.ci_low), abs=1e-14)


@pytest.mark.parametrize(
    ("table", "name"),
    [((-1, 2, 0, 1), "first_numerator"), ((0, math.nan, 0, 1), "first_denominator"), ((1, 2, 0, math.inf), "second_d")],
)
def test_impossible_counts_are_refused_by_name(table: tuple, name: str) -> None:
    with pytest.raises(ValueError, match=name):
        proportion_difference(*table)


def test_a_numerator_above_its_denominator_and_an_unknown_method_are_refused() -> None:
    with pytest.raises(ValueError, match="exceed"):
        proportion_difference(1, 2, 3, 2)
    with pytest.raises(ValueError, match="method"):
        proportion_difference(1, 2, 1, 2, method="wald")
    with pytest.raises(ValueError, match="level"):
        proportion_difference(0, 0, 1, 2, level=1.0)


@pytest.mark.parametrize(("method", "least", "mean"), [("newcombe", 0.934, 0.948), ("newcombe-cc", 0.956, 0.974)])
def test_coverage_by_enumeration_of_every_table(method: str, least: float, mean: float) -> None:
    covered = enumerated(15, 20, method)
    assert covered.min() >= least
    assert covered.mean() == pytest.approx(mean, abs=0.002)


def test_coverage_of_miettinen_and_nurminen_s_interval_by_enumeration_of_every_table() -> None:
    covered = enumerated(15, 20, "miettinen-nurminen")
    assert covered.min() >= 0.94
    assert covered.mean() == pytest.approx(0.951, abs=0.002)


def enumerated(n1: int, n2: int, method: str) -> np.ndarray:
    """Exact coverage over a grid of both proportions from 0.1 to 0.9."""
    intervals = [[proportion_difference(a, n1, b, n2, method=method) for b in range(n2 + 1)] for a in range(n1 + 1)]
    low, high = (
        np.array([[getattr(found, end) for found in row] for row in intervals]) for end in ("ci_low", "ci_high")
    )
    grid = np.linspace(0.1, 0.9, 17)
    chance1, chance2 = (stats.binom.pmf(np.arange(n + 1)[:, None], n, grid) for n in (n1, n2))
    shares = [
        float(chance1[:, i] @ ((low <= p - q + 1e-12) & (p - q - 1e-12 <= high)) @ chance2[:, j])
        for i, p in enumerate(grid)
        for j, q in enumerate(grid)
    ]
    return np.array(shares)
