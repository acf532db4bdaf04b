"""AUC: ties, direction, the cases without an interval, and many segments at once."""

import tracemalloc

import numpy as np
import pytest

from multisite.stats import ScoreCounts, SegmentedScoreCounts, auc, auc_by_segment
from multisite.vocabulary import EstimateStatus

SEED = 7


def test_ties_count_half() -> None:
    # Pairs: 0.5 > 0.1 (1), 0.5 = 0.5 (1/2), 0.9 > 0.1 (1), 0.9 > 0.5 (1).
    assert auc(ScoreCounts.from_cases([1, 1, 0, 0], [0.5, 0.9, 0.1, 0.5])).estimate == 3.5 / 4


def test_a_model_that_ranks_the_wrong_way_is_not_flipped() -> None:
    assert auc(ScoreCounts.from_cases([1, 1, 0, 0, 0], [0.1, 0.2, 0.3, 0.15, 0.9])).estimate < 0.5


@pytest.mark.parametrize(
    ("reference", "reason"), [([1, 1], "no negative case"), ([0, 0], "no positive case"), ([], "no positive case")]
)
def test_one_class_is_undefined_with_the_reason(reference: list[int], reason: str) -> None:
    result = auc(ScoreCounts.from_cases(np.array(reference, dtype=bool), np.linspace(0, 1, len(reference))))
    assert (result.estimate, result.ci_low, result.ci_high) == (None, None, None)
    assert result.status is EstimateStatus.UNDEFINED
    assert result.reason == reason


def test_one_positive_case_has_an_estimate_and_no_interval() -> None:
    result = auc(ScoreCounts.from_cases([1, 0, 0], [0.5, 0.1, 0.9]))
    assert result.estimate == 0.5
    assert result.ci_low is None
    assert result.status is EstimateStatus.INSUFFICIENT


def test_a_constant_score_is_a_half_without_an_interval() -> None:
    result = auc(ScoreCounts([0.3], [20], [30]))
    assert result.estimate == 0.5
    assert result.ci_low is None
    assert result.status is EstimateStatus.INSUFFICIENT
    assert result.reason == "every case has the same score, and no interval"


@pytest.mark.parametrize("method", ["delong", "delong-logit"])
def test_a_perfect_separation_keeps_an_honest_interval_and_names_it(method: str) -> None:
    few = auc(ScoreCounts([0.1, 0.9], [0, 10], [10, 0]), method=method)  # type: ignore[arg-type]  # a parametrised literal
    many = auc(ScoreCounts([0.1, 0.9], [0, 100], [100, 0]), method=method)  # type: ignore[arg-type]  # a parametrised literal
    assert (few.estimate, few.ci_high) == (1.0, 1.0)
    assert 0.5 < few.ci_low < many.ci_low < 1.0
    assert few.ci_method == "newcombe score, since AUC is 1 and shows no variance"


def test_a_perfectly_wrong_ranking_mirrors_a_perfect_one() -> None:
    right, wrong = auc(ScoreCounts([0, 1], [0, 8], [12, 0])), auc(ScoreCounts([0, 1], [8, 0], [0, 12]))
    assert (wrong.estimate, wrong.ci_low) == (0.0, 0.0)
    assert wrong.ci_high == pytest.approx(1 - right.ci_low, abs=1e-9)
    assert wrong.ci_method == "newcombe score, since AUC is 0 and shows no variance"


def test_the_newcombe_interval_solves_its_equation() -> None:
    counts = ScoreCounts([1, 2, 3], [2, 6, 12], [20, 9, 3])
    result = auc(counts, method="newcombe")
    positives, negatives, z = 20, 32, 1.959963984540054
    half = (positives + negatives) / 2 - 1
    for theta in (result.ci_low, result.ci_high):
        spread = 1 + half * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        variance = theta * (1 - theta) * spread / (positives * negatives)
        assert (result.estimate - theta) ** 2 == pytest.approx(z**2 * variance, rel=1e-8)


def test_the_logit_interval_stays_inside_and_the_plain_one_is_cut() -> None:
    counts = ScoreCounts([0.1, 0.2, 0.8, 0.9], [0, 1, 1, 4], [4, 3, 1, 0])
    assert auc(counts, method="delong").ci_high == 1.0
    assert auc(counts).ci_high < 1.0


def test_segments_give_the_same_as_one_by_one() -> None:
    rng = np.random.default_rng(SEED)
    parts = [ScoreCounts.from_cases(rng.random(n) < 0.4, rng.integers(0, 9, n) / 8) for n in (30, 1, 200, 5)]
    starts = np.append(0, np.cumsum([part.score.size for part in parts]))
    joined = SegmentedScoreCounts(
        np.concatenate([part.score for part in parts]),
        np.concatenate([part.n_positive for part in parts]),
        np.concatenate([part.n_negative for part in parts]),
        starts,
    )
    assert list(auc_by_segment(joined)) == [auc(part) for part in parts]


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ValueError, match="method"):
        auc(ScoreCounts([0.1], [1], [1]), method="bootstrap")  # type: ignore[arg-type]  # the point of the test


def test_counts_of_a_thousand_million_cases_stay_exact() -> None:
    million = 1_000_000
    counts = ScoreCounts([0, 1], [200 * million, 300 * million], [400 * million, 100 * million])
    # Pairs won: 3/5 · 4/5; tied: 2/5 · 4/5 + 3/5 · 1/5.
    assert auc(counts).estimate == pytest.approx(0.48 + (0.32 + 0.12) / 2, abs=1e-15)


def test_memory_is_forty_bytes_for_each_distinct_score() -> None:
    # Ten million distinct scores take 240 MB as counts and 400 MB more here; nothing is quadratic.
    n = 200_000
    positive = (np.random.default_rng(SEED).random(n) < 0.3).astype(np.int64)
    counts = ScoreCounts(np.arange(n, dtype=np.float64), positive, 1 - positive)
    tracemalloc.start()
    try:
        auc(counts)
        assert tracemalloc.get_traced_memory()[1] < 42 * n
    finally:
        tracemalloc.stop()
