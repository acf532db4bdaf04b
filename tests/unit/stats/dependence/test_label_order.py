"""Rank-sum and runs tests: direction, undefined cases, and how often they err where there is nothing to find."""

import numpy as np
import pytest

from multisite.stats import rank_sum_test, runs_test

SEED = 13


def test_positives_at_the_end_have_an_area_of_one_and_at_the_start_of_zero() -> None:
    label = np.arange(40) >= 25
    assert rank_sum_test(label, np.arange(40.0)).area == 1.0
    assert rank_sum_test(label, -np.arange(40.0)).area == 0.0


@pytest.mark.parametrize(("label", "reason"), [([True, True], "no negative case"), ([], "no positive case")])
def test_one_label_is_undefined_with_the_reason(label: list[bool], reason: str) -> None:
    labels = np.array(label, dtype=bool)
    ranks, runs = rank_sum_test(labels, np.arange(float(labels.size))), runs_test(labels)
    assert (ranks.area, ranks.p_value, ranks.reason) == (None, None, reason)
    assert (runs.expected, runs.p_value, runs.reason) == (None, None, reason)


def test_the_same_value_for_all_says_nothing() -> None:
    found = rank_sum_test(np.array([True, False, True]), np.ones(3))
    assert (found.area, found.p_value) == (0.5, 1.0)


def test_values_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        rank_sum_test(np.array([True, False]), np.array([1.0, np.nan]))


def test_blocks_and_alternation_are_both_far_from_a_random_order() -> None:
    blocks, alternating = np.arange(80) < 40, np.arange(80) % 2 == 0
    assert runs_test(blocks).n_runs == 2
    assert runs_test(alternating).n_runs == 80
    assert max(runs_test(blocks).p_value or 1, runs_test(alternating).p_value or 1) < 1e-10


def test_one_of_each_label_is_in_two_runs_whatever_the_order() -> None:
    assert runs_test(np.array([True, False])).p_value == 1.0


def test_a_p_value_is_never_zero() -> None:
    blocks = np.arange(20_000) < 10_000
    assert 0.0 < rank_sum_test(blocks, np.arange(20_000.0)).p_value < 1e-300
    assert 0.0 < runs_test(blocks).p_value < 1e-300


@pytest.mark.slow
@pytest.mark.parametrize("n", [20, 200])
def test_random_orders_are_rejected_no_more_often_than_allowed(n: int) -> None:
    rng = np.random.default_rng([SEED, n])
    labels = [rng.permutation(np.arange(n) < n // 2) for _ in range(3_000)]
    for p_values in (
        [runs_test(label).p_value for label in labels],
        [rank_sum_test(label, np.arange(float(n))).p_value for label in labels],
    ):
        assert np.mean(np.array(p_values) < 0.05) <= 0.06
        assert np.mean(np.array(p_values) < 0.002) <= 0.004
