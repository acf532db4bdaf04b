"""Recalibration: what is fitted, what it does to a score, and what it would change on other cases."""

import math

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.isotonic import IsotonicRegression

from multisite.stats import (
    ScoreCounts,
    brier,
    brier_difference,
    brier_fall_of_counts,
    calibration_line,
    fit_recalibration,
    recalibrated_counts,
)

TUNE = ScoreCounts([0.2, 0.5, 0.8], [4, 10, 18], [16, 10, 2])  # type: ignore[arg-type]  # made arrays of


def cases(seed: int = 3, n: int = 400) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    score = rng.beta(1, 2, n).round(3)
    return rng.random(n) < expit(0.5 * logit(np.clip(score, 0.001, 0.999)) - 0.4), score


def test_the_intercept_is_what_makes_the_scores_add_up_to_the_cases_observed() -> None:
    # At one score of 0.5 with a share of 0.75 it is ln 3.
    one = ScoreCounts([0.5], [30], [10])  # type: ignore[arg-type]  # made arrays of
    fit = fit_recalibration(one, method="intercept")
    assert (fit.intercept, fit.slope) == (pytest.approx(math.log(3)), 1.0)
    assert fit(np.array([0.5])) == pytest.approx([0.75])
    moved = fit_recalibration(TUNE, method="intercept")(TUNE.score)
    assert ((TUNE.n_positive + TUNE.n_negative) * moved).sum() == pytest.approx(TUNE.positives)


def test_after_intercept_and_slope_the_cases_of_the_fit_lie_on_the_ideal_line() -> None:
    counts = ScoreCounts.from_cases(*cases())
    line = calibration_line(recalibrated_counts(counts, fit_recalibration(counts, method="intercept and slope")))
    assert line.slope.estimate == pytest.approx(1.0, abs=1e-4)
    assert line.in_the_large.estimate == pytest.approx(0.0, abs=1e-4)


def test_the_isotonic_curve_is_that_of_scikit_learn_and_never_certain() -> None:
    positive, score = cases()
    fit = fit_recalibration(ScoreCounts.from_cases(positive, score), method="isotonic")
    other = IsotonicRegression(out_of_bounds="clip").fit(score, positive.astype(float))
    at = np.linspace(0, 1, 53)
    least = 0.5 / score.size
    assert fit(at) == pytest.approx(np.clip(other.predict(at), least, 1 - least), abs=2 * least)
    assert (np.diff(fit.value) >= 0).all()
    assert fit.value.min() >= least
    assert fit.value.max() <= 1 - least


def test_the_fall_is_the_difference_of_two_brier_scores_and_its_error_that_of_the_paired_cases() -> None:
    positive, score = cases(seed=4)
    counts, fit = ScoreCounts.from_cases(positive, score), fit_recalibration(TUNE, method="intercept and slope")
    fall = brier_fall_of_counts(counts, fit)
    before, after = brier(counts).estimate, brier(recalibrated_counts(counts, fit)).estimate
    assert before is not None
    assert after is not None
    assert fall.estimate == pytest.approx(before - after)
    rows = brier_difference(positive, score, fit(score))
    assert fall.estimate == pytest.approx(rows.estimate)
    assert fall.ci_high is not None
    assert fall.ci_low is not None
    assert (fall.ci_high - fall.ci_low) / 2 / 1.959964 == pytest.approx(rows.standard_error, rel=1e-6)
    wider = brier_fall_of_counts(counts, fit, design_effect=4.0)
    assert wider.ci_high is not None
    assert wider.estimate is not None
    assert wider.ci_high - wider.estimate == pytest.approx(2 * (fall.ci_high - wider.estimate))


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        (ScoreCounts([], [], []), "no case"),  # type: ignore[arg-type]  # made arrays of
        (ScoreCounts([0.5], [3], [0]), "one class only"),  # type: ignore[arg-type]  # made arrays of
        (ScoreCounts([0.5], [3], [3]), "every case has the same score"),  # type: ignore[arg-type]  # made arrays of
        (ScoreCounts([0.2, 0.8], [9, 3], [3, 9]), "the slope is not above 0"),  # type: ignore[arg-type]  # made arrays of
    ],
)
def test_what_cannot_be_fitted_says_why_and_cannot_be_applied(counts: ScoreCounts, reason: str) -> None:
    fit = fit_recalibration(counts, method="intercept and slope")
    assert fit.status == "undefined"
    assert fit.reason is not None
    assert fit.reason.startswith(reason)
    with pytest.raises(ValueError, match="no fit"):
        fit(np.array([0.5]))


def test_no_case_has_no_fall_and_scores_that_stay_have_no_interval() -> None:
    fit = fit_recalibration(TUNE, method="intercept")
    assert brier_fall_of_counts(ScoreCounts([], [], []), fit).status == "undefined"  # type: ignore[arg-type]  # made arrays of
    one = ScoreCounts([0.4], [1], [0])  # type: ignore[arg-type]  # made arrays of
    assert brier_fall_of_counts(one, fit).status == "insufficient"


def test_an_unknown_method_and_a_design_effect_of_zero_are_refused() -> None:
    with pytest.raises(ValueError, match="`method`"):
        fit_recalibration(TUNE, method="spline")  # type: ignore[arg-type]  # what is tested
    with pytest.raises(ValueError, match="design_effect"):
        brier_fall_of_counts(TUNE, fit_recalibration(TUNE, method="intercept"), design_effect=0.0)
