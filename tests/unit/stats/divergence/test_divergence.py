"""Divergences: definitions, empty bins, ties, undefined cases, and the noise floor."""

import itertools
import math

import numpy as np
import pytest
from scipy import special, stats

from multisite.stats.divergence import (
    chi_square,
    jensen_shannon,
    kolmogorov_smirnov,
    kolmogorov_smirnov_of_counts,
    population_stability_index,
    wasserstein,
    wasserstein_of_counts,
)
from multisite.stats.divergence.divergence import counted
from multisite.stats.divergence.kolmogorov_smirnov import _exact_with_ties
from multisite.vocabulary import EstimateStatus

SEED = 55
FIRST, SECOND = np.array([30, 50, 20, 0]), np.array([20, 40, 30, 10])


def on_counts(first, second, **arguments):  # type: ignore[no-untyped-def]  # one call for every divergence of counts
    grid = np.arange(len(first), dtype=float)
    return {
        "psi": population_stability_index(first, second, **arguments),
        "jsd": jensen_shannon(first, second, kind="divergence", **arguments),
        "distance": jensen_shannon(first, second, kind="distance", **arguments),
        "ks": kolmogorov_smirnov_of_counts(first, second, **arguments),
        "chi-square": chi_square(first, second, **arguments),
        "wasserstein": wasserstein_of_counts(first, second, grid=grid, **arguments),
    }


def test_psi_by_hand_under_each_rule_for_the_bin_that_one_side_lacks() -> None:
    shared = 0.1 * math.log(0.3 / 0.2) + 0.1 * math.log(0.5 / 0.4) - 0.1 * math.log(0.2 / 0.3)
    floored = population_stability_index(FIRST, SECOND, floor=0.001)
    assert floored.estimate == pytest.approx(shared + (0.001 - 0.1) * math.log(0.001 / 0.1))
    assert floored.ci_method == "none; population stability index, bins empty on one side at 0.001"
    p, q = (FIRST + 0.5) / 102, (SECOND + 0.5) / 102
    half = population_stability_index(FIRST, SECOND, empty="half case")
    assert half.estimate == pytest.approx(((p - q) * np.log(p / q)).sum())
    none = population_stability_index(FIRST, SECOND, empty="undefined")
    assert (none.estimate, none.status) == (None, EstimateStatus.UNDEFINED)
    assert none.reason == "a bin is empty on one side: no bound"
    assert floored.null_expectation == pytest.approx(3 * (1 / 100 + 1 / 100))


def test_bins_that_neither_side_has_are_of_no_account() -> None:
    padded = on_counts(np.append(FIRST, 0), np.append(SECOND, 0), rng=np.random.default_rng(SEED), n_draws=50)
    bare = on_counts(FIRST, SECOND, rng=np.random.default_rng(SEED), n_draws=50)
    assert padded == bare
    assert padded["chi-square"].degrees_of_freedom == 3


@pytest.mark.parametrize(("first", "second"), [([0, 0], [1, 2]), ([1, 2], [0, 0]), ([], [])])
def test_a_side_without_a_case_has_no_divergence_and_no_floor(first: list[int], second: list[int]) -> None:
    for name, found in on_counts(first, second, rng=np.random.default_rng(SEED)).items():
        assert (found.estimate, found.status, found.noise_floor) == (None, EstimateStatus.UNDEFINED, None), name
        assert found.reason == "no case on one side"
        assert not found.is_seen
    for samples in (kolmogorov_smirnov, wasserstein):
        assert samples([], [1.0]).reason == "no case on one side"


def test_equal_shares_are_zero_and_no_common_bin_is_one() -> None:
    for name, found in on_counts([10, 20], [20, 40]).items():
        assert found.estimate == pytest.approx(0, abs=1e-15), name
    apart = on_counts([7, 0], [0, 9])
    assert [apart[name].estimate for name in ("jsd", "distance", "ks", "wasserstein")] == [1.0, 1.0, 1.0, 1.0]
    assert apart["chi-square"].cramers_v == 1.0


def test_one_bin_is_no_divergence() -> None:
    for name, found in on_counts([5], [9], rng=np.random.default_rng(SEED), n_draws=20).items():
        assert (found.estimate, found.noise_floor, found.is_seen) == (0.0, 0.0, False), name
    alone = chi_square([5], [9])
    assert (alone.degrees_of_freedom, alone.p_value, alone.noise_floor) == (0, 1.0, 0.0)


