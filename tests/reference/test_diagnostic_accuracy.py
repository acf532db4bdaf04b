"""Accuracy of tests against DTComPair's documented output, and against the delta method and score tests by brute force.

The counts are those of DTComPair's data set Paired1 (hypothetical, as its documentation says), printed in its README.
"""

import math

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import special, stats

from multisite.stats.proportions import PairedCounts, diagnostic_accuracy, paired_predictive_values, predictive_values

WITH = PairedCounts(both=319, first_only=78, second_only=22, neither=32)
WITHOUT = PairedCounts(both=31, first_only=53, second_only=22, neither=155)


def test_likelihood_ratios_as_dtcompair_prints_them() -> None:
    # README of DTComPair 1.2.x, acc.1test of y1 and y2 of Paired1.
    first, second = diagnostic_accuracy(397, 84, 54, 177), diagnostic_accuracy(341, 53, 110, 208)
    for found, expected in (
        (first.positive_likelihood_ratio, (2.7351124, 0.0915147, 2.2860079, 3.2724472)),
        (first.negative_likelihood_ratio, (0.1765568, 0.1346088, 0.1356142, 0.2298601)),
        (second.positive_likelihood_ratio, (3.7234238, 0.1255060, 2.9114648, 4.7618247)),
        (second.negative_likelihood_ratio, (0.3060507, 0.0885996, 0.2572629, 0.3640906)),
    ):
        ours = found.estimate, found.log_standard_error, found.ci_low, found.ci_high
        assert ours == pytest.approx(expected, abs=6e-8)


def test_relative_predictive_values_as_dtcompair_prints_them() -> None:
    # README of DTComPair 1.2.0, pv.rpv of Paired1 (test 1 over test 2).
    found = paired_predictive_values(WITH, WITHOUT)
    for ratio, expected in (
        (found.ppv.ratio, (0.9536462, 0.01991247, 0.9171445, 0.9916006)),
        (found.npv.ratio, (1.171454, 0.03783679, 1.087723, 1.261629)),
    ):
        assert (ratio.estimate, ratio.log_standard_error, ratio.ci_low, ratio.ci_high) == pytest.approx(
            expected, rel=5e-7
        )


def test_the_weighted_generalised_score_as_dtcompair_prints_it() -> None:
    found = paired_predictive_values(WITH, WITHOUT)
    assert (found.ppv.first.estimate, found.ppv.second.estimate) == pytest.approx((0.8253638, 0.8654822), abs=5e-8)
    assert (found.npv.first.estimate, found.npv.second.estimate) == pytest.approx((0.7662338, 0.6540881), abs=5e-8)
    assert (found.ppv.test.statistic, found.ppv.test.p_value) == pytest.approx((5.465887, 0.0193912), rel=5e-7)
    assert (found.npv.test.statistic, found.npv.test.p_value) == pytest.approx((16.5354, 4.775012e-05), rel=5e-6)


def cells() -> np.ndarray:
    return np.array([[c.both, c.first_only, c.second_only, c.neither] for c in (WITH, WITHOUT)], dtype=float).ravel()


def test_the_variance_of_the_relative_values_is_that_of_the_delta_method() -> None:
    # Σ = N (diag(π) − ππᵀ) of the eight counts, with the gradient taken numerically.
    def log_ratios(x: np.ndarray) -> np.ndarray:
        ppv = np.array([(x[0] + x[1]) / (x[0] + x[1] + x[4] + x[5]), (x[0] + x[2]) / (x[0] + x[2] + x[4] + x[6])])
        npv = np.array([(x[7] + x[6]) / (x[7] + x[6] + x[3] + x[2]), (x[7] + x[5]) / (x[7] + x[5] + x[3] + x[1])])
        return np.log([ppv[0] / ppv[1], npv[0] / npv[1]])

    x = cells()
    covariance = np.diag(x) - np.outer(x, x) / x.sum()
    steps = np.eye(8) * 1e-4
    gradient = np.array([(log_ratios(x + step) - log_ratios(x - step)) / 2e-4 for step in steps])
    expected = np.sqrt(np.diag(gradient.T @ covariance @ gradient))
    found = paired_predictive_values(WITH, WITHOUT)
    assert [found.ppv.ratio.log_standard_error, found.npv.ratio.log_standard_error] == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("result", [1, 0])
