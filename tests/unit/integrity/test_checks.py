from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from multisite.integrity import CHECKS
from multisite.integrity.check import Check, CheckFrames, Claims, Outcome, insufficient
from multisite.integrity.scorecard import run_checks
from multisite.vocabulary import Severity, Verdict
from tests.unit.integrity.builders import (
    BY_ID,
    CASES,
    INSTANCES,
    frames,
    outcome,
    random_scores,
    random_set,
    series_rows,
)

_CLAIMS = Claims(disjoint=("device",), patients_stay_within=("device",), prospective_from=date(2024, 4, 1))
_FITTED = "transform | case_id | patient_id\nz-scores | c1 | -\nz-scores | - | p2\n"
_OF_MANY = {check.id for check in CHECKS if check.family in ("labels", "shortcuts")}
_OF_SERIES = {check.id for check in CHECKS if check.family == "series"}
_MANY = random_set(1)


def ordered(cases: str = CASES, *, claimed: bool = True) -> CheckFrames:
    return frames(cases, claims=Claims(train_ends_before_test=claimed))


@pytest.mark.slow
@pytest.mark.parametrize("check", sorted(BY_ID))
def test_a_clean_set_passes_and_says_how_many_were_looked_at(check: str) -> None:
    many = frames(included=_MANY, predictions=random_scores(_MANY, 1))
    looked_at = many if check in _OF_MANY else frames(claims=_CLAIMS, fitted=_FITTED)
    if check in _OF_SERIES:
        looked_at = replace(looked_at, series=series_rows())
    found = outcome(check, looked_at)
    assert found.verdict is Verdict.PASS
    assert found.n_examined > 0
    assert found.n_found == 0
    assert found.found.is_empty()


def test_patient_in_two_splits_is_reported_once() -> None:
    found = outcome(
        "patient_overlap", frames(CASES + "c5 | p1 | s5 | e5 | test | 2024-06-01\nc6 | p1 | s6 | e6 | test | -")
    )
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 4)
    assert found.found["pseudonym"].to_list() == ["p1"]
    assert found.found["detail"].to_list() == ["3 cases in test and train"]


@pytest.mark.parametrize(
    ("check", "row"), [("study_overlap", "c5 | p9 | s1 | e9"), ("series_overlap", "c5 | p9 | s9 | e1")]
)
def test_a_study_or_series_in_two_splits_is_reported(check: str, row: str) -> None:
    found = outcome(check, frames(CASES + f"{row} | test | 2024-06-01"))
    assert (found.verdict, found.n_found) == (Verdict.FAIL, 1)


def test_overlap_does_not_apply_to_a_site_with_one_split() -> None:
    found = outcome("patient_overlap", frames(CASES.replace("train", "test")))
    assert found.verdict is Verdict.NOT_APPLICABLE


def test_missing_patients_are_not_taken_for_one_patient() -> None:
    nameless = CASES.replace("p1 ", "-  ").replace("p3 ", "-  ")
    assert outcome("patient_overlap", frames(nameless)).verdict is Verdict.PASS


def test_an_instance_under_two_patients_is_counted_by_study() -> None:
    resent = INSTANCES + "i1 | e1 | s1 | p9 | f1\n"
    found = outcome("same_instance_two_patients", frames(instances=resent))
    assert (found.verdict, found.n_found) == (Verdict.FAIL, 1)
    assert outcome("same_content_two_patients", frames(instances=resent)).verdict is Verdict.PASS


def test_the_same_instance_stored_twice_for_one_patient_is_no_finding() -> None:
    copied = INSTANCES + "i1 | e1 | s1 | p1 | f1\n"
    assert outcome("same_instance_two_patients", frames(instances=copied)).verdict is Verdict.PASS


def test_the_same_acquisition_under_another_patient_and_other_uids_is_found() -> None:
    resent = INSTANCES + "i9 | e9 | s9 | p9 | f1\n"
    found = outcome("same_content_two_patients", frames(instances=resent))
    assert (found.verdict, found.n_found) == (Verdict.FAIL, 1)
    assert outcome("same_instance_two_patients", frames(instances=resent)).verdict is Verdict.PASS


