"""What the checks of pixels say: found once, left open where nothing could be looked at, silent on what is sound."""

import polars as pl
import pytest

from multisite.integrity.check import CheckFrames
from multisite.vocabulary import Verdict
from tests.unit.integrity.builders import CASES, PIXEL_ROWS, frames, outcome

CHECKS_OF_PIXELS = ("same_pixels_two_patients", "near_duplicate_images", "text_in_pixels")


def more(*rows: str, cases: str = CASES) -> CheckFrames:
    return frames(cases, pixels=PIXEL_ROWS + "\n".join(rows) + "\n")


@pytest.mark.parametrize("check", CHECKS_OF_PIXELS)
def test_without_pixels_the_question_does_not_arise(check: str) -> None:
    found = outcome(check, frames(pixels=None))
    assert found.verdict is Verdict.NOT_APPLICABLE
    assert found.sentence == "The study file does not ask for pixels."


@pytest.mark.parametrize("check", CHECKS_OF_PIXELS)
def test_what_could_not_be_read_leaves_the_question_open_and_is_counted(check: str) -> None:
    head = PIXEL_ROWS.strip().splitlines()[0]
    unread = (
        f"{head}\ni1 | e1 | s1 | larger than the limit | - | - | - | -\ni2 | e2 | s2 | in an archive | - | - | - | -"
    )
    found = outcome(check, frames(pixels=unread))
    assert found.verdict is Verdict.INSUFFICIENT
    assert found.sentence.endswith(
        "0 of 2 chosen images were read (not read: 1 larger than the limit, 1 in an archive)."
    )


@pytest.mark.parametrize("check", CHECKS_OF_PIXELS)
def test_a_sound_set_says_how_much_of_it_was_read(check: str) -> None:
    found = outcome(check, more("i4 | e4 | s4 | no pixel data | - | - | - | -"))
    assert (found.verdict, found.n_examined) == (Verdict.PASS, 3)
    assert found.sentence.endswith("3 of 4 chosen images were read (not read: 1 no pixel data).")


def test_the_same_pixels_under_two_patients_are_found_in_both_studies() -> None:
    found = outcome("same_pixels_two_patients", more("i4 | e4 | s4 | read | 1 | - | false | 0"))
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 2, 4)
    assert found.found["pseudonym"].to_list() == ["s1", "s4"]
    assert (
        found.found["detail"].to_list() == ["images: 1; other patients with the same pixels: 1; in test and train"] * 2
    )


def test_the_same_pixels_twice_for_one_patient_are_no_finding() -> None:
    looked_at = more("i9 | e4 | s4 | read | 1 | - | false | 0", cases=CASES.replace("p4", "p1"))
    assert outcome("same_pixels_two_patients", looked_at).verdict is Verdict.PASS


def test_the_patient_is_that_of_the_table() -> None:
    nobody = more("i4 | e4 | s4 | read | 1 | - | false | 0", cases=CASES.replace("p4", "- "))
    assert outcome("same_pixels_two_patients", nobody).verdict is Verdict.PASS
    stranger = more("i9 | e9 | s9 | read | 1 | - | false | 0")
    assert outcome("same_pixels_two_patients", stranger).n_examined == 3


def test_flat_images_are_not_compared() -> None:
    found = outcome("same_pixels_two_patients", more("i4 | e4 | s4 | read | - | d1 | true | 0"))
    assert (found.verdict, found.n_examined) == (Verdict.PASS, 3)
    head, *rows = PIXEL_ROWS.strip().splitlines()
    flat = "\n".join([head, *(row.replace("false", "true ") for row in rows)])
    assert outcome("same_pixels_two_patients", frames(pixels=flat)).verdict is Verdict.INSUFFICIENT


def test_a_near_copy_under_another_patient_is_one_pair_named_by_its_tested_study() -> None:
    looked_at = more("i4 | e4 | s4 | read | 1 | other | false | 0", "i5 | e4 | s4 | read | 2 | another | false | 0")
    found = outcome("near_duplicate_images", looked_at)
    assert (found.verdict, found.n_found) == (Verdict.FAIL, 2)
    assert found.found["pseudonym"].to_list() == ["s4", "s4"]
    assert found.found["detail"].item(0) == (
        "nearly the same image stands under another patient; pairs of images: 1; in test and train; "
        "correlation up to 1.0"
    )
    assert outcome("same_pixels_two_patients", looked_at).verdict is Verdict.PASS


def test_equal_pixels_are_the_finding_of_the_other_check_alone() -> None:
    assert outcome("near_duplicate_images", more("i4 | e4 | s4 | read | 1 | - | false | 0")).verdict is Verdict.PASS


def test_text_is_counted_by_series_with_what_the_header_and_the_labels_say() -> None:
    looked_at = more("i4 | e4 | s4 | read | 4 | - | false | 12", "i5 | e4 | s4 | read | 5 | - | false | 0")
    denied = pl.when(pl.col("series_instance_uid") == "e4").then(pl.lit("NO"))
    assert looked_at.pixels is not None
    given = CheckFrames(
        included=looked_at.included.with_columns(reference_nodule=pl.Series([True, None, False, True])),
        content_incidents=looked_at.content_incidents,
        series=looked_at.series,
        instance_incidents=looked_at.instance_incidents,
        pixels=looked_at.pixels.with_columns(denied.alias("burned_in_annotation")),
        claims=looked_at.claims,
        seed=1,
    )
    found = outcome("text_in_pixels", given)
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 4)
    assert found.found.row(0) == ("series", "e4", "marks like text in 1 of 2 images; BurnedInAnnotation says NO")
    assert found.sentence == (
        "1 of 4 index series has marks like text at the border. BurnedInAnnotation says NO in 1 of them. "
        "nodule: 1 of 1 cases with text, 1 of 2 without. 5 of 5 chosen images were read."
    )
