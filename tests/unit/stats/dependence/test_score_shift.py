"""Shift of the scores of marked cases: against other definitions, its undefined cases, and how often it errs."""

import numpy as np
import pytest
from scipy import stats

from multisite.stats import ScoreCounts, ScoreShift, auc, score_shift
from multisite.vocabulary import EstimateStatus

SEED = 31


def compared(groups: list[ScoreCounts], *, n: int = 999, least_shift: float = 0.0) -> ScoreShift:
    rng = np.random.default_rng(SEED)
    return score_shift(groups, rng=rng, n_permutations=n, least_shift=least_shift)


def group(rng: np.random.Generator, n: int = 80, *, shift: float = 0.0, share: float = 0.3) -> ScoreCounts:
    marked = rng.random(n) < share
    score = np.clip(rng.normal(0.4, 0.2, n) + shift * marked, 0, 1).round(2)
    return ScoreCounts.from_cases(marked, score)


def rows(counts: ScoreCounts) -> tuple[np.ndarray, np.ndarray]:
    """The marks and scores that the counts were made of."""
    marked = np.repeat(np.tile([True, False], counts.score.size), np.ravel((counts.n_positive, counts.n_negative), "F"))
    return marked, np.repeat(counts.score, counts.n_positive + counts.n_negative)


@pytest.mark.slow
def test_one_group_has_its_own_area_and_the_p_value_of_scipys_permutations() -> None:
    counts = group(np.random.default_rng(SEED), shift=0.05)
    marked, score = rows(counts)
    found = compared([counts], n=19_999)
    theirs = stats.permutation_test(
        (score[marked], score[~marked]),
        lambda x, y: abs(stats.mannwhitneyu(x, y, method="asymptotic").statistic - x.size * y.size / 2),
        n_resamples=1_999,
        alternative="greater",
        rng=np.random.default_rng(1),
    )
    assert found.area == auc(counts)
    assert found.p_value == pytest.approx(theirs.pvalue, abs=0.03)


@pytest.mark.parametrize(("n_marked", "n_high", "both"), [(10, 20, 3), (20, 20, 5), (12, 100, 1)])
def test_the_p_value_of_few_marked_cases_among_tied_scores_is_the_hypergeometric_one(
    n_marked: int, n_high: int, both: int
) -> None:
    # Of 1,000 cases; the normal curve gives 2e-10 for the first, where 1e-3 is right.
    counts = ScoreCounts(
        np.array([0.0, 1.0]),
        np.array([n_marked - both, both]),
        np.array([1_000 - n_high - n_marked + both, n_high - both]),
    )
    held = stats.hypergeom(1_000, n_high, n_marked)
    k = np.arange(n_marked + 1)
    mean = n_marked * n_high / 1_000
    exact = held.pmf(k)[np.abs(k - mean) >= abs(both - mean) - 1e-9].sum()
    n = 200_000
    assert compared([counts], n=n).p_value == pytest.approx(exact, abs=4 * np.sqrt(exact / n) + 2 / n)


def test_a_shift_that_is_too_small_to_matter_is_not_tested() -> None:
    counts = group(np.random.default_rng(SEED), shift=0.05)
    found = compared([counts], least_shift=0.45)
    assert found.p_value is None
    assert found.mean_difference is not None


def test_the_mean_difference_is_that_of_the_means() -> None:
    counts = group(np.random.default_rng(SEED), shift=0.1)
    marked, score = rows(counts)
    assert compared([counts]).mean_difference == pytest.approx(score[marked].mean() - score[~marked].mean())


def test_over_groups_only_pairs_of_one_group_are_compared() -> None:
    rng = np.random.default_rng(SEED)
    groups = [group(rng, 40, share=0.5), group(rng, 60, share=0.2)]
    wins = differences = pairs = 0.0
    for marked, score in (rows(counts) for counts in groups):
        gap = score[marked][:, None] - score[~marked][None, :]
        wins += (gap > 0).sum() + 0.5 * (gap == 0).sum()
        differences += gap.sum()
        pairs += gap.size
    found = compared(groups)
    assert found.area.estimate == pytest.approx(wins / pairs)
    assert found.mean_difference == pytest.approx(differences / pairs)


def test_a_group_of_one_kind_has_no_weight_and_no_group_of_both_no_number() -> None:
    rng = np.random.default_rng(SEED)
    counts = group(rng)
    lone = ScoreCounts(np.array([0.2, 0.7]), np.array([3, 4]), np.array([0, 0]))
    assert compared([counts, lone]) == compared([counts])
    none = compared([lone])
    assert (none.area.status, none.mean_difference, none.p_value) == (EstimateStatus.UNDEFINED, None, None)


def test_equal_scores_show_no_shift() -> None:
    same = ScoreCounts(np.array([0.5]), np.array([20]), np.array([30]))
    found = compared([same])
    assert (found.area.estimate, found.mean_difference, found.p_value) == (0.5, 0.0, 1.0)


@pytest.mark.slow
def test_without_a_shift_p_values_are_uniform_and_a_difference_between_groups_is_none() -> None:
    rng = np.random.default_rng(SEED)
    p_values = []
    for _ in range(600):
        low, high = group(rng, 60, share=0.2), group(rng, 90, share=0.6)
        raised = ScoreCounts(high.score + 0.3, high.n_positive, high.n_negative)
        p_values.append(compared([low, raised]).p_value)
    assert np.mean(np.array(p_values) < 0.05) == pytest.approx(0.05, abs=0.025)
    assert stats.kstest(p_values, "uniform").pvalue > 0.001


@pytest.mark.slow
def test_a_shift_that_every_group_has_is_found() -> None:
    rng = np.random.default_rng(SEED)
    found = [compared([group(rng, shift=0.15), group(rng, shift=0.15)]) for _ in range(50)]
    assert np.mean([shift.p_value < 0.01 for shift in found if shift.p_value is not None]) > 0.8
    assert np.mean([shift.mean_difference for shift in found]) == pytest.approx(0.15, abs=0.02)