def test_images_without_fingerprint_leave_the_question_open() -> None:
    bare = INSTANCES.replace("f1", "-").replace("f2", "-").replace("f3", "-")
    for check in ("same_content_two_patients", "resent_study", "repeated_series"):
        assert outcome(check, frames(instances=bare)).verdict is Verdict.INSUFFICIENT


@pytest.mark.parametrize("check", ["same_instance_two_patients", "instance_overlap", "resent_study"])
def test_series_that_only_a_table_tells_of_leave_the_question_about_instances_open(check: str) -> None:
    told = frames()
    told_by_content = (pl.lit(None, pl.Int64).alias(name) for name in ("n_conflicting_instances", "n_fingerprinted"))
    looked_at = replace(told, series=told.series.with_columns(told_by_content))
    assert outcome(check, looked_at).verdict is Verdict.INSUFFICIENT


def test_a_case_whose_images_carry_another_patient_is_found() -> None:
    found = outcome("patient_of_images", frames(CASES.replace("c3      | p3", "c3      | p9")))
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 3)
    assert found.found["pseudonym"].to_list() == ["c3"]


def test_images_under_two_patients_agree_with_a_table_that_gives_one_of_them() -> None:
    resent = INSTANCES + "i1 | e1 | s1 | p9 | f1\n"
    assert outcome("patient_of_images", frames(instances=resent)).verdict is Verdict.PASS


def test_tables_without_patients_leave_the_question_open() -> None:
    nameless = frames().included.with_columns(pl.lit(None, pl.String).alias("patient_id"))
    looked_at = replace(frames(), included=nameless)
    assert outcome("patient_of_images", looked_at).verdict is Verdict.INSUFFICIENT


def test_a_test_case_older_than_the_last_training_case_is_found() -> None:
    found = outcome("test_before_train", ordered(CASES.replace("2024-04-01", "2024-02-01")))
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 2)
    assert "1 of 2 dated test cases is older" in found.sentence


def test_the_order_in_time_is_not_asked_where_the_protocol_does_not_claim_it() -> None:
    assert outcome("test_before_train", ordered(claimed=False)).verdict is Verdict.NOT_APPLICABLE


def test_undated_cases_leave_the_order_open() -> None:
    undated = frames().included.with_columns(pl.lit(None, pl.Date).alias("case_date"))
    found = outcome("test_before_train", replace(frames(), included=undated))
    assert found.verdict is Verdict.INSUFFICIENT


def test_a_check_that_crashes_is_one_row_and_quotes_nothing() -> None:
    def crash(looked_at: CheckFrames) -> Outcome:
        raise KeyError("SMITH^JANE")

    broken = Check("broken", "Broken", "overlap", Severity.MAJOR, "None.", "cases", crash)
    scorecard, findings = run_checks(frames(), [broken, *CHECKS], site="north", blocking=["broken"])
    row = scorecard.row(0, named=True)
    assert (row["verdict"], row["blocking"]) == (Verdict.ERROR.value, True)
    assert "KeyError" in row["sentence"]
    assert "SMITH" not in str(scorecard.to_dicts())
    assert scorecard.height == len(CHECKS) + 1
    assert findings.is_empty()


@pytest.mark.parametrize(
    "returned",
    [
        None,
        replace(insufficient("Nothing."), found=pl.DataFrame({"entity": ["case"]})),
        replace(
            insufficient("Nothing."), found=pl.DataFrame({"entity": ["case"], "pseudonym": [None], "detail": [""]})
        ),
        replace(insufficient("Nothing."), sentence=None),  # type: ignore[arg-type]  # the point of the test
    ],
)
def test_what_is_no_outcome_is_one_row_of_error(returned: Outcome) -> None:
    broken = Check("broken", "Broken", "overlap", Severity.MAJOR, "None.", "cases", lambda looked_at: returned)
    scorecard, findings = run_checks(frames(), [broken, BY_ID["patient_overlap"]], site="north", blocking=[])
    assert scorecard["verdict"].to_list() == [Verdict.ERROR.value, Verdict.PASS.value]
    assert findings.is_empty()
