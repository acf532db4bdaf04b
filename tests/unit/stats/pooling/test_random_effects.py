"""Random effects: few sites, boundaries, scales, options, and what is refused."""

import math

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit, logit

from multisite.stats.pooling import common_effect, random_effects
from multisite.vocabulary import EstimateStatus

Y, V = np.array([0.1, 0.3, 0.9, 0.5]), np.array([0.02, 0.03, 0.05, 0.01])


def test_no_site_is_undefined() -> None:
    found = random_effects([], [])
    assert (found.status, found.reason, found.estimate, found.ci_low) == (
        EstimateStatus.UNDEFINED,
        "no site",
        None,
        None,
    )
    assert (found.n_sites, found.tau2, found.tau2_status, found.weights) == (0, None, EstimateStatus.UNDEFINED, ())
    assert common_effect([], []).status == EstimateStatus.UNDEFINED


def test_one_site_keeps_its_own_estimate_and_shows_nothing_of_others() -> None:
    found = random_effects([0.7], [0.04], scale="logit")
    assert found.status == EstimateStatus.INSUFFICIENT
    assert found.estimate == pytest.approx(expit(0.7))
    assert (found.ci_low, found.ci_high, found.prediction_low, found.tau2, found.i2, found.q) == (None,) * 6
    assert found.tau2_status == EstimateStatus.INSUFFICIENT
    assert found.reason is not None
    assert found.reason.startswith("one site")
    alone = common_effect([0.7], [0.04])
    assert alone.ci_low == pytest.approx(0.7 - 0.2 * stats.norm.ppf(0.975))


def test_a_mean_with_given_weights_has_the_variance_of_these_weights() -> None:
    found = common_effect(Y, V, weights=[1.0, 1.0, 1.0, 1.0])
    assert found.estimate == pytest.approx(Y.mean())
    assert found.ci_high - found.estimate == pytest.approx(stats.norm.ppf(0.975) * np.sqrt(V.sum()) / 4)
    own, same = common_effect(Y, V), common_effect(Y, V, weights=7.0 / V)
    assert (same.estimate, same.ci_low, same.ci_high) == pytest.approx((own.estimate, own.ci_low, own.ci_high))
    for wrong in ([1.0, 1.0], [1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 1.0, float("nan")]):
        with pytest.raises(ValueError, match="`weights`"):
            common_effect(Y, V, weights=wrong)


def test_two_sites_are_pooled_without_a_prediction() -> None:
    found = random_effects(Y[:2], V[:2])
    assert found.status == EstimateStatus.OK
    assert found.ci_low is not None
    assert (found.prediction_low, found.prediction_note) == (None, "fewer than three sites")
    assert random_effects(Y[:3], V[:3]).prediction_low is not None


def test_sites_that_agree_have_a_tau2_of_zero_which_is_a_number() -> None:
    found = random_effects([0.2, 0.4, 0.0], [0.1, 0.1, 0.1])
    assert (found.tau2, found.tau2_low, found.i2, found.h2) == (0.0, 0.0, 0.0, 1.0)
    assert found.tau2_note is not None
    assert "boundary" in found.tau2_note
    assert found.status == EstimateStatus.OK


def test_an_estimate_of_zero_below_its_own_interval_says_so() -> None:
    y = [0.321, -0.292, 1.964, 0.221, 0.009, 1.365, -2.48]
    found = random_effects(y, [0.2498, 0.2292, 0.8465, 0.0064, 0.0919, 0.5157, 0.8533])
    assert found.tau2 == 0.0
    assert found.tau2_low is not None
    assert found.tau2_low > 0.0
    assert "its interval lies above" in (found.tau2_note or "")


def test_sites_closer_than_chance_lets_them_have_a_tau2_of_zero_and_an_empty_interval() -> None:
    found = random_effects([0.2, 0.2, 0.2001], [1.0, 1.0, 1.0])
    assert (found.tau2, found.tau2_low, found.tau2_high, found.i2_low, found.i2_high) == (0.0, None, None, None, None)
    assert "the interval is empty" in (found.tau2_note or "")


@pytest.mark.parametrize("interval", ["by-sites", "hksj"])
def test_sites_that_agree_to_the_last_digit_do_not_give_an_interval_without_width(interval) -> None:
    found = random_effects([0.3] * 7, [0.1] * 7, interval=interval)
    assert found.ci_method.endswith("hksj-guarded")
    assert found.ci_high == pytest.approx(0.3 + stats.t.ppf(0.975, 6) * np.sqrt(0.1 / 7))


@pytest.mark.parametrize(("n", "chosen"), [(3, "hksj-guarded"), (5, "hksj-guarded"), (6, "hksj")])
def test_the_guard_is_for_five_sites_or_fewer(n: int, chosen: str) -> None:
    y = np.linspace(0, 0.3, n)
    found, named = (random_effects(y, np.full(n, 0.1), interval=i) for i in ("by-sites", chosen))  # type: ignore[arg-type]  # literals
    assert found == named
    assert found.ci_method.endswith(chosen)


def test_the_guard_is_a_factor_of_one_where_the_sites_agree_by_luck() -> None:
    y, v = [0.30, 0.31, 0.29], [0.1, 0.1, 0.1]
    guarded, plain, wald = (random_effects(y, v, interval=i) for i in ("hksj-guarded", "hksj", "wald"))  # type: ignore[arg-type]  # literals
    assert guarded.standard_error == wald.standard_error == guarded.wald_standard_error
    assert plain.standard_error is not None
    assert wald.standard_error is not None
    assert plain.standard_error < 0.1 * wald.standard_error


