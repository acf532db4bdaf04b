"""Counts per distinct score, and what they refuse."""

import numpy as np
import pytest

from multisite.stats import ScoreCounts, SegmentedScoreCounts


def test_cases_are_counted_at_each_distinct_score() -> None:
    counts = ScoreCounts.from_cases([True, False, True, False], [0.5, 0.1, 0.5, 0.5])
    assert counts.score.tolist() == [0.1, 0.5]
    assert counts.n_positive.tolist() == [0, 2]
    assert counts.n_negative.tolist() == [1, 1]
    assert (counts.positives, counts.negatives) == (2, 2)


def test_no_case_gives_empty_counts() -> None:
    counts = ScoreCounts.from_cases(np.zeros(0, dtype=bool), np.zeros(0))
    assert counts.score.size == counts.positives == counts.negatives == 0


@pytest.mark.parametrize("score", [float("nan"), float("inf")])
def test_scores_that_are_not_finite_are_refused_without_being_told(score: float) -> None:
    with pytest.raises(ValueError, match=r"^Scores must be finite; at least one is NaN or infinite\.$"):
        ScoreCounts.from_cases([1, 0], [0.5, score])
    with pytest.raises(ValueError, match="finite"):
        ScoreCounts([0.5, score], [1, 0], [0, 1])


def test_a_reference_standard_that_is_not_binary_is_refused() -> None:
    with pytest.raises(ValueError, match="only 0 and 1"):
        ScoreCounts.from_cases([0, 1, 2], [0.1, 0.2, 0.3])


def test_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="same length"):
        ScoreCounts.from_cases([0, 1], [0.1])
    with pytest.raises(ValueError, match="same length"):
        ScoreCounts([0.1], [1, 0], [0])


@pytest.mark.parametrize("score", [[0.2, 0.1], [0.1, 0.1]])
def test_scores_must_rise_strictly(score: list[float]) -> None:
    with pytest.raises(ValueError, match="rise strictly"):
        ScoreCounts(score, [1, 0], [0, 1])


def test_negative_and_broken_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        ScoreCounts([0.1], [-1], [0])
    with pytest.raises(ValueError, match="whole"):
        ScoreCounts([0.1], [0.5], [0])


def test_whole_numbers_held_as_floats_are_counts() -> None:
    assert ScoreCounts([0.1], [2.0], [1.0]).n_positive.dtype == np.int64


def test_scores_may_fall_between_segments_only() -> None:
    segments = SegmentedScoreCounts([0.2, 0.8, 0.1], [1, 0, 1], [0, 1, 1], [0, 2, 3])
    assert segments.n_segments == 2
    assert [part.score.tolist() for part in segments] == [[0.2, 0.8], [0.1]]
    with pytest.raises(ValueError, match="rise strictly"):
        SegmentedScoreCounts([0.2, 0.8, 0.1], [1, 0, 1], [0, 1, 1], [0, 1, 3])


@pytest.mark.parametrize("starts", [[], [1, 2], [0, 1], [0, 2, 1, 2]])
def test_segments_must_cover_every_row_once(starts: list[int]) -> None:
    with pytest.raises(ValueError, match="starts"):
        SegmentedScoreCounts([0.2, 0.8], [1, 0], [0, 1], np.array(starts, dtype=np.int64))


def test_a_segment_may_be_empty() -> None:
    segments = SegmentedScoreCounts([0.2, 0.1], [1, 0], [0, 1], [0, 1, 1, 2])
    assert [part.score.size for part in segments] == [1, 0, 1]
