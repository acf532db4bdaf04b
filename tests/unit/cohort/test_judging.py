from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from multisite.cohort.rules import EligibilityParameters
from multisite.cohort.splits import SplitByPatient, SplitBySite, SplitByTime, SplitParameters
from multisite.cohort.stage import COHORT_STAGE, CohortParameters
from multisite.errors import ConfigError, SchemaError
from multisite.schemas import Artefact
from tests.unit.cohort.builders import CASES, PARAMETERS, PREDICTIONS, build, excluded

BY_TIME = SplitByTime(date(2024, 2, 1), date(2024, 4, 15), "exclude_later")
NO_SPLIT_COLUMN = "\n".join(
    "|".join(cell for position, cell in enumerate(line.split("|")) if position != 3)
    for line in CASES.strip().splitlines()
)


def made(split: SplitParameters) -> CohortParameters:
    return replace(PARAMETERS, split=split, eligibility=())


def test_a_split_by_the_protocol_needs_none_in_the_table() -> None:
    outputs = build(cases=NO_SPLIT_COLUMN, parameters=made(BY_TIME))
    assert outputs.frames["cohort"]["split"].to_list() == ["train", "tune", "test"]
    for artefact in COHORT_STAGE.writes:
        assert isinstance(artefact, Artefact)
        artefact.conform(outputs.frames[artefact.name])


def test_a_table_without_split_is_a_fault_of_the_setup_when_the_protocol_makes_none() -> None:
    with pytest.raises(SchemaError, match="gives no case a split") as caught:
        build(cases=NO_SPLIT_COLUMN)
    assert caught.value.place == "site north"
    with pytest.raises(SchemaError, match="gives no case a split"):
        build(cases=CASES.replace("train", "-").replace("test ", "-"))


def test_the_split_of_the_table_is_not_used_and_the_flow_says_so() -> None:
    with_split, without = build(parameters=made(BY_TIME)), build(cases=NO_SPLIT_COLUMN, parameters=made(BY_TIME))
    assert with_split.frames["cohort"].equals(without.frames["cohort"])
    reason = "Cases in the site's table; the split is made by date"
    assert without.frames["flow"]["reason"][0] == reason
    assert with_split.frames["flow"]["reason"][0] == f"{reason}, and that of the table is not used"
    assert build().frames["flow"]["reason"][0] == "Cases in the site's table"


def test_rules_that_look_at_a_made_split_come_last_in_the_flow() -> None:
    rules = (
        build(parameters=replace(made(BY_TIME), eligibility=PARAMETERS.eligibility)).frames["flow"]["rule"].to_list()
    )
    assert rules[-4:] == ["adult", "no_prediction", "no_split", "straddles_splits"]
    assert "unknown_split" not in rules


def test_the_flow_of_a_made_split_adds_up() -> None:
    undated = CASES + "c4 | p2 | s9 | - | - | true | ward\nc5 | p2 | s2 | - | 2024-06-01 | true | ward\n"
    flow = build(cases=undated, parameters=made(BY_TIME)).frames["flow"]
    assert (flow["remaining_cases"].diff().drop_nulls() * -1).to_list() == flow["excluded_cases"].to_list()[1:]


def test_a_test_case_by_the_made_split_needs_a_score() -> None:
    outputs = build(predictions="case_id | finding | model | score\nc2 | nodule | ai | 0.5", parameters=made(BY_TIME))
    assert excluded(outputs) == {"c3": "no_prediction"}


def test_shares_are_those_of_the_cases_that_no_other_rule_excludes() -> None:
    rows = [f"c{i} | p{i} | {'s2' if i < 10 else 's9'} | - | - | true | ward" for i in range(40)]
    scores = [f"c{i} | nodule | ai | 0.5" for i in range(40)]
    half = SplitByPatient((("train", 0.5), ("test", 0.5)), 7, strata=(), references=())
    outputs = build(
        cases="\n".join([CASES.strip().splitlines()[0], *rows]),
        predictions="\n".join([PREDICTIONS.strip().splitlines()[0], *scores]),
        parameters=made(half),
    )
    cohort = outputs.frames["cohort"]
    counted = dict(cohort.filter("included").group_by("split").len().rows())
    assert counted == {"train": 5, "test": 5}
    assert cohort.filter(~pl.col("included"))["split"].null_count() == 30


def test_strata_and_findings_may_divide_the_draw() -> None:
    split = SplitByPatient(
        (("train", 0.5), ("test", 0.5)), 7, strata=("stratum_vendor",), references=("reference_nodule",)
    )
    assert set(build(parameters=made(split)).frames["cohort"]["split"]) <= {"train", "test"}


def test_a_case_that_another_rule_excludes_does_not_straddle() -> None:
    earlier = CASES + "c4 | p3 | s9 | - | 2024-01-01 | true | ward\n"
    assert excluded(build(cases=earlier, parameters=made(BY_TIME))) == {"c4": "no_images"}
    with_images = CASES + "c4 | p3 | s1 | - | 2024-01-01 | true | ward\n"
    assert excluded(build(cases=with_images, parameters=made(BY_TIME))) == {"c3": "straddles_splits"}


def test_a_site_without_split_is_a_fault_of_the_setup() -> None:
    with pytest.raises(ConfigError, match="into no split"):
        build(parameters=made(SplitBySite(None)))


def test_a_rule_on_the_split_that_is_yet_to_be_made_is_a_fault_of_the_setup() -> None:
    rule = EligibilityParameters("tested", "split", "==", "test", "exclude", "Test cases only")
    with pytest.raises(SchemaError, match="no column `split`"):
        build(parameters=replace(PARAMETERS, split=BY_TIME, eligibility=(rule,)))


def test_two_rules_of_one_name_are_a_fault_of_the_setup() -> None:
    rule = EligibilityParameters("no_split", "age_years", ">=", 18, "keep", "Adults only")
    assert excluded(build(parameters=replace(PARAMETERS, eligibility=(rule,)))) == {}
    with pytest.raises(ConfigError, match="two rules are called `no_split`"):
        build(parameters=replace(PARAMETERS, split=BY_TIME, eligibility=(rule,)))


def test_a_split_that_is_none_is_not_in_the_manifest_whatever_excluded_the_case() -> None:
    outputs = build(cases=CASES.replace("c1      | p1         | s1                 | train", "c1 | - | s1 | holdout"))
    assert excluded(outputs)["c1"] == "no_patient"
    assert outputs.frames["cohort"]["split"].to_list() == [None, "test", "test"]
