"""Cramér's V and its permutation p-value against SciPy and the definition."""

import numpy as np
import pytest
from scipy import stats
from scipy.stats.contingency import association as scipy_association

from multisite.stats import association

SEED = 12
TABLES = ([12, 30, 8], [28, 10, 22]), ([40, 5], [10, 45]), ([15, 16, 17, 14], [30, 31, 32, 33])


def by_definition(positive: list[int], negative: list[int]) -> float:
    """Bergsma 2013, equations 5 and following, from SciPy's χ²."""
    table = np.array([positive, negative])
    n, (c, r) = table.sum(), table.shape
    phi = max(0.0, stats.chi2_contingency(table, correction=False).statistic / n - (r - 1) * (c - 1) / (n - 1))
    return float(np.sqrt(phi / min(r - (r - 1) ** 2 / (n - 1) - 1, c - (c - 1) ** 2 / (n - 1) - 1)))


@pytest.mark.parametrize(("positive", "negative"), TABLES)
def test_v_is_that_of_the_definition(positive: list[int], negative: list[int]) -> None:
    found = association(np.array(positive), np.array(negative), rng=np.random.default_rng(SEED), n_permutations=1)
    assert found.v == pytest.approx(by_definition(positive, negative), abs=1e-12)


def test_v_of_a_large_set_is_scipys_uncorrected_one() -> None:
    positive, negative = np.array([120_000, 300_000, 80_000]), np.array([280_000, 100_000, 220_000])
    found = association(positive, negative, rng=np.random.default_rng(SEED), n_permutations=1)
    assert found.v == pytest.approx(scipy_association(np.array([positive, negative]), method="cramer"), abs=1e-5)


@pytest.mark.parametrize(("positive", "negative"), [([9, 3], [4, 10]), ([2, 8], [7, 5])])
def test_two_levels_have_the_permutation_p_value_of_the_hypergeometric_law(
    positive: list[int], negative: list[int]
) -> None:
    size, positives = np.array(positive) + negative, sum(positive)
    law = stats.hypergeom(size.sum(), size[0], positives)
    support = np.arange(size[0] + 1)
    distance = np.abs(support - law.mean())
    exact = law.pmf(support)[distance >= abs(positive[0] - law.mean()) - 1e-9].sum()
    found = association(np.array(positive), np.array(negative), rng=np.random.default_rng(SEED), n_permutations=40_000)
    assert found.p_value == pytest.approx(exact, abs=4 * np.sqrt(exact / 40_000))


@pytest.mark.slow
def test_permuting_the_labels_one_by_one_gives_the_same_p_value() -> None:
    positive, negative = np.array([12, 18, 8]), np.array([28, 20, 22])
    level = np.repeat(np.arange(3), positive + negative)
    rng = np.random.default_rng(SEED)

    def chi_square(label: np.ndarray) -> float:
        counts = np.bincount(level, weights=label)
        return float(stats.chi2_contingency(np.array([counts, positive + negative - counts]), correction=False)[0])

    label = np.concatenate([np.repeat([1, 0], [p, n]) for p, n in zip(positive, negative, strict=True)])
    observed = chi_square(label)
    share = np.mean([chi_square(rng.permutation(label)) >= observed - 1e-9 for _ in range(2_000)])
    found = association(positive, negative, rng=np.random.default_rng(SEED), n_permutations=20_000)
    assert found.p_value == pytest.approx(share, abs=4 * np.sqrt(share / 2_000))
