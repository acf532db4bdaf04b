import polars as pl
import pytest

from multisite.integrity.check import CheckFrames
from multisite.vocabulary import Verdict
from tests.lib.header_rows import pseudonym
from tests.unit.integrity.builders import CASES, INSTANCES, frames, outcome

_OF_IMAGES = {
    "frame_of_reference_overlap": ("frame_of_reference_uid", "frame of reference"),
    "accession_number_overlap": ("accession_number", "accession number"),
}


def with_values(check: str, *values: str) -> str:
    """Instances of the studies s1, s2, … with one value each of the column that ``check`` looks at."""
    rows = (f"i{i} | e{i} | s{i} | p{i} | {value}" for i, value in enumerate(values, start=1))
    head = "sop_instance_uid | series_instance_uid | study_instance_uid | patient_id | "
    return head + "\n".join([_OF_IMAGES[check][0], *rows])


@pytest.mark.parametrize("check", _OF_IMAGES)
def test_what_stands_in_two_splits_is_found_once_with_its_cases(check: str) -> None:
    looked_at = frames(instances=with_values(check, "x", "y", "x", "z"))
    found = outcome(check, looked_at)
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 3)
    assert found.found.rows() == [(_OF_IMAGES[check][1], "x", "2 cases in test and train")]


@pytest.mark.parametrize("check", _OF_IMAGES)
def test_what_two_studies_of_one_split_share_is_no_finding(check: str) -> None:
    looked_at = frames(CASES.replace("p2", "p1"), instances=with_values(check, "x", "x", "y", "z"))
    found = outcome(check, looked_at)
    assert (found.verdict, found.n_examined) == (Verdict.PASS, 3)


@pytest.mark.parametrize("check", _OF_IMAGES)
def test_images_without_a_case_overlap_with_nothing(check: str) -> None:
    found = outcome(check, frames(instances=with_values(check, "x", "y", "z", "u", "x")))
    assert (found.verdict, found.n_examined) == (Verdict.PASS, 4)


@pytest.mark.parametrize("check", _OF_IMAGES)
def test_images_that_lack_the_attribute_leave_the_question_open(check: str) -> None:
    assert outcome(check, frames(instances=with_values(check, *"----"))).verdict is Verdict.INSUFFICIENT
    one_side = outcome(check, frames(instances=with_values(check, "x", "y", "-", "-")))
    assert (one_side.verdict, one_side.n_examined) == (Verdict.INSUFFICIENT, 2)


@pytest.mark.parametrize("check", _OF_IMAGES)
def test_cases_that_were_left_out_are_counted(check: str) -> None:
    found = outcome(check, frames(instances=with_values(check, "x", "-", "z", "u")))
    assert found.verdict is Verdict.PASS
    assert "1 of 4 cases have none and were left out" in found.sentence


@pytest.mark.parametrize(
    "check", [*_OF_IMAGES, "instance_overlap", "patient_overlap", "study_overlap", "series_overlap"]
)
def test_overlap_does_not_apply_to_one_split(check: str) -> None:
    found = outcome(check, frames(CASES.replace("train", "test"), INSTANCES))
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert "Fewer than two splits" in found.sentence


def test_patients_who_are_all_unknown_leave_the_question_open() -> None:
    nameless = frames().included.with_columns(pl.lit(None, pl.String).alias("patient_id"))
    assert outcome("patient_overlap", frames(included=nameless)).verdict is Verdict.INSUFFICIENT


def of_instances(*rows: str, cases: str = CASES) -> CheckFrames:
    """Cases over instances that are given as instance, series, study and patient."""
    head = "sop_instance_uid | series_instance_uid | study_instance_uid | patient_id\n"
    return frames(cases, head + "\n".join(rows))


def test_an_instance_that_studies_of_two_splits_share_is_found_once_with_its_cases() -> None:
    looked_at = of_instances("i1|e1|s1|p1", "i2|e2|s2|p2", "i1|e3|s3|p3", "i4|e4|s4|p4")
    found = outcome("instance_overlap", looked_at)
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 4)
    assert found.found.rows() == [("instance", pseudonym("i1")[:16], "2 cases in test and train")]
    assert found.sentence == "1 instance of 4 in more than one split."


def test_the_instances_of_a_study_in_two_splits_are_counted_and_named_by_the_study() -> None:
    twice = CASES + "c5 | p1 | s1 | e1 | test | 2024-06-01"
    looked_at = of_instances("i1|e1|s1|p1", "i2|e1|s1|p1", "i2|e2|s2|p2", "i3|e3|s3|p3", cases=twice)
    found = outcome("instance_overlap", looked_at)
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 2, 4)
    assert found.found.rows() == [("study", "s1", "2 instances, 2 cases in test and train")]
    assert "2 of them with their whole study" in found.sentence
    assert "1 of 5 cases have none and were left out" in found.sentence


def test_an_instance_that_two_studies_of_one_split_share_is_no_finding() -> None:
    looked_at = of_instances("i1|e1|s1|p1", "i1|e2|s2|p1", "i3|e3|s3|p3", "i4|e4|s4|p4")
    assert outcome("instance_overlap", looked_at).verdict is Verdict.PASS


def test_an_instance_of_a_study_without_a_case_overlaps_with_nothing() -> None:
    looked_at = of_instances("i1|e1|s1|p1", "i3|e3|s3|p3", "i1|e9|s9|p1", "i3|e8|s8|p1")
    found = outcome("instance_overlap", looked_at)
    assert (found.verdict, found.n_examined) == (Verdict.PASS, 2)


def test_instances_of_one_side_alone_leave_the_question_open() -> None:
    found = outcome("instance_overlap", of_instances("i1|e1|s1|p1", "i2|e2|s2|p2"))
    assert (found.verdict, found.n_examined) == (Verdict.INSUFFICIENT, 2)
