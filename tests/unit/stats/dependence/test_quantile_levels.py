"""Numbers as levels: few values keep their own, and none is lost beside a frequent one."""

import numpy as np
import pytest

from multisite.stats import quantile_levels


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        ([1.0] * 91 + [5.0] * 9, [0] * 91 + [1] * 9),
        ([0.5] * 11 + [1.0] * 80 + [5.0] * 9, [0] * 11 + [1] * 80 + [2] * 9),
        ([3.0, 1.0, 2.0], [2, 0, 1]),
        ([4.0] * 5, [0] * 5),
        ([], []),
    ],
)
def test_few_values_are_a_level_each_however_rare(value: list[float], wanted: list[int]) -> None:
    assert quantile_levels(np.array(value), 10).tolist() == wanted


def test_many_values_are_cut_into_levels_of_like_size() -> None:
    value = np.random.default_rng(1).permutation(1000).astype(np.float64)
    level = quantile_levels(value, 10)
    assert np.bincount(level).tolist() == pytest.approx([100] * 10, abs=1)
    assert (np.diff(level[np.argsort(value)]) >= 0).all()


def test_what_lies_above_a_value_that_most_have_is_not_one_with_it() -> None:
    value = np.concatenate([np.arange(20.0), np.full(900, 50.0), 60.0 + np.arange(80.0)])
    level = quantile_levels(value, 10)
    assert set(level[value == 50.0]).isdisjoint(level[value > 50.0])
    assert set(level[value == 50.0]).isdisjoint(level[value < 50.0])


def test_what_is_no_number_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        quantile_levels(np.array([1.0, np.nan]), 10)
