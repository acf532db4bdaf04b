"""Raking: margins met, odds ratios kept, weights bounded, and refusals."""

import numpy as np
import pytest

from multisite.stats.standardisation import raked_shares

SEED = [30, 10, 20, 40]
LEVELS = np.array([[0, 0, 1, 1], [0, 1, 0, 1]])


def test_raking_meets_the_margins_and_keeps_the_odds_ratio() -> None:
    found = raked_shares(SEED, LEVELS, [[60, 40], [300, 700]])
    q = found.found.share
    assert [q[:2].sum(), q[::2].sum()] == pytest.approx([0.6, 0.3])
    assert q[0] * q[3] / (q[1] * q[2]) == pytest.approx(6)
    assert not found.capped


def test_margins_that_the_seed_has_leave_it_as_it_is() -> None:
    found = raked_shares(SEED, LEVELS, [[40, 60], [50, 50]])
    assert found.found.share == pytest.approx(np.array(SEED) / 100)
    assert found.largest_ratio == pytest.approx(1)


def test_one_margin_is_post_stratification_with_its_multinomial_error() -> None:
    found = raked_shares([30, 10, 20], [[0, 1, 2]], [[20, 30, 50]]).found
    w = np.array([0.2, 0.3, 0.5])
    assert found.share == pytest.approx(w)
    assert found.sources.T @ found.sources == pytest.approx((np.diag(w) - np.outer(w, w)) / 100, abs=1e-12)


def test_the_error_of_the_shares_is_that_of_small_changes() -> None:
    """The rows of the seed are its derivatives: one more case in a cell, raked again."""
    big = [n * 10_000 for n in SEED]
    margins = [[60, 40], [300, 700]]
    sources = raked_shares(big, LEVELS, margins, census=True).found.sources
    for j, n in enumerate(big):
        more = [m + (5 if k == j else 0) for k, m in enumerate(big)]
        moved = raked_shares(more, LEVELS, margins).found.share - raked_shares(big, LEVELS, margins).found.share
        # ln s moves by 5/n in the cell; the row stands for a move of its root.
        assert moved / 5 * np.sqrt(n) == pytest.approx(sources[j], rel=1e-2, abs=1e-9)


def test_a_level_without_a_case_cannot_be_raked_to() -> None:
    found = raked_shares([30, 0, 20, 0], LEVELS, [[60, 40], [70, 30]])
    assert found.found is None
    assert "no case to start from" in found.reason


def test_the_bound_on_weights_is_met_and_told() -> None:
    # Two strata of two and three levels leave freedom: the bound moves weight from one cell to its neighbours.
    levels = np.array([[0, 0, 0, 1, 1, 1], [0, 1, 2, 0, 1, 2]])
    seed, margins = [10, 30, 30, 10, 10, 10], [[50, 50], [50, 25, 25]]
    free, found = (raked_shares(seed, levels, margins, max_ratio=bound) for bound in (100, 2.8))
    assert (free.capped, found.capped) == (False, True)
    assert free.largest_ratio == pytest.approx(3.17, abs=0.01)
    assert found.largest_ratio == pytest.approx(2.8, rel=1e-6)
    assert found.found.share[:3].sum() == pytest.approx(0.5)
    assert found.found.share[[0, 3]].sum() == pytest.approx(0.5)


def test_margins_out_of_reach_of_the_bound_are_refused() -> None:
    found = raked_shares([1, 99], [[0, 1]], [[90, 10]], max_ratio=10)
    assert found.found is None
    assert found.capped
    assert "no weight above 10 times the mean" in found.reason
