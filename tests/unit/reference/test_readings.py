"""Which rows of the table are readings, and which one of several counts."""

from dataclasses import replace

import polars as pl
import pytest

from multisite.errors import SchemaError
from multisite.reference.rules import Majority
from multisite.reference.stage import REFERENCE_STAGE
from multisite.schemas import Artefact
from tests.unit.reference.builders import TWO_PLUS_ONE, counts, make, outcomes, readings, rule

ONE = rule(Majority(1))


def test_what_the_stage_hands_back_conforms_to_its_artefacts() -> None:
    made = make("case_id | reader | rating\nc1 | a | yes\nc1 | b | no\nc2 | a | no")
    for artefact in REFERENCE_STAGE.writes:
        assert isinstance(artefact, Artefact)
        artefact.conform(made[artefact.name])


def test_every_row_that_is_no_reading_is_counted_with_its_reason_and_no_word_of_it() -> None:
    rows = """
    case_id | reader | rating | confidence
    c1      | a      | yes    | 0.5
    -       | a      | yes    | -
    c9      | a      | yes    | -
    c1      | -      | yes    | -
    c1      | b      | perhaps| -
    c1      | c      | -      | 7
    c1      | d      | yes    | 1.5
    """
    cases = pl.DataFrame({"case_id": ["c1"], "patient_id": ["p1"]})
    made = make(rows, ONE, cases=cases)
    assert counts(made, "row of the table") == {
        "used": 2,
        "no case": 1,
        "case not in the table of cases": 1,
        "no reader": 1,
        "rating not declared": 2,
    }
    assert counts(made, "confidence") == {"outside 0 to 1": 2}
    assert outcomes(made) == {"c1": (True, "decided")}
    assert "perhaps" not in "".join(frame.write_json() for frame in made.values())


def test_of_two_readings_in_a_session_the_later_one_counts() -> None:
    rows = """
    case_id | reader | rating | read_on
    c1      | a      | yes    | 2024-01-01
    c1      | a      | no     | 2024-02-01
    """
    made = make(rows, ONE)
    assert outcomes(made) == {"c1": (False, "decided")}
    assert counts(made, "row of the table") == {"used": 1, "superseded": 1}


@pytest.mark.parametrize("second", ["2024-01-01", "-"])
def test_contradicting_readings_without_an_order_are_no_reading(second: str) -> None:
    rows = f"""
    case_id | reader | rating | read_on
    c1      | a      | yes    | 2024-01-01
    c1      | a      | no     | {second}
    c1      | b      | no     | -
    """
    made = make(rows, ONE)
    assert counts(made, "row of the table") == {"used": 1, "repeated without order": 2}
    assert outcomes(made) == {"c1": (False, "decided")}


def test_a_later_rating_that_is_not_declared_leaves_no_earlier_one_in_its_place() -> None:
    rows = """
    case_id | reader | rating  | read_on    | lesion
    c1      | a      | yes     | 2024-01-01 | -
    c1      | a      | perhaps | 2024-02-01 | -
    c2      | a      | perhaps | 2024-01-01 | -
    c2      | a      | yes     | 2024-02-01 | -
    c3      | a      | yes     | 2024-01-01 | -
    c3      | a      | perhaps | 2024-01-01 | -
    c4      | a      | no      | -          | l1
    c4      | a      | perhaps | -          | l2
    """
    made = make(rows, ONE)
    few = (None, "too few readings")
    assert outcomes(made) == {"c1": few, "c2": (True, "decided"), "c3": few, "c4": few}
    assert counts(made, "row of the table") == {
        "used": 1,
        "superseded": 1,
        "rating not declared": 4,
        "repeated without order": 1,
        "beside a row that cannot be used": 1,
    }


def test_a_case_of_which_no_reading_can_be_used_stays_in_the_table() -> None:
    made = make("case_id | reader | rating\nc1 | a | perhaps\nc2 | a | yes", ONE)
    assert outcomes(made) == {"c1": (None, "too few readings"), "c2": (True, "decided")}
    assert counts(made, "readings per case") == {"0": 1, "1": 1}


def test_a_reader_has_one_vote_and_a_later_session_takes_it() -> None:
    rows = """
    case_id | reader | rating | session | read_on
    c1      | a      | yes    | s1      | 2024-01-01
    c1      | a      | no     | s2      | 2024-03-01
    c2      | a      | yes    | s1      | -
    c2      | a      | no     | s2      | -
    """
    made = make(rows, ONE)
    assert outcomes(made) == {"c1": (False, "decided"), "c2": (None, "too few readings")}
    assert counts(made, "reading") == {"counted": 1, "superseded": 1, "repeated without order": 2}


def test_lesions_of_one_reading_are_one_reading_and_a_positive_one_speaks_for_the_case() -> None:
    rows = """
    case_id | reader | rating | lesion | confidence | blinded
    c1      | a      | no     | l1     | 0.9        | true
    c1      | a      | yes    | l2     | 0.6        | false
    c2      | a      | no     | l1     | 0.9        | true
    c2      | a      | unsure | l2     | 0.4        | true
    """
    made = make(rows, ONE)
    assert outcomes(made) == {"c1": (True, "decided"), "c2": (None, "ambiguous")}
    read = made["readings"].select("case_id", "confidence", "n_lesions", "blinded").rows()
    assert read == [("c1", 0.6, 2, False), ("c2", 0.4, 2, True)]


def test_readings_that_decided_are_counted_by_whether_the_model_s_output_was_seen() -> None:
    rows = """
    case_id | reader | rating | arm          | blinded
    c1      | a      | yes    | primary      | true
    c1      | b      | yes    | primary      | -
    c1      | z      | no     | adjudication | false
    c2      | a      | yes    | primary      | true
    c2      | b      | no     | primary      | true
    c2      | z      | no     | adjudication | false
    """
    made = make(rows, rule(TWO_PLUS_ONE))
    assert counts(made, "deciding reading") == {"blinded": 1, "not said": 1, "saw the model's output": 1}
    assert counts(made, "unanimity") == {"not unanimous": 2}
    assert counts(made, "total") == {"readers": 3, "cases read": 2, "readings": 6}
    assert counts(made, "readings per case") == {"3": 2}


def test_a_finding_without_any_row_is_a_fault_of_the_setup() -> None:
    with pytest.raises(SchemaError, match="no row of the finding `nodule`"):
        make("case_id | reader | rating | finding\nc1 | a | yes | nodul")


def test_a_copy_that_does_not_say_whether_it_was_blinded_does_not_hide_one_that_was_not() -> None:
    rows = readings("case_id | reader | rating | blinded\nc1 | a | yes | true\nc1 | a | yes | false")
    for order in (rows, rows.reverse()):
        assert make(order, ONE)["readings"]["blinded"].to_list() == [False]


def test_readers_are_counted_by_the_qualifications_that_the_study_file_names() -> None:
    rows = """
    case_id | reader | rating | qualification
    c1      | a      | yes    | board_certified
    c2      | a      | yes    | board_certified
    c1      | b      | yes    | trainee
    c2      | b      | yes    | board_certified
    c1      | c      | yes    | wizard
    c1      | d      | yes    | -
    c1      | e      | perhaps | trainee
    """
    declared = replace(rule(), qualifications=("board_certified", "trainee"))
    made = make(rows, declared)
    assert counts(made, "qualification of the reader") == {
        "board_certified": 1,
        "other": 1,
        "several": 1,
        "not said": 1,
    }
    assert "wizard" not in made["reading_counts"].write_json()
