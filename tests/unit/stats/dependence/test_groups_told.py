"""Groups told apart by the score: against SciPy and plain permutation, its undefined cases, and how often it errs."""

import numpy as np
import pytest
from scipy import stats

from multisite.stats import groups_told

SEED = 32


def table(group: np.ndarray, score: np.ndarray, n_groups: int) -> np.ndarray:
    """Cases of each group at each score."""
    distinct, position = np.unique(score, return_inverse=True)
    counts = np.zeros((n_groups, distinct.size), dtype=np.int64)
    np.add.at(counts, (group, position), 1)
    return counts


def cases(rng: np.random.Generator, sizes: tuple[int, ...], *, shift: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Groups and scores; the first group's scores are raised by ``shift``."""
    group = np.repeat(np.arange(len(sizes)), sizes)
    return group, np.clip(rng.normal(0.5, 0.2, group.size) + shift * (group == 0), 0, 1).round(1)


def test_the_statistic_of_one_label_is_that_of_kruskal_and_wallis_corrected_for_ties() -> None:
    rng = np.random.default_rng(SEED)
    group, score = cases(rng, (20, 30, 40), shift=0.1)
    found = groups_told([table(group, score, 3)], rng=rng, n_permutations=9)
    assert found.statistic == pytest.approx(stats.kruskal(*(score[group == k] for k in range(3))).statistic)


def test_labels_add() -> None:
    rng = np.random.default_rng(SEED)
    tables = [table(*cases(rng, sizes), 3) for sizes in ((20, 30, 40), (10, 9, 8))]
    alone = [groups_told([one], rng=rng, n_permutations=9).statistic for one in tables]
    assert groups_told(tables, rng=rng, n_permutations=9).statistic == pytest.approx(sum(alone))


def test_the_p_value_is_that_of_permuting_the_cases_one_by_one() -> None:
    rng = np.random.default_rng(SEED)
    group, score = cases(rng, (12, 9, 15), shift=0.12)
    found = groups_told([table(group, score, 3)], rng=rng, n_permutations=20_000)
    ranks = stats.rankdata(score) - (score.size + 1) / 2
    drawn = rng.permuted(np.tile(ranks, (20_000, 1)), axis=1)
    sums = [drawn[:, group == k].sum(axis=1) ** 2 / (group == k).sum() for k in range(3)]
    permuted = np.sum(sums, axis=0) * (score.size - 1) / (ranks @ ranks)
    plain = (np.count_nonzero(permuted >= found.statistic * (1 - 1e-9)) + 1) / 20_001
    assert found.p_value == pytest.approx(plain, abs=0.012)
    assert found.p_value == pytest.approx(stats.kruskal(*(score[group == k] for k in range(3))).pvalue, abs=0.03)


def test_groups_and_scores_without_a_case_do_not_count() -> None:
    rng = [np.random.default_rng(SEED) for _ in range(2)]
    full = np.array([[5, 0, 3], [1, 0, 7], [0, 0, 0]])
    bare = np.array([[5, 3], [1, 7]])
    assert groups_told([full], rng=rng[0], n_permutations=99) == groups_told([bare], rng=rng[1], n_permutations=99)


@pytest.mark.parametrize("tables", [[], [np.array([[4, 5]])], [np.array([[4], [5]])], [np.zeros((2, 3), np.int64)]])
def test_what_cannot_be_compared_is_undefined(tables: list[np.ndarray]) -> None:
    found = groups_told(tables, rng=np.random.default_rng(SEED), n_permutations=9)
    assert (found.statistic, found.p_value, found.n_permutations) == (None, None, 0)
    assert found.reason == "no label has cases of two groups and more than one score"


def test_counts_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        groups_told([np.array([[1, -1], [2, 2]])], rng=np.random.default_rng(SEED), n_permutations=9)
    with pytest.raises(ValueError, match="1 or more"):
        groups_told([np.array([[1, 1], [2, 2]])], rng=np.random.default_rng(SEED), n_permutations=0)


@pytest.mark.slow
def test_groups_that_do_not_differ_within_a_label_are_rejected_as_often_as_allowed() -> None:
    rng = np.random.default_rng(SEED)
    p_values = []
    for _ in range(500):
        # The groups differ in how many cases of each label they have, and in nothing else.
        negatives, positives = cases(rng, (60, 20, 40)), cases(rng, (5, 20, 10))
        tables = [table(*negatives, 3), table(positives[0], (positives[1] + 0.3).round(1), 3)]
        p_values.append(groups_told(tables, rng=rng, n_permutations=99).p_value)
    assert np.mean(np.array(p_values) <= 0.05) == pytest.approx(0.05, abs=0.025)


def test_a_group_whose_scores_are_raised_is_found() -> None:
    rng = np.random.default_rng(SEED)
    found = [
        groups_told([table(*cases(rng, (60, 60, 60), shift=0.12), 3)], rng=rng, n_permutations=199) for _ in range(40)
    ]
    assert np.mean([told.p_value <= 0.01 for told in found]) > 0.8
