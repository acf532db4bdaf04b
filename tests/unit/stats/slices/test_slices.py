"""Searching slices of errors, against filters row by row."""

from itertools import combinations

import numpy as np
import pytest

from multisite.stats import (
    ClusterMoments,
    CodedCases,
    Slice,
    SliceSums,
    beam_search,
    chosen_slices,
    is_within,
    patient_halves,
    slice_members,
    slice_sums,
    tree_search,
)

SEED = 11


def some_cases(n: int = 600, patients: int = 250) -> CodedCases:
    rng = np.random.default_rng(SEED)
    levels = rng.integers(0, 3, size=(n, 4))
    error = rng.random(n) < 0.1 + 0.4 * ((levels[:, 1] == 2) & (levels[:, 3] == 0))
    return CodedCases.of(levels, [3] * 4, error, rng.integers(0, patients, n))


def by_patient(cases: CodedCases, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    size = int(cases.patient.max()) + 1
    n = np.bincount(cases.patient[inside], minlength=size)
    return np.bincount(cases.patient[inside & cases.error], minlength=size), n


def plain_z(cases: CodedCases, inside: np.ndarray) -> float:
    (y, n), (all_y, all_n) = by_patient(cases, inside), by_patient(cases, np.ones_like(inside))
    r, f = all_y.sum() / all_n.sum(), n.sum() / all_n.sum()
    u = (y - r * n) - f * (all_y - r * all_n)
    return float(u.sum() / np.sqrt((u * u).sum()))


@pytest.mark.parametrize("patients", [250, 100_000])
def test_sums_are_those_of_each_slice_and_its_rest_patient_by_patient(patients: int) -> None:
    cases = some_cases(patients=patients)
    all_y, all_n = by_patient(cases, np.ones(cases.error.size, dtype=bool))
    everyone = ClusterMoments.from_clusters(all_y, all_n)
    sums = slice_sums(
        cases.levels[:, 1], cases.error, cases.patient, n_cells=3, patient_errors=all_y, patient_cases=all_n
    )
    z = sums.z(everyone)
    for level in range(3):
        inside = cases.levels[:, 1] == level
        (y, n), (rest_y, rest_n) = by_patient(cases, inside), by_patient(cases, ~inside)
        assert sums.moments(level) == ClusterMoments.from_clusters(y, n)
        assert sums.rest(level, everyone) == ClusterMoments.from_clusters(rest_y, rest_n)
        shared = sums.shared(level)
        assert shared.n_patients == ((n > 0) & (rest_n > 0)).sum()
        assert (shared.sum_yy, shared.sum_yn) == ((y * rest_y).sum(), (y * rest_n).sum())
        assert (shared.sum_ny, shared.sum_nn) == ((n * rest_y).sum(), (n * rest_n).sum())
        assert z[level] == pytest.approx(plain_z(cases, inside))


def test_sums_of_different_patients_add() -> None:
    cases = some_cases()
    first = cases.patient < 100

    def sums(part: CodedCases) -> SliceSums:
        y, n = by_patient(part, np.ones(part.error.size, dtype=bool))
        return slice_sums(part.levels[:, 0], part.error, part.patient, n_cells=3, patient_errors=y, patient_cases=n)

    added, whole = sums(cases.take(first)) + sums(cases.take(~first)), sums(cases)
    assert all(added.moments(level) == whole.moments(level) for level in range(3))
    assert all(added.shared(level) == whole.shared(level) for level in range(3))


def test_a_wide_beam_finds_every_slice_that_is_large_enough() -> None:
    cases = some_cases()
    found = {one.conditions: one.z for one in beam_search(cases, max_conditions=2, beam_width=500, minimum_patients=30)}
    expected = {}
    singles = [((column, (level,)),) for column in range(4) for level in range(3)]
    pairs = [(one[0], other[0]) for one, other in combinations(singles, 2) if one[0][0] != other[0][0]]
    for conditions in [*singles, *pairs]:
        inside = slice_members(cases.levels, conditions)
        enough = min(np.unique(cases.patient[inside]).size, np.unique(cases.patient[~inside]).size) >= 30
        if enough and plain_z(cases, inside) > 0:
            expected[tuple(sorted(conditions))] = plain_z(cases, inside)
    assert found == pytest.approx(expected)


def test_both_searches_find_the_planted_slice() -> None:
    planted = ((1, (2,)), (3, (0,)))
    beam = beam_search(some_cases(), max_conditions=2, beam_width=5, minimum_patients=20)
    leaves = tree_search(some_cases(), max_conditions=2, minimum_patients=20)
    assert beam[0].conditions == planted
    assert leaves[0].conditions == planted
    (first, *_) = chosen_slices(some_cases(), (*beam, *leaves), most=3)
    assert (first.conditions, first.found_by) == (planted, "beam and tree")


def test_leaves_do_not_overlap_and_an_ordered_column_is_cut_once() -> None:
    rng = np.random.default_rng(SEED)
    levels = rng.integers(0, 6, size=(900, 1))
    cases = CodedCases.of(levels, [6], rng.random(900) < np.where(levels[:, 0] >= 4, 0.5, 0.1), np.arange(900))
    (leaf, *_) = tree_search(cases, max_conditions=1, minimum_patients=20, ordered=(True,))
    assert leaf.conditions == ((0, (4, 5)),)
    deep = tree_search(some_cases(), max_conditions=3, minimum_patients=20)
    members = np.array([slice_members(some_cases().levels, one.conditions) for one in deep])
    assert members.sum(axis=0).max() == 1


def test_without_errors_or_with_nothing_else_no_slice_is_found() -> None:
    for error in (np.zeros(100, dtype=bool), np.ones(100, dtype=bool)):
        cases = CodedCases.of(np.arange(100)[:, None] % 2, [2], error, np.arange(100))
        assert beam_search(cases, max_conditions=2, beam_width=5, minimum_patients=5) == ()
        assert tree_search(cases, max_conditions=2, minimum_patients=5) == ()
    nobody = CodedCases.of(np.empty((0, 2), dtype=np.int64), [2, 2], [], [])
    assert beam_search(nobody, max_conditions=2, beam_width=5, minimum_patients=5) == ()
    assert tree_search(nobody, max_conditions=2, minimum_patients=5) == ()


def test_a_slice_that_narrows_or_repeats_one_that_stands_out_more_is_left_out() -> None:
    levels = np.array([[i % 2, i % 2, i // 2 % 2] for i in range(100)])
    cases = CodedCases.of(levels, [2, 2, 2], np.arange(100) % 5 == 0, np.arange(100))
    wide, same, narrow, other = ((0, (1,)),), ((1, (1,)),), ((0, (1,)), (2, (0,))), ((2, (0,)),)
    slices = [Slice(c, z, "beam") for c, z in ((wide, 4.0), (same, 3.9), (narrow, 3.0), (other, 2.0))]
    assert [one.conditions for one in chosen_slices(cases, slices, most=9)] == [wide, other]
    assert [one.conditions for one in chosen_slices(cases, slices, most=1)] == [wide]
    assert chosen_slices(cases, slices, most=9, least_z=5.0) == ()
    assert is_within(narrow, wide)
    assert not is_within(wide, narrow)


def test_halves_depend_on_name_and_seed_alone_and_are_about_equal() -> None:
    names = [f"p{i}" for i in range(4000)]
    dealt = patient_halves(names, seed=1)
    assert (patient_halves(names[::-1], seed=1) == dealt[::-1]).all()
    assert 1850 < dealt.sum() < 2150
    assert 0.4 < (patient_halves(names, seed=2) == dealt).mean() < 0.6


def test_levels_outside_their_column_and_odd_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="between 0 and the number of levels"):
        CodedCases.of([[2]], [2], [True], [0])
    with pytest.raises(ValueError, match="same cases and columns"):
        CodedCases.of([[1]], [2, 2], [True], [0])
