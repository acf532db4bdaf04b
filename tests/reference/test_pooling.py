"""Pooling of sites against metafor's documented outputs, statsmodels, and the defining equations.

The 13 trials of the BCG vaccine are Colditz et al., JAMA 1994;271:698-702 (doi:10.1001/jama.1994.03510330076038), the
outputs those that the documentation of metafor (Viechtbauer, J Stat Softw 2010;36(3), doi:10.18637/jss.v036.i03)
prints for them: log risk ratios, REML and DerSimonian-Laird.
"""

import numpy as np
import pytest
from scipy import optimize, stats
from scipy.special import expit
from statsmodels.stats.meta_analysis import combine_effects

from multisite.stats.pooling import (
    BetweenSitesMethod,
    bivariate,
    common_effect,
    leave_one_out,
    partial_pooling,
    random_effects,
)

# Cases and others, vaccinated and not.
BCG = np.array(
    [
        (4, 119, 11, 128),
        (6, 300, 29, 274),
        (3, 228, 11, 209),
        (62, 13536, 248, 12619),
        (33, 5036, 47, 5761),
        (180, 1361, 372, 1079),
        (8, 2537, 10, 619),
        (505, 87886, 499, 87892),
        (29, 7470, 45, 7232),
        (17, 1699, 65, 1600),
        (186, 50448, 141, 27197),
        (5, 2493, 3, 2338),
        (27, 16886, 29, 17825),
    ],
    dtype=np.float64,
)
A, B, C, D = BCG.T
Y = np.log(A / (A + B) / (C / (C + D)))
V = 1 / A - 1 / (A + B) + 1 / C - 1 / (C + D)
METHODS: tuple[BetweenSitesMethod, ...] = ("dl", "pm", "reml")


@pytest.mark.parametrize(
    ("method", "tau2", "mean", "error", "low", "high", "i2", "h2"),
    [
        ("dl", 0.3088, -0.7141, 0.1787, -1.0644, -0.3638, 0.9212, 12.69),
        ("reml", 0.3132, -0.7145, 0.1798, -1.0669, -0.3622, 0.9222, 12.86),
    ],
)
def test_the_vaccine_trials_come_out_as_metafor_prints_them(
    method: BetweenSitesMethod, tau2: float, mean: float, error: float, low: float, high: float, i2: float, h2: float
) -> None:
    found = random_effects(Y, V, tau2=method, interval="wald", i2="tau2")
    assert found.tau2 == pytest.approx(tau2, abs=5e-5)
    assert (found.estimate, found.ci_low, found.ci_high) == pytest.approx((mean, low, high), abs=5e-5)
    assert found.standard_error == pytest.approx(error, abs=5e-5)
    assert found.i2 == pytest.approx(i2, abs=5e-5)
    assert found.h2 == pytest.approx(h2, abs=5e-3)
    assert found.q == pytest.approx(152.2330, abs=5e-5)
    assert found.q_degrees_of_freedom == 12


def test_the_q_profile_interval_of_the_vaccine_trials_is_metafors() -> None:
    found = random_effects(Y, V, i2="tau2")
    assert (found.tau2_low, found.tau2_high) == pytest.approx((0.1197, 1.1115), abs=5e-5)
    assert (found.i2_low, found.i2_high) == pytest.approx((0.8192, 0.9768), abs=5e-5)


def test_the_prediction_interval_and_the_ratio_of_the_vaccine_trials_are_metafors() -> None:
    found = random_effects(Y, V, interval="wald", prediction="z", scale="log")
    assert (found.estimate, found.ci_low, found.ci_high) == pytest.approx((0.4894, 0.3441, 0.6962), abs=5e-5)
    assert (found.prediction_low, found.prediction_high) == pytest.approx((0.1546, 1.5490), abs=5e-5)


def test_the_common_effect_of_the_vaccine_trials_is_metafors() -> None:
    found = common_effect(Y, V)
    assert (found.estimate, found.ci_low, found.ci_high) == pytest.approx((-0.4303, -0.5097, -0.3509), abs=5e-5)