def test_the_exact_p_value_minds_ties_and_the_asymptotic_one_is_conservative_and_says_so() -> None:
    rng = np.random.default_rng(SEED)
    first, second = rng.integers(0, 4, 80), rng.integers(0, 4, 60) + (rng.random(60) < 0.3)
    exact = kolmogorov_smirnov(first, second)
    assert exact.p_method == "exact, given the ties"
    permuted = kolmogorov_smirnov(first, second, test="permutation", rng=rng, n_draws=4000)
    assert exact.p_value == pytest.approx(permuted.p_value, abs=4 * np.sqrt(exact.p_value / 4000))
    limit = kolmogorov_smirnov(first, second, test="asymptotic")
    assert limit.p_method == "asymptotic, conservative: there are ties"
    assert limit.p_value > exact.p_value
    assert kolmogorov_smirnov([0.1, 0.4], [0.2, 0.3]).p_method == "exact"
    assert kolmogorov_smirnov([0.1, 0.4], [0.2, 0.3], test="asymptotic").p_method == "asymptotic"


@pytest.mark.parametrize(
    ("first", "second"),
    [([1, 2, 2, 3, 3], [1, 2, 3, 3, 4, 5]), ([1, 1, 1], [1, 2, 2, 2]), ([0, 0, 1], [2, 2]), ([3, 1, 4], [1, 5, 9, 2])],
)
def test_the_exact_p_value_with_ties_is_the_share_of_all_deals(first: list[int], second: list[int]) -> None:
    pooled, n = np.array(first + second), len(first)

    def gap(chosen: tuple[int, ...]) -> float:
        mine = np.isin(np.arange(pooled.size), chosen)
        levels = np.unique(pooled)
        one = (pooled[mine][:, None] <= levels).sum(axis=0) * int((~mine).sum())
        other = (pooled[~mine][:, None] <= levels).sum(axis=0) * n
        return np.abs(one - other).max()

    seen = gap(tuple(range(n)))
    deals = [gap(chosen) >= seen for chosen in itertools.combinations(range(pooled.size), n)]
    found = kolmogorov_smirnov(first, second, test="exact")
    assert found.p_value == pytest.approx(np.mean(deals))
    swapped = kolmogorov_smirnov(second, first, test="exact")
    assert swapped.p_value == pytest.approx(found.p_value)


@pytest.mark.parametrize(("n", "m"), [(7, 11), (40, 40), (200, 31)])
def test_without_a_tie_the_deals_give_what_scipy_gives(n: int, m: int) -> None:
    rng = np.random.default_rng(n)
    first, second = rng.normal(0.3, 1, n), rng.normal(0, 1, m)
    _, one, other = counted(first, second)
    assert _exact_with_ties(one, other) == pytest.approx(stats.ks_2samp(first, second, method="exact").pvalue, rel=1e-9)


def test_alike_samples_have_a_p_of_one_and_samples_apart_a_tiny_one() -> None:
    assert kolmogorov_smirnov([1, 1, 2], [1, 1, 2], test="exact").p_value == 1.0
    apart = kolmogorov_smirnov([1] * 60, [2] * 60)
    assert apart.p_value == pytest.approx(2 / special.binom(120, 60), rel=1e-9)


def test_too_many_ties_for_the_exact_sum_fall_back_on_the_limit() -> None:
    many = np.repeat([0, 1, 2], 2000)
    assert kolmogorov_smirnov(many, many[::2]).p_method == "asymptotic, conservative: there are ties"
    assert kolmogorov_smirnov(many[::4], many[::8]).p_method == "exact, given the ties"


def test_samples_and_their_distinct_values_counted_are_the_same() -> None:
    rng = np.random.default_rng(SEED)
    first, second = rng.integers(0, 9, 50), rng.integers(2, 11, 70)
    grid = np.arange(11.0)
    counts = [np.bincount(side, minlength=11) for side in (first, second)]
    assert kolmogorov_smirnov(first, second).estimate == kolmogorov_smirnov_of_counts(*counts).estimate
    assert wasserstein(first, second).estimate == pytest.approx(wasserstein_of_counts(*counts, grid=grid).estimate)


def test_wasserstein_has_the_unit_of_its_grid() -> None:
    assert wasserstein_of_counts([1, 0], [0, 1], grid=[3.0, 8.0]).estimate == 5.0
    # Binning may raise it, unlike the others: 0.4 and 0.6 lie 0.2 apart, their bins' middles 0.5.
    assert wasserstein([0.4], [0.6]).estimate == pytest.approx(0.2)
    assert wasserstein_of_counts([1, 0], [0, 1], grid=[0.25, 0.75]).estimate == 0.5


