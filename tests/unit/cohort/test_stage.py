from dataclasses import replace

import polars as pl
import pytest

from multisite.cohort.rules import EligibilityParameters
from multisite.cohort.stage import COHORT_STAGE
from multisite.cohort.strata import StratumParameters
from multisite.errors import ArtefactMissingError, SchemaError
from multisite.schemas import Artefact
from multisite.tallies import CategoryScores
from tests.lib.tables import table
from tests.unit.cohort.builders import CASES, PARAMETERS, PREDICTIONS, build, excluded, series


def with_rule(rule: EligibilityParameters) -> object:
    return replace(PARAMETERS, eligibility=(rule,))


def test_what_the_stage_hands_back_conforms_to_its_artefacts() -> None:
    outputs = build()
    for artefact in COHORT_STAGE.writes:
        assert isinstance(artefact, Artefact)
        artefact.conform(outputs.frames[artefact.name])


def test_every_case_of_the_table_is_in_the_manifest_included_or_not() -> None:
    cohort = build().frames["cohort"]
    assert dict(zip(cohort["case_id"], cohort["included"], strict=True)) == {"c1": True, "c2": True, "c3": False}


def test_a_case_of_unknown_age_is_excluded_by_a_rule_that_says_so() -> None:
    assert excluded(build()) == {"c3": "adult"}


def test_a_rule_may_keep_cases_with_a_missing_value() -> None:
    rule = EligibilityParameters("adult", "age_years", ">=", 18, "keep", "Adults only")
    assert excluded(build(parameters=with_rule(rule))) == {}


def test_a_rule_may_refuse_missing_values_altogether() -> None:
    rule = EligibilityParameters("adult", "age_years", ">=", 18, "fail", "Adults only")
    with pytest.raises(SchemaError, match="`age_years` is missing in 1 cases"):
        build(parameters=with_rule(rule))


def test_a_rule_on_a_column_that_does_not_exist_is_a_fault_of_the_setup() -> None:
    rule = EligibilityParameters("x", "weight", ">=", 18, "keep", "x")
    with pytest.raises(SchemaError, match="no column `weight`"):
        build(parameters=with_rule(rule))


def test_a_rule_that_compares_text_with_a_number_is_a_fault_of_the_setup() -> None:
    rule = EligibilityParameters("x", "vendor", ">=", 18, "keep", "x")
    with pytest.raises(SchemaError, match="cannot be compared"):
        build(parameters=with_rule(rule))


def test_a_case_id_that_stands_twice_is_excluded_once() -> None:
    repeated = CASES + "c2 | p2 | s2 | test | - | true | clinic\n"
    assert excluded(build(cases=repeated))["c2"] == "duplicate_case_id"


def test_a_case_without_images_is_a_counted_exclusion() -> None:
    assert excluded(build(cases=CASES.replace("| s2 ", "| s9 ")))["c2"] == "no_images"


def test_a_study_of_another_modality_is_told_apart_from_no_images() -> None:
    images = series().with_columns(
        pl.when(pl.col("study_instance_uid") == "s2").then(pl.lit("MR")).otherwise("modality").alias("modality")
    )
    assert excluded(build(images=images))["c2"] == "no_eligible_modality"


def test_a_case_without_reference_standard_is_excluded() -> None:
    assert excluded(build(cases=CASES.replace("false            | clinic", "-                | clinic")))["c2"] == (
        "no_reference"
    )


def test_a_split_that_is_none_is_excluded() -> None:
    assert excluded(build(cases=CASES.replace("train", "valid")))["c1"] == "unknown_split"


@pytest.mark.parametrize(
    ("score", "rule"),
    [
        ("nan", "score_not_a_number"),
        ("-", "score_not_a_number"),
        ("1.5", "score_out_of_range"),
        ("-0.1", "score_out_of_range"),
    ],
)
def test_a_score_that_is_none_is_excluded_with_its_own_reason(score: str, rule: str) -> None:
    outputs = build(predictions=PREDICTIONS.replace("0.2", score))
    assert excluded(outputs)["c2"] == rule
    assert outputs.frames["predictions"].is_empty()


@pytest.mark.parametrize(("category", "score"), [("2", 0.5), ("3", 1.0), ("2.5", None), ("0.5", None)])
def test_a_category_becomes_its_score_and_what_is_none_excludes_the_case(category: str, score: float | None) -> None:
    ordinal = CategoryScores("ai", ((1, 0.0), (2, 0.5), (3, 1.0)))
    outputs = build(
        predictions=PREDICTIONS.replace("0.2", category), parameters=replace(PARAMETERS, categories=(ordinal,))
    )
    if score is None:
        assert excluded(outputs)["c2"] == "score_out_of_range"
    else:
        assert outputs.frames["predictions"].filter(case_id="c2")["score"].to_list() == [score]


def test_a_test_case_without_score_is_excluded_and_a_training_case_is_not() -> None:
    outputs = build(predictions="case_id | finding | model | score\nc3 | nodule | ai | 0.5")
    assert excluded(outputs) == {"c2": "no_prediction", "c3": "adult"}


def test_two_scores_for_one_case_exclude_it() -> None:
    assert excluded(build(predictions=PREDICTIONS + "c2 | nodule | ai | 0.3\n"))["c2"] == "duplicate_prediction"


