"""What must hold for every divergence, whatever the counts."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from multisite.stats.divergence import (
    Divergence,
    chi_square,
    jensen_shannon,
    kolmogorov_smirnov_of_counts,
    population_stability_index,
    wasserstein_of_counts,
)
from tests.lib.examples import examples

CELLS = st.integers(1, 8).flatmap(
    lambda size: st.tuples(*[st.lists(st.integers(0, 20), min_size=size, max_size=size)] * 2)
)
POSITIVE = st.integers(2, 8).flatmap(
    lambda size: st.tuples(*[st.lists(st.integers(1, 20), min_size=size, max_size=size)] * 2)
)


def every(first: np.ndarray, second: np.ndarray) -> dict[str, Divergence]:
    return {
        "psi": population_stability_index(first, second),
        "psi half case": population_stability_index(first, second, empty="half case"),
        "jsd": jensen_shannon(first, second, kind="divergence"),
        "distance": jensen_shannon(first, second, kind="distance"),
        "ks": kolmogorov_smirnov_of_counts(first, second),
        "chi-square": chi_square(first, second),
        "wasserstein": wasserstein_of_counts(first, second, grid=np.arange(len(first), dtype=float)),
    }


def close(one: float | None, other: float | None) -> bool:
    return one is other if one is None or other is None else bool(np.isclose(one, other, rtol=1e-9, atol=1e-12))


@examples(60)
@given(CELLS)
def test_sides_may_be_swapped_and_the_order_of_the_bins_reversed(cells: tuple[list[int], list[int]]) -> None:
    first, second = map(np.array, cells)
    found, swapped, reversed_ = every(first, second), every(second, first), every(first[::-1], second[::-1])
    for name, one in found.items():
        assert close(one.estimate, swapped[name].estimate), name
        assert close(one.estimate, reversed_[name].estimate), name
        assert one.estimate is None or one.estimate >= 0, name
        assert (one.estimate is None) == (one.reason is not None), name


@examples(60)
@given(CELLS)
def test_every_case_twice_changes_no_divergence_but_chi_square(cells: tuple[list[int], list[int]]) -> None:
    first, second = map(np.array, cells)
    once, twice = every(first, second), every(2 * first, 2 * second)
    for name in ("psi", "jsd", "distance", "ks", "wasserstein"):
        assert close(once[name].estimate, twice[name].estimate), name
    if once["chi-square"].estimate is not None:
        assert close(2 * once["chi-square"].estimate, twice["chi-square"].estimate)


@examples(60)
@given(POSITIVE, st.data())
def test_merging_neighbouring_bins_raises_none_but_wasserstein(
    cells: tuple[list[int], list[int]], data: st.DataObject
) -> None:
    first, second = map(np.array, cells)
    at = data.draw(st.integers(0, first.size - 2))
    merged = [np.concatenate([side[:at], [side[at] + side[at + 1]], side[at + 2 :]]) for side in (first, second)]
    fine, coarse = every(first, second), every(*merged)
    for name in ("psi", "jsd", "distance", "ks", "chi-square"):
        assert coarse[name].estimate <= fine[name].estimate + 1e-12, name


@examples(30)
@given(CELLS)
def test_a_floor_of_draws_is_within_reach_and_a_p_value_is_a_share(cells: tuple[list[int], list[int]]) -> None:
    first, second = map(np.array, cells)
    found = jensen_shannon(first, second, kind="distance", rng=np.random.default_rng(1), n_draws=30)
    if found.estimate is not None:
        assert 0 <= found.noise_floor <= 1
        assert 0 < found.p_value <= 1
