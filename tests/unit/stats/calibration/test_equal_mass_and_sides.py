"""Which bin a score falls into: sides, ties, edges and the ends of the scale."""

import numpy as np
import pytest

from multisite.stats import ClosedSide, ScoreCounts
from multisite.stats.calibration import (
    equal_mass_cell,
    equal_width_cell,
    expected_calibration_error,
    perfect_calibration,
    reliability,
)
from multisite.stats.calibration.binning import rising_cell


def test_closed_on_the_right_an_edge_belongs_to_the_bin_below_and_zero_to_the_first() -> None:
    edges = np.array([0.0, 0.1, 0.3, 0.5, 0.7, 1.0])
    assert equal_width_cell(edges, 10, closed="right").tolist() == [0, 0, 2, 4, 6, 9]
    assert equal_width_cell(edges, 10, closed="left").tolist() == [0, 1, 3, 5, 7, 9]


@pytest.mark.parametrize("closed", ["left", "right"])
def test_scores_that_rise_fall_into_the_same_cells_when_only_the_edges_are_looked_for(closed: ClosedSide) -> None:
    rng = np.random.default_rng(3)
    for n_cells in (1, 2, 7, 10, 29, 1000):
        edges = np.arange(n_cells + 1) / n_cells
        beside = np.concatenate([np.nextafter(edges, 0.0), np.nextafter(edges, 1.0), rng.random(50)])
        score = np.unique(np.concatenate([edges, beside]))
        assert (rising_cell(score, n_cells, closed=closed) == equal_width_cell(score, n_cells, closed=closed)).all()
    assert rising_cell(np.zeros(0), 5).size == 0


def test_sides_differ_at_the_edges_alone() -> None:
    for n_cells in range(1, 60):
        edges = np.arange(n_cells + 1) / n_cells
        assert equal_width_cell(edges, n_cells, closed="right").tolist() == [0, *range(n_cells)]
        inside = np.nextafter(edges[1:], 0)
        assert (equal_width_cell(inside, n_cells) == equal_width_cell(inside, n_cells, closed="right")).all()


def test_without_ties_bins_of_equal_mass_hold_as_many_on_either_side() -> None:
    ones = np.ones(100, dtype=np.int64)
    for closed in ("left", "right"):
        assert np.bincount(equal_mass_cell(ones, 10, closed=closed)).tolist() == [10] * 10


def test_edges_of_equal_mass_are_the_quantiles_of_numpy() -> None:
    rng = np.random.default_rng(3)
    score = rng.integers(0, 40, 333) / 40
    distinct, counts = np.unique(score, return_counts=True)
    cut = np.quantile(score, np.arange(1, 10) / 10, method="inverted_cdf")
    expected = np.searchsorted(cut, distinct, side="left")
    assert equal_mass_cell(counts, 10, closed="right").tolist() == expected.tolist()


def test_mirrored_scores_fall_into_mirrored_bins_closed_on_the_other_side() -> None:
    counts = np.array([3, 1, 7, 2, 2, 9, 4])
    left, right = equal_mass_cell(counts, 4), equal_mass_cell(counts[::-1].copy(), 4, closed="right")
    assert left.tolist() == (3 - right[::-1]).tolist()


def test_equal_scores_stay_together_and_leave_bins_empty() -> None:
    assert equal_mass_cell(np.array([90, 5, 5]), 10, closed="right").tolist() == [0, 9, 9]
    assert equal_mass_cell(np.array([100]), 10).tolist() == [9]
    assert equal_mass_cell(np.array([], dtype=np.int64), 3).tolist() == []


def test_a_table_of_equal_mass_has_the_outermost_scores_as_edges_and_nan_where_it_is_empty() -> None:
    counts = ScoreCounts([0.1, 0.2, 0.4, 0.9], [1, 1, 1, 1], [0, 0, 0, 1])
    table = reliability(counts, n_bins=5, binning="equal mass")
    assert table.n_cases.sum() == 5
    assert table.bin_low[0] == 0.1
    assert np.isnan(table.bin_high[table.n_cases == 0]).all()


