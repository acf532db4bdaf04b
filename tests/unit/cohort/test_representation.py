"""Splits, sites and a target population held against each other, from counts that can be added up by eye."""

import polars as pl
import pytest

from multisite.cohort.representation import coverage_table, representation_table
from multisite.cohort.representation_stage import REPRESENTATION_STAGE
from multisite.errors import ConfigError
from multisite.schemas.representation import COVERAGE, REPRESENTATION
from multisite.study import Study
from tests.lib.report_frames import study
from tests.lib.tables import table

COMPOSITION = """
site  | split | finding | stratum | level   | level_order | n_patients | n_positive_patients
north | train | nodule  | overall | overall | 0           | 100        | 30
north | train | nodule  | sex     | F       | 0           | 60         | 20
north | train | nodule  | sex     | M       | 1           | 40         | 10
north | test  | nodule  | sex     | F       | 0           | 30         | 9
north | test  | nodule  | sex     | M       | 1           | 68         | 22
north | test  | nodule  | sex     | unknown | 2           | 2          | 0
south | test  | nodule  | sex     | F       | 0           | 50         | 10
south | test  | nodule  | sex     | M       | 1           | 50         | 11
"""


def composition(text: str = COMPOSITION) -> pl.DataFrame:
    whole = pl.Int64()
    return table(text, level_order=whole, n_patients=whole, n_positive_patients=whole)


def compared(comparison: str, *, target: dict[str, dict[str, float]] | None = None) -> pl.DataFrame:
    rows = representation_table(composition(), strata=["sex"], target=target or {})
    return REPRESENTATION.conform(rows).filter(comparison=comparison)


def test_splits_are_compared_within_each_site_and_over_all_sites() -> None:
    rows = compared("splits")
    pairs = rows.select("site", "first", "second", "n_patients_first", "n_patients_second").rows()
    assert pairs == [("north", "train", "test", 100, 100), ("all sites", "train", "test", 100, 200)]
    north = rows.row(0, named=True)
    assert (north["level"], north["share_first"], north["share_second"]) == ("F", 0.6, 0.3)
    assert north["difference"] > north["floor"] > 0


def test_each_site_s_test_patients_are_compared_with_those_of_the_others() -> None:
    rows = compared("sites")
    assert rows.select("first", "second", "n_patients_first", "n_patients_second").rows() == [
        ("north", "other sites", 100, 100),
        ("south", "other sites", 100, 100),
    ]
    assert rows["difference"][0] == pytest.approx(rows["difference"][1])


def test_a_target_is_compared_with_the_known_levels_of_the_test_split() -> None:
    rows = compared("target", target={"sex": {"F": 0.5, "M": 0.5}})
    south = rows.filter(site="south").row(0, named=True)
    assert (south["difference"], south["n_patients_second"]) == (pytest.approx(0, abs=1e-9), None)
    # 30 of 98 whose sex is known.
    assert rows.filter(site="north")["share_first"][0] == pytest.approx(30 / 98)
    assert compared("target").is_empty()


def test_one_site_alone_is_compared_with_no_other() -> None:
    rows = representation_table(composition().filter(site="south"), strata=["sex"], target={})
    assert rows.is_empty()


def test_a_set_without_a_case_has_nothing_to_compare() -> None:
    nobody = composition().clear()
    assert representation_table(nobody, strata=["sex"], target={}).is_empty()
    alone = representation_table(nobody, strata=["sex"], target={"sex": {"F": 1.0}})
    assert alone.select("difference", "status", "reason").rows() == [(None, "undefined", "no patient on one side")]
    assert coverage_table(nobody, strata=["sex"], target={}, minimum_patients=10).is_empty()


def test_a_level_with_too_few_positive_patients_is_named_and_one_that_nobody_has_too() -> None:
    target = {"sex": {"F": 0.5, "M": 0.48, "O": 0.02}}
    rows = COVERAGE.conform(
        coverage_table(composition(), strata=["sex"], target=target, minimum_patients=20),
    )
    columns = ("level", "target_share", "n_patients", "n_positive_patients", "enough")
    assert rows.select(columns).rows() == [
        ("F", 0.5, 80, 19, False),
        ("M", 0.48, 118, 33, True),
        ("O", 0.02, 0, 0, False),
        ("unknown", None, 2, 0, False),
    ]


def with_target(**shares: dict[str, float]) -> Study:
    whole = study().model_dump(mode="json")
    whole["cohort"]["target"] = {"source": "A national register, 2023", "shares": shares}
    return Study.model_validate(whole)


def test_bands_of_a_target_may_be_typed_on_any_keyboard() -> None:
    declared = with_target(age_band={"<45": 0.2, "45-<60": 0.3, "60-<75": 0.3, ">=75": 0.2})
    named = REPRESENTATION_STAGE.parameters(declared, None).target["age_band"]
    assert named == {"<45": 0.2, "45–<60": 0.3, "60–<75": 0.3, "≥75": 0.2}


def test_a_target_for_no_stratum_or_no_level_is_refused_with_the_levels_that_there_are() -> None:
    with pytest.raises(ConfigError, match="no such stratum"):
        REPRESENTATION_STAGE.parameters(with_target(height={"tall": 1.0}), None)
    with pytest.raises(ConfigError, match="no level `X`"):
        REPRESENTATION_STAGE.parameters(with_target(sex={"X": 0.5, "F": 0.5}), None)


def test_shares_that_do_not_sum_to_one_are_refused() -> None:
    with pytest.raises(ValueError, match="`sex` must sum to 1"):
        with_target(sex={"F": 0.5, "M": 0.4})
