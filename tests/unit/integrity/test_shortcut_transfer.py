"""Levels of acquisition attributes, their counts, and what one site's cases get from the other sites' counts."""

import numpy as np
import polars as pl
import pytest

from multisite.integrity.shortcuts.header_scores import ATTRIBUTES
from multisite.integrity.shortcuts.levels import LEVEL_COLUMNS, attribute_label_counts, attribute_levels
from multisite.integrity.shortcuts.transfer import learnt_at_other_sites
from multisite.schemas.cohort import COHORT
from multisite.schemas.shortcuts import ATTRIBUTE_LABEL_COUNTS
from multisite.stats import LevelCounts, ScoreEstimate, auc, learnt_elsewhere, level_shares
from multisite.vocabulary import ALL_SITES, EstimateStatus


def cases_with(**columns: list[object]) -> pl.DataFrame:
    """Test cases of one patient each, every attribute missing that is not given."""
    n = len(next(iter(columns.values())))
    made = {
        "site": ["north"] * n,
        "case_id": [f"c{i}" for i in range(n)],
        "patient_id": [f"p{i}" for i in range(n)],
        "reference_nodule": [i % 2 == 0 for i in range(n)],
    } | columns
    frame = pl.DataFrame(made)
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in COHORT.schema.items() if name not in frame.columns]
    return frame.with_columns(absent).with_columns(pl.col(n).cast(COHORT.schema[n]) for n in ATTRIBUTES)


def counts(*rows: tuple[str, str, int, int]) -> pl.DataFrame:
    """Rows of ATTRIBUTE_LABEL_COUNTS of the vendor: site, level, positives, negatives."""
    made = [(site, "nodule", "vendor", level, p + n, p, n, p, n) for site, level, p, n in rows]
    return pl.DataFrame(made, schema=ATTRIBUTE_LABEL_COUNTS.schema, orient="row")


def transfer(*rows: tuple[str, str, int, int]) -> dict[str, ScoreEstimate]:
    return dict(learnt_at_other_sites(counts(*rows), ci_level=0.95)["nodule", "vendor"])


def test_a_number_is_banded_a_missing_value_is_a_level_and_a_rare_one_is_not() -> None:
    thickness = [0.7] * 5 + [1.0] * 6 + [5.0] * 5 + [2.5] * 4 + [None, float("nan")]
    levels = attribute_levels(cases_with(slice_thickness_mm=thickness))["stratum_slice_thickness_mm"]
    assert levels.to_list() == ["<1"] * 5 + ["1–<2"] * 6 + ["≥5"] * 5 + ["other"] * 4 + ["unknown"] * 2


def test_every_number_among_the_attributes_has_bands() -> None:
    levelled = attribute_levels(cases_with(vendor=["GE"] * 3))
    assert {levelled.schema[column] for column in LEVEL_COLUMNS} == {pl.String()}


def test_rare_is_what_few_patients_have_and_not_what_few_cases_have() -> None:
    frame = cases_with(vendor=["Rare"] * 8 + ["Often"] * 8)
    one_patient = frame.with_columns(pl.when(pl.col("vendor") == "Rare").then(pl.lit("p")).otherwise("patient_id"))
    renamed = one_patient.with_columns(pl.col("literal").alias("patient_id")).drop("literal")
    assert set(attribute_levels(renamed)["stratum_vendor"]) == {"other", "Often"}


def test_no_pseudonym_of_a_device_leaves_the_site() -> None:
    frame = cases_with(device=["digest-b"] * 6 + ["digest-a"] * 9 + [None])
    levelled = attribute_levels(frame)
    assert levelled["stratum_device"].to_list() == ["device 2"] * 6 + ["device 1"] * 9 + ["unknown"]
    counted = attribute_label_counts(levelled, findings=["nodule"])
    assert "digest" not in counted.write_json()


def test_patients_and_cases_of_each_label_are_counted_in_every_level() -> None:
    frame = cases_with(vendor=["GE"] * 12 + ["Canon"] * 12).with_columns(
        pl.Series("patient_id", [f"p{i // 2}" for i in range(24)]),
        pl.Series("reference_nodule", [True] * 5 + [False] * 6 + [None] + [False] * 12),
    )
    counted = attribute_label_counts(
        frame.with_columns(pl.col(name).cast(pl.String).alias(f"stratum_{name}") for name in ATTRIBUTES),
        findings=["nodule"],
    )
    rows = ATTRIBUTE_LABEL_COUNTS.conform(counted.filter(attribute="vendor"))
    assert rows.rows() == [
        ("north", "nodule", "vendor", "Canon", 6, 0, 6, 0, 12),
        ("north", "nodule", "vendor", "GE", 6, 3, 4, 5, 6),
    ]


def test_a_value_is_rare_by_the_patients_of_the_finding() -> None:
    frame = cases_with(vendor=["GE"] * 6 + ["Canon"] * 9).with_columns(
        pl.Series("reference_nodule", [True] * 4 + [None, None] + [False] * 9)
    )
    counted = attribute_label_counts(attribute_levels(frame), findings=["nodule"]).filter(attribute="vendor")
    assert sorted(counted.select("level", "n_patients").rows()) == [("Canon", 9), ("other", 4)]


