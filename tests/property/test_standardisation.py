"""What must hold of every standardised result, whatever the counts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multisite.stats import ClusterMoments, ScoreCounts, auc
from multisite.stats.standardisation import (
    CellShares,
    TargetMix,
    cell_support,
    filled_bounds,
    mix_of_counts,
    population_shares,
    raked_shares,
    standardised_auc,
    standardised_predictive_values,
    standardised_proportion,
)
from tests.lib.examples import examples

COUNT = st.integers(0, 9)
GRID = [0.1, 0.3, 0.5, 0.7, 0.9]
THRESHOLD = 0.5


@st.composite
def cells(draw: st.DrawFn, least: int = 1, most: int = 5) -> list[ScoreCounts]:
    """Cells on one grid of scores, each with positives and with negatives."""
    found = []
    for _ in range(draw(st.integers(least, most))):
        positive, negative = (draw(st.lists(COUNT, min_size=5, max_size=5).filter(any)) for _ in range(2))
        found.append(ScoreCounts(GRID, positive, negative))
    return found


def alone(y: int, n: int) -> ClusterMoments:
    return ClusterMoments(n, y, n, y, y, n)


def sensitivity(cell: ScoreCounts) -> ClusterMoments:
    return alone(int(cell.n_positive[cell.score >= THRESHOLD].sum()), cell.positives)


def specificity(cell: ScoreCounts) -> ClusterMoments:
    return alone(int(cell.n_negative[cell.score < THRESHOLD].sum()), cell.negatives)


def prevalence(cell: ScoreCounts) -> ClusterMoments:
    return alone(cell.positives, cell.positives + cell.negatives)


def added(of: list[ScoreCounts]) -> ScoreCounts:
    return ScoreCounts(GRID, sum(c.n_positive for c in of), sum(c.n_negative for c in of))


def mix(of: list[ScoreCounts], counts: list[int]) -> TargetMix:
    return mix_of_counts(population_shares(counts), [prevalence(cell) for cell in of])


def results(of: list[ScoreCounts], target: TargetMix) -> list[float | None]:
    values = standardised_predictive_values([sensitivity(c) for c in of], [specificity(c) for c in of], target)
    found = [
        standardised_proportion([sensitivity(c) for c in of], target.positive),
        standardised_proportion([specificity(c) for c in of], target.negative),
        standardised_auc(of, target),
        values.ppv,
        values.npv,
    ]
    return [number for e in found for number in (e.estimate, e.ci_low, e.ci_high)]


@given(cells())
@examples(150)
def test_a_target_like_the_source_gets_the_sources_pooled_values(of: list[ScoreCounts]) -> None:
    found = results(of, mix(of, [c.positives + c.negatives for c in of]))
    whole = added(of)
    for position, expected in (
        (0, sensitivity(whole).sum_y / whole.positives),
        (3, specificity(whole).sum_y / whole.negatives),
        (6, auc(whole).estimate),
    ):
        assert found[position] == pytest.approx(expected, abs=1e-9)


@given(cells(least=2), st.data())
@examples(100)
def test_the_order_of_the_cells_changes_nothing(of: list[ScoreCounts], data: st.DataObject) -> None:
    counts = data.draw(st.lists(st.integers(1, 50), min_size=len(of), max_size=len(of)))
    order = data.draw(st.permutations(range(len(of))))
    first = results(of, mix(of, counts))
    second = results([of[k] for k in order], mix([of[k] for k in order], [counts[k] for k in order]))
    assert [x is None for x in first] == [x is None for x in second]
    assert [x for x in first if x is not None] == pytest.approx([x for x in second if x is not None], abs=1e-9)


@given(cells(most=3), st.data())
@examples(100)
def test_merging_two_cells_that_are_alike_changes_no_estimate(of: list[ScoreCounts], data: st.DataObject) -> None:
    counts = data.draw(st.lists(st.integers(1, 50), min_size=len(of), max_size=len(of)))
    more = data.draw(st.integers(0, 50))
    apart = results([*of, of[0]], mix([*of, of[0]], [*counts, more]))
    merged = [added([of[0], of[0]]), *of[1:]]
    together = results(merged, mix(merged, [counts[0] + more, *counts[1:]]))
    assert [x for x in apart[::3] if x is not None] == pytest.approx([x for x in together[::3] if x is not None])


@given(cells(), st.data())
@examples(150)
def test_an_interval_holds_its_estimate_and_the_bounds_hold_both(of: list[ScoreCounts], data: st.DataObject) -> None:
    counts = data.draw(st.lists(st.integers(0, 50), min_size=len(of), max_size=len(of)).filter(any))
    target = mix(of, counts)
    lacking = data.draw(st.floats(0, 1))
    for found in (
        standardised_proportion([sensitivity(c) for c in of], target.positive),
        standardised_auc(of, target),
    ):
        bounds = filled_bounds(found, lacking)
        assert 0 <= bounds.low <= found.estimate + 1e-12 <= bounds.high + 2e-12
        assert bounds.high <= 1
        if found.ci_low is not None:
            assert 0 <= found.ci_low <= found.estimate <= found.ci_high <= 1
            assert bounds.ci_low <= bounds.low + 1e-12
            assert bounds.high <= bounds.ci_high + 1e-12


@given(st.lists(st.integers(1, 60), min_size=6, max_size=6), st.data())
@examples(100)
def test_raking_reproduces_the_margins(seed: list[int], data: st.DataObject) -> None:
    levels = np.array([[0, 0, 0, 1, 1, 1], [0, 1, 2, 0, 1, 2]])
    margins = [data.draw(st.lists(st.integers(1, 99), min_size=n, max_size=n)) for n in (2, 3)]
    found = raked_shares(seed, levels, margins, max_ratio=1e9).found
    for axis, margin in zip(levels, margins, strict=True):
        held = np.bincount(axis, weights=found.share)
        assert held == pytest.approx(np.array(margin) / sum(margin), abs=1e-8)
    # A margin of its own sample has no more error than that sample: raking moves no share of a level.
    assert np.abs(found.sources.sum(axis=1)).max() < 1e-9


@given(st.lists(st.integers(0, 40), min_size=1, max_size=8).filter(any), st.data())
@examples(100)
def test_support_is_the_share_of_what_lacks_it(counts: list[int], data: st.DataObject) -> None:
    patients = data.draw(st.lists(st.integers(0, 20), min_size=len(counts), max_size=len(counts)))
    shares: CellShares = population_shares(counts)
    found = cell_support(shares, patients)
    expected = sum(n for n, held in zip(counts, patients, strict=True) if held < 10) / sum(counts)
    assert found.unsupported == pytest.approx(expected)
    assert all(patients[k] < 10 and counts[k] for k in found.lacking)
