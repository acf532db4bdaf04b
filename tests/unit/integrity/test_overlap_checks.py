import polars as pl
import pytest

from multisite.vocabulary import Verdict
from tests.unit.integrity.builders import CASES, INSTANCES, frames, outcome

_OF_IMAGES = {
    "instance_overlap": ("sop_instance_uid", "instance"),
    "frame_of_reference_overlap": ("frame_of_reference_uid", "frame of reference"),
    "accession_number_overlap": ("accession_number", "accession number"),
}


def with_values(check: str, *values: str | None) -> pl.DataFrame:
    """Studies s1, s2, … with one value each of the column that ``check`` looks at."""
    studies = [f"s{i}" for i in range(1, len(values) + 1)]
    return pl.DataFrame(
        {"study_instance_uid": studies, _OF_IMAGES[check][0]: values},
        schema_overrides={_OF_IMAGES[check][0]: pl.String},
    )


@pytest.mark.parametrize("check", _OF_IMAGES)
def test_what_stands_in_two_splits_is_found_once_with_its_cases(check: str) -> None:
    looked_at = frames(images=with_values(check, "x", "y", "x", "z"))
    found = outcome(check, looked_at)
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 3)
    assert found.found.rows() == [(_OF_IMAGES[check][1], "x", "2 cases in test and train")]


@pytest.mark.parametrize("check", _OF_IMAGES)
def test_what_two_studies_of_one_split_share_is_no_finding(check: str) -> None:
    looked_at = frames(CASES.replace("p2", "p1"), images=with_values(check, "x", "x", "y", "z"))
    found = outcome(check, looked_at)
    assert (found.verdict, found.n_examined) == (Verdict.PASS, 3)


@pytest.mark.parametrize("check", _OF_IMAGES)
def test_images_without_a_case_overlap_with_nothing(check: str) -> None:
    found = outcome(check, frames(images=with_values(check, "x", "y", "z", "u", "x")))
    assert (found.verdict, found.n_examined) == (Verdict.PASS, 4)


@pytest.mark.parametrize("check", _OF_IMAGES)
def test_images_that_lack_the_attribute_leave_the_question_open(check: str) -> None:
    assert outcome(check, frames(images=with_values(check, *[None] * 4))).verdict is Verdict.INSUFFICIENT
    one_side = outcome(check, frames(images=with_values(check, "x", "y", None, None)))
    assert (one_side.verdict, one_side.n_examined) == (Verdict.INSUFFICIENT, 2)


@pytest.mark.parametrize("check", _OF_IMAGES)
def test_cases_that_were_left_out_are_counted(check: str) -> None:
    found = outcome(check, frames(images=with_values(check, "x", None, "z", "u")))
    assert found.verdict is Verdict.PASS
    assert "1 of 4 cases have none and were left out" in found.sentence


@pytest.mark.parametrize("check", [*_OF_IMAGES, "patient_overlap", "study_overlap", "series_overlap"])
def test_overlap_does_not_apply_to_one_split(check: str) -> None:
    found = outcome(check, frames(CASES.replace("train", "test"), INSTANCES))
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert "Fewer than two splits" in found.sentence


def test_patients_who_are_all_unknown_leave_the_question_open() -> None:
    nameless = frames().included.with_columns(pl.lit(None, pl.String).alias("patient_id"))
    assert outcome("patient_overlap", frames(included=nameless)).verdict is Verdict.INSUFFICIENT
