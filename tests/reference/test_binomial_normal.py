"""The binomial-normal model against SciPy's integration of its likelihood and a search of another kind."""

import itertools

import numpy as np
import pytest
from scipy import integrate, optimize, special, stats
from scipy.special import expit

from multisite.stats.pooling import binomial_normal
from multisite.stats.pooling.binomial_normal_likelihood import BinomialNormalLikelihood

EVENTS, CASES = np.array([18, 33, 27, 44, 9]), np.array([20, 50, 30, 51, 11])


def log_likelihood(mean: float, tau: float) -> float:
    def of_site(y: int, n: int) -> float:
        def integrand(u: float) -> float:
            return float(stats.binom.pmf(y, n, expit(mean + tau * u)) * stats.norm.pdf(u))

        return float(np.log(integrate.quad(integrand, -10, 10, epsabs=1e-13, limit=200)[0]))

    return sum(of_site(int(y), int(n)) for y, n in zip(EVENTS, CASES, strict=True))


@pytest.mark.slow
def test_no_other_mean_and_tau_has_a_higher_likelihood() -> None:
    found = binomial_normal(EVENTS, CASES)
    assert found.logit is not None
    assert found.tau is not None
    assert found.tau > 0.1
    assert found.log_likelihood == pytest.approx(log_likelihood(found.logit, found.tau), abs=1e-8)
    around = [(found.logit + a, found.tau + b) for a in (-0.01, 0, 0.01) for b in (-0.01, 0, 0.01) if (a, b) != (0, 0)]
    assert max(log_likelihood(*at) for at in around) < found.log_likelihood
    assert found.mean_proportion == pytest.approx(
        integrate.quad(lambda u: expit(found.logit + found.tau * u) * stats.norm.pdf(u), -10, 10)[0], abs=1e-8
    )


@pytest.mark.slow
def test_at_either_end_of_the_interval_the_profile_has_fallen_as_far_as_f_allows() -> None:
    found = binomial_normal(EVENTS, CASES)
    assert found.log_likelihood is not None
    fallen = found.log_likelihood - stats.f.ppf(0.95, 1, EVENTS.size - 1) / 2
    for end in (found.ci_low, found.ci_high):
        assert end is not None
        mean = float(np.log(end / (1 - end)))
        best = optimize.minimize_scalar(
            lambda tau, mean=mean: -log_likelihood(mean, tau), bounds=(0, 4), method="bounded", options={"xatol": 1e-4}
        )
        assert -best.fun == pytest.approx(fallen, abs=1e-4)


WIDE_EVENTS, WIDE_CASES = np.array([0, 1, 12, 400, 700, 3]), np.array([1000, 40, 12, 800, 900, 3])


def log_likelihood_of_site(y: int, n: int, mean: float, tau: float) -> float:
    """By SciPy's integration, piece by piece about the peak, which is found on a fine grid."""

    def height(u: np.ndarray | float) -> np.ndarray:
        z = mean + tau * u
        return y * z - n * np.logaddexp(0.0, z) - u * u / 2.0 - np.log(2.0 * np.pi) / 2.0

    grid = np.linspace(-50.0, 20.0, 200_001)
    peak, top = grid[height(grid).argmax()], height(grid).max()
    cuts = peak + np.array([-0.5, -0.05, -0.005, 0.0, 0.005, 0.05, 0.5])
    area = sum(
        integrate.quad(lambda u: np.exp(height(u) - top), low, high, epsabs=1e-12, epsrel=1e-10, limit=200)[0]
        for low, high in itertools.pairwise([peak - 12.0, *cuts, peak + 12.0])
    )
    return float(top + np.log(area) + np.log(special.binom(n, y)))


@pytest.mark.parametrize("mean", [-4.0, 0.3, 12.0])
@pytest.mark.parametrize("variance", [0.3, 1.0, 60.0, 400.0])
def test_the_likelihood_is_right_however_far_apart_the_sites_lie(variance: float, mean: float) -> None:
    for y, n in zip(WIDE_EVENTS, WIDE_CASES, strict=True):
        expected = log_likelihood_of_site(int(y), int(n), mean, np.sqrt(variance))
        found = BinomialNormalLikelihood(np.array([y]), np.array([n])).value(mean, variance)
        assert found == pytest.approx(expected, abs=1e-7, rel=1e-10)


@pytest.mark.parametrize("variance", [60.0, 400.0])
def test_the_slopes_are_those_of_the_likelihood(variance: float) -> None:
    likelihood = BinomialNormalLikelihood(WIDE_EVENTS, WIDE_CASES)
    _, of_mean, of_variance = likelihood._with_slopes(0.5, variance)
    step = 1e-3
    by_mean = (likelihood.value(0.5 + step, variance) - likelihood.value(0.5 - step, variance)) / (2 * step)
    by_variance = (likelihood.value(0.5, variance + step) - likelihood.value(0.5, variance - step)) / (2 * step)
    assert (of_mean, of_variance) == pytest.approx((by_mean, by_variance), abs=2e-6)


def test_the_mean_over_sites_is_right_where_they_lie_far_apart() -> None:
    likelihood = BinomialNormalLikelihood(WIDE_EVENTS, WIDE_CASES)
    step = stats.norm.sf(2.0 / 20.0)  # with τ of 20 the logistic function is nearly a step at u = 0.1
    assert likelihood.mean_proportion(-2.0, 20.0) == pytest.approx(step, abs=1e-3)
    expected = integrate.quad(lambda u: expit(-2.0 + 20.0 * u) * stats.norm.pdf(u), -9, 9, points=[0.1], epsabs=1e-12)
    assert likelihood.mean_proportion(-2.0, 20.0) == pytest.approx(expected[0], abs=1e-9)