def test_scores_of_models_the_study_does_not_name_are_not_looked_at() -> None:
    outputs = build(predictions=PREDICTIONS + "c2 | nodule | other | 7\n")
    assert "c2" not in excluded(outputs)


def test_the_flow_lists_every_rule_in_order_and_its_counts_add_up() -> None:
    flow = build(cases=CASES + "- | p9 | s9 | test | - | true | ward\n").frames["flow"]
    assert flow["rule"].to_list()[:3] == ["table", "no_case_id", "duplicate_case_id"]
    assert flow["rule"].to_list()[-1] == "adult"
    assert flow["remaining_cases"].to_list() == [4, *[3] * (flow.height - 2), 2]
    steps = flow["remaining_cases"].diff().drop_nulls() * -1
    assert steps.to_list() == flow["excluded_cases"].to_list()[1:]


def test_the_date_of_a_case_falls_back_to_the_study_date() -> None:
    cohort = build().frames["cohort"]
    assert [str(day) for day in cohort["case_date"]] == ["2024-01-01", "2024-04-01", "2024-05-01"]


def test_levels_follow_bands_names_and_declared_levels_and_unknown_is_a_level() -> None:
    cohort = build().frames["cohort"]
    assert cohort["stratum_age"].to_list() == ["40–<60", "≥60", "unknown"]
    assert cohort["stratum_vendor"].to_list() == ["Siemens", "GE", "unknown"]
    assert cohort["stratum_setting"].to_list() == ["ward", "clinic", "other"]


def test_bands_on_text_are_a_fault_of_the_setup() -> None:
    strata = (StratumParameters("v", "vendor", (1.0,), None, "level"),)
    with pytest.raises(SchemaError, match="bands need a number"):
        build(parameters=replace(PARAMETERS, strata=strata))


@pytest.mark.parametrize("column", ["patient_id", "device", "case_id", "study_instance_uid"])
def test_a_column_of_pseudonyms_cannot_be_a_stratum(column: str) -> None:
    strata = (StratumParameters("who", column, None, None, "level"),)
    with pytest.raises(SchemaError, match="by pseudonym"):
        build(parameters=replace(PARAMETERS, strata=strata))


@pytest.mark.parametrize("column", ["case_date", "age_years"])
def test_a_date_or_an_age_without_bands_cannot_be_a_stratum(column: str) -> None:
    strata = (StratumParameters("exact", column, None, None, "level"),)
    with pytest.raises(SchemaError, match="every value of column"):
        build(parameters=replace(PARAMETERS, strata=strata))


def test_a_number_that_is_none_counts_as_missing_in_a_rule() -> None:
    odd = series().with_columns(pl.lit(float("nan")).alias("age_years"))
    assert set(excluded(build(images=odd)).values()) == {"adult"}


def test_composition_counts_patients_cases_and_positives_per_level() -> None:
    composition = build().frames["composition"]
    row = composition.filter((pl.col("stratum") == "age") & (pl.col("level") == "≥60")).row(0, named=True)
    assert (row["split"], row["n_patients"], row["n_cases"], row["n_positive"], row["n_negative"]) == (
        "test",
        1,
        1,
        0,
        1,
    )
    assert composition.filter(pl.col("stratum") == "overall")["n_cases"].sum() == 2


def test_images_without_a_case_are_counted() -> None:
    identity = build(cases=CASES.replace("| s2 ", "| s9 ")).frames["cohort_identity"]
    assert identity["n_studies_without_case"].item() == 1


def test_the_index_series_is_the_largest_of_its_study() -> None:
    extra = (
        series()
        .filter(pl.col("series_instance_uid") == "se2")
        .with_columns(pl.lit("se9").alias("series_instance_uid"), pl.lit(40, pl.Int64).alias("n_instances"))
    )
    cohort = build(images=pl.concat([series(), extra])).frames["cohort"]
    assert cohort.filter(pl.col("case_id") == "c2")["series_instance_uid"].item() == "se9"


def test_a_site_of_one_class_keeps_its_cases_and_says_so_in_the_composition() -> None:
    outputs = build(cases=CASES.replace("true ", "false"))
    overall = outputs.frames["composition"].filter(pl.col("stratum") == "overall")
    assert overall["n_positive"].sum() == 0
    assert overall["n_negative"].sum() == 2


ADJUDICATED = """
case_id | finding | decision
c1      | nodule  | false
c2      | nodule  | -
c3      | nodule  | true
c2      | mass    | true
"""


def test_labels_from_readings_stand_in_the_place_of_the_table_s_and_an_undecided_case_has_none() -> None:
    parameters = replace(PARAMETERS, adjudicated=("nodule",))
    outputs = build(parameters=parameters, reference=table(ADJUDICATED, decision=pl.Boolean()))
    cohort = outputs.frames["cohort"]
    assert isinstance(cohort, pl.DataFrame)
    assert cohort["reference_nodule"].to_list() == [False, None, True]
    assert excluded(outputs) == {"c2": "no_reference", "c3": "adult"}


def test_labels_that_are_to_come_from_readings_and_have_not_been_made_are_not_taken_from_the_table() -> None:
    with pytest.raises(ArtefactMissingError, match="`reference` has not been made"):
        build(parameters=replace(PARAMETERS, adjudicated=("nodule",)))