def test_the_generalised_score_is_the_score_test_of_a_gee(result: int) -> None:
    # Leisenring et al.: a logistic GEE of the finding on the test, over all positive (or negative) results.
    calls = [(1, 1), (1, 0), (0, 1), (0, 0)] * 2
    rows = [
        (case, (1 if cell < 4 else 0) == result, test)
        for cell, case in ((cell, case) for case, cell in enumerate(np.repeat(np.arange(8), cells().astype(int))))
        for test in (0, 1)
        if calls[cell][test] == result
    ]
    case, right, test = np.array(rows, dtype=float).T
    family = sm.families.Binomial()
    full = sm.GEE(right, np.column_stack([np.ones_like(test), test]), groups=case, family=family)
    null = sm.GEE(right, np.ones_like(test), groups=case, family=family).fit()
    theirs = full.compare_score_test(null)
    found = paired_predictive_values(WITH, WITHOUT, test="generalised-score")
    ours = found.ppv.test if result else found.npv.test
    assert ours.statistic == pytest.approx(float(np.squeeze(theirs["statistic"])), rel=1e-6)


@pytest.mark.parametrize("prevalence", [0.03, 0.3, 0.9])
def test_predictive_values_at_a_prevalence_have_the_variance_of_the_delta_method(prevalence: float) -> None:
    # 240 of 418 and 288 of 375: the example of R's bdpv for Mercaldo et al. 2007.
    found = predictive_values(240, 87, 178, 288, prevalence=prevalence)
    rates, n = np.array([240 / 418, 288 / 375]), np.array([418, 375])

    def logits(rates: np.ndarray) -> np.ndarray:
        se, sp = rates
        ppv = se * prevalence / (se * prevalence + (1 - sp) * (1 - prevalence))
        npv = sp * (1 - prevalence) / (sp * (1 - prevalence) + (1 - se) * prevalence)
        return special.logit([ppv, npv])

    gradient = np.array([(logits(rates + step) - logits(rates - step)) / 2e-6 for step in np.eye(2) * 1e-6])
    error = np.sqrt((gradient**2 * (rates * (1 - rates) / n)[:, None]).sum(axis=0))
    for value, logit, half in zip((found.ppv, found.npv), logits(rates), stats.norm.ppf(0.975) * error, strict=True):
        expected = special.expit([logit, logit - half, logit + half])
        assert [value.estimate, value.ci_low, value.ci_high] == pytest.approx(expected, rel=1e-6)


def test_the_adjusted_interval_is_the_logit_interval_of_counts_with_half_of_z_squared_added() -> None:
    # As R's bdpv 1.3 computes CIlppvak, from Table II of Mercaldo et al. 2007.
    z = stats.norm.ppf(0.975)
    se, n1 = (240 + z * z / 2) / (418 + z * z), 418 + z * z
    sp, n0 = (288 + z * z / 2) / (375 + z * z), 375 + z * z
    centre = math.log(se * 0.03 / ((1 - sp) * 0.97))
    half = z * math.sqrt((1 - se) / se / n1 + sp / (1 - sp) / n0)
    found = predictive_values(240, 87, 178, 288, prevalence=0.03, method="adjusted-logit").ppv
    assert (found.ci_low, found.ci_high) == pytest.approx(
        tuple(special.expit([centre - half, centre + half])), rel=1e-12
    )


@pytest.mark.parametrize("table", [(397, 84, 54, 177), (40, 10, 5, 45)])
def test_the_diagnostic_odds_ratio_is_that_of_statsmodels(table: tuple) -> None:
    tp, fp, fn, tn = table
    theirs = sm.stats.Table2x2(np.array([[tp, fp], [fn, tn]]), shift_zeros=False)
    ours = diagnostic_accuracy(*table).diagnostic_odds_ratio
    assert ours.estimate == pytest.approx(theirs.oddsratio)
    assert (ours.ci_low, ours.ci_high) == pytest.approx(theirs.oddsratio_confint())
    # LR+ is the risk ratio of a positive result between those with and without the finding.
    turned = sm.stats.Table2x2(np.array([[tp, fn], [fp, tn]]), shift_zeros=False)
    ratio = diagnostic_accuracy(*table).positive_likelihood_ratio
    assert ratio.estimate == pytest.approx(turned.riskratio)
    assert (ratio.ci_low, ratio.ci_high) == pytest.approx(turned.riskratio_confint())