def test_a_text_with_a_long_number_is_no_level() -> None:
    versions = ["VA48A"] * 6 + ["VA48A\\SN 1234567"] * 6 + ["v" * 33] * 6
    levelled = attribute_levels(cases_with(software_versions=versions))
    assert levelled["stratum_software_versions"].to_list() == ["VA48A"] * 6 + ["other"] * 12


def test_a_share_is_drawn_towards_that_of_all_cases_and_an_unseen_level_has_it() -> None:
    shares = level_shares(LevelCounts(np.array([30, 0, 0]), np.array([10, 20, 0])))
    assert shares.tolist() == pytest.approx([(30 + 2.5) / 45, 2.5 / 25, 0.5])
    assert level_shares(LevelCounts(np.zeros(1, np.int64), np.zeros(1, np.int64))).tolist() == [0.5]


def test_scores_come_from_the_other_groups_alone() -> None:
    here, elsewhere = LevelCounts(np.array([1, 9]), np.array([9, 1])), LevelCounts(np.array([9, 1]), np.array([1, 9]))
    # Here the second level has the positives; the others say the first.
    assert auc(learnt_elsewhere(here, elsewhere)).estimate == pytest.approx(0.1 * 0.1 + 0.5 * 2 * 0.1 * 0.9)


def test_a_habit_that_all_sites_share_is_told_at_each_of_them() -> None:
    habit = [(site, *row) for site in ("a", "b", "c") for row in (("GE", 40, 20), ("Canon", 20, 120))]
    found = transfer(*habit)
    assert set(found) == {"a", "b", "c", ALL_SITES}
    assert found["a"].estimate == pytest.approx((40 * 120 + 0.5 * (40 * 20 + 20 * 120)) / (60 * 140))
    assert found[ALL_SITES].estimate == pytest.approx(found["a"].estimate)
    assert found[ALL_SITES].ci_low is not None
    assert found[ALL_SITES].ci_low > 0.65


def test_a_habit_that_is_turned_around_at_one_site_lies_below_one_half_there() -> None:
    same = [(site, *row) for site in ("a", "b") for row in (("GE", 40, 20), ("Canon", 20, 120))]
    found = transfer(*same, ("c", "GE", 20, 120), ("c", "Canon", 40, 20))
    assert found["c"].ci_high is not None
    assert found["c"].ci_high < 0.4


def test_levels_that_no_other_site_has_say_nothing_and_make_no_interval() -> None:
    found = transfer(("a", "GE", 9, 9), ("a", "Canon", 9, 9), ("b", "Philips", 9, 9), ("b", "Siemens", 9, 9))
    assert (found["a"].estimate, found["a"].status) == (0.5, EstimateStatus.INSUFFICIENT)
    assert found[ALL_SITES].reason == "no site has levels that the others tell apart"


def test_a_site_with_one_level_has_nothing_to_rank_but_teaches_the_others() -> None:
    found = transfer(("a", "GE", 40, 20), ("a", "Canon", 20, 120), ("b", "GE", 9, 2), ("c", "Canon", 2, 9))
    assert set(found) == {"a", ALL_SITES}
    assert found["a"].estimate is not None
    assert found["a"].estimate > 0.6


def test_the_only_site_has_nobody_to_learn_from() -> None:
    found = transfer(("a", "GE", 40, 20), ("a", "Canon", 20, 120))
    assert {area.status for area in found.values()} == {EstimateStatus.UNDEFINED}
    assert {area.reason for area in found.values()} == {"no other site has cases with and without the finding"}


@pytest.mark.slow
def test_without_a_signal_what_is_learnt_elsewhere_is_at_one_half_on_average() -> None:
    rng = np.random.default_rng(8)
    areas = []
    for _ in range(300):
        level, label = rng.integers(0, 4, (3, 150)), rng.random((3, 150)) < 0.3
        rows = [
            (site, f"v{v}", int((label[i] & (level[i] == v)).sum()), int((~label[i] & (level[i] == v)).sum()))
            for i, site in enumerate("abc")
            for v in range(4)
        ]
        areas.append(transfer(*rows)[ALL_SITES])
    assert np.mean([area.estimate for area in areas]) == pytest.approx(0.5, abs=0.01)
    held = [area.ci_low <= 0.5 <= area.ci_high for area in areas if area.ci_low and area.ci_high]
    # The sites teach one another, so their errors are not independent: the plain interval holds in 83 of 100 only.
    assert np.mean(held) > 0.92


def test_device_numbers_are_not_compared_over_sites() -> None:
    rows = counts(("a", "device 1", 9, 2), ("a", "device 2", 2, 9), ("b", "device 1", 9, 2), ("b", "device 2", 2, 9))
    renamed = rows.with_columns(pl.lit("device").alias("attribute"))
    assert learnt_at_other_sites(renamed, ci_level=0.95) == {}
