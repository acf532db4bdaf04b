"""Differences of independent estimates: against a published interval, and where there is none."""

import pytest

from multisite.stats import ScoreCounts, auc, independent_difference, proportion
from multisite.vocabulary import EstimateStatus


def test_of_two_wilson_intervals_it_is_newcombe_s_of_the_two_shares() -> None:
    # Newcombe 1998, table II, contrast (a): 56/70 - 48/80, method 10.
    found = independent_difference(proportion(56, 70), proportion(48, 80))
    assert found.estimate == pytest.approx(0.2)
    assert (found.ci_low, found.ci_high) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    assert found.n_cases == 150


def test_one_that_is_undefined_makes_the_difference_undefined_with_its_reason() -> None:
    found = independent_difference(proportion(3, 4), proportion(0, 0))
    assert (found.estimate, found.status, found.reason) == (None, EstimateStatus.UNDEFINED, "the denominator is zero")


def test_one_without_an_interval_leaves_the_difference_without_one() -> None:
    lone = auc(ScoreCounts([0.2, 0.7], [0, 1], [3, 0]))
    found = independent_difference(lone, proportion(1, 4))
    assert (found.estimate, found.ci_low, found.status) == (0.75, None, EstimateStatus.INSUFFICIENT)


def test_intervals_of_two_levels_are_not_joined() -> None:
    with pytest.raises(ValueError, match="one level"):
        independent_difference(proportion(5, 10), proportion(5, 10, level=0.5))
