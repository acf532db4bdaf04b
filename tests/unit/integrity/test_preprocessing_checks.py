import pytest

from multisite.integrity.check import Claims
from multisite.vocabulary import Verdict
from tests.unit.integrity.builders import CASES, frames, outcome

_HEAD = "transform | case_id | patient_id\n"
_TUNED = CASES.replace("train | 2024-03-01", "tune | 2024-03-01")


@pytest.mark.parametrize(
    ("row", "entity", "pseudonym"), [("z-scores | c3 | -", "case", "c3"), ("z-scores | - | p3", "patient", "p3")]
)
def test_what_was_fitted_on_a_test_case_or_its_patient_is_found_once(row: str, entity: str, pseudonym: str) -> None:
    fitted = _HEAD + f"z-scores | c1 | -\n{row}\nselection{row.removeprefix('z-scores')}\n"
    found = outcome("fitted_on_test", frames(fitted=fitted))
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 2)
    assert found.found.rows() == [(entity, pseudonym, "of test, and 2 things were fitted on it")]


def test_a_row_that_names_a_case_is_not_about_the_other_cases_of_its_patient() -> None:
    cases = CASES.replace("c3      | p3", "c3      | p1")
    assert outcome("fitted_on_test", frames(cases, fitted=_HEAD + "z-scores | c1 | p1")).verdict is Verdict.PASS
    assert outcome("fitted_on_test", frames(cases, fitted=_HEAD + "z-scores | - | p1")).verdict is Verdict.FAIL


def test_tune_may_fit_unless_the_protocol_forbids_it() -> None:
    fitted = _HEAD + "z-scores | c1 | -\nz-scores | c2 | -\n"
    allowed = outcome("fitted_on_test", frames(_TUNED, fitted=fitted))
    assert allowed.verdict is Verdict.PASS
    assert "1 are of tune" in allowed.sentence
    forbidden = outcome("fitted_on_test", frames(_TUNED, fitted=fitted, claims=Claims(tune_may_fit=False)))
    assert (forbidden.verdict, forbidden.n_found) == (Verdict.FAIL, 1)
    assert "test or tune" in forbidden.sentence


def test_rows_that_name_no_included_case_are_counted() -> None:
    found = outcome("fitted_on_test", frames(fitted=_HEAD + "z-scores | c1 | -\nz-scores | c9 | -\nz-scores | - | -\n"))
    assert (found.verdict, found.n_examined) == (Verdict.PASS, 1)
    assert "2 of 3 rows name no included case" in found.sentence


@pytest.mark.parametrize("rows", ["z-scores | c9 | -", "z-scores | - | -"])
def test_a_table_that_names_no_included_case_leaves_the_question_open(rows: str) -> None:
    assert outcome("fitted_on_test", frames(fitted=_HEAD + rows)).verdict is Verdict.INSUFFICIENT


def test_the_question_does_not_arise_without_the_table() -> None:
    assert outcome("fitted_on_test", frames()).verdict is Verdict.NOT_APPLICABLE
