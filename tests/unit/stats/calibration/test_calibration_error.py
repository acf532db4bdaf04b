"""Calibration error: top label, debiased square, nulls."""

import numpy as np
import pytest

from multisite.stats import ScoreCounts
from multisite.stats.calibration import expected_calibration_error, perfect_calibration, squared_calibration_error
from multisite.vocabulary import EstimateStatus

SEED = 5


def test_the_top_label_is_right_or_wrong_with_the_larger_of_both_probabilities() -> None:
    # 0.2 says "no" with 0.8: right for 3 of 4. 0.8 says "yes": right for 1 of 2. Together 4 of 6 at 0.8.
    counts = ScoreCounts([0.2, 0.8], [1, 1], [3, 1])
    found = expected_calibration_error(counts, target="top label")
    assert found.estimate == pytest.approx(0.8 - 4 / 6)
    assert (found.n_positive, found.n_negative) == (2, 4)
    positive = expected_calibration_error(counts)
    assert positive.estimate == pytest.approx((4 * 0.05 + 2 * 0.3) / 6)


def test_a_score_of_one_half_says_yes() -> None:
    counts = ScoreCounts([0.5], [9], [1])
    assert expected_calibration_error(counts, target="top label").estimate == pytest.approx(0.4)


def test_the_debiased_square_takes_the_variance_of_each_share_away() -> None:
    counts = ScoreCounts([0.25, 0.75], [2, 4], [2, 2])
    found = squared_calibration_error(counts, n_bins=2, binning="equal width")
    by_hand = 0.4 * (0.25**2 - 0.25 / 3) + 0.6 * ((0.75 - 2 / 3) ** 2 - (2 / 9) / 5)
    assert found.estimate == pytest.approx(by_hand)
    assert found.root == 0.0
    plain = squared_calibration_error(counts, n_bins=2, binning="equal width", debiased=False)
    assert plain.estimate == pytest.approx(0.4 * 0.25**2 + 0.6 * (0.75 - 2 / 3) ** 2)
    assert plain.root == pytest.approx(plain.estimate**0.5)
    assert "plug-in, 2 bins of equal width" in plain.ci_method


def test_cases_alone_in_their_bins_are_left_out_of_the_debiased_square_and_counted() -> None:
    counts = ScoreCounts([0.1, 0.9], [0, 2], [1, 1])
    found = squared_calibration_error(counts, n_bins=2, binning="equal width")
    assert found.n_left_out == 1
    assert found.estimate == pytest.approx((0.9 - 2 / 3) ** 2 - (2 / 9) / 2)
    alone = squared_calibration_error(ScoreCounts([0.4], [1], [0]))
    assert (alone.estimate, alone.status) == (None, EstimateStatus.UNDEFINED)
    assert squared_calibration_error(ScoreCounts([0.4], [1], [0]), debiased=False).estimate == pytest.approx(0.36)
    assert squared_calibration_error(ScoreCounts([], [], [])).reason == "no case"


@pytest.mark.slow
def test_the_debiased_square_averages_the_truth_and_the_plug_in_lies_above() -> None:
    rng = np.random.default_rng(SEED)
    score, cases = np.array([0.1, 0.3, 0.6, 0.8]), np.array([20, 10, 30, 15])
    chance = score + np.array([0.05, -0.1, 0.1, 0.0])
    truth = float(cases @ (chance - score) ** 2) / cases.sum()
    found = []
    for _ in range(1500):
        positive = rng.binomial(cases, chance)
        counts = ScoreCounts(score, positive, cases - positive)
        found.append(
            [
                squared_calibration_error(counts, binning="equal width", debiased=debiased).estimate
                for debiased in (True, False)
            ]
        )
    debiased, plain = np.mean(found, axis=0)
    error = np.std(found, axis=0)[0] / np.sqrt(1500)
    assert debiased == pytest.approx(truth, abs=4 * error)
    assert plain > truth + 10 * error


@pytest.mark.parametrize("binning", ["equal width", "equal mass"])
@pytest.mark.parametrize("closed", ["left", "right"])
@pytest.mark.parametrize("target", ["positive class", "top label"])
def test_null_draws_have_the_mean_of_the_scores_in_every_kind_of_bin(binning: str, closed: str, target: str) -> None:
    rng = np.random.default_rng(SEED)
    score = rng.beta(1, 3, 1500)
    counts = ScoreCounts.from_cases(rng.random(1500) < score, score)
    names = {"binning": binning, "closed": closed, "target": target}
    null = perfect_calibration(counts, rng=rng, n_replicates=400, **names)
    found = expected_calibration_error(counts, null=null, **names)
    assert found.estimate < 1.5 * found.null_95
    assert null.n_positive.shape == (400, 10)
    expected = score.sum() if target == "positive class" else np.maximum(score, 1 - score).sum()
    assert null.n_positive.sum(axis=1).mean() == pytest.approx(expected, rel=0.01)


def test_a_null_of_other_bins_is_refused() -> None:
    counts = ScoreCounts([0.2, 0.7], [1, 3], [4, 2])
    null = perfect_calibration(counts, rng=np.random.default_rng(SEED), binning="equal mass")
    with pytest.raises(ValueError, match="other bins"):
        expected_calibration_error(counts, null=null)
