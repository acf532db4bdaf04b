"""Divergences against SciPy, exact enumeration and the continuous case of Yang and Dalton."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from multisite.stats.divergence import (
    chi_square,
    jensen_shannon,
    kolmogorov_smirnov,
    population_stability_index,
    standardised_mean_difference,
    wasserstein,
    wasserstein_of_counts,
)

SEED = 77


@pytest.fixture(params=range(4))
def counts(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng([SEED, request.param])
    return rng.integers(1, 40, 7), rng.integers(1, 60, 7)


def test_jensen_shannon_is_that_of_scipy(counts: tuple[np.ndarray, np.ndarray]) -> None:
    theirs = jensenshannon(*counts, base=2)
    assert jensen_shannon(*counts, kind="distance").estimate == pytest.approx(theirs, rel=1e-12)
    assert jensen_shannon(*counts, kind="divergence").estimate == pytest.approx(theirs**2, rel=1e-12)


def test_psi_is_both_relative_entropies_of_scipy(counts: tuple[np.ndarray, np.ndarray]) -> None:
    p, q = (side / side.sum() for side in counts)
    theirs = stats.entropy(p, q) + stats.entropy(q, p)
    assert population_stability_index(*counts).estimate == pytest.approx(theirs, rel=1e-12)


def test_chi_square_is_that_of_scipy(counts: tuple[np.ndarray, np.ndarray]) -> None:
    found, theirs = chi_square(*counts), stats.chi2_contingency(counts, correction=False)
    assert (found.estimate, found.p_value) == pytest.approx((theirs.statistic, theirs.pvalue), rel=1e-10)
    assert found.degrees_of_freedom == theirs.dof
    assert found.n_small_expected == (theirs.expected_freq < 5).sum()
    assert found.cramers_v == pytest.approx(stats.contingency.association(np.array(counts), method="cramer"))


def test_wasserstein_is_that_of_scipy(counts: tuple[np.ndarray, np.ndarray]) -> None:
    grid = np.cumsum(np.arange(1, 8)) / 3
    theirs = stats.wasserstein_distance(grid, grid, *counts)
    assert wasserstein_of_counts(*counts, grid=grid).estimate == pytest.approx(theirs, rel=1e-12)
    rng = np.random.default_rng(SEED)
    first, second = rng.normal(size=33), rng.normal(1, 2, 41)
    assert wasserstein(first, second).estimate == pytest.approx(stats.wasserstein_distance(first, second), rel=1e-12)


@pytest.mark.parametrize("decimals", [9, 1])
def test_kolmogorov_smirnov_is_that_of_scipy_and_its_limit_that_of_smirnov(decimals: int) -> None:
    rng = np.random.default_rng(SEED)
    first, second = rng.normal(size=40).round(decimals), rng.normal(0.5, 1, 55).round(decimals)
    found, other = kolmogorov_smirnov(first, second, test="exact"), stats.ks_2samp(first, second, method="exact")
    assert found.estimate == pytest.approx(other.statistic, rel=1e-12)
    if decimals == 1:  # SciPy's is that of continuous values
        assert found.p_value < other.pvalue
    else:
        assert found.p_value == pytest.approx(other.pvalue, rel=1e-12)
    limit = stats.kstwobign.sf(np.sqrt(40 * 55 / 95) * other.statistic)
    assert kolmogorov_smirnov(first, second, test="asymptotic").p_value == pytest.approx(limit, rel=1e-9)


def test_permutation_draws_approach_the_enumeration_of_all_deals() -> None:
    value = np.array([1, 1, 2, 3, 3, 3, 5, 6, 8, 8])
    found = kolmogorov_smirnov(
        value[[0, 2, 3, 7]],
        np.delete(value, [0, 2, 3, 7]),
        test="permutation",
        rng=np.random.default_rng(SEED),
        n_draws=20_000,
    )
    as_far = 0
    for chosen in combinations(range(10), 4):
        first, second = value[list(chosen)], np.delete(value, chosen)
        gap = max(abs((first <= x).mean() - (second <= x).mean()) for x in value)
        as_far += gap >= found.estimate - 1e-12
    exact = as_far / comb(10, 4)
    assert found.p_value == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 20_000))


def test_the_mean_of_chi_square_over_deals_is_exact() -> None:
    # Over all deals of fixed margins E(χ²) = (B - 1) N / (N - 1).
    value = np.array([0, 0, 0, 1, 1, 2, 2, 2, 2])
    found = []
    for chosen in combinations(range(9), 4):
        first, second = value[list(chosen)], np.delete(value, chosen)
        found.append(chi_square(np.bincount(first, minlength=3), np.bincount(second, minlength=3)))
    assert np.mean([one.estimate for one in found]) == pytest.approx(2 * 9 / 8, rel=1e-12)
    assert found[0].null_expectation == pytest.approx(2 * 9 / 8, rel=1e-12)


def test_the_continuous_difference_is_the_two_sample_statistic_of_welch_rescaled() -> None:
    # With equal sizes n, Welch's t = d · √(n / 2).
    rng = np.random.default_rng(SEED)
    first, second = rng.normal(size=24), rng.normal(0.7, 3, 24)
    t = stats.ttest_ind(first, second, equal_var=False).statistic
    assert standardised_mean_difference(first, second).estimate == pytest.approx(t / np.sqrt(12), rel=1e-12)
