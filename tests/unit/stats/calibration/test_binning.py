"""Equal-width cells agree with the comparison that a threshold makes."""

import numpy as np
import pytest

from multisite.stats import equal_width_cell


def test_every_edge_belongs_to_the_cell_above_and_one_to_the_last() -> None:
    for n_cells in (1, 3, 7, 10, 100, 1000):
        edges = np.arange(n_cells + 1) / n_cells
        assert equal_width_cell(edges, n_cells).tolist() == [*range(n_cells), n_cells - 1]
        below = np.nextafter(edges[1:], 0)
        assert equal_width_cell(below, n_cells).tolist() == list(range(n_cells))


def test_decimals_as_written_fall_where_a_reader_expects() -> None:
    # 0.29 · 100 is 28.999… in binary.
    assert equal_width_cell(np.array([0.29, 0.57, 0.58]), 100).tolist() == [29, 57, 58]


@pytest.mark.parametrize("score", [-0.01, 1.01, float("nan")])
def test_scores_outside_the_unit_interval_are_refused(score: float) -> None:
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        equal_width_cell(np.array([score]), 10)


def test_no_cell_is_refused() -> None:
    with pytest.raises(ValueError, match="1 or more"):
        equal_width_cell(np.array([0.5]), 0)
