import pytest

from multisite.integrity.check import CheckFrames
from multisite.vocabulary import Verdict
from tests.unit.integrity.builders import CASES, frames, outcome

_HEAD = "sop_instance_uid | series_instance_uid | study_instance_uid | patient_id | content_fingerprint\n"


def holding(*series: str, cases: str = CASES) -> CheckFrames:
    """Series, each given as its name, study, patient and the letters of its acquisitions; no two instances are one."""
    rows = []
    for text in series:
        name, study, patient, letters = (part.strip() for part in text.split("|"))
        rows += [f"{name}{i} | {name} | {study} | {patient} | {letter}" for i, letter in enumerate(letters)]
    return frames(cases, _HEAD + "\n".join(rows))


def test_a_study_that_stands_again_under_another_uid_is_one_pair_and_names_both() -> None:
    found = outcome("resent_study", holding("e1|s1|p1|abc", "e5|s5|p1|abc", "e2|s2|p2|d"))
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 3)
    assert found.found.rows() == [
        ("study", "s1", "3 acquisitions of its 3 instances stand again under another study of its patient"),
        ("study", "s5", "3 acquisitions of its 3 instances stand again under another study of its patient"),
    ]
    assert found.sentence == (
        "1 pair of studies of one patient holds the same acquisitions under two StudyInstanceUIDs; "
        "the two are in different splits in 0."
    )


def test_a_resent_study_on_the_other_side_of_the_split_is_told() -> None:
    cases = CASES + "c5 | p1 | s5 | e5 | test | 2024-06-01\nc6 | p2 | s6 | e6 | train | 2024-06-01"
    found = outcome("resent_study", holding("e1|s1|p1|ab", "e5|s5|p1|ab", "e2|s2|p2|cd", "e6|s6|p2|cd", cases=cases))
    assert found.n_found == 2
    assert found.sentence.endswith("in different splits in 1.")


def test_all_series_of_a_study_count_together() -> None:
    found = outcome("resent_study", holding("e1|s1|p1|abcd", "e2|s1|p1|ef", "e5|s5|p1|a", "e6|s5|p1|ef"))
    assert found.n_found == 1
    assert "3 acquisitions of its 6 instances" in found.found["detail"][0]


@pytest.mark.parametrize(("shared", "verdict"), [("ab", Verdict.FAIL), ("a", Verdict.PASS)])
def test_half_of_the_smaller_study_must_be_equal(shared: str, verdict: Verdict) -> None:
    smaller = (shared + "xyz")[:4]
    assert outcome("resent_study", holding("e1|s1|p1|abcdefgh", f"e5|s5|p1|{smaller}")).verdict is verdict
    assert outcome("repeated_series", holding("e1|s1|p1|abcdefgh", f"e5|s1|p1|{smaller}")).verdict is verdict


def test_a_study_under_another_patient_is_left_to_the_check_of_two_patients() -> None:
    looked_at = holding("e1|s1|p1|abc", "e5|s5|p9|abc")
    assert outcome("resent_study", looked_at).verdict is Verdict.PASS
    assert outcome("same_content_two_patients", looked_at).n_found == 1


def test_a_study_that_was_resent_under_its_own_and_another_patient_is_found_by_both_checks() -> None:
    looked_at = holding("e1|s1|p1|abc", "e5|s5|p9|abc", "e6|s6|p9|abc")
    assert outcome("resent_study", looked_at).n_found == 1
    assert outcome("same_content_two_patients", looked_at).n_found == 1


def test_studies_of_unknown_patients_are_not_taken_for_those_of_one() -> None:
    assert outcome("resent_study", holding("e1|s1|p1|x", "e2|s2|-|abc", "e3|s3|-|abc")).verdict is Verdict.PASS


def test_a_series_that_stands_again_within_its_study_is_one_pair_and_names_both() -> None:
    found = outcome("repeated_series", holding("e1|s1|p1|abc", "e5|s1|p1|abcd", "e2|s2|p2|e"))
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 3)
    assert found.found.rows() == [
        ("series", "e1", "3 acquisitions of its 3 instances stand again under another series of its study"),
        ("series", "e5", "3 acquisitions of its 4 instances stand again under another series of its study"),
    ]


def test_a_series_of_a_resent_study_is_no_repeat_within_a_study() -> None:
    assert outcome("repeated_series", holding("e1|s1|p1|abc", "e5|s5|p1|abc")).verdict is Verdict.PASS
