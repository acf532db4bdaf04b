"""Brier score, O:E, calibration line, reliability and ECE: definitions, undefined cases and refusals."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from multisite.stats import (
    ScoreCounts,
    brier,
    calibration_line,
    expected_calibration_error,
    observed_expected,
    perfect_calibration,
    reliability,
)
from multisite.vocabulary import EstimateStatus

SEED = 11
EMPTY = ScoreCounts([], [], [])


def simulated(n: int, *, seed: int = SEED) -> ScoreCounts:
    rng = np.random.default_rng(seed)
    score = rng.beta(1, 3, n)
    return ScoreCounts.from_cases(rng.random(n) < score, score)


@pytest.mark.parametrize(
    "statistic",
    [
        brier,
        calibration_line,
        observed_expected,
        expected_calibration_error,
        reliability,
        lambda counts: perfect_calibration(counts, rng=np.random.default_rng(SEED)),
    ],
)
@pytest.mark.parametrize("score", [-0.001, 1.001])
def test_scores_that_are_no_probabilities_are_refused(statistic: Callable[[ScoreCounts], object], score: float) -> None:
    with pytest.raises(ValueError, match="scores from 0 to 1"):
        statistic(ScoreCounts(sorted([0.5, score]), [1, 1], [1, 1]))


def test_brier_is_the_mean_squared_distance() -> None:
    # (1 - 0.75)² twice, 0.75² once, 0.5² once.
    result = brier(ScoreCounts([0.5, 0.75], [0, 2], [1, 1]))
    assert result.estimate == pytest.approx((2 * 0.0625 + 0.5625 + 0.25) / 4)
    distances = np.array([0.0625, 0.0625, 0.5625, 0.25])
    assert result.standard_error == pytest.approx(distances.std(ddof=1) / 2)


@pytest.mark.parametrize(
    "counts", [ScoreCounts([0.3], [1], [0]), ScoreCounts([0.5], [9], [9]), ScoreCounts([0, 1], [0, 5], [5, 0])]
)
def test_brier_without_variance_between_cases_has_no_interval(counts: ScoreCounts) -> None:
    result = brier(counts)
    assert result.estimate is not None
    assert result.ci_low is None
    assert result.status is EstimateStatus.INSUFFICIENT


def test_no_case_leaves_every_statistic_undefined() -> None:
    line = calibration_line(EMPTY)
    for result in (brier(EMPTY), observed_expected(EMPTY), expected_calibration_error(EMPTY), line.slope):
        assert result.estimate is None
        assert result.status is EstimateStatus.UNDEFINED
        assert result.reason == "no case"
    assert np.isnan(reliability(EMPTY).observed).all()


def test_observed_expected_is_a_ratio_with_a_logarithmic_interval() -> None:
    result = observed_expected(ScoreCounts([0.2, 0.4], [10, 30], [30, 30]))
    assert result.estimate == pytest.approx(40 / (8 + 24))
    error = math.sqrt((1 - 40 / 100) / 40)
    assert result.ci_low == pytest.approx(1.25 * math.exp(-1.959963984540054 * error))


def test_observed_expected_without_a_positive_is_zero_with_an_upper_end() -> None:
    result = observed_expected(ScoreCounts([0.2], [0], [50]))
    assert (result.estimate, result.ci_low) == (0.0, 0.0)
    assert result.ci_high > 0
    assert result.ci_method == "wilson, since one class is missing"


def test_observed_expected_of_scores_of_zero_is_undefined() -> None:
    result = observed_expected(ScoreCounts([0.0], [1], [9]))
    assert result.estimate is None
    assert result.reason == "the expected number of positives is zero"


def test_scores_shifted_and_stretched_on_the_logit_are_put_right_by_the_line() -> None:
    # Truth at logit P = 0.5 + 0.8 · logit(s), as exact shares of very many cases.
    score = np.linspace(0.02, 0.98, 49)
    chance = 1 / (1 + np.exp(-(0.5 + 0.8 * np.log(score / (1 - score)))))
    cases = 10**9
    positive = np.rint(chance * cases).astype(np.int64)
    line = calibration_line(ScoreCounts(score, positive, cases - positive))
    assert line.intercept.estimate == pytest.approx(0.5, abs=1e-7)
    assert line.slope.estimate == pytest.approx(0.8, abs=1e-7)


@pytest.mark.parametrize("counts", [ScoreCounts([0.2, 0.7], [3, 5], [0, 0]), ScoreCounts([0.2, 0.7], [0, 0], [3, 5])])
def test_one_class_leaves_all_three_coefficients_undefined(counts: ScoreCounts) -> None:
    line = calibration_line(counts)
    for result in (line.intercept, line.slope, line.in_the_large):
        assert result.estimate is None
        assert result.status is EstimateStatus.UNDEFINED
        assert result.reason in ("no negative case", "no positive case")


@pytest.mark.parametrize(
    ("counts", "reason"),
    [
        (ScoreCounts([0.4], [8], [12]), "every case has the same score"),
        (ScoreCounts([0.2, 0.8], [0, 8], [12, 0]), "separate the classes"),
        (ScoreCounts([0.2, 0.5, 0.8], [0, 3, 8], [12, 3, 0]), "separate the classes"),
        (ScoreCounts([0.2, 0.5, 0.8], [8, 3, 0], [0, 3, 12]), "separate the classes"),
    ],
)
def test_a_line_without_a_maximum_is_undefined_and_the_shift_stands(counts: ScoreCounts, reason: str) -> None:
    line = calibration_line(counts)
    assert line.slope.estimate is None
    assert reason in (line.slope.reason or "")
    assert line.covariance is None
    assert line.in_the_large.status is EstimateStatus.OK


def test_scores_of_zero_and_one_are_moved_inside_and_counted() -> None:
    line = calibration_line(ScoreCounts([0, 0.3, 0.6, 1], [1, 2, 5, 9], [20, 8, 5, 1]), epsilon=1e-3)
    moved = calibration_line(ScoreCounts([1e-3, 0.3, 0.6, 0.999], [1, 2, 5, 9], [20, 8, 5, 1]))
    assert line.n_clipped == 31
    assert line.slope.estimate == pytest.approx(moved.slope.estimate, rel=1e-12)


def test_moved_scores_are_told_of_beside_a_status_of_ok_and_only_then() -> None:
    line = calibration_line(ScoreCounts([0, 0.3, 0.6, 1], [1, 2, 5, 9], [20, 8, 5, 1]))
    for found in (line.intercept, line.slope, line.in_the_large):
        assert found.status is EstimateStatus.OK
        assert "moved to epsilon (1e-06) in 31 of 51 cases" in (found.reason or "")
    assert calibration_line(ScoreCounts([0.3, 0.6], [2, 5], [8, 5])).slope.reason is None


def test_dropped_scores_leave_the_line_of_the_others_and_are_counted() -> None:
    line = calibration_line(ScoreCounts([0, 0.3, 0.6, 1], [1, 2, 5, 9], [20, 8, 5, 1]), extreme="drop")
    rest = calibration_line(ScoreCounts([0.3, 0.6], [2, 5], [8, 5]))
    assert (line.n_left_out, line.n_clipped) == (31, 0)
    for name in ("intercept", "slope", "in_the_large"):
        found, plain = getattr(line, name), getattr(rest, name)
        assert (found.estimate, found.ci_low, found.standard_error) == (
            plain.estimate,
            plain.ci_low,
            plain.standard_error,
        )
        assert (found.n_cases, found.n_positive, found.n_negative) == (20, 7, 13)
        assert (found.status, found.reason) == (EstimateStatus.OK, None)
        assert found.ci_method.endswith("; scores of 0 or 1 left out")
    assert line.covariance == rest.covariance


def test_dropping_keeps_a_score_that_is_only_close_to_zero() -> None:
    counts = ScoreCounts([0, 1e-9, 0.3, 0.6], [1, 1, 2, 5], [2, 7, 8, 5])
    line = calibration_line(counts, extreme="drop")
    rest = calibration_line(ScoreCounts([1e-9, 0.3, 0.6], [1, 2, 5], [7, 8, 5]), epsilon=1e-12)
    assert (line.n_left_out, line.n_clipped) == (3, 0)
    assert line.slope.estimate == pytest.approx(rest.slope.estimate, rel=1e-12)


@pytest.mark.parametrize(
    ("counts", "missing"),
    [
        (ScoreCounts([0, 1], [1, 5], [5, 1]), "no case with"),
        (ScoreCounts([0, 0.4], [1, 0], [5, 3]), "no positive case with"),
        (ScoreCounts([0.4, 1], [3, 1], [0, 5]), "no negative case with"),
    ],
)
def test_what_dropping_leaves_may_be_one_class_or_none(counts: ScoreCounts, missing: str) -> None:
    line = calibration_line(counts, extreme="drop")
    for found in (line.intercept, line.slope, line.in_the_large):
        assert found.status is EstimateStatus.UNDEFINED
        assert (found.reason or "").startswith(missing)
    assert line.n_left_out > 0


def test_an_unknown_treatment_of_extreme_scores_is_refused() -> None:
    with pytest.raises(ValueError, match="`extreme`"):
        calibration_line(EMPTY, extreme="keep")  # type: ignore[arg-type]  # what is refused


def test_an_impossible_epsilon_is_refused() -> None:
    with pytest.raises(ValueError, match="epsilon"):
        calibration_line(simulated(50), epsilon=0.5)


def test_many_distinct_scores_give_the_fit_of_all_rows_and_not_of_the_condensed_ones() -> None:
    counts = simulated(40_000)
    line = calibration_line(counts)
    # At the maximum the residuals are orthogonal to both columns.
    x = np.log(counts.score / (1 - counts.score))
    fitted = 1 / (1 + np.exp(-(line.intercept.estimate + line.slope.estimate * x)))
    residual = counts.n_positive - (counts.n_positive + counts.n_negative) * fitted
    assert residual.sum() == pytest.approx(0, abs=1e-6)
    assert residual @ x == pytest.approx(0, abs=1e-6)
    shifted = 1 / (1 + np.exp(-(line.in_the_large.estimate + x)))
    assert (counts.n_positive + counts.n_negative) @ shifted == pytest.approx(counts.positives, abs=1e-6)


def test_bins_are_closed_on_the_left_and_the_last_holds_one() -> None:
    table = reliability(ScoreCounts([0.0, 0.5, 1.0], [1, 2, 3], [1, 1, 1]), n_bins=2)
    assert table.n_cases.tolist() == [2, 7]
    assert table.n_positive.tolist() == [1, 5]
    assert table.mean_score.tolist() == [0.0, pytest.approx((3 * 0.5 + 4) / 7)]


def test_an_empty_bin_is_missing_and_not_zero() -> None:
    table = reliability(ScoreCounts([0.1], [2], [2]), n_bins=2)
    assert table.n_cases.tolist() == [4, 0]
    assert np.isnan([table.observed[1], table.mean_score[1], table.ci_low[1], table.band_low[0]]).all()


def test_ece_is_the_weighted_mean_gap() -> None:
    # Bin 1: 4 cases, observed 1/2, mean score 0.25. Bin 2: 6 cases, observed 2/3, mean score 0.75.
    result = expected_calibration_error(ScoreCounts([0.25, 0.75], [2, 4], [2, 2]), n_bins=2)
    assert result.estimate == pytest.approx(0.4 * 0.25 + 0.6 * (0.75 - 2 / 3))
    assert (result.ci_low, result.ci_high, result.ci_level) == (None, None, None)
    assert result.null_95 is None


def test_null_draws_have_the_mean_and_variance_of_the_scores() -> None:
    score = np.array([0.02, 0.09, 0.11, 0.55, 0.97])
    counts = ScoreCounts(score, [0, 0, 0, 0, 0], [40, 60, 100, 80, 20])
    null = perfect_calibration(counts, rng=np.random.default_rng(SEED), n_replicates=20_000)
    means = [40 * 0.02 + 60 * 0.09, 11.0, 0, 0, 0, 44.0, 0, 0, 0, 20 * 0.97]
    variances = [40 * 0.0196 + 60 * 0.0819, 9.79, 0, 0, 0, 19.8, 0, 0, 0, 20 * 0.0291]
    assert null.n_positive.mean(axis=0) == pytest.approx(means, rel=0.02)
    assert null.n_positive.var(axis=0) == pytest.approx(variances, rel=0.06)


@pytest.mark.slow
def test_null_draws_over_shared_cells_have_nearly_the_variance_of_single_cases() -> None:
    counts = simulated(5000)
    null = perfect_calibration(counts, rng=np.random.default_rng(SEED), n_replicates=20_000)
    total, score = counts.n_positive + counts.n_negative, counts.score
    cell = np.minimum((score * 10).astype(int), 9)
    variance = np.bincount(cell, weights=total * score * (1 - score), minlength=10)
    # Cells overstate the variance by 1/200 of itself at most; the rest is the simulation's own noise.
    assert null.n_positive.var(axis=0)[:8] == pytest.approx(variance[:8], rel=0.06)
    mean = np.bincount(cell, weights=total * score, minlength=10)
    assert null.n_positive.mean(axis=0)[:8] == pytest.approx(mean[:8], rel=0.02)


def test_the_same_generator_gives_the_same_null() -> None:
    counts = simulated(300)
    nulls = [perfect_calibration(counts, rng=np.random.default_rng(SEED)) for _ in range(2)]
    assert np.array_equal(nulls[0].n_positive, nulls[1].n_positive)


def test_a_miscalibrated_model_leaves_the_null_and_a_calibrated_one_does_not() -> None:
    rng = np.random.default_rng(SEED)
    good = simulated(2000)
    bad = ScoreCounts(np.sqrt(good.score), good.n_positive, good.n_negative)
    for counts, leaves in ((good, False), (bad, True)):
        null = perfect_calibration(counts, rng=rng)
        result = expected_calibration_error(counts, null=null)
        assert (result.estimate > result.null_95) is leaves
        table = reliability(counts, null=null)
        outside = (table.observed < table.band_low) | (table.observed > table.band_high)
        assert bool(outside.sum() > 3) is leaves


def test_a_null_with_other_bins_is_refused() -> None:
    counts = simulated(100)
    null = perfect_calibration(counts, rng=np.random.default_rng(SEED), n_bins=5)
    with pytest.raises(ValueError, match="another number of bins"):
        expected_calibration_error(counts, n_bins=10, null=null)
    with pytest.raises(ValueError, match="1 or more"):
        perfect_calibration(counts, rng=np.random.default_rng(SEED), n_bins=0)
