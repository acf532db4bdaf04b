from dataclasses import replace
from datetime import date

import numpy as np
import polars as pl
import pytest

from multisite.integrity.check import CheckFrames, Claims, Outcome
from multisite.vocabulary import Verdict
from tests.unit.integrity.builders import frames, outcome, random_scores, random_set

pytestmark = pytest.mark.slow

_LABEL = pl.col("reference_nodule")
_TESTED = pl.col("split") == "test"
_NUMBER = pl.col("patient_id").str.strip_prefix("p").cast(pl.Int64)
_ACQUISITION = (
    "device",
    "model",
    "station_name",
    "software_versions",
    "protocol_name",
    "convolution_kernel",
    "view_position",
)


def looked_at(*changes: pl.Expr, patients: int = 600, shift: pl.Expr | None = None, **claimed: object) -> CheckFrames:
    """A random set after ``changes`` of its columns, with scores that ``shift`` moves; the test year follows train."""
    day = pl.date(pl.when(_TESTED).then(2023).otherwise(2022), _NUMBER % 12 + 1, 1).alias("case_date")
    made = random_set(2, patients=patients).with_columns(day).with_columns(changes)
    return frames(included=made, predictions=random_scores(made, 3, shift=shift), claims=Claims(**claimed))


def asked(check: str, *changes: pl.Expr, **how: object) -> Outcome:
    return outcome(check, looked_at(*changes, **how))


def mixed(one: pl.Expr, *, every: int = 2, name: str, level: str = "x9") -> pl.Expr:
    """Column ``name`` with the level x9 for the patients of ``one``, but for each of number 0 modulo ``every``."""
    return pl.when(one & (_NUMBER // 3 % every != 0)).then(pl.lit(level)).otherwise(name).alias(name)


def unknown(*columns: str) -> list[pl.Expr]:
    return [pl.lit(None, pl.String).alias(name) for name in columns]


@pytest.mark.parametrize("check", ["headers_tell_label", "score_tells_equipment", "split_told_from_headers"])
def test_too_few_patients_leave_the_question_open(check: str) -> None:
    assert asked(check, patients=20).verdict is Verdict.INSUFFICIENT


@pytest.mark.parametrize("check", ["headers_tell_label", "score_tells_equipment", "split_told_from_headers"])
def test_an_acquisition_of_which_nothing_is_known_leaves_the_question_open_and_of_one_kind_does_not_raise_it(
    check: str,
) -> None:
    bare = [*unknown(*_ACQUISITION[1:]), pl.lit(None, pl.Float64).alias("slice_thickness_mm")]
    assert asked(check, *bare, *unknown("device")).verdict is Verdict.INSUFFICIENT
    assert asked(check, *bare, pl.lit("one").alias("device")).verdict is Verdict.NOT_APPLICABLE


def test_headers_that_tell_the_label_together_are_found_with_the_attributes_that_carry_it() -> None:
    found = asked("headers_tell_label", mixed(_LABEL & _TESTED, name="device"), mixed(_LABEL & _TESTED, name="model"))
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 3)
    assert set(found.found["pseudonym"]) == {"device", "model"}
    assert found.found["detail"][0].startswith("in test, 200 patients: alone tells nodule with an AUC of 0.")
    assert "x9" not in found.sentence
    assert found.sentence.endswith("`device`, `model`.")


def test_attributes_that_each_tell_too_little_tell_the_label_together() -> None:
    made = random_set(2, patients=900)
    rng, label = np.random.default_rng(4), made["reference_nodule"].to_numpy()
    names = ("device", "model", "station_name", "software_versions", "convolution_kernel")
    weak = [pl.Series(name, np.where(rng.random(label.size) < 0.4 + 0.2 * label, "x1", "x2")) for name in names]
    given = frames(included=made.with_columns(weak))
    assert outcome("label_association", given).verdict is Verdict.PASS
    found = outcome("headers_tell_label", given)
    assert (found.verdict, found.n_found) == (Verdict.FAIL, 3)


def test_a_missing_value_that_goes_with_the_label_is_found() -> None:
    absent = pl.when(_LABEL & (_NUMBER % 4 != 0)).then(None).otherwise("station_name").alias("station_name")
    found = asked("headers_tell_label", absent)
    assert found.n_found == 3
    assert set(found.found["pseudonym"]) == {"station_name"}


def test_age_sex_and_dates_are_not_held_against_the_label() -> None:
    older = (pl.col("age_years") + 100 * _LABEL.cast(pl.Float64)).alias("age_years")
    later = pl.when(_LABEL).then(date(2023, 1, 1)).otherwise(date(2022, 1, 1)).alias("case_date")
    assert asked("headers_tell_label", older, later).verdict is Verdict.PASS


def test_a_score_that_is_higher_on_one_scanner_is_found_with_its_levels() -> None:
    found = asked("score_tells_equipment", shift=pl.when(pl.col("device") == "d1").then(1.5).otherwise(0.0))
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 4)
    assert found.found.select("entity", "pseudonym").rows() == [("device", f"d{i}") for i in range(1, 5)]
    assert "patients with it score above the others with an AUC of 0.9" in found.found["detail"][0]
    assert "`device`." in found.sentence


