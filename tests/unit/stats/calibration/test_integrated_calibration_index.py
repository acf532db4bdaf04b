"""ICI and its fellows: definitions, undefined cases, bootstrap and null."""

import numpy as np
import pytest

from multisite.stats import ScoreCounts
from multisite.stats.calibration import clustered_integrated_calibration_index, integrated_calibration_index
from multisite.vocabulary import EstimateStatus

SEED = 21


def cases(n: int = 200) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(SEED)
    score = rng.beta(1.5, 3, n).round(2)
    return rng.random(n) < score**1.5, score


@pytest.mark.parametrize("smoother", ["loess", "lowess"])
def test_the_four_distances_are_those_of_numpy_over_cases(smoother: str) -> None:
    truth, score = cases()
    found = integrated_calibration_index(ScoreCounts.from_cases(truth, score), smoother=smoother)
    gap = np.abs(found.smoothed[np.searchsorted(found.score, score)] - score)
    assert found.ici.estimate == pytest.approx(gap.mean())
    assert found.e50.estimate == pytest.approx(np.median(gap))
    assert found.e90.estimate == pytest.approx(np.quantile(gap, 0.9))
    assert found.emax.estimate == pytest.approx(gap.max())
    assert (found.ici.ci_level, found.ici.status) == (None, EstimateStatus.OK)


def test_the_estimated_calibration_index_is_a_hundred_times_the_mean_squared_distance() -> None:
    counts = ScoreCounts([0.2, 0.4, 0.7, 0.9], [3, 1, 8, 9], [7, 9, 2, 1])
    found = integrated_calibration_index(counts)
    squares = (found.smoothed - found.score) ** 2 @ np.array([10, 10, 10, 10]) / 40
    assert found.eci.estimate == pytest.approx(100 * squares)
    drawn = integrated_calibration_index(counts, rng=np.random.default_rng(1), n_replicates=50).eci
    assert 0.0 <= drawn.ci_low <= drawn.estimate <= drawn.ci_high


def test_one_score_for_all_is_as_far_as_the_prevalence() -> None:
    found = integrated_calibration_index(ScoreCounts([0.3], [8], [12]))
    assert found.ici.estimate == pytest.approx(0.1)
    assert found.smoothed == pytest.approx([0.4])


def test_two_scores_are_each_as_far_as_their_share() -> None:
    for surface in ("direct", "interpolate"):
        found = integrated_calibration_index(ScoreCounts([0.2, 0.6], [4, 4], [6, 6]), surface=surface)
        assert found.ici.estimate == pytest.approx(0.2)


@pytest.mark.parametrize(
    ("counts", "status", "reason"),
    [
        (ScoreCounts([], [], []), EstimateStatus.UNDEFINED, "no case"),
        (ScoreCounts([0.2], [1], [0]), EstimateStatus.INSUFFICIENT, "one case, and no interval"),
        (ScoreCounts([0.2, 0.4], [3, 1], [0, 0]), EstimateStatus.INSUFFICIENT, "no negative case, and no interval"),
    ],
)
def test_what_has_no_interval_says_why(counts: ScoreCounts, status: EstimateStatus, reason: str) -> None:
    found = integrated_calibration_index(counts, rng=np.random.default_rng(SEED), n_replicates=5).ici
    assert (found.status, found.reason, found.ci_low) == (status, reason, None)


def test_a_million_cases_at_one_score_are_no_more_work_than_one() -> None:
    found = integrated_calibration_index(ScoreCounts([0.1, 0.3, 0.9], [10**6, 3, 7], [9 * 10**6, 5, 1]))
    assert found.smoothed[0] == pytest.approx(0.1)


def test_one_class_is_smoothed_to_itself() -> None:
    found = integrated_calibration_index(ScoreCounts([0.1, 0.2, 0.5, 0.6, 0.7], [0] * 5, [4] * 5))
    assert found.smoothed == pytest.approx(np.zeros(5), abs=1e-12)
    assert found.emax.estimate == pytest.approx(0.7)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_interval_and_it_holds_the_estimate() -> None:
    counts = ScoreCounts.from_cases(*cases())
    for interval in ("basic", "percentile"):
        both = [
            integrated_calibration_index(counts, rng=np.random.default_rng(SEED), n_replicates=20, interval=interval)
            for _ in range(2)
        ]
        assert both[0].ici == both[1].ici
        for found in (both[0].ici, both[0].e50, both[0].e90, both[0].emax):
            assert 0 <= found.ci_low <= found.estimate <= found.ci_high
            assert found.null_mean <= found.null_95


@pytest.mark.slow
def test_the_low_end_is_zero_unless_the_null_is_left() -> None:
    rng = np.random.default_rng(SEED)
    score = np.linspace(0.05, 0.95, 30)
    total = np.full(30, 40)
    for chance, leaves in ((score, False), (score**2, True)):
        positive = np.rint(total * chance).astype(int)
        found = integrated_calibration_index(ScoreCounts(score, positive, total - positive), rng=rng, n_replicates=40)
        assert (found.ici.ci_low > 0) is leaves
        assert (found.ici.estimate > found.ici.null_95) is leaves


@pytest.mark.slow
def test_patients_with_one_case_each_give_the_same_estimate_and_doubled_patients_a_wider_interval() -> None:
    truth, score = cases(150)
    plain = integrated_calibration_index(ScoreCounts.from_cases(truth, score))
    twice = np.concatenate([truth, truth]), np.concatenate([score, score])
    patient = np.tile(np.arange(150), 2)
    rng = np.random.default_rng(SEED)
    clustered = clustered_integrated_calibration_index(*twice, patient, rng=rng, n_replicates=40)
    naive = integrated_calibration_index(ScoreCounts.from_cases(*twice), rng=rng, n_replicates=40)
    assert clustered.ici.estimate == pytest.approx(plain.ici.estimate, rel=0.02)
    assert clustered.ici.n_patients == 150
    assert clustered.ici.ci_high - clustered.ici.ci_low > 1.15 * (naive.ici.ci_high - naive.ici.ci_low)
    lone = clustered_integrated_calibration_index(*twice, np.zeros(300), rng=rng, n_replicates=2)
    assert lone.ici.reason == "one patient, and no interval"


@pytest.mark.slow
def test_many_scores_are_merged_and_the_index_hardly_moves() -> None:
    rng = np.random.default_rng(SEED)
    score = rng.beta(1.5, 3, 3000)
    counts = ScoreCounts.from_cases(rng.random(3000) < score, score)
    merged = integrated_calibration_index(counts, surface="direct")
    whole = integrated_calibration_index(counts)
    assert merged.score.size == 1024
    assert merged.ici.estimate == pytest.approx(whole.ici.estimate, abs=1e-3)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"span": 0.0}, "span"),
        ({"span": 1.1}, "span"),
        ({"smoother": "spline"}, "smoother"),
        ({"surface": "x"}, "surface"),
    ],
)
def test_what_is_no_smoother_is_refused(arguments: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=f"`{named}`"):
        integrated_calibration_index(ScoreCounts([0.2], [1], [1]), **arguments)
    for other in ({"interval": "bca"}, {"n_replicates": 0}):
        with pytest.raises(ValueError, match=f"`{next(iter(other))}`"):
            integrated_calibration_index(ScoreCounts([0.2], [1], [1]), **other)
