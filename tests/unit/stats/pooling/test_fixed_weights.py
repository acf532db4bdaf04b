"""Means over sites with weights that are given: they add up, and their intervals hold the mean."""

import numpy as np
import pytest

from multisite.stats import fixed_weights_mean, random_effects

WEIGHTS = [1.0, 2.0, 5.0, 3.0]


def test_the_mean_of_a_sum_is_the_sum_of_the_means() -> None:
    a, b = np.array([0.1, -0.2, 0.05, 0.3]), np.array([-0.4, 0.1, 0.2, 0.0])
    one, other, both = (fixed_weights_mean(y, [0.01, 0.04, 0.02, 0.03], WEIGHTS).estimate for y in (a, b, a + b))
    assert both == pytest.approx(one + other, abs=1e-15)


def test_with_weights_of_the_variances_it_is_dersimonian_and_laird_s_between_sites_variance() -> None:
    y, v = np.array([0.1, 0.3, 0.35, 0.65]), np.array([0.03, 0.03, 0.05, 0.01])
    found = fixed_weights_mean(y, v, 1.0 / v)
    assert found.tau2 == pytest.approx(random_effects(y, v, tau2="dl").tau2)
    a = np.array(found.weights)
    assert found.standard_error**2 == pytest.approx(float(a**2 @ (v + found.tau2)))


def test_sites_that_agree_have_the_variance_within_them() -> None:
    found = fixed_weights_mean([0.2, 0.2, 0.2], [0.04, 0.04, 0.04], [1, 1, 1])
    assert found.tau2 == 0.0
    assert found.standard_error == pytest.approx(np.sqrt(0.04 / 3))
    assert (found.ci_low + found.ci_high) / 2 == pytest.approx(0.2)


def test_one_site_is_no_mean_and_a_weight_of_nothing_is_refused() -> None:
    assert fixed_weights_mean([0.2], [0.1], [3.0]).status == "insufficient"
    assert fixed_weights_mean([], [], []).status == "undefined"
    for weights in ([1.0], [1.0, 0.0], [1.0, float("nan")]):
        with pytest.raises(ValueError, match="weights"):
            fixed_weights_mean([0.1, 0.2], [0.1, 0.1], weights)


@pytest.mark.slow
@pytest.mark.parametrize("tau", [0.0, 0.1])
def test_the_interval_holds_the_mean_where_sites_weigh_differently(tau: float) -> None:
    rng = np.random.default_rng(3)
    v = np.array([0.04, 0.02, 0.005, 0.01, 0.03, 0.02])
    hits = 0
    for _ in range(500):
        y = rng.normal(scale=np.sqrt(v + tau**2))
        found = fixed_weights_mean(y, v, [1, 2, 8, 4, 1, 2])
        hits += found.ci_low <= 0.0 <= found.ci_high
    assert hits >= 0.93 * 500
