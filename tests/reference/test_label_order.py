"""Rank-sum and runs tests against SciPy, statsmodels and every order written out."""

from itertools import combinations

import numpy as np
import pytest
from scipy import stats
from statsmodels.sandbox.stats.runs import runstest_1samp

from multisite.stats import rank_sum_test, runs_test

SEED = 11


@pytest.mark.parametrize("decimals", [0, 1, 12])
@pytest.mark.parametrize("n", [12, 60, 900])
def test_scipy_gives_the_same_area_and_p_value_with_and_without_ties(n: int, decimals: int) -> None:
    rng = np.random.default_rng([SEED, n, decimals])
    label = rng.permutation(np.arange(n) < n // 3)
    value = (rng.normal(size=n) + 0.3 * label).round(decimals)
    ours = rank_sum_test(label, value)
    theirs = stats.mannwhitneyu(
        value[label], value[~label], use_continuity=True, method="asymptotic", alternative="two-sided"
    )
    assert ours.area == pytest.approx(theirs.statistic / (ours.n_positive * ours.n_negative), abs=1e-14)
    assert ours.p_value == pytest.approx(theirs.pvalue, rel=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize(("positives", "n"), [(1, 2), (1, 9), (2, 9), (3, 14), (7, 14), (11, 14)])
def test_mean_and_p_value_of_the_runs_are_those_of_every_order(positives: int, n: int) -> None:
    chosen = np.array(list(combinations(range(n), positives)))
    orders = np.zeros((len(chosen), n), dtype=bool)
    np.put_along_axis(orders, chosen, True, axis=1)
    results = [runs_test(order) for order in orders]
    runs = np.array([result.n_runs for result in results])
    assert results[0].expected == pytest.approx(runs.mean(), abs=1e-12)
    for result in results:
        tail = min(np.mean(runs <= result.n_runs), np.mean(runs >= result.n_runs))
        assert result.p_value == pytest.approx(min(1.0, 2 * tail), rel=1e-9)


@pytest.mark.parametrize("n", [400, 2_000])
def test_statsmodels_gives_nearly_the_same_p_value_of_runs_where_labels_are_many_and_even(n: int) -> None:
    label = np.random.default_rng([SEED, n]).permutation(np.arange(n) < n // 2)
    _, p_value = runstest_1samp(label.astype(float), cutoff=0.5, correction=False)
    assert runs_test(label).p_value == pytest.approx(p_value, abs=0.03)


@pytest.mark.slow
@pytest.mark.parametrize(("positives", "negatives"), [(12, 300), (10, 100), (15, 300)])
def test_a_rare_label_is_not_told_by_its_runs_more_often_than_allowed(positives: int, negatives: int) -> None:
    # The normal curve would err in 4 to 10 of 1,000 orders here.
    rng = np.random.default_rng(SEED)
    labels = np.arange(positives + negatives) < positives
    p_values = np.array([runs_test(rng.permutation(labels)).p_value for _ in range(4_000)])
    assert np.mean(p_values < 0.002) <= 0.003
