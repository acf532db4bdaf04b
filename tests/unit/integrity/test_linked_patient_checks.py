import polars as pl
import pytest

from multisite.integrity.check import CheckFrames, Outcome
from multisite.schemas.markers import DEMOGRAPHICS
from multisite.vocabulary import Severity, Verdict
from tests.unit.integrity.builders import BY_ID, CASES, frames

_BOTH = ("linked_patients", "patient_under_two_ids")
_NOBODY_TWICE = "p1:k1 p2:k2 p3:k3 p4:k4"


def outcome(check: str, people: str, cases: str = CASES) -> Outcome:
    """What a check says where patients have the keys of ``people``, as in ``p1:k1 p2:k1``."""
    pairs = [pair.split(":") for pair in people.split()]
    rows = pl.DataFrame(pairs, schema={"patient_id": pl.String, "demographics_key": pl.String}, orient="row")
    known = rows.with_columns(pl.lit("north").alias("site"), pl.lit(3, pl.Int64).alias("n_objects"))
    looked_at = frames(cases)
    return BY_ID[check].run(
        CheckFrames(
            included=looked_at.included,
            content_incidents=looked_at.content_incidents,
            series=looked_at.series,
            instance_incidents=looked_at.instance_incidents,
            demographics=DEMOGRAPHICS.conform(known),
            claims=looked_at.claims,
            seed=looked_at.seed,
        )
    )


def test_one_person_under_two_ids_in_two_splits_is_a_critical_finding_that_names_both() -> None:
    found = outcome("linked_patients", "p1:k1 p2:k2 p3:k1 p4:k4")
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 2, 4)
    said = "2 PatientIDs of one name, birth date and sex, with cases in test and train"
    assert found.found.rows() == [("patient", "p1", said), ("patient", "p3", said)]
    assert "they are 1 by name" in found.sentence
    assert BY_ID["linked_patients"].severity is Severity.CRITICAL
    assert outcome("patient_under_two_ids", "p1:k1 p2:k2 p3:k1 p4:k4").verdict is Verdict.PASS


def test_one_person_under_two_ids_of_a_split_is_a_minor_finding_of_the_other_check() -> None:
    found = outcome("patient_under_two_ids", "p1:k1 p2:k1 p3:k3 p4:k4")
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 2, 4)
    assert found.found["pseudonym"].to_list() == ["p1", "p2"]
    assert BY_ID["patient_under_two_ids"].severity is Severity.MINOR
    assert outcome("linked_patients", "p1:k1 p2:k1 p3:k3 p4:k4").verdict is Verdict.PASS


@pytest.mark.parametrize("check", _BOTH)
def test_patients_of_one_key_each_pass(check: str) -> None:
    found = outcome(check, _NOBODY_TWICE)
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.PASS, 0, 4)


@pytest.mark.parametrize("check", _BOTH)
def test_one_patient_with_two_names_is_nobody_else(check: str) -> None:
    assert outcome(check, _NOBODY_TWICE + " p1:k9").verdict is Verdict.PASS


@pytest.mark.parametrize("name", ["p1:k1 p1:k9 p2:k2 p3:k9 p4:k4", "p1:k9 p2:k2 p3:k3 p3:k9 p4:k4"])
def test_an_earlier_name_links_too(name: str) -> None:
    assert outcome("linked_patients", name).found["pseudonym"].to_list() == ["p1", "p3"]


@pytest.mark.parametrize("check", _BOTH)
def test_patients_without_a_case_are_linked_to_nobody(check: str) -> None:
    assert outcome(check, _NOBODY_TWICE + " p8:k1 p9:k3").verdict is Verdict.PASS


@pytest.mark.parametrize("check", _BOTH)
def test_headers_without_names_leave_the_question_open(check: str) -> None:
    found = outcome(check, "")
    assert (found.verdict, found.n_examined) == (Verdict.INSUFFICIENT, 0)


def test_names_on_one_side_alone_leave_the_question_open() -> None:
    assert outcome("linked_patients", "p1:k1 p2:k2").verdict is Verdict.INSUFFICIENT


@pytest.mark.parametrize("check", _BOTH)
def test_cases_that_were_left_out_are_counted(check: str) -> None:
    assert "1 of 4 cases have neither and were left out." in outcome(check, "p1:k1 p2:k2 p3:k3").sentence


def test_links_do_not_apply_to_one_split() -> None:
    assert outcome("linked_patients", _NOBODY_TWICE, CASES.replace("train", "test")).verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("check", _BOTH)
def test_what_very_many_share_is_taken_for_no_name_and_said(check: str) -> None:
    rows = [f"c{i} | p{i} | s{i} | e{i} | {'train' if i % 2 else 'test'} | 2024-01-01" for i in range(24)]
    cases = "\n".join([CASES.strip().splitlines()[0], *rows])
    found = outcome(check, " ".join(f"p{i}:k0" for i in range(24)), cases)
    assert found.verdict is Verdict.PASS
    assert "was taken for no name" in found.sentence