@pytest.mark.parametrize(
    ("prediction", "quantile"),
    [("t(k-2)", stats.t.ppf(0.9, 2)), ("t(k-1)", stats.t.ppf(0.9, 3)), ("z", stats.norm.ppf(0.9))],
)
def test_prediction_adds_both_variances_under_the_quantile_that_its_name_says(prediction, quantile: float) -> None:
    found = random_effects(Y, V, interval="wald", prediction=prediction, level=0.8)
    assert found.tau2 is not None
    assert found.standard_error is not None
    assert found.analysis_estimate is not None
    half = quantile * np.sqrt(found.tau2 + found.standard_error**2)
    assert found.prediction_high == pytest.approx(found.analysis_estimate + half)
    assert found.prediction_method == f"{prediction}, approximate"


def test_results_come_back_from_the_scale_of_analysis() -> None:
    raw, odds, ratio = (random_effects(Y, V, scale=s) for s in ("raw", "logit", "log"))  # type: ignore[arg-type]  # literals
    assert raw.estimate == odds.analysis_estimate == ratio.analysis_estimate
    assert raw.ci_low is not None
    assert raw.prediction_high is not None
    assert odds.ci_low == pytest.approx(expit(raw.ci_low))
    assert ratio.prediction_high == pytest.approx(np.exp(raw.prediction_high))
    assert raw.tau2 == odds.tau2 == ratio.tau2


def test_a_ratio_too_large_for_a_number_is_infinite() -> None:
    assert random_effects([800.0, 900.0], [1.0, 1.0], scale="log").ci_high == np.inf


def test_i2_comes_from_q_or_from_tau2_and_both_agree_for_dersimonian_and_laird() -> None:
    from_q, from_tau2 = (random_effects(Y, V, tau2="dl", i2=i) for i in ("q", "tau2"))  # type: ignore[arg-type]  # literals
    assert from_q.i2 == pytest.approx(from_tau2.i2, abs=1e-12)
    assert from_q.h2 == pytest.approx(from_tau2.h2, abs=1e-9)
    assert from_q.q is not None
    assert from_q.i2 == pytest.approx(1 - 3 / from_q.q)
    assert from_q.q_p_value == pytest.approx(stats.chi2.sf(from_q.q, 3))
    assert (from_q.i2_method, from_tau2.i2_method) == ("from q", "from tau2")


def test_one_site_that_is_far_more_exact_than_the_others_breaks_nothing() -> None:
    for method in ("dl", "pm", "reml"):
        found = random_effects([logit(0.9), logit(0.7)], [1e-20, 1.0], tau2=method)  # type: ignore[arg-type]  # a literal
        assert np.isfinite([found.estimate, found.tau2, found.i2]).all()


@pytest.mark.parametrize(
    ("estimates", "variances", "match"),
    [
        ([0.1, 0.2], [0.1, 0.0], "`variances`"),
        ([0.1, 0.2], [0.1, -1.0], "`variances`"),
        ([0.1, 0.2], [0.1, np.inf], "`variances`"),
        ([0.1, np.nan], [0.1, 0.1], "`estimates`"),
        ([0.1, np.inf], [0.1, 0.1], "`estimates`"),
        ([0.1, 0.2], [0.1], "of the same length"),
        ([[0.1]], [[0.2]], "one-dimensional"),
    ],
)
def test_what_is_no_estimate_with_a_variance_is_refused(estimates, variances, match: str) -> None:
    for pool in (random_effects, common_effect):
        with pytest.raises(ValueError, match=match):
            pool(estimates, variances)


@pytest.mark.parametrize("option", ["tau2", "interval", "prediction", "i2", "scale"])
def test_an_unknown_option_is_refused_by_name(option: str) -> None:
    with pytest.raises(ValueError, match=f"`{option}`"):
        random_effects(Y, V, **{option: "other"})  # type: ignore[arg-type]  # what is tested
    with pytest.raises(ValueError, match="level"):
        random_effects([], [], level=1.0)


@pytest.mark.parametrize("interval", ["wald", "hksj", "hksj-guarded"])
def test_the_p_value_of_no_effect_is_that_of_the_interval(interval: str) -> None:
    p_value = random_effects(Y, V, interval=interval).p_value
    assert p_value is not None
    at_edge = random_effects(Y, V, interval=interval, level=1 - p_value)
    assert at_edge.ci_low == pytest.approx(0.0, abs=1e-9)
    assert random_effects([0.7], [0.04]).p_value is None


def test_the_test_based_interval_of_i2_where_the_sites_hardly_differ() -> None:
    close = random_effects([0.0, 0.1, -0.1, 0.05, 0.02], [0.1] * 5, i2_interval="higgins-thompson")
    error = math.sqrt((1 - 1 / (3 * 9)) / (2 * 3))
    assert (close.i2, close.i2_low) == (0.0, 0.0)
    assert close.i2_high == pytest.approx(1 - math.exp(-2 * 1.959964 * error), abs=1e-6)
    two = random_effects([0.0, 1.0], [0.1, 0.1], i2_interval="higgins-thompson")
    assert (two.i2_low, two.i2_high) == (None, None)
    with pytest.raises(ValueError, match="one of `i2` from `q`"):
        random_effects([0.0, 1.0], [0.1, 0.1], i2="tau2", i2_interval="higgins-thompson")
