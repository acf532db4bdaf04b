from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from multisite.integrity.check import Outcome
from multisite.vocabulary import Split, Verdict
from tests.unit.integrity.builders import frames, outcome, random_set

_LABEL = pl.col("reference_nodule")
_TESTED = pl.col("split") == Split.TEST.value
_CHECKS = ("label_order", "label_in_column", "label_association")


def asked(check: str, *changes: pl.Expr, patients: int = 400) -> Outcome:
    """``check`` over a random set after ``changes`` of its columns."""
    return outcome(check, frames(included=random_set(2, patients=patients).with_columns(changes)))


@pytest.mark.parametrize("check", _CHECKS)
def test_too_few_patients_of_a_label_leave_the_question_open(check: str) -> None:
    assert asked(check, patients=20).verdict is Verdict.INSUFFICIENT


@pytest.mark.parametrize("check", _CHECKS)
@pytest.mark.parametrize("column", ["patient_id", "reference_nodule"])
def test_cases_without_patient_or_label_leave_the_question_open(check: str, column: str) -> None:
    dtype = pl.Boolean if column == "reference_nodule" else pl.String
    assert asked(check, pl.lit(None, dtype).alias(column)).verdict is Verdict.INSUFFICIENT


def test_a_table_sorted_by_the_label_within_one_split_is_found_once() -> None:
    row = pl.when(_TESTED & _LABEL).then(pl.col("table_row") + 10_000).otherwise("table_row").alias("table_row")
    found = asked("label_order", row)
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 3)
    entity, name, detail = found.found.row(0)
    assert (entity, name) == ("column", "reference_nodule")
    assert detail.startswith("in test, 133 patients: AUC of the row for the label 1.00 (p = ")
    assert "2 runs of labels where" in detail


def test_splits_of_other_prevalence_one_after_the_other_are_no_order() -> None:
    rng = np.random.default_rng(3)
    rare = pl.Series(rng.random(480) < 0.1)
    made = random_set(2).with_columns(pl.when(_TESTED).then(rare).otherwise(_LABEL).alias("reference_nodule"))
    apart = made.with_columns(
        pl.when(_TESTED).then(pl.col("table_row") + 10_000).otherwise("table_row").alias("table_row")
    )
    assert outcome("label_order", frames(included=apart)).verdict is Verdict.PASS


def test_blocks_of_labels_are_found_by_their_runs_where_ranks_see_nothing() -> None:
    blocks = pl.col("patient_id").str.strip_prefix("p").cast(pl.Int64) // 30 % 2 == 0
    found = asked("label_order", blocks.alias("reference_nodule"))
    assert (found.verdict, found.n_found) == (Verdict.FAIL, 3)


def test_cases_of_a_patient_one_after_the_other_are_one_patient() -> None:
    repeated = pl.concat(
        [random_set(2).with_columns(case_id=pl.format("{}-{}", "case_id", pl.lit(i))) for i in range(8)]
    )
    ordered = repeated.sort("patient_id", maintain_order=True).with_row_index("again").drop("table_row")
    found = outcome("label_order", frames(included=ordered.rename({"again": "table_row"})))
    assert found.verdict is Verdict.PASS
    assert "(400 labels of patients)" in found.sentence


def test_cases_that_the_table_no_longer_has_leave_the_order_open() -> None:
    assert asked("label_order", pl.lit(None, pl.UInt32).alias("table_row")).verdict is Verdict.INSUFFICIENT


def test_a_text_that_tells_the_label_is_found_once_with_its_patients() -> None:
    word = pl.when(_LABEL).then(pl.lit("oncology")).otherwise(pl.lit("screening")).alias("clinical_clinic")
    found = asked("label_in_column", word)
    assert (found.verdict, found.n_found) == (Verdict.FAIL, 1)
    entity, name, detail = found.found.row(0)
    assert (entity, name) == ("column", "clinical_clinic")
    assert detail.startswith("tells reference_nodule of ")
    assert "oncology" not in found.sentence + detail


@pytest.mark.parametrize("sign", [1, -1])
def test_a_number_that_parts_the_labels_is_found_in_either_direction(sign: int) -> None:
    number = (pl.col("age_years") + sign * 1_000 * _LABEL.cast(pl.Float64)).alias("clinical_index")
    found = asked("label_in_column", number)
    assert found.found["pseudonym"].to_list() == ["clinical_index"]


def every_nth_is_turned_round(nth: int) -> pl.Expr:
    """The label, but for every ``nth`` row, where it is the other one."""
    return pl.when(pl.col("table_row") % nth == 0).then(~_LABEL).otherwise(_LABEL)


