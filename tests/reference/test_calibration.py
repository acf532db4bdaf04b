"""Calibration statistics against statsmodels and scikit-learn."""

import numpy as np
import pytest
import statsmodels.api as sm
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from multisite.stats import (
    ScoreCounts,
    brier,
    calibration_line,
    expected_calibration_error,
    observed_expected,
    reliability,
)

SEED = 17
Cases = tuple[np.ndarray, np.ndarray]


@pytest.fixture(scope="module", params=[(60, 17), (1500, 2), (30_000, 17)], ids=["few", "tied", "condensed"])
def cases(request: pytest.FixtureRequest) -> Cases:
    n, decimals = request.param
    rng = np.random.default_rng(SEED)
    score = np.clip(rng.beta(1.2, 4, n).round(decimals), 0.005, 0.995)
    logit = np.log(score / (1 - score))
    return rng.random(n) < 1 / (1 + np.exp(-(0.4 + 0.7 * logit))), score


def test_the_line_is_the_logistic_regression_of_statsmodels(cases: Cases) -> None:
    reference, score = cases
    logit = np.log(score / (1 - score))
    fit = sm.GLM(reference.astype(float), sm.add_constant(logit), family=sm.families.Binomial()).fit(tol=1e-14)
    line = calibration_line(ScoreCounts.from_cases(reference, score))
    assert (line.intercept.estimate, line.slope.estimate) == pytest.approx(tuple(fit.params), rel=1e-8)
    assert (line.intercept.standard_error, line.slope.standard_error) == pytest.approx(tuple(fit.bse), rel=1e-6)
    assert line.covariance == pytest.approx(fit.cov_params()[0, 1], rel=1e-6)
    low, high = fit.conf_int()[1]
    assert (line.slope.ci_low, line.slope.ci_high) == pytest.approx((low, high), rel=1e-6)


def test_calibration_in_the_large_is_the_intercept_over_an_offset(cases: Cases) -> None:
    reference, score = cases
    logit = np.log(score / (1 - score))
    model = sm.GLM(reference.astype(float), np.ones(score.size), offset=logit, family=sm.families.Binomial())
    fit = model.fit(tol=1e-14)
    result = calibration_line(ScoreCounts.from_cases(reference, score)).in_the_large
    assert result.estimate == pytest.approx(fit.params[0], rel=1e-8)
    assert result.standard_error == pytest.approx(fit.bse[0], rel=1e-6)


def test_dropping_scores_of_zero_and_one_gives_the_fits_of_statsmodels_to_the_other_cases(cases: Cases) -> None:
    reference, score = cases
    truth, extreme = reference.astype(float), score.copy()
    extreme[::17], extreme[5::23] = 0.0, 1.0
    inside = (extreme > 0) & (extreme < 1)
    logit, family = np.log(extreme[inside] / (1 - extreme[inside])), sm.families.Binomial()
    fit = sm.GLM(truth[inside], sm.add_constant(logit), family=family).fit(tol=1e-14)
    shift = sm.GLM(truth[inside], np.ones(logit.size), offset=logit, family=family).fit(tol=1e-14)
    line = calibration_line(ScoreCounts.from_cases(reference, extreme), extreme="drop")
    assert line.n_left_out == (~inside).sum()
    for found, value, error in zip(
        (line.intercept, line.slope, line.in_the_large),
        (*fit.params, *shift.params),
        (*fit.bse, *shift.bse),
        strict=True,
    ):
        assert found.estimate == pytest.approx(value, rel=1e-8)
        assert found.standard_error == pytest.approx(error, rel=1e-6)


def test_brier_is_that_of_scikit_learn_with_the_error_of_a_mean(cases: Cases) -> None:
    reference, score = cases
    result = brier(ScoreCounts.from_cases(reference, score))
    assert result.estimate == pytest.approx(brier_score_loss(reference, score), rel=1e-12)
    distances = (score - reference) ** 2
    assert result.standard_error == pytest.approx(distances.std(ddof=1) / np.sqrt(score.size), rel=1e-10)


def test_observed_expected_is_the_ratio_of_the_means(cases: Cases) -> None:
    reference, score = cases
    result = observed_expected(ScoreCounts.from_cases(reference, score))
    assert result.estimate == pytest.approx(reference.mean() / score.mean(), rel=1e-12)


def test_reliability_is_the_calibration_curve_of_scikit_learn_away_from_the_edges() -> None:
    # Scikit-learn closes its bins on the right; no score here lies on an edge.
    rng = np.random.default_rng(SEED)
    score = rng.random(5000)
    reference = rng.random(5000) < score**2
    observed, predicted = calibration_curve(reference, score, n_bins=10)
    counts = ScoreCounts.from_cases(reference, score)
    table = reliability(counts, n_bins=10)
    assert table.observed == pytest.approx(observed, rel=1e-12)
    assert table.mean_score == pytest.approx(predicted, rel=1e-12)
    share = table.n_cases / 5000
    ece = expected_calibration_error(counts, n_bins=10).estimate
    assert ece == pytest.approx(float(share @ np.abs(observed - predicted)), rel=1e-12)
