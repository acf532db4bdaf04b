"""A score by level given the label: against Kruskal and Wallis, undefined cases, and how often it errs."""

import numpy as np
import pytest
from scipy import stats

from multisite.stats import ScoreByLevel, score_by_level

SEED = 14
SETS = 400


def drawn(seed: int, *, n: int = 120, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Score, level and label: the level goes with the label, and shifts the score by ``shift``."""
    rng = np.random.default_rng(seed)
    label = rng.random(n) < 0.4
    level = np.where(rng.random(n) < 0.3 + 0.4 * label, rng.integers(0, 2, n), rng.integers(2, 4, n))
    return (2 * label + rng.normal(size=n) + shift * (level == 3)).round(1), level, label


def found(score: np.ndarray, level: np.ndarray, label: np.ndarray, **asked: object) -> ScoreByLevel:
    return score_by_level(score, level, label, **{"rng": np.random.default_rng(SEED), "n_permutations": 199, **asked})


def test_the_share_is_that_of_kruskal_and_wallis_within_each_label() -> None:
    score, level, label = drawn(1, shift=1.5)
    by_label = [[score[(label == side) & (level == k)] for k in range(4)] for side in (True, False)]
    h = sum(stats.kruskal(*groups).statistic for groups in by_label)
    result = found(score, level, label)
    assert result.epsilon_squared == pytest.approx((h - 6) / (label.size - 8))
    assert result.p_value == 1 / 200


def test_two_halves_with_an_area_of_three_fifths_have_a_share_of_three_hundredths() -> None:
    at = np.linspace(0.0005, 0.9995, 1000)
    moved = stats.norm.ppf(at) + np.sqrt(2) * stats.norm.ppf(0.6)
    score, level = np.concatenate([stats.norm.ppf(at), moved]), np.repeat([0, 1], 1000)
    assert found(score, level, np.ones(2000, dtype=bool)).epsilon_squared == pytest.approx(0.03, abs=0.002)


def test_a_level_that_goes_with_the_label_alone_is_not_told() -> None:
    result = found(*drawn(2, n=600))
    assert result.p_value is not None
    assert result.p_value > 0.05


def test_a_share_below_what_is_asked_for_takes_no_permutation() -> None:
    result = found(*drawn(3), least=0.5)
    assert (result.p_value, result.n_permutations) == (None, 0)
    assert result.epsilon_squared is not None


def test_where_nothing_can_differ_the_share_is_undefined() -> None:
    score, level, label = drawn(4)
    for nothing in ((score, np.zeros_like(level), label), (np.zeros_like(score), level, label)):
        result = found(*nothing)
        assert (result.epsilon_squared, result.p_value) == (None, None)
        assert result.reason == "no label with two levels and scores that differ"
    assert found(score, np.arange(score.size), label).epsilon_squared is None
    assert found(score, level, np.ones_like(label)).n_negative == 0


@pytest.mark.parametrize("place", [0, 1, 2])
def test_arguments_that_do_not_fit_are_refused(place: int) -> None:
    arrays = list(drawn(5))
    arrays[place] = arrays[place][1:]
    with pytest.raises(ValueError, match="must"):
        found(*arrays)
    with pytest.raises(ValueError, match="must"):
        found(*drawn(5), n_permutations=0)
    score, level, label = drawn(5)
    with pytest.raises(ValueError, match="must"):
        found(np.where(level == 0, np.nan, score), level, label)


def test_neither_the_order_of_cases_nor_the_scale_of_the_score_changes_the_share() -> None:
    score, level, label = drawn(6, shift=0.5)
    order = np.random.default_rng(1).permutation(score.size)
    there = found(score, level, label).epsilon_squared
    assert found(np.exp(score)[order], 3 - level[order], label[order]).epsilon_squared == pytest.approx(there)
    assert found(score, level, label) == found(score, level, label)


@pytest.mark.slow
def test_scores_that_depend_on_the_label_alone_are_rejected_as_often_as_allowed() -> None:
    p_values = np.array([found(*drawn(seed), rng=np.random.default_rng(seed)).p_value for seed in range(SETS)])
    for alpha in (0.05, 0.1, 0.2, 0.5):
        assert abs((p_values <= alpha).mean() - alpha) < 3.3 * np.sqrt(alpha * (1 - alpha) / SETS)
