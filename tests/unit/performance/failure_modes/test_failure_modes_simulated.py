"""How often slices are confirmed where there are none, and where there is one. Figures: tests.power.slices."""

import pytest

from tests.power.slices import trial


@pytest.mark.slow
def test_sites_without_failure_modes_seldom_show_one_and_the_searched_half_nearly_always() -> None:
    found = [trial(seed, n_patients=1000) for seed in range(20)]
    assert sum(one.any_confirmed for one in found) <= 3
    assert sum(one.any_naive for one in found) >= 15


@pytest.mark.slow
def test_a_planted_slice_is_found_and_its_gap_is_flattered_where_it_was_searched() -> None:
    found = [trial(seed, n_patients=1200, gap=0.25) for seed in range(10)]
    assert sum(one.planted_confirmed for one in found) >= 8
    assert sum(one.first_gap - one.second_gap for one in found) > 0