def test_a_text_that_tells_the_label_with_few_exceptions_is_found_and_they_are_counted() -> None:
    word = pl.when(every_nth_is_turned_round(20)).then(pl.lit("a")).otherwise(pl.lit("b")).alias("clinical_x")
    found = asked("label_in_column", word)
    assert (found.verdict, found.n_found) == (Verdict.FAIL, 1)
    assert found.found["detail"][0].endswith(", but for 24 of them")


def test_a_number_that_nearly_parts_the_labels_is_found_with_its_area() -> None:
    number = (pl.col("age_years") + 200 * every_nth_is_turned_round(50).cast(pl.Float64)).alias("clinical_index")
    assert asked("label_in_column", number).found["detail"][0].split(" with an AUC of ")[1] >= "0.95"


def test_a_text_that_tells_the_label_in_three_of_four_cases_is_no_finding() -> None:
    word = pl.when(every_nth_is_turned_round(4)).then(pl.lit("a")).otherwise(pl.lit("b")).alias("clinical_x")
    assert asked("label_in_column", word).verdict is Verdict.PASS


def test_of_few_patients_one_who_contradicts_a_column_is_enough_for_it_not_to_tell() -> None:
    made = random_set(2, patients=60)
    assert made.unique("patient_id")["reference_nodule"].sum() < 30
    except_one = pl.when(_LABEL & (pl.col("case_id") != "c7")).then(pl.lit("a")).otherwise(pl.lit("b"))
    positive = pl.when(pl.col("case_id") == "c7").then(True).otherwise(_LABEL).alias("reference_nodule")
    turned = made.with_columns(positive).with_columns(except_one.alias("clinical_x"))
    assert outcome("label_in_column", frames(included=turned)).verdict is Verdict.PASS


def test_rare_levels_do_not_hide_that_the_others_tell_the_label() -> None:
    word = pl.when(_LABEL).then(pl.lit("a")).otherwise(pl.lit("b"))
    mixed = pl.when(pl.col("case_id").is_in(["c1", "c2", "c3", "c4"])).then(pl.lit("rare")).otherwise(word)
    assert asked("label_in_column", mixed.alias("clinical_x")).n_found == 1


def test_pseudonyms_dates_and_text_of_all_sorts_are_not_held_against_the_label() -> None:
    token = pl.format("{}-{}", pl.when(_LABEL).then(pl.lit("a")).otherwise(pl.lit("b")), "case_id")
    device = pl.when(_LABEL).then(pl.lit("d1")).otherwise(pl.lit("d2")).alias("device")
    found = asked("label_in_column", token.alias("clinical_token"), device)
    assert found.verdict is Verdict.PASS


def test_a_number_that_is_not_one_is_missing() -> None:
    number = pl.when(_LABEL).then(float("nan")).otherwise(pl.col("age_years")).alias("clinical_index")
    assert asked("label_in_column", number).verdict is Verdict.PASS


def test_a_scanner_that_images_the_ill_is_found_with_the_prevalence_of_each_level() -> None:
    ill = pl.when(_TESTED & _LABEL).then(pl.lit("d9")).otherwise("device").alias("device")
    found = asked("label_association", ill)
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 15)
    assert found.found["entity"].unique().to_list() == ["device"]
    assert found.found["pseudonym"].to_list() == ["d1", "d2", "d3", "d4", "d9"]
    assert found.found["detail"][0].startswith("0 of ")
    assert "patients in test have nodule; Cramér's V over the levels" in found.found["detail"][0]
    assert found.sentence == (
        "The label goes with the acquisition in 1 of 15 pairings of a finding, a split and a column "
        "(400 labels of patients): `device`."
    )


def test_levels_of_few_patients_are_pooled() -> None:
    ill = pl.when(_LABEL).then(pl.lit("n0")).otherwise("protocol_name").alias("protocol_name")
    found = asked("label_association", ill)
    assert found.verdict is Verdict.FAIL
    assert found.found["pseudonym"].unique().sort().to_list() == ["n0", "other"]


def test_one_level_only_has_nothing_that_could_go_with_the_label() -> None:
    columns = ("device", "model", "station_name", "software_versions", "protocol_name", "convolution_kernel")
    assert asked("label_association", pl.lit("one").alias("device"), *_unknown(columns[1:])).verdict is (
        Verdict.NOT_APPLICABLE
    )
    assert asked("label_association", *_unknown(columns)).verdict is Verdict.INSUFFICIENT


def _unknown(columns: tuple[str, ...]) -> list[pl.Expr]:
    return [pl.lit(None, pl.String).alias(name) for name in columns]


def test_equal_seeds_give_equal_outcomes() -> None:
    looked_at = frames(included=random_set(2))
    there, again = (outcome("label_association", replace(looked_at, seed=seed)) for seed in (5, 5))
    assert (there.sentence, there.found.rows()) == (again.sentence, again.found.rows())
