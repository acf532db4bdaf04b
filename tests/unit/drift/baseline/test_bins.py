import polars as pl
import pytest

from multisite.drift.baseline.bins import BIN_COLUMNS, quantile_edges, register_bins
from tests.unit.drift.builders import monitored


def test_edges_are_quantiles_rounded_to_readable_numbers() -> None:
    assert quantile_edges([i / 1000 for i in range(1000)], bins=4) == [0.25, 0.5, 0.75]
    assert quantile_edges([20 + 60 * i / 997 for i in range(998)], bins=5) == [32.0, 44.0, 56.0, 68.0]


def test_edges_rise_where_a_value_fills_several_quantiles() -> None:
    assert quantile_edges([1.25] * 80 + [2.5] * 20, bins=10) == [1.25, 2.5]


def test_a_rare_value_outside_all_quantiles_does_not_break_the_edges() -> None:
    assert quantile_edges([1.25] * 99 + [2.5], bins=10) == [1.25]


@pytest.mark.parametrize("constant", [0.0, 1.25, -3.0, 1200.0])
def test_a_constant_has_a_bin_of_its_own(constant: float) -> None:
    low, high = quantile_edges([constant] * 5, bins=10)
    assert low == constant < high <= constant + 0.01 * max(abs(constant), 1)


def test_no_value_has_no_edge_and_one_bin_for_any_value() -> None:
    reference = pl.DataFrame({"number_x": [None, None]}, schema={"number_x": pl.Float64})
    bins = register_bins(reference, bins=10, rare=1)
    assert bins["label"].to_list() == ["any value", "missing"]


def test_ranges_meet_and_the_outer_ones_are_open() -> None:
    bins = register_bins(monitored(500), bins=10, rare=5)
    assert bins.schema == BIN_COLUMNS
    ranges = bins.filter((pl.col("monitor") == "score_nodule_ai") & (pl.col("bin_kind") == "range"))
    assert ranges.height == 10
    assert (ranges["lower"][0], ranges["upper"][-1]) == (None, None)
    assert ranges["upper"].to_list()[:-1] == ranges["lower"].to_list()[1:]


def test_rare_categories_have_no_bin_of_their_own() -> None:
    reference = pl.DataFrame({"category_vendor": ["b"] * 5 + ["a"] * 5 + ["Dr Who's scanner"] * 4})
    assert register_bins(reference, bins=10, rare=5)["label"].to_list() == ["a", "b", "other", "missing"]
