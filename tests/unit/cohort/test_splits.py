from datetime import date

import polars as pl
import pytest

from multisite.cohort.flow import apply_rules
from multisite.cohort.splits import (
    SplitByDrawnLevels,
    SplitByLevels,
    SplitByPatient,
    SplitBySite,
    SplitByTime,
    SplitParameters,
    make_splits,
    split_in_words,
    split_rules,
)
from multisite.errors import ConfigError, SchemaError
from tests.lib.tables import table

SHARES = (("train", 0.5), ("test", 0.5))
BY_PATIENT = SplitByPatient(SHARES, 7, strata=(), references=())
BY_TIME = SplitByTime(date(2024, 3, 1), date(2024, 5, 1), "exclude_later")
BY_LEVELS = SplitByLevels("device", (("d3", "test"), ("d2", "tune")), "train", "exclude_later")
BY_DRAWN_LEVELS = SplitByDrawnLevels("device", SHARES, 7, "keep")

CASES = table(
    """
    case_id | patient_id | case_date  | device
    c1      | p1         | 2024-02-28 | d3
    c2      | p1         | 2024-03-01 | d1
    c3      | p2         | 2024-04-30 | d2
    c4      | p2         | 2024-05-01 | d2
    c5      | p3         | -          | -
    c6      | p3         | 2024-05-02 | d9
    """,
    case_date=pl.Date(),
)


def splits(rule: SplitParameters, cases: pl.DataFrame = CASES) -> dict[str, str | None]:
    return dict(make_splits(cases, rule, site="north").sort("case_id").rows())


def excluded(rule: SplitParameters, cases: pl.DataFrame = CASES) -> dict[str, str]:
    made = cases.join(make_splits(cases, rule, site="north"), on="case_id", how="left")
    judged = apply_rules(made, split_rules(rule)).filter(~pl.col("included"))
    return dict(judged.sort("case_id").select("case_id", "exclusion_rule").rows())


def test_all_cases_of_a_patient_go_to_one_split() -> None:
    found = splits(BY_PATIENT)
    assert found["c1"] == found["c2"]
    assert found["c3"] == found["c4"]
    assert found["c5"] == found["c6"]
    assert excluded(BY_PATIENT) == {}


def test_a_date_is_the_first_day_of_its_split() -> None:
    assert list(splits(BY_TIME).values()) == ["train", "tune", "tune", "test", None, "test"]


def test_without_a_date_for_tuning_all_that_is_earlier_is_training() -> None:
    rule = SplitByTime(None, date(2024, 5, 1), "keep")
    assert list(splits(rule).values()) == ["train", "train", "train", "test", None, "test"]


def test_cases_in_another_split_than_the_earliest_are_excluded_and_undated_ones_have_no_split() -> None:
    assert excluded(BY_TIME) == {"c2": "straddles_splits", "c4": "straddles_splits", "c5": "no_split"}


def test_straddling_patients_may_be_kept_for_the_check_to_find() -> None:
    assert excluded(SplitByTime(date(2024, 3, 1), date(2024, 5, 1), "keep")) == {"c5": "no_split"}


def test_a_patient_is_kept_where_the_earliest_included_case_is() -> None:
    judged = apply_rules(CASES.with_columns(pl.lit("train").alias("split")), [])
    judged = judged.with_columns(
        pl.when(case_id="c1").then(pl.lit("test")).otherwise("split").alias("split"),
        pl.when(case_id="c1").then(False).otherwise("included").alias("included"),
    )
    later = apply_rules(judged, split_rules(BY_TIME))
    assert later.filter(pl.col("exclusion_rule") == "straddles_splits").is_empty()


def test_of_cases_on_one_day_the_smallest_id_is_the_earliest_and_undated_ones_come_last() -> None:
    cases = table(
        """
        case_id | patient_id | case_date  | device
        c1      | p1         | -          | d3
        c3      | p1         | 2024-01-01 | d2
        c2      | p1         | 2024-01-01 | d1
        """,
        case_date=pl.Date(),
    )
    assert excluded(BY_LEVELS, cases) == {"c1": "straddles_splits", "c3": "straddles_splits"}


def test_all_cases_of_a_site_are_in_the_split_of_the_site() -> None:
    assert set(splits(SplitBySite("tune")).values()) == {"tune"}
    assert split_rules(SplitBySite("tune")) == []


def test_a_site_that_the_study_file_puts_nowhere_is_a_fault_of_the_setup() -> None:
    with pytest.raises(ConfigError, match="into no split") as caught:
        splits(SplitBySite(None))
    assert caught.value.place == "site north, `cohort.split.sites`"
    assert caught.value.remedy


def test_levels_go_where_they_are_named_and_all_others_to_the_rest() -> None:
    assert list(splits(BY_LEVELS).values()) == ["test", "train", "tune", "tune", None, "train"]


def test_drawn_levels_are_whole() -> None:
    found = splits(BY_DRAWN_LEVELS)
    assert found["c3"] == found["c4"]
    assert found["c5"] is None
    assert excluded(BY_DRAWN_LEVELS) == {"c5": "no_split"}


def test_a_number_may_be_a_level_and_one_that_is_none_is_missing() -> None:
    cases = CASES.with_columns(pl.Series("clinical_dose", [1.5, 1.5, float("nan"), 2.0, None, 2.0]))
    rule = SplitByLevels("clinical_dose", (("1.5", "test"),), "train", "keep")
    assert list(splits(rule, cases).values()) == ["test", "test", None, "train", None, "train"]


def test_a_split_by_a_column_that_does_not_exist_is_a_fault_of_the_setup() -> None:
    with pytest.raises(SchemaError, match="no column `clinical_ward`"):
        splits(SplitByLevels("clinical_ward", (("a", "test"),), "train", "keep"))


@pytest.mark.parametrize("rule", [BY_PATIENT, BY_TIME, SplitBySite("test"), BY_LEVELS, BY_DRAWN_LEVELS])
def test_no_case_gives_no_split(rule: SplitParameters) -> None:
    assert splits(rule, CASES.clear()) == {}


def test_the_reason_of_a_case_without_split_says_what_is_missing() -> None:
    assert split_rules(BY_TIME)[0].reason == "The case has no date, by which the split is made"
    assert split_rules(BY_LEVELS)[0].reason == "Column `device` has no value, by which the split is made"
    assert split_in_words(BY_LEVELS) == "column `device`"
