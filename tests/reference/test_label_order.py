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


@pytest.mark.parametrize("n", range(6, 50, 3))
def test_statsmodels_gives_the_same_runs_test_where_it_corrects_for_continuity(n: int) -> None:
    # It does so below 50 labels, and wrongly away from the mean where the distance is below a half.
    rng = np.random.default_rng([SEED, n])
    label = rng.permutation(np.arange(n) < max(2, n // 3))
    ours = runs_test(label)
    _, p_value = runstest_1samp(label.astype(float), cutoff=0.5, correction=True)
    assert ours.expected is not None
    if abs(ours.n_runs - ours.expected) > 0.5:
        assert ours.p_value == pytest.approx(p_value, rel=1e-12)


def test_mean_and_tail_of_the_runs_are_those_of_every_order() -> None:
    positives, n = 7, 14
    chosen = np.array(list(combinations(range(n), positives)))
    orders = np.zeros((len(chosen), n), dtype=bool)
    np.put_along_axis(orders, chosen, True, axis=1)
    results = [runs_test(order) for order in orders]
    runs = np.array([result.n_runs for result in results])
    assert results[0].expected == pytest.approx(runs.mean(), abs=1e-12)
    distance = np.abs(runs - runs.mean())
    shares = {own: np.mean(distance >= own - 1e-9) for own in np.unique(distance)}
    for result, own in zip(results, distance, strict=True):
        assert result.p_value == pytest.approx(shares[own], abs=0.015)
