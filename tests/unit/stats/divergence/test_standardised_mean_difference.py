"""The difference of two means in standard deviations: definition, intervals, undefined cases."""

import math

import numpy as np
import pytest

from multisite.stats.divergence import standardised_mean_difference, standardised_mean_difference_of_moments
from multisite.vocabulary import EstimateStatus


def test_variances_are_over_n_minus_one() -> None:
    # Variances 1 and 4: d = (2 - 5) / √2.5. Over n they would be 2/3 and 8/3, and d a fifth larger.
    found = standardised_mean_difference([1, 2, 3], [3, 5, 7])
    assert found.estimate == pytest.approx(-3 / math.sqrt(2.5))


def test_moments_give_what_values_give() -> None:
    rng = np.random.default_rng(2)
    first, second = rng.normal(1, 2, 40), rng.normal(0, 1, 70)
    for method in ("bonett", "hedges-olkin"):
        one = standardised_mean_difference(first, second, method=method)
        other = standardised_mean_difference_of_moments(
            (first.mean(), first.std(ddof=1), 40), (second.mean(), second.std(ddof=1), 70), method=method
        )
        assert (one.estimate, one.ci_low, one.ci_high) == pytest.approx((other.estimate, other.ci_low, other.ci_high))


def test_both_standard_errors_by_hand() -> None:
    first, second = (12.0, 3.0, 20), (10.0, 4.0, 30)
    d = 2 / math.sqrt(12.5)
    hedges = standardised_mean_difference_of_moments(first, second, method="hedges-olkin")
    assert hedges.standard_error == pytest.approx(math.sqrt(50 / 600 + d * d / 100))
    bonett = standardised_mean_difference_of_moments(first, second)
    variance = d * d * (81 / 19 + 256 / 29) / (8 * 12.5**2) + (9 / 19 + 16 / 29) / 12.5
    assert bonett.standard_error == pytest.approx(math.sqrt(variance))
    assert bonett.ci_high - bonett.ci_low == pytest.approx(2 * 1.959964 * math.sqrt(variance), rel=1e-6)


def test_swapped_sides_turn_the_sign_and_a_linear_scale_does_nothing() -> None:
    rng = np.random.default_rng(3)
    first, second = rng.normal(size=30), rng.normal(size=25) + 0.4
    one, other = standardised_mean_difference(first, second), standardised_mean_difference(second, first)
    assert other.estimate == pytest.approx(-one.estimate)
    assert standardised_mean_difference(7 * first + 1, 7 * second + 1).estimate == pytest.approx(one.estimate)


def test_without_variance_equal_means_are_zero_and_others_have_no_bound() -> None:
    same = standardised_mean_difference([0.1] * 7, [0.1] * 3)
    assert (same.estimate, same.status, same.ci_low) == (0.0, EstimateStatus.INSUFFICIENT, None)
    apart = standardised_mean_difference([1, 1], [2, 2])
    assert (apart.estimate, apart.status) == (None, EstimateStatus.UNDEFINED)
    one_sided = standardised_mean_difference([1, 1], [1, 3])
    assert one_sided.estimate == pytest.approx(-1.0)


@pytest.mark.parametrize(("first", "second"), [([], [1, 2]), ([1], [1, 2]), ([1, 2], [3])])
def test_fewer_than_two_values_are_undefined(first: list[float], second: list[float]) -> None:
    found = standardised_mean_difference(first, second)
    assert (found.status, found.reason) == (EstimateStatus.UNDEFINED, "fewer than two values on one side")
    assert not found.is_seen


def test_the_floor_is_that_of_chance() -> None:
    found = standardised_mean_difference_of_moments((1.0, 1.0, 50), (0.0, 1.0, 50))
    assert found.floor == pytest.approx(1.959964 * 0.2, rel=1e-6)
    assert found.is_seen


def test_what_are_no_values_is_refused() -> None:
    with pytest.raises(ValueError, match="`first` must be finite"):
        standardised_mean_difference([1, math.nan], [1, 2])
    with pytest.raises(ValueError, match="`second` must be one-dimensional"):
        standardised_mean_difference([1, 2], [[1, 2]])
    with pytest.raises(ValueError, match="`method`"):
        standardised_mean_difference([1, 2], [1, 2], method="glass")  # type: ignore[arg-type]  # what is refused
    with pytest.raises(ValueError, match="`first` must hold a finite"):
        standardised_mean_difference_of_moments((math.inf, 1.0, 5), (0.0, 1.0, 5))
    with pytest.raises(ValueError, match="`second` must hold no negative"):
        standardised_mean_difference_of_moments((0.0, 1.0, 5), (0.0, -1.0, 5))


FIRST, SECOND = (103.0, 5.5, 50), (100.0, 4.5, 50)


def test_cohen_s_and_hedges_as_borenstein_prints_them() -> None:
    # Borenstein et al., Introduction to Meta-Analysis, 2009, chapter 4: d = 0.5970 (variance 0.0418), g = 0.5924.
    cohen = standardised_mean_difference_of_moments(FIRST, SECOND, kind="cohen")
    assert (cohen.estimate, cohen.standard_error**2) == pytest.approx((0.5970, 0.0418), abs=5e-5)
    hedges = standardised_mean_difference_of_moments(FIRST, SECOND, kind="hedges")
    assert hedges.estimate == pytest.approx(0.5924, abs=5e-5)
    assert hedges.ci_method.startswith("hedges' g, pooled standard deviation and exact correction, hedges-olkin")


def test_hedges_correction_is_that_of_the_gamma_function_and_does_not_overflow() -> None:
    few = standardised_mean_difference_of_moments((1.0, 1.0, 3), (0.0, 1.0, 4), kind="hedges")
    assert few.estimate == pytest.approx(math.gamma(2.5) / (math.sqrt(2.5) * math.gamma(2.0)))
    many = standardised_mean_difference_of_moments((1.0, 1.0, 4000), (0.0, 1.0, 4000), kind="hedges")
    assert many.estimate == pytest.approx(1 - 3 / (4 * 7998 - 1), abs=1e-8)


def test_glass_divides_by_the_deviation_of_the_second() -> None:
    found = standardised_mean_difference_of_moments(FIRST, SECOND, kind="glass")
    delta = 3 / 4.5
    assert found.estimate == pytest.approx(delta)
    error = math.sqrt(delta**2 / (2 * 49) + 5.5**2 / (4.5**2 * 49) + 1 / 49)
    assert found.standard_error == pytest.approx(error)
    constant = standardised_mean_difference([1.0, 2.0, 4.0], [3.0, 3.0, 3.0], kind="glass")
    assert (constant.status, constant.reason) == (
        EstimateStatus.UNDEFINED,
        "no variance of the second, and different means: no bound",
    )


def test_hedges_g_is_unbiased_where_cohen_s_is_not() -> None:
    rng = np.random.default_rng(8)
    draws = [(rng.normal(1, 1, 5), rng.normal(0, 1, 5)) for _ in range(1500)]
    means = {
        kind: np.mean([standardised_mean_difference(a, b, kind=kind).estimate for a, b in draws])
        for kind in ("cohen", "hedges")
    }
    assert abs(means["hedges"] - 1.0) < 0.05 < means["cohen"] - 1.0


def test_an_interval_of_another_kind_is_refused() -> None:
    with pytest.raises(ValueError, match="`method` of this `kind` must be one of: hedges-olkin"):
        standardised_mean_difference_of_moments(FIRST, SECOND, kind="cohen", method="bonett")
    with pytest.raises(ValueError, match="`kind`"):
        standardised_mean_difference_of_moments(FIRST, SECOND, kind="cliff")