def test_the_same_seed_gives_the_same_floor_and_both_schemes_agree_in_large_samples() -> None:
    first, second = np.array([300, 500, 200]), np.array([320, 480, 200])
    for name in ("psi", "jsd", "ks", "chi-square", "wasserstein"):
        floors = [
            on_counts(first, second, rng=np.random.default_rng(SEED), no_difference=scheme)[name].noise_floor
            for scheme in ("permutation", "permutation", "multinomial")
        ]
        assert floors[0] == floors[1]
        assert floors[2] == pytest.approx(floors[0], rel=0.15)


def test_the_floor_of_psi_is_near_its_quantile_of_chi_square() -> None:
    found = population_stability_index([400, 300, 300], [200, 150, 150], rng=np.random.default_rng(SEED), n_draws=4000)
    assert found.noise_floor == pytest.approx(5.991 * (1 / 1000 + 1 / 500), rel=0.06)
    assert found.null_expectation == pytest.approx(2 * (1 / 1000 + 1 / 500))


def test_without_draws_there_is_no_floor_but_for_chi_square() -> None:
    found = on_counts(FIRST, SECOND)
    assert all(found[name].noise_floor is None for name in ("psi", "jsd", "ks", "wasserstein"))
    assert found["chi-square"].noise_floor == pytest.approx(7.8147, abs=1e-4)
    assert chi_square([1, 2], [2, 3]).n_small_expected == 4


@pytest.mark.slow
@pytest.mark.parametrize("name", ["psi", "jsd", "ks", "chi-square", "wasserstein"])
def test_samples_of_one_population_leave_the_floor_in_5_of_100_draws_at_most(name: str) -> None:
    rng = np.random.default_rng(SEED)
    share = (0.4, 0.3, 0.2, 0.1)
    above = 0
    for _ in range(300):
        first, second = rng.multinomial(80, share), rng.multinomial(150, share)
        one = {
            "psi": lambda *x, **k: population_stability_index(*x, **k),
            "jsd": lambda *x, **k: jensen_shannon(*x, kind="divergence", **k),
            "ks": lambda *x, **k: kolmogorov_smirnov_of_counts(*x, **k),
            "chi-square": lambda *x, **k: chi_square(*x, **k),
            "wasserstein": lambda *x, **k: wasserstein_of_counts(*x, grid=np.arange(4.0), **k),
        }[name]
        above += one(first, second, rng=rng, n_draws=300).is_seen
    # Ties of a discrete statistic with its floor are not above it, so that it may be rarer.
    assert 0.015 <= above / 300 <= 0.085


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        ({"first": [1, -1], "second": [1, 1]}, "`first` must not hold a negative"),
        ({"first": [1, 1], "second": [1, 0.5]}, "`second` must hold whole, finite"),
        ({"first": [1, 1], "second": [1, float("nan")]}, "`second` must hold whole, finite"),
        ({"first": [1, 1], "second": [1]}, "one count for each bin"),
        ({"first": [[1, 1]], "second": [[1, 1]]}, "`first` must be one-dimensional"),
        ({"first": [1, 1], "second": [1, 1], "floor": 0.0}, "`floor`"),
        ({"first": [1, 1], "second": [1, 1], "empty": "zero"}, "`empty`"),
        ({"first": [1, 1], "second": [1, 1], "level": 1.0}, "`level`"),
        ({"first": [1, 1], "second": [1, 1], "n_draws": 0}, "`n_draws`"),
        ({"first": [1, 1], "second": [1, 1], "no_difference": "jackknife"}, "`no_difference`"),
    ],
)
def test_what_are_no_counts_is_refused(arguments: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        population_stability_index(**arguments)


def test_what_are_no_samples_no_grid_and_no_names_is_refused() -> None:
    with pytest.raises(ValueError, match="`second` must be finite"):
        kolmogorov_smirnov([1.0], [math.inf])
    with pytest.raises(ValueError, match="`first` must be one-dimensional"):
        wasserstein([[1.0]], [1.0])
    with pytest.raises(ValueError, match="`rng`"):
        kolmogorov_smirnov([1.0], [2.0], test="permutation")
    with pytest.raises(ValueError, match="`test`"):
        kolmogorov_smirnov([1.0], [2.0], test="bootstrap")  # type: ignore[arg-type]  # what is refused
    with pytest.raises(ValueError, match="`kind`"):
        jensen_shannon([1], [1], kind="root")  # type: ignore[arg-type]  # what is refused
    for grid, named in (([1.0], "one point"), ([1.0, 1.0], "rise strictly"), ([1.0, math.nan], "rise strictly")):
        with pytest.raises(ValueError, match=named):
            wasserstein_of_counts([1, 1], [1, 1], grid=grid)
