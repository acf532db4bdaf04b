import math

import numpy as np
import pytest

from multisite.stats import standardised_difference, standardised_difference_to
from multisite.vocabulary import EstimateStatus


def counts(*numbers: int) -> np.ndarray:
    return np.array(numbers, dtype=np.int64)


def test_two_levels_give_the_difference_of_proportions_over_their_mean_standard_deviation() -> None:
    found = standardised_difference(counts(30, 70), counts(50, 50))
    assert found.difference == pytest.approx(0.2 / math.sqrt((0.3 * 0.7 + 0.5 * 0.5) / 2))
    assert found.floor == pytest.approx(1.959964 * math.sqrt(1 / 100 + 1 / 100), abs=1e-5)
    assert found.is_seen


def test_three_levels_worked_by_hand() -> None:
    # p = (.5, .3, .2), q = (.3, .3, .4): S = [[.23, -.12], [-.12, .21]], gap (.2, 0), so d² = .04 · .21 / .0339.
    found = standardised_difference(counts(50, 30, 20), counts(30, 30, 40))
    assert found.difference == pytest.approx(math.sqrt(0.04 * 0.21 / (0.23 * 0.21 - 0.12**2)))
    assert found.n_levels == 3


def test_it_does_not_matter_which_level_is_left_out_or_which_side_comes_first() -> None:
    first, second = counts(50, 30, 20), counts(10, 40, 5)
    expected = standardised_difference(first, second).difference
    for order in ([2, 0, 1], [1, 2, 0]):
        assert standardised_difference(first[order], second[order]).difference == pytest.approx(expected)
    assert standardised_difference(second, first).difference == pytest.approx(expected)


def test_equal_shares_are_no_distance_and_a_level_that_nobody_has_is_none() -> None:
    found = standardised_difference(counts(10, 0, 30), counts(20, 0, 60))
    assert found.difference == pytest.approx(0, abs=1e-9)
    assert found.n_levels == 2
    assert not found.is_seen


def test_one_level_on_both_sides_is_no_distance() -> None:
    found = standardised_difference(counts(10, 0), counts(5, 0))
    assert (found.difference, found.floor, found.n_levels) == (0.0, 0.0, 1)


def test_a_side_without_patients_and_sides_without_a_common_level_have_no_distance() -> None:
    empty = standardised_difference(counts(0, 0), counts(5, 1))
    assert (empty.difference, empty.status, empty.reason) == (
        None,
        EstimateStatus.UNDEFINED,
        "no patient on one side",
    )
    apart = standardised_difference(counts(7, 0), counts(0, 9))
    assert (apart.difference, apart.status, apart.reason) == (
        None,
        EstimateStatus.UNDEFINED,
        "the two sides share no level",
    )
    assert not apart.is_seen


def test_a_known_population_adds_no_chance_of_its_own() -> None:
    sample = standardised_difference(counts(30, 70), counts(5_000_000, 5_000_000))
    known = standardised_difference_to(counts(30, 70), np.array([0.5, 0.5]))
    assert known.difference == pytest.approx(sample.difference)
    assert known.floor == pytest.approx(sample.floor, rel=1e-4)
    # Shares are scaled, because published ones are rounded.
    assert standardised_difference_to(counts(30, 70), np.array([0.495, 0.495])).difference == known.difference


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (counts(1, 2), counts(1, 2, 3), "one count for each bin"),
        (counts(1, -2), counts(1, 2), "must not hold a negative count"),
        (np.array([1.0, np.nan]), counts(1, 2), "whole, finite counts"),
        (np.array([1.5, 1.4]), counts(1, 2), "whole, finite counts"),
    ],
)
def test_what_is_no_pair_of_counts_is_refused(first: np.ndarray, second: np.ndarray, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        standardised_difference(first, second)


def test_a_level_outside_0_to_1_and_shares_of_nothing_are_refused() -> None:
    with pytest.raises(ValueError, match="strictly between"):
        standardised_difference(counts(1), counts(1), level=1.0)
    with pytest.raises(ValueError, match="all be zero"):
        standardised_difference_to(counts(1, 2), np.zeros(2))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("n", "m", "shares"), [(100, 300, (0.4, 0.35, 0.25)), (80, 80, (0.5, 0.5)), (600, 200, (0.25,) * 4)]
)
def test_samples_of_one_population_stay_below_the_floor_in_95_of_100_draws(
    n: int, m: int, shares: tuple[float, ...]
) -> None:
    rng = np.random.default_rng(20261127)
    above = sum(
        standardised_difference(rng.multinomial(n, shares), rng.multinomial(m, shares)).is_seen for _ in range(2000)
    )
    assert 0.036 <= above / 2000 <= 0.066
