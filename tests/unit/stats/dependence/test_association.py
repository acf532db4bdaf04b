"""Association of a label with a category: its ends, its undefined cases, and how often it errs."""

import numpy as np
import pytest

from multisite.stats import Association, association

SEED = 14


def found(positive: list[int], negative: list[int], n_permutations: int = 999) -> Association:
    rng = np.random.default_rng(SEED)
    return association(np.array(positive), np.array(negative), rng=rng, n_permutations=n_permutations)


def test_levels_that_tell_the_label_have_a_v_of_one_and_the_smallest_p_value_there_is() -> None:
    result = found([50, 0], [0, 70])
    assert result.v == pytest.approx(1.0)
    assert (result.p_value, result.n_permutations, result.n_levels) == (1 / 1000, 999, 2)


def test_levels_of_equal_prevalence_have_a_v_of_zero_and_a_p_value_of_one() -> None:
    result = found([10, 20], [30, 60])
    assert (result.v, result.p_value) == (0.0, 1.0)


def test_a_level_without_a_case_does_not_count() -> None:
    assert found([12, 0, 30], [28, 0, 10]) == found([12, 30], [28, 10])


@pytest.mark.parametrize(
    ("positive", "negative", "reason"),
    [([5], [6], "fewer than two levels"), ([], [], "fewer than two levels"), ([5, 6], [0, 0], "one label only")],
)
def test_what_cannot_be_compared_is_undefined_with_the_reason(
    positive: list[int], negative: list[int], reason: str
) -> None:
    counts = (np.array(c, dtype=np.int64) for c in (positive, negative))
    result = association(*counts, rng=np.random.default_rng(SEED), n_permutations=9)
    assert (result.v, result.p_value, result.reason) == (None, None, reason)


def test_every_case_in_a_level_of_its_own_shows_nothing() -> None:
    assert found([1, 0, 1, 0], [0, 1, 0, 1]).v == 0.0


@pytest.mark.parametrize(("positive", "negative", "n"), [([1], [1, 2], 9), ([-1, 2], [1, 2], 9), ([1, 2], [1, 2], 0)])
def test_counts_that_are_none_are_refused(positive: list[int], negative: list[int], n: int) -> None:
    with pytest.raises(ValueError, match="Counts must be"):
        found(positive, negative, n)


def test_equal_seeds_give_equal_p_values() -> None:
    assert found([12, 30], [28, 10]) == found([12, 30], [28, 10])


def test_labels_that_depend_on_nothing_are_rejected_as_often_as_allowed() -> None:
    rng = np.random.default_rng(SEED)
    p_values = []
    for _ in range(1_000):
        level, label = rng.integers(0, 4, 120), rng.random(120) < 0.3
        positive, negative = (np.bincount(level[side], minlength=4) for side in (label, ~label))
        p_values.append(association(positive, negative, rng=rng, n_permutations=199).p_value)
    assert np.mean(np.array(p_values) <= 0.05) == pytest.approx(0.05, abs=0.02)
