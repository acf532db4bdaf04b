"""What must hold of monthly monitoring for any counts: expectations, run lengths, tails, symmetries."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from multisite.stats import (
    cell_statistics,
    cells_evidence,
    largest_cell_change,
    location_change,
    location_evidence,
    mix_and_within,
    null_limits,
    p_value_from_limits,
    rank_scores,
    share_p_value,
    volume_evidence,
)
from tests.lib.examples import examples

SEED = 20261
CELLS = st.integers(2, 7).flatmap(
    lambda size: st.tuples(*[st.lists(st.integers(0, 30), min_size=size, max_size=size)] * 2)
)


@pytest.mark.parametrize(("reference", "sizes"), [((3, 9), (4, 3)), ((0, 6), (5, 2)), ((2.5, 4.5), (3, 3))])
def test_the_e_values_of_cells_average_one_where_nothing_changes(
    reference: tuple[float, float], sizes: tuple[int, int]
) -> None:
    """Over all tables of two months: M(t) is t on average, for each of t e-values is 1."""
    total, chance = np.zeros(2), 0.0
    for found in product(*(range(n + 1) for n in sizes)):
        months = np.array([[x, n - x] for x, n in zip(found, sizes, strict=True)])
        a, b = np.array(reference) + 0.5
        weight = 1.0
        for x, no in months:
            weight *= stats.betabinom(x + no, a, b).pmf(x)
            a, b = a + x, b + no
        total += weight * cells_evidence(months, reference).evidence
        chance += weight
    assert chance == pytest.approx(1.0)
    assert total == pytest.approx([1.0, 2.0], rel=1e-9)


def test_the_e_value_of_a_volume_averages_one_under_its_prediction() -> None:
    counts, days, size = [50, 70], [10, 12], 1 / (0.12**2 * 4 / 5 * 1.5 + 1 / 120)
    mean = 120 / 22 * 9
    law = stats.nbinom(size, size / (size + mean))
    expected = 120 / 22 * np.array(days)
    assert ((counts - expected) ** 2 - expected).sum() < 0
    values = [law.pmf(x) * volume_evidence([x], [9], counts=counts, exposures=days).evidence[0] for x in range(600)]
    assert sum(values) == pytest.approx(1.0, rel=1e-6)


@pytest.mark.parametrize("line", [6.0, 12.0])
def test_months_without_change_reach_a_line_after_as_many_months_or_more(line: float) -> None:
    """Run lengths cut at ten times the line, which only shortens them; three bins, references that err."""
    rng = np.random.default_rng(SEED)
    runs, months = 400, int(10 * line)
    shares = np.array([0.5, 0.3, 0.15, 0.05])
    reference = rng.multinomial(300, shares, runs)
    counts = rng.multinomial(40, shares, (runs, months))
    for evidence in (cells_evidence(counts, reference).evidence, location_evidence(counts, reference).evidence):
        reached = evidence >= line
        lengths = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1, months)
        assert lengths.mean() >= line


@pytest.mark.parametrize(("reference", "n"), [(300, 50), (2000, 200)])
def test_normal_e_values_of_a_location_average_at_most_one(reference: int, n: int) -> None:
    rng = np.random.default_rng(SEED)
    shares = np.full(10, 0.1)
    found = location_evidence(rng.multinomial(n, shares, (20_000, 1)), rng.multinomial(reference, shares, 20_000))
    assert found.evidence.mean() < 1.1


@pytest.mark.parametrize(("x_reference", "m", "n"), [(0, 20, 15), (7, 40, 30), (40, 40, 25)])
def test_p_values_of_a_share_are_no_smaller_than_they_say(x_reference: int, m: int, n: int) -> None:
    x = np.arange(n + 1)
    chance = stats.betabinom(n, x_reference + 0.5, m - x_reference + 0.5).pmf(x)
    p = share_p_value(x, np.full(n + 1, n), x_reference, m)
    for level in (0.001, 0.01, 0.05, 0.2, 0.5):
        assert chance[p <= level].sum() <= level + 1e-9


@pytest.mark.parametrize("statistic", ["cells", "location"])
@pytest.mark.parametrize(
    ("reference", "n"), [((97, 2, 1), 50), ((90, 7, 3), 10), ((19, 1), 20), ((50, 50, 50, 50), 50), ((0, 9, 0), 5)]
)
def test_limits_are_reached_as_rarely_as_they_say(statistic: str, reference: tuple[int, ...], n: int) -> None:
    """Few values can occur in the first three, and many are equal: a plain quantile is reached far more often."""
    probabilities, draws = np.array([0.5, 0.3, 0.2, 0.1, 0.05, 0.01]), 40_000
    limits = null_limits(
        reference, n_studies=n, probabilities=probabilities, statistic=statistic, replicates=40_000, seed=1
    )
    rng = np.random.default_rng(SEED)
    shares = rng.dirichlet(np.array(reference) + 0.5, draws)
    before, now = rng.multinomial(sum(reference), shares), rng.multinomial(n, shares)
    if statistic == "cells":
        found = cell_statistics(now, before).max(axis=1)
    else:
        ranks, variance = rank_scores(before)
        error = np.sqrt(variance * (1 / n + 1 / sum(reference)))
        shift = np.abs((now * ranks).sum(axis=1) / n)
        found = np.divide(shift, error, out=np.zeros(draws), where=error > 0)
    reached = (found[:, None] >= limits).mean(axis=0)
    # Drawn twice, each time with an error.
    assert np.all(reached <= probabilities + 4 * np.sqrt(2 * probabilities / draws))


@examples(60)
@given(CELLS, st.sampled_from([1.0, 1.7]))
def test_many_months_at_once_are_each_month_alone(cells: tuple[list[int], list[int]], effect: float) -> None:
    month, reference = map(np.array, cells)
    alone = largest_cell_change(month, reference, design_effect=effect)
    roots = cell_statistics(np.stack([month, month])[None] / effect, reference[None, None] / effect)
    assert roots.shape == (1, 2, month.size)
    assert alone.is_defined == bool(np.isfinite(roots).all())
    if alone.is_defined:
        assert roots.max(axis=-1) == pytest.approx(alone.statistic)
    ranks, _ = rank_scores(reference[None])
    located = location_change(month, reference, design_effect=effect)
    if located.is_defined:
        assert float((ranks[0] * month).sum() / month.sum()) == pytest.approx(located.shift, abs=1e-12)
    months = np.stack([month, reference, month])
    for evidence in (cells_evidence, location_evidence):
        many = evidence(np.stack([months, months]), np.stack([reference, reference]), design_effect=effect)
        one = evidence(months, reference, design_effect=effect)
        for row in range(2):
            np.testing.assert_allclose(many.evidence[row], one.evidence, rtol=1e-9)
            np.testing.assert_array_equal(many.since[row], one.since)


@examples(60)
@given(CELLS)
def test_the_order_of_bins_is_nothing_to_cells_and_turns_a_location(cells: tuple[list[int], list[int]]) -> None:
    month, reference = map(np.array, cells)
    one, turned = largest_cell_change(month, reference), largest_cell_change(month[::-1], reference[::-1])
    np.testing.assert_allclose(one.statistic, turned.statistic, atol=1e-7)
    there, back = location_change(month, reference), location_change(month[::-1], reference[::-1])
    np.testing.assert_allclose(there.shift, -back.shift, atol=1e-12)
    evidence = [
        cells_evidence([side[0]], side[1]).evidence for side in ((month, reference), (month[::-1], reference[::-1]))
    ]
    np.testing.assert_allclose(*evidence, rtol=1e-9)


@examples(60)
@given(st.lists(st.tuples(*[st.floats(0, 1)] * 4), min_size=1, max_size=6))
def test_mix_and_within_add_up_to_the_change_of_the_rate(groups: list[tuple[float, float, float, float]]) -> None:
    w, a, w_now, a_now = np.array(groups).T
    w, w_now = w + 0.1, w_now + 0.1
    whole = (w_now @ a_now) / w_now.sum() - (w @ a) / w.sum()
    assert sum(mix_and_within(w, a, w_now, a_now)) == pytest.approx(whole, abs=1e-9)


@examples(60)
@given(st.lists(st.floats(0, 6), min_size=2, max_size=20), st.integers(1, 900))
def test_a_larger_statistic_never_has_a_larger_p_value(statistics: list[float], n: int) -> None:
    rising = np.sort(statistics)
    p = p_value_from_limits(
        rising,
        n_studies=np.full(rising.size, n),
        grid_n=[25, 100, 400],
        probabilities=[0.5, 0.1, 0.01],
        limits=[[1.0, 1.0, 3.0], [1.0, 2.0, 3.5], [1.2, 2.0, 4.0]],
    )
    assert np.all(np.diff(p) <= 1e-12)
    assert np.all((p >= 0.01 - 1e-12) & (p <= 1))
