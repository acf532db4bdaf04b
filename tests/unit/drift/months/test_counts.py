import polars as pl

from multisite.drift.baseline.bins import register_bins
from multisite.drift.months.counts import count_on_bins, moments_of_numbers
from multisite.schemas.drift import DRIFT_COUNTS
from multisite.schemas.drift_baseline import DRIFT_MOMENTS
from tests.unit.drift.builders import monitored

BEFORE = pl.DataFrame({"category_vendor": ["Alpha"] * 6 + ["Beta"] * 5 + ["Rare"] * 2 + [None] * 3})


def counted(reference: pl.DataFrame, studies: pl.DataFrame) -> pl.DataFrame:
    bins = register_bins(reference, bins=10, rare=5)
    counts = count_on_bins(studies, bins, reference=reference, rare=5, site="north", window="2026-01")
    return DRIFT_COUNTS.conform(counts)


def by_label(vendors: list[str | None]) -> dict[tuple[str, str], int]:
    counts = counted(BEFORE, pl.DataFrame({"category_vendor": vendors}, schema={"category_vendor": pl.String}))
    return {(row["bin_kind"], row["label"]): row["n_studies"] for row in counts.iter_rows(named=True)}


def test_the_reference_on_its_own_bins() -> None:
    assert by_label(BEFORE["category_vendor"].to_list()) == {
        ("category", "Alpha"): 6,
        ("category", "Beta"): 5,
        ("other", "other"): 2,
        ("missing", "missing"): 3,
    }


def test_an_unseen_category_is_named_when_it_is_not_rare() -> None:
    counts = by_label(["New"] * 5 + ["Alpha"])
    assert counts[("unseen", "New")] == 5
    assert counts[("other", "other")] == 0


def test_an_unseen_category_that_is_rare_is_counted_among_the_others() -> None:
    counts = by_label(["New"] * 4 + ["Alpha"])
    assert counts[("other", "other")] == 4
    assert ("unseen", "New") not in counts


def test_a_category_that_was_rare_before_stays_among_the_others() -> None:
    assert by_label(["Rare"] * 50)[("other", "other")] == 50


def test_a_category_called_other_or_missing_is_not_mixed_up_with_the_bins_of_that_name() -> None:
    counts = by_label(["other"] * 5 + ["missing"] * 6 + [None] * 2 + ["once"])
    assert (counts[("unseen", "other")], counts[("unseen", "missing")]) == (5, 6)
    assert (counts[("other", "other")], counts[("missing", "missing")]) == (1, 2)


def test_a_range_holds_its_lower_edge_and_not_its_upper() -> None:
    reference = pl.DataFrame({"number_x": [float(i) for i in range(100)]})
    counts = counted(reference, pl.DataFrame({"number_x": [-5.0, 9.0, 18.9, 19.0, 1e9, None]}))
    found = {row["label"]: row["n_studies"] for row in counts.iter_rows(named=True) if row["n_studies"]}
    assert found == {"<9": 1, "9–<19": 2, "19–<29": 1, "≥89": 1, "missing": 1}


def test_counts_of_every_monitor_add_up_to_the_studies() -> None:
    reference, month = monitored(300), monitored(77, seed=5, shift=0.3)
    month = month.with_columns(pl.when(pl.int_range(pl.len()) > 40).then(pl.col("category_vendor")))
    totals = counted(reference, month).group_by("monitor").agg(pl.col("n_studies").sum())
    assert sorted(totals["monitor"]) == ["age_years", "score_nodule_ai", "vendor"]
    assert set(totals["n_studies"]) == {77}


def test_a_window_without_studies_has_counts_of_zero() -> None:
    counts = counted(monitored(100), monitored(0))
    assert counts.height > 0
    assert counts["n_studies"].sum() == 0


WITHIN = pl.DataFrame(
    {
        "share_alert_nodule_ai": [True, False, None, True, False, True],
        "category_vendor": ["Alpha", "Alpha", "Alpha", "other", None, "Rare"],
        "number_age_years": [50.0, 60.0, 70.0, 80.0, 90.0, None],
    }
)
SEEN = pl.DataFrame(
    {
        "share_alert_nodule_ai": [True, False] * 5,
        "category_vendor": ["Alpha"] * 5 + ["other"] * 5,
        "number_age_years": [50.0, 70.0] * 5,
    }
)
AXES = {"alert_nodule_ai": ("category_vendor",), "age_years": ("category_vendor",)}


def test_a_share_is_counted_within_named_levels_and_all_else_is_one_level_even_where_a_value_is_called_so() -> None:
    bins = register_bins(SEEN, bins=4, rare=5)
    counts = DRIFT_COUNTS.conform(
        count_on_bins(WITHIN, bins, reference=SEEN, rare=5, site="north", window="2026-01", axes=AXES)
    )
    alert = counts.filter(monitor="alert_nodule_ai").select("axis", "level", "label", "n_studies").rows()
    assert alert == [
        ("overall", "overall", "yes", 3), ("overall", "overall", "no", 2), ("overall", "overall", "missing", 1),
        ("vendor", "Alpha", "yes", 1), ("vendor", "Alpha", "no", 1), ("vendor", "Alpha", "missing", 1),
        ("vendor", "other", "yes", 2), ("vendor", "other", "no", 1), ("vendor", "other", "missing", 0),
    ]  # fmt: skip


def test_moments_are_of_all_studies_and_of_each_level_and_of_nothing_are_missing() -> None:
    bins = register_bins(SEEN, bins=4, rare=5)
    own = {"site": "north", "window": "2026-01", "baseline": "b", "axes": AXES}
    moments = DRIFT_MOMENTS.conform(moments_of_numbers(WITHIN, bins, **own))
    assert moments.select("level", "n_studies", "mean", "standard_deviation").rows() == [
        ("overall", 5, 70.0, 15.8113883008),
        ("Alpha", 3, 60.0, 10.0),
        ("other", 2, 85.0, 7.07106781187),
    ]
    nothing = moments_of_numbers(WITHIN.clear(), bins, **own)
    assert nothing.select("n_studies", "mean", "standard_deviation").unique().rows() == [(0, None, None)]
