"""Proportions of independent cases."""

import math

import numpy as np
import pytest
from scipy import stats

from multisite.stats.proportions import diagnostic_accuracy, proportion
from multisite.vocabulary import EstimateStatus

METHODS = ("wilson", "wilson-cc", "clopper-pearson", "mid-p", "agresti-coull", "jeffreys")


def test_an_empty_denominator_is_undefined_and_not_zero() -> None:
    result = proportion(0, 0)
    assert (result.estimate, result.ci_low, result.ci_high) == (None, None, None)
    assert result.status is EstimateStatus.UNDEFINED
    assert result.reason == "the denominator is zero"


@pytest.mark.parametrize("method", METHODS)
def test_interval_of_the_complement_is_the_mirrored_interval(method: str) -> None:
    one, other = proportion(3, 11, method=method), proportion(8, 11, method=method)
    assert one.ci_low == pytest.approx(1 - other.ci_high, abs=1e-14)
    assert one.ci_high == pytest.approx(1 - other.ci_low, abs=1e-14)


def test_a_higher_level_gives_a_wider_interval() -> None:
    narrow, wide = proportion(8, 20, level=0.9), proportion(8, 20, level=0.99)
    assert wide.ci_low < narrow.ci_low < narrow.ci_high < wide.ci_high


@pytest.mark.parametrize(
    ("numerator", "denominator"), [(3, 2), (-1, 2), (0, -1), (1.5, 2), (1, 2.5), (math.nan, 2), (1, math.inf)]
)
def test_impossible_counts_are_refused(numerator: int, denominator: int) -> None:
    with pytest.raises(ValueError, match=r"numerator|denominator"):
        proportion(numerator, denominator)


@pytest.mark.parametrize("level", [0.0, 1.0, -0.5, math.nan])
def test_impossible_levels_are_refused(level: float) -> None:
    with pytest.raises(ValueError, match="confidence level"):
        proportion(1, 2, level=level)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="method"):
        proportion(1, 2, method="exact")  # type: ignore[arg-type]  # the point of the test


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [1, 2, 7, 40])
def test_every_interval_holds_its_estimate_and_touches_the_ends(method: str, n: int) -> None:
    for y in range(n + 1):
        result = proportion(y, n, method=method)
        assert 0 <= result.ci_low <= result.estimate <= result.ci_high <= 1
    assert proportion(0, n, method=method).ci_low == 0.0
    assert proportion(n, n, method=method).ci_high == 1.0


def test_agresti_and_coull_s_interval_holds_wilson_s() -> None:
    for y in range(13):
        ours, wilson = proportion(y, 12, method="agresti-coull"), proportion(y, 12)
        assert ours.ci_low <= wilson.ci_low
        assert ours.ci_high >= wilson.ci_high


def test_jeffreys_s_interval_lies_inside_clopper_and_pearson_s() -> None:
    for y in range(13):
        ours, exact = proportion(y, 12, method="jeffreys"), proportion(y, 12, method="clopper-pearson")
        assert exact.ci_low <= ours.ci_low
        assert exact.ci_high >= ours.ci_high


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("n", [10, 25, 100])
def test_over_all_proportions_each_method_covers_as_its_docstring_says(method: str, n: int) -> None:
    truths = np.linspace(0.005, 0.995, 199)
    intervals = [proportion(y, n, method=method) for y in range(n + 1)]
    low, high = (np.array([getattr(found, end) for found in intervals])[:, None] for end in ("ci_low", "ci_high"))
    covered = (stats.binom.pmf(np.arange(n + 1)[:, None], n, truths) * ((low <= truths) & (truths <= high))).sum(axis=0)
    if method in ("wilson-cc", "clopper-pearson"):
        assert covered.min() >= 0.95
    else:
        assert covered.mean() == pytest.approx(0.95, abs=0.018)
        assert covered.min() >= {"wilson": 0.83, "jeffreys": 0.86, "agresti-coull": 0.92, "mid-p": 0.91}[method]


def test_wald_has_no_interval_where_it_has_no_width() -> None:
    for y in (0, 9):
        found = proportion(y, 9, method="wald")
        assert (found.estimate, found.ci_low, found.ci_high) == (y / 9, None, None)
        assert found.status is EstimateStatus.INSUFFICIENT
        assert found.reason == "the estimate of the variance is zero, and there is no interval"
    assert diagnostic_accuracy(9, 1, 0, 9, method="wald").youden_index.reason == "one of the two has no interval"


def test_mid_p_leaves_half_of_the_probability_of_what_was_seen_in_each_tail() -> None:
    found = proportion(4, 15, method="mid-p", level=0.9)
    for end, below in ((found.ci_low, False), (found.ci_high, True)):
        law = stats.binom(15, end)
        tail = (law.cdf(3) if below else law.sf(4)) + law.pmf(4) / 2
        assert tail == pytest.approx(0.05, abs=1e-12)
    exact = proportion(4, 15, method="clopper-pearson", level=0.9)
    assert exact.ci_low < found.ci_low < found.ci_high < exact.ci_high
