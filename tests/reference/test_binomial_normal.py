"""The binomial-normal model against SciPy's integration of its likelihood and a search of another kind."""

import numpy as np
import pytest
from scipy import integrate, optimize, stats
from scipy.special import expit

from multisite.stats.pooling import binomial_normal

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
