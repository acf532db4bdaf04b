"""Scaled Brier score and the parts of the Brier score."""

import numpy as np
import pytest

from multisite.stats import ScoreCounts, brier
from multisite.stats.calibration import brier_decomposition, corp_reliability, scaled_brier
from multisite.vocabulary import EstimateStatus

EMPTY = ScoreCounts([], [], [])
SEED = 8


def simulated(n: int, decimals: int = 2) -> ScoreCounts:
    rng = np.random.default_rng(SEED)
    score = rng.beta(1.2, 3, n).round(decimals)
    return ScoreCounts.from_cases(rng.random(n) < score**1.2, score)


def test_the_prevalence_as_score_is_zero_and_the_truth_is_one() -> None:
    assert scaled_brier(ScoreCounts([0.3], [3], [7])).estimate == pytest.approx(0)
    best = scaled_brier(ScoreCounts([0, 1], [0, 3], [7, 0]))
    assert (best.estimate, best.status, best.ci_low) == (1.0, EstimateStatus.INSUFFICIENT, None)
    assert scaled_brier(ScoreCounts([0, 1], [3, 0], [0, 7])).estimate < -3


def test_its_error_is_that_of_the_jackknife() -> None:
    counts = simulated(400)
    y = np.repeat([1.0, 0.0], [counts.positives, counts.negatives])
    s = np.concatenate([np.repeat(counts.score, counts.n_positive), np.repeat(counts.score, counts.n_negative)])

    def scaled(keep: np.ndarray) -> float:
        p = y[keep].mean()
        return float(1 - ((s[keep] - y[keep]) ** 2).mean() / (p * (1 - p)))

    left_out = [scaled(np.arange(400) != i) for i in range(400)]
    jackknife = np.sqrt(399 * np.var(left_out))
    assert scaled_brier(counts).standard_error == pytest.approx(jackknife, rel=0.01)


@pytest.mark.parametrize("counts", [EMPTY, ScoreCounts([0.2], [0], [4]), ScoreCounts([0.2], [4], [0])])
def test_without_two_classes_there_is_no_reference(counts: ScoreCounts) -> None:
    found = scaled_brier(counts)
    assert (found.estimate, found.status) == (None, EstimateStatus.UNDEFINED)
    assert found.reason


def test_murphys_three_terms_worked_by_hand() -> None:
    # 4 cases at 0.25 with 2 positive, 6 at 0.75 with 4 positive; 6 of 10 in all.
    found = brier_decomposition(ScoreCounts([0.25, 0.75], [2, 4], [2, 2]))
    assert found.reliability == pytest.approx(0.4 * 0.0625 + 0.6 * (0.75 - 2 / 3) ** 2)
    assert found.resolution == pytest.approx(0.4 * 0.01 + 0.6 * (2 / 3 - 0.6) ** 2)
    assert found.uncertainty == pytest.approx(0.24)
    assert (found.within_bin_variance, found.within_bin_covariance) == (0.0, 0.0)
    assert found.reliability - found.resolution + found.uncertainty == pytest.approx(found.brier, abs=1e-15)


@pytest.mark.parametrize("binning", ["equal width", "equal mass"])
def test_over_bins_three_terms_miss_the_brier_score_and_five_meet_it(binning: str) -> None:
    counts = simulated(700)
    found = brier_decomposition(counts, binning=binning, n_bins=4)
    three = found.reliability - found.resolution + found.uncertainty
    assert abs(three - found.brier) > 1e-4
    assert three + found.within_bin_variance - found.within_bin_covariance == pytest.approx(found.brier, abs=1e-15)
    assert found.reliability - found.generalised_resolution + found.uncertainty == pytest.approx(found.brier, abs=1e-15)
    assert found.brier == pytest.approx(brier(counts).estimate, abs=1e-15)
    assert found.method.endswith("five terms")


def test_debiased_terms_add_up_likewise_and_need_two_cases_in_every_bin() -> None:
    found = brier_decomposition(ScoreCounts([0.25, 0.75], [2, 4], [2, 2]))
    total = found.debiased_reliability - found.debiased_resolution + found.debiased_uncertainty
    assert total == pytest.approx(found.brier, abs=1e-15)
    assert found.debiased_uncertainty == pytest.approx(0.24 * 10 / 9)
    assert brier_decomposition(ScoreCounts([0.2, 0.3], [1, 2], [0, 1])).debiased_reliability is None


def test_no_case_has_no_parts_and_one_case_has() -> None:
    assert brier_decomposition(EMPTY).status is EstimateStatus.UNDEFINED
    assert brier_decomposition(EMPTY, binning="equal mass").generalised_resolution is None
    one = brier_decomposition(ScoreCounts([0.3], [1], [0]))
    assert (one.reliability, one.resolution, one.uncertainty) == (pytest.approx(0.49), 0.0, 0.0)


def test_scores_that_no_case_has_change_no_part() -> None:
    bare, padded = ScoreCounts([0.3, 0.8], [1, 4], [5, 2]), ScoreCounts([0.1, 0.3, 0.8, 1], [0, 1, 4, 0], [0, 5, 2, 0])
    for binning in ("distinct scores", "equal width", "equal mass"):
        assert brier_decomposition(bare, binning=binning) == brier_decomposition(padded, binning=binning)
    assert corp_reliability(padded).recalibrated.size == 2


@pytest.mark.parametrize("positive", [[1, 3, 4], [1, 3, 5], [2, 2, 2], [0, 3, 5]])
def test_debiasing_can_stop_where_a_term_would_leave_its_range(positive: list[int]) -> None:
    counts = ScoreCounts([0.2, 0.6, 0.9], positive, [5 - k for k in positive])
    full, bounded = (brier_decomposition(counts, debiasing=d) for d in ("full", "bounded"))
    v, u = full.reliability - full.debiased_reliability, full.debiased_uncertainty - full.uncertainty
    # The share of R's SpecsVerification 0.5, BrierDecomp.
    limits = [full.resolution / (v - u), (full.resolution - 1) / (v - u)]
    share = min(full.reliability / v, max(limits), (1 - 4 * full.uncertainty) / (4 * u), 1)
    found = bounded.debiased_reliability, bounded.debiased_resolution, bounded.debiased_uncertainty
    expected = full.reliability - share * v, full.resolution - share * (v - u), full.uncertainty + share * u
    assert found == pytest.approx(expected, abs=1e-14)
    assert min(found) >= -1e-15
    assert found[0] - found[1] + found[2] == pytest.approx(bounded.brier)


def test_how_the_terms_were_debiased_is_named() -> None:
    counts = ScoreCounts([0.2], [3], [4])
    assert brier_decomposition(counts).debiasing == "ferro and fricker"
    bounded = brier_decomposition(counts, debiasing="bounded")
    assert bounded.debiasing == "ferro and fricker, no further than every term keeps its range"
    with pytest.raises(ValueError, match="`debiasing`"):
        brier_decomposition(counts, debiasing="none")


def test_the_debiased_terms_are_less_biased_on_average() -> None:
    rng = np.random.default_rng(6)
    score, chance = np.array([0.1, 0.4, 0.8]), np.array([0.2, 0.35, 0.7])
    truth = {"reliability": float(((score - chance) ** 2).mean())}
    found = []
    for _ in range(500):
        positive = rng.binomial(12, chance)
        found.append(brier_decomposition(ScoreCounts(score, positive, 12 - positive)))
    plain = np.mean([one.reliability for one in found]) - truth["reliability"]
    less = np.mean([one.debiased_reliability for one in found]) - truth["reliability"]
    assert abs(less) < 0.002 < 0.01 < plain