def test_a_score_of_one_is_in_the_last_bin_and_an_edge_where_its_side_says() -> None:
    counts = ScoreCounts([0.5, 1.0], [1, 1], [1, 0])
    # Left: 0.5 and 1.0 share the upper of two bins: |2 - 2| / 3. Right: 0.5 is below: |1 - 1| + |1 - 1|.
    assert expected_calibration_error(counts, n_bins=2).estimate == pytest.approx(0)
    shifted = ScoreCounts([0.5, 1.0], [0, 1], [2, 0])
    assert expected_calibration_error(shifted, n_bins=2).estimate == pytest.approx(1 / 3)
    mixed = ScoreCounts([0.5, 1.0], [0, 1], [1, 1])
    # Left: one bin, observed 1, expected 2.5. Right: 0 against 0.5, and 1 against 2.
    assert expected_calibration_error(mixed, n_bins=2).estimate == pytest.approx(1.5 / 3)
    right = expected_calibration_error(mixed, n_bins=2, closed="right")
    assert right.estimate == pytest.approx((0.5 + 1.0) / 3)
    assert right.ci_method == "none; 2 bins of equal width closed on the right, positive class"


@pytest.mark.parametrize("name", ["binning", "closed", "target"])
def test_an_unknown_name_is_refused_by_its_argument(name: str) -> None:
    with pytest.raises(ValueError, match=f"`{name}` must be"):
        expected_calibration_error(ScoreCounts([0.2], [1], [1]), **{name: "other"})


@pytest.mark.parametrize(("n", "n_cells", "levels"), [(333, 10, None), (47, 7, None), (200, 10, 23), (9, 10, None)])
def test_linear_edges_are_the_default_quantiles_of_numpy_on_either_side(
    n: int, n_cells: int, levels: int | None
) -> None:
    rng = np.random.default_rng(n)
    score = rng.random(n) if levels is None else rng.integers(0, levels, n) / levels
    distinct, counts = np.unique(score, return_counts=True)
    # Ranks that are whole numbers are cut as such: a rounded product may put the edge beside its own score.
    position = [divmod((n - 1) * k, n_cells) for k in range(1, n_cells)]
    ordered = np.sort(score)
    cut = np.array([ordered[i] + (ordered[i + (r > 0)] - ordered[i]) * r / n_cells for i, r in position])
    assert cut == pytest.approx(np.quantile(score, np.arange(1, n_cells) / n_cells))
    for closed, side in (("right", "left"), ("left", "right")):
        expected = np.searchsorted(cut, distinct, side=side)
        assert equal_mass_cell(counts, n_cells, closed=closed, quantiles="linear").tolist() == expected.tolist()


def test_linear_edges_of_no_case_and_of_one() -> None:
    assert equal_mass_cell(np.array([], dtype=np.int64), 3, quantiles="linear").tolist() == []
    for closed, cell in (("right", 0), ("left", 0)):
        assert equal_mass_cell(np.array([1]), 3, closed=closed, quantiles="linear").tolist() == [cell]


def test_mirrored_scores_fall_into_mirrored_bins_of_linear_edges() -> None:
    counts = np.array([3, 1, 7, 2, 2, 9, 4])
    left = equal_mass_cell(counts, 4, quantiles="linear")
    right = equal_mass_cell(counts[::-1].copy(), 4, closed="right", quantiles="linear")
    assert left.tolist() == (3 - right[::-1]).tolist()


def test_a_null_of_other_quantiles_is_refused_and_the_method_names_them() -> None:
    rng = np.random.default_rng(5)
    score = rng.random(53)
    counts = ScoreCounts.from_cases(rng.random(53) < score, score)
    null = perfect_calibration(counts, rng=rng, n_replicates=20, binning="equal mass", quantiles="linear")
    found = expected_calibration_error(counts, null=null, binning="equal mass", quantiles="linear")
    assert found.null_95 is not None
    assert "equal mass by linear quantiles closed on the left" in found.ci_method
    assert "quantiles" not in expected_calibration_error(counts).ci_method
    with pytest.raises(ValueError, match="other bins"):
        reliability(counts, null=null, binning="equal mass")
    with pytest.raises(ValueError, match="`quantiles`"):
        reliability(counts, quantiles="nearest")  # type: ignore[arg-type]  # what is refused