@pytest.mark.parametrize(("ours", "theirs"), [("dl", "chi2"), ("pm", "iterated")])
@pytest.mark.parametrize("seed", range(6))
def test_tau2_mean_and_hksj_are_those_of_statsmodels(ours: BetweenSitesMethod, theirs: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    k = int(rng.integers(4, 12))
    v = rng.uniform(0.01, 0.3, k)
    y = rng.normal(0.4, np.sqrt(v + 0.5))
    reference = combine_effects(y, v, method_re=theirs, use_t=True)
    wald = random_effects(y, v, tau2=ours, interval="wald")
    plain = random_effects(y, v, tau2=ours, interval="hksj")
    # Its iteration for PM stops at 1e-5, and its DL is not cut at 0: these sets are apart enough.
    assert reference.tau2 > 0
    assert wald.tau2 == pytest.approx(reference.tau2, abs=2e-5)
    assert wald.q == pytest.approx(reference.q, rel=1e-10)
    assert wald.estimate == pytest.approx(reference.mean_effect_re, abs=2e-5)
    assert wald.standard_error == pytest.approx(reference.sd_eff_w_re, abs=2e-5)
    assert plain.standard_error == pytest.approx(reference.sd_eff_w_re_hksj, abs=2e-5)
    assert wald.weights == pytest.approx(reference.weights_rel_re.tolist(), abs=2e-5)
    half = stats.t.ppf(0.975, k - 1) * reference.sd_eff_w_re_hksj
    expected = reference.mean_effect_re - half, reference.mean_effect_re + half
    assert (plain.ci_low, plain.ci_high) == pytest.approx(expected, abs=1e-4)


def _likelihood(y: np.ndarray, v: np.ndarray, tau2: float) -> float:
    """The density of k − 1 contrasts of the sites, which is what REML maximises, by SciPy's multivariate normal."""
    contrasts = np.eye(y.size)[1:] - np.eye(y.size)[:1]
    law = stats.multivariate_normal(cov=contrasts @ np.diag(v + tau2) @ contrasts.T)
    return float(law.logpdf(contrasts @ y))


@pytest.mark.parametrize("seed", range(8))
def test_tau2_solves_the_equation_that_defines_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    k = int(rng.integers(2, 15))
    v = rng.uniform(0.01, 0.5, k)
    y = rng.normal(0, np.sqrt(v + 0.1))
    pm, reml = (random_effects(y, v, tau2=m).tau2 for m in ("pm", "reml"))  # type: ignore[arg-type]  # literals
    assert pm is not None
    assert reml is not None

    def q(between: float) -> float:
        w = 1 / (v + between)
        return float(w @ (y - np.average(y, weights=w)) ** 2)

    assert q(pm) == pytest.approx(k - 1, rel=1e-9) if pm > 0 else q(0.0) <= k - 1
    step = 1e-5
    if reml > 0:
        slope = (_likelihood(y, v, reml + step) - _likelihood(y, v, reml - step)) / (2 * step)
        assert slope == pytest.approx(0.0, abs=1e-4)
    highest = max(_likelihood(y, v, t) for t in np.linspace(0, 4, 200))
    assert _likelihood(y, v, reml) >= highest - 1e-10
    found = random_effects(y, v)
    for end, tail in ((found.tau2_low, 0.025), (found.tau2_high, 0.975)):
        assert end is not None
        assert q(end) == pytest.approx(stats.chi2.isf(tail, k - 1), rel=1e-9) if end > 0 else end == 0.0


@pytest.mark.parametrize(
    ("y", "v"),
    [
        ([-1.492, -0.042, 0.317, 0.189, -0.018], [0.3269, 1.4029, 0.431, 0.1196, 0.0045]),
        ([0.121, -0.51, 0.062, 0.103, 0.15, 1.205], [0.0046, 0.045, 0.2186, 0.0153, 0.0076, 0.8212]),
        ([0.0, 0.0, 6.0, -6.0, 6.0, -6.0, 6.0], [0.01, 0.01, 10.0, 10.0, 10.0, 10.0, 10.0]),
    ],
)
def test_reml_takes_the_highest_of_several_maxima(y: list[float], v: list[float]) -> None:
    y_of, v_of = np.array(y), np.array(v)
    height = [_likelihood(y_of, v_of, t) for t in [0.0, *np.geomspace(1e-4, 50, 300)]]
    maxima = [i for i in range(len(height)) if height[i] == max(height[max(0, i - 1) : i + 2])]
    assert len(maxima) == 2
    found = random_effects(y_of, v_of).tau2
    assert found is not None
    assert _likelihood(y_of, v_of, found) >= max(height) - 1e-12


def test_leaving_a_trial_out_is_pooling_the_others_and_the_diagnostics_are_their_definitions() -> None:
    of_all = random_effects(Y, V)
    assert of_all.analysis_estimate is not None
    for left in leave_one_out(Y, V):
        y, v = np.delete(Y, left.site), np.delete(V, left.site)
        others = random_effects(y, v)
        assert others.analysis_estimate is not None
        assert others.tau2 is not None
        assert left.pooled == others
        assert left.change == pytest.approx(others.analysis_estimate - of_all.analysis_estimate)
        law = stats.norm(
            others.analysis_estimate, np.sqrt(V[left.site] + others.tau2 + 1 / (1 / (v + others.tau2)).sum())
        )
        assert left.studentised_residual == pytest.approx((Y[left.site] - law.mean()) / law.std())


def test_shrunken_strata_with_a_known_mean_are_the_posterior_means() -> None:
    found = partial_pooling(Y, V, scale="raw")
    assert found.tau2 is not None
    # The joint normal law of data and true values, μ under a flat prior: a very wide one.
    k, wide = Y.size, 1e6
    truth = found.tau2 * np.eye(k) + wide
    posterior = truth @ np.linalg.solve(truth + np.diag(V), Y)
    assert [one.shrunken.estimate for one in found.strata] == pytest.approx(posterior.tolist(), abs=1e-5)
    spread = truth - truth @ np.linalg.solve(truth + np.diag(V), truth)
    w = 1 / (V + found.tau2)
    expected = np.sqrt(np.diag(spread) + 2 * V**2 * w**3 * 2 / (w @ w))
    assert [one.standard_error for one in found.strata] == pytest.approx(expected.tolist(), rel=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_the_bivariate_fit_is_the_maximum_of_the_likelihood_of_contrasts(seed: int) -> None:
    rng = np.random.default_rng(seed)
    k = 8
    theta = rng.multivariate_normal([1.6, 1.2], [[0.4, -0.15], [-0.15, 0.3]], k)
    n = rng.integers(60, 200, (k, 2))
    x = rng.binomial(n, expit(theta))
    found = bivariate(x[:, 0], n[:, 1] - x[:, 1], n[:, 0] - x[:, 0], x[:, 1])
    y, v = np.log(x / (n - x)).ravel(), (1 / x + 1 / (n - x)).ravel()
    contrasts = np.kron(np.eye(k)[1:] - np.eye(k)[:1], np.eye(2))

    def negative(at: np.ndarray) -> float:
        first, second, r = np.exp(at[0]), np.exp(at[1]), np.tanh(at[2])
        between = np.array([[first**2, r * first * second], [r * first * second, second**2]])
        covariance = contrasts @ (np.kron(np.eye(k), between) + np.diag(v)) @ contrasts.T
        return -float(stats.multivariate_normal(cov=covariance, allow_singular=True).logpdf(contrasts @ y))

    best = optimize.minimize(
        negative, [-0.5, -0.5, -0.3], method="Nelder-Mead", options={"xatol": 1e-7, "fatol": 1e-11}
    )
    assert not found.at_boundary
    assert (found.sd_sensitivity, found.sd_specificity) == pytest.approx(np.exp(best.x[:2]).tolist(), abs=1e-4)
    assert found.correlation == pytest.approx(np.tanh(best.x[2]), abs=1e-3)
    assert found.sd_sensitivity is not None
    assert found.sd_specificity is not None
    assert found.correlation is not None
    shared = found.correlation * found.sd_sensitivity * found.sd_specificity
    between = np.array([[found.sd_sensitivity**2, shared], [shared, found.sd_specificity**2]])
    design = np.kron(np.ones((k, 1)), np.eye(2))
    precision = np.linalg.inv(np.kron(np.eye(k), between) + np.diag(v))
    covariance = np.linalg.inv(design.T @ precision @ design)
    assert np.asarray(found.logit_covariance) == pytest.approx(covariance, rel=1e-6)
    assert found.logit_mean == pytest.approx((covariance @ design.T @ precision @ y).tolist(), rel=1e-6)


def test_the_interval_of_i2_of_higgins_and_thompson_as_r_s_meta_prints_it() -> None:
    # metagen and metabin of the vaccine trials: H = 3.56 [2.93; 4.34], I² = 92.1 % [88.3 %; 94.7 %].
    found = random_effects(Y, V, i2_interval="higgins-thompson")
    assert (found.i2, found.i2_low, found.i2_high) == pytest.approx((0.921, 0.883, 0.947), abs=5e-4)
    assert found.i2_method == "from q, higgins-thompson interval"
    assert found.h2 is not None
    assert found.h2**0.5 == pytest.approx(3.56, abs=5e-3)
