from datetime import date

import pytest

from multisite.integrity.check import Claims
from multisite.vocabulary import Verdict
from tests.unit.integrity.builders import CASES, frames, outcome

_FOLLOWED = CASES + "c5 | p1 | s5 | e5 | test | 2024-06-01\n"


def test_a_patient_followed_from_train_into_test_is_found_once() -> None:
    found = outcome("follow_up_on_both_sides", frames(_FOLLOWED))
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 4)
    assert found.found.rows() == [("patient", "p1", "cases: 1 in train, 1 in test; train precedes test")]
    assert "a test case precedes a training case in 0" in found.sentence


def test_a_test_case_before_a_training_case_of_the_patient_is_told() -> None:
    found = outcome("follow_up_on_both_sides", frames(_FOLLOWED.replace("2024-06-01", "2023-06-01")))
    assert found.found["detail"].to_list() == ["cases: 1 in train, 1 in test; a test case precedes a training case"]
    assert "a test case precedes a training case in 1" in found.sentence


@pytest.mark.parametrize(("split", "day"), [("tune", "2024-06-01"), ("test", "2024-01-01")])
def test_tune_and_the_same_day_are_no_follow_up(split: str, day: str) -> None:
    cases = _FOLLOWED.replace("test | 2024-06-01", f"{split} | {day}")
    assert outcome("follow_up_on_both_sides", frames(cases)).verdict is Verdict.PASS


def test_patients_on_both_sides_without_dates_leave_the_question_open() -> None:
    found = outcome("follow_up_on_both_sides", frames(_FOLLOWED.replace("2024-06-01", "-")))
    assert (found.verdict, found.n_examined) == (Verdict.INSUFFICIENT, 4)
    assert "1 patient is in train and test" in found.sentence


def test_undated_patients_beside_a_followed_one_are_counted() -> None:
    found = outcome("follow_up_on_both_sides", frames(_FOLLOWED + "c6 | p2 | s6 | e6 | test | -\n"))
    assert (found.verdict, found.n_found) == (Verdict.FAIL, 1)
    assert "1 more are in both" in found.sentence


def test_follow_up_does_not_apply_without_train_and_test() -> None:
    found = outcome("follow_up_on_both_sides", frames(CASES.replace("train", "tune ")))
    assert found.verdict is Verdict.NOT_APPLICABLE


def test_follow_up_of_unknown_patients_is_open() -> None:
    nameless = CASES.replace("p3 ", "-  ").replace("p4 ", "-  ")
    assert outcome("follow_up_on_both_sides", frames(nameless)).verdict is Verdict.INSUFFICIENT


def since(day: date | None) -> Claims:
    return Claims(prospective_from=day)


def test_a_test_case_before_the_claimed_day_is_found_once() -> None:
    found = outcome("prospective_claim", frames(claims=since(date(2024, 4, 2))))
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 2)
    assert found.found.rows() == [("case", "c3", "dated before the day that the protocol names")]


def test_the_claimed_day_itself_counts_as_prospective() -> None:
    assert outcome("prospective_claim", frames(claims=since(date(2024, 4, 1)))).verdict is Verdict.PASS


def test_undated_test_cases_are_counted_and_alone_leave_the_claim_open() -> None:
    claims = since(date(2024, 4, 1))
    some = outcome("prospective_claim", frames(CASES.replace("2024-05-01", "-"), claims=claims))
    assert (some.verdict, some.n_examined) == (Verdict.PASS, 1)
    assert "1 test cases have no date" in some.sentence
    none = CASES.replace("2024-05-01", "-").replace("2024-04-01", "-")
    assert outcome("prospective_claim", frames(none, claims=claims)).verdict is Verdict.INSUFFICIENT


def test_the_claim_is_not_asked_where_it_is_not_made_or_nobody_was_tested() -> None:
    assert outcome("prospective_claim", frames(claims=since(None))).verdict is Verdict.NOT_APPLICABLE
    untested = frames(CASES.replace("test ", "tune "), claims=since(date(2024, 4, 1)))
    assert outcome("prospective_claim", untested).verdict is Verdict.NOT_APPLICABLE