def test_a_scanner_that_images_the_ill_is_no_finding_of_a_score_that_follows_the_label() -> None:
    ill = mixed(_LABEL, name="device", every=4)
    assert asked("score_tells_equipment", ill).verdict is Verdict.PASS
    assert asked("headers_tell_label", ill).verdict is Verdict.FAIL


def test_scores_of_other_splits_are_not_looked_at() -> None:
    moved = pl.when(~_TESTED & (pl.col("device") == "d1")).then(3.0).otherwise(0.0)
    assert asked("score_tells_equipment", shift=moved).verdict is Verdict.PASS


def test_without_scores_nothing_is_known() -> None:
    given = looked_at()
    assert given.predictions is not None
    for predictions in (None, given.predictions.clear()):
        assert outcome("score_tells_equipment", replace(given, predictions=predictions)).verdict is Verdict.INSUFFICIENT


def test_a_split_that_software_tells_is_found() -> None:
    found = asked("split_told_from_headers", mixed(_TESTED, name="software_versions"))
    assert (found.verdict, found.n_found) == (Verdict.FAIL, 1)
    assert found.found["pseudonym"].to_list() == ["software_versions"]
    assert found.sentence.startswith("Headers tell 200 patients of train and 200 of test apart with an AUC of 0.7")


def test_what_a_split_by_time_explains_is_planned() -> None:
    found = asked("split_told_from_headers", mixed(_TESTED, name="software_versions"), split_follows=("time",))
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert "the split follows time, as declared" in found.sentence
    assert "AUC of 0.7" in found.sentence


def test_what_the_declared_column_does_not_explain_is_found_within_its_levels() -> None:
    ward = pl.when(_TESTED & (_NUMBER % 2 == 0)).then(pl.lit("a")).otherwise(pl.lit("b")).alias("clinical_ward")
    by_ward = pl.when(pl.col("clinical_ward") == "a").then(pl.lit("x9")).otherwise("device").alias("device")
    made = looked_at(ward, split_follows=("clinical_ward",))
    explained = replace(made, included=made.included.with_columns(by_ward))
    assert outcome("split_told_from_headers", replace(explained, claims=Claims())).verdict is Verdict.FAIL
    passed = outcome("split_told_from_headers", explained)
    assert passed.verdict is Verdict.PASS
    assert "300 patients within its levels" in passed.sentence
    besides = replace(explained, included=explained.included.with_columns(mixed(_TESTED, name="model")))
    found = outcome("split_told_from_headers", besides)
    assert found.verdict is Verdict.FAIL
    assert found.found["pseudonym"].to_list() == ["model"]


def test_a_declaration_is_no_excuse_where_nothing_is_told_and_changes_nothing() -> None:
    there, plain = asked("split_told_from_headers", split_follows=("time", "absent")), asked("split_told_from_headers")
    assert (there.verdict, there.sentence) == (Verdict.PASS, plain.sentence)


def test_patients_of_both_splits_are_left_to_the_check_of_overlap() -> None:
    both = random_set(2, patients=600)
    again = both.filter(_TESTED).head(50).with_columns(split=pl.lit("train"), case_id=pl.format("again-{}", "case_id"))
    made = pl.concat([both, again])
    n_both = again["patient_id"].n_unique()
    found = outcome("split_told_from_headers", frames(included=made))
    assert f"200 patients of train and {200 - n_both} of test" in found.sentence


def test_one_split_alone_cannot_be_told() -> None:
    alone = asked("split_told_from_headers", pl.lit("test").alias("split"))
    assert alone.verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("check", ["headers_tell_label", "score_tells_equipment", "split_told_from_headers"])
def test_neither_the_order_of_rows_nor_another_run_changes_an_outcome(check: str) -> None:
    told = (mixed(_LABEL, name="device"), mixed(_TESTED, name="software_versions"))
    given = looked_at(*told, shift=pl.when(pl.col("model") == "m1").then(1.0).otherwise(0.0))
    assert given.predictions is not None
    shuffled = replace(
        given,
        included=given.included.sample(fraction=1.0, shuffle=True, seed=1),
        predictions=given.predictions.sample(fraction=1.0, shuffle=True, seed=2),
    )
    there, again, turned = (outcome(check, one) for one in (given, given, shuffled))
    assert there.verdict is Verdict.FAIL
    assert (there.sentence, there.found.rows()) == (again.sentence, again.found.rows())
    assert (there.sentence, there.found.rows()) == (turned.sentence, turned.found.rows())
