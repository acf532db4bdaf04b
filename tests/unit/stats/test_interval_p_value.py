"""The p-value of an interval: it agrees with the interval at every level, and with the test that made it."""

import math

import pytest
from scipy import stats

from multisite.stats import LEAST_P, Estimate, ScoreCounts, auc, interval_p_value, proportion
from multisite.stats.estimate import normal_quantile


def wald(value: float, error: float) -> object:
    def at(level: float) -> Estimate:
        half = normal_quantile(level) * error
        return Estimate(
            estimate=value, ci_low=value - half, ci_high=value + half, ci_level=level, ci_method="wald", n_cases=1
        )

    return at


@pytest.mark.parametrize("z", [0.0, 0.5, 1.96, 4.0, 6.0])
def test_a_normal_interval_gives_the_p_value_of_z(z: float) -> None:
    assert interval_p_value(wald(z, 1.0), 0.0) == pytest.approx(2.0 * stats.norm.sf(z), rel=1e-6)


def test_wilsons_interval_gives_the_p_value_of_the_score_test() -> None:
    z = (0.62 - 0.5) / math.sqrt(0.25 / 50)
    found = interval_p_value(lambda level: proportion(31, 50, level=level), 0.5)
    assert found == pytest.approx(2.0 * stats.norm.sf(z), rel=1e-6)


@pytest.mark.parametrize("level", [0.8, 0.9, 0.95, 0.99])
@pytest.mark.parametrize("value", [0.3, 0.5, 0.55, 0.7, 0.95])
def test_it_is_small_exactly_where_the_interval_leaves_the_value_out(level: float, value: float) -> None:
    found = interval_p_value(lambda at: proportion(13, 20, level=at), value)
    shown = proportion(13, 20, level=level)
    assert found is not None
    assert (found < 1.0 - level) == (not shown.ci_low <= value <= shown.ci_high)


def test_no_smaller_p_value_is_told_than_the_intervals_can_bear() -> None:
    assert interval_p_value(wald(50.0, 1.0), 0.0) == LEAST_P


def test_without_an_interval_there_is_no_p_value() -> None:
    assert interval_p_value(lambda level: proportion(0, 0, level=level), 0.5) is None


@pytest.mark.parametrize(("positive", "own"), [([0, 20], 1.0), ([20, 0], 0.0)])
def test_a_perfect_area_has_a_p_value_at_every_hypothesis(positive: list[int], own: float) -> None:
    counts = ScoreCounts([0.1, 0.9], positive, positive[::-1])
    found = [interval_p_value(lambda level: auc(counts, level=level), value) for value in (own, 0.5, 1.0 - own)]
    assert found[0] == 1.0
    assert found[1] is not None
    assert found[1] < 0.001
    assert found[2] == LEAST_P


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_hypothesis_that_is_no_number_is_refused(value: float) -> None:
    with pytest.raises(ValueError, match="must be finite"):
        interval_p_value(wald(0.0, 1.0), value)
