import polars as pl

from multisite.integrity.check import Claims, Outcome
from multisite.vocabulary import Verdict
from tests.unit.integrity.builders import CASES, frames, outcome

_SECOND = CASES + "c5 | p1 | s5 | e5 | train | 2024-06-01"


def declared(*columns: str, cases: str = _SECOND, **values: list[str | float | None]) -> Outcome:
    """The check of ``columns`` over the cases of p1, p2, p3, p4 and once more p1 with ``values``."""
    included = frames(cases).included.with_columns(pl.Series(name, of, strict=False) for name, of in values.items())
    return outcome("patient_across_groups", frames(included=included, claims=Claims(patients_stay_within=columns)))


def test_a_patient_in_two_groups_is_found_once_and_the_groups_are_named_in_the_finding_only() -> None:
    found = declared("clinical_hospital", clinical_hospital=["north", "north", "east", "east", "east"])
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 4)
    assert found.found.rows() == [("patient", "p1", "clinical_hospital: east, north")]
    assert found.sentence == "Patients in more than one group: 1 of 4 patients by `clinical_hospital`."


def test_two_cases_of_one_group_are_no_finding() -> None:
    found = declared("clinical_hospital", clinical_hospital=["north", "east", "east", "east", "north"])
    assert (found.verdict, found.n_examined) == (Verdict.PASS, 4)


def test_a_patient_who_crosses_two_columns_counts_once_and_stands_in_two_rows() -> None:
    groups = ["a", "a", "b", "b", "b"]
    found = declared("clinical_ward", "slice_thickness_mm", clinical_ward=groups, slice_thickness_mm=[1, 1, 1, 1, 2.5])
    assert (found.n_found, found.found.height) == (1, 2)
    assert found.found["detail"].to_list() == ["clinical_ward: a, b", "slice_thickness_mm: 1.0, 2.5"]


def test_of_many_groups_ten_are_named() -> None:
    rows = "\n".join(f"x{i} | p9 | t{i} | u{i} | train | -" for i in range(12))
    found = declared("clinical_ward", cases=CASES + rows, clinical_ward=["a"] * 4 + [f"w{i:02}" for i in range(12)])
    assert found.found["detail"][0].endswith("w08, w09 and 2 more")


def test_cases_without_patient_or_value_are_counted() -> None:
    found = declared("clinical_ward", clinical_ward=["a", None, "b", "b", "a"])
    assert found.verdict is Verdict.PASS
    assert "0 of 3 patients by `clinical_ward` (1 cases without patient or value)" in found.sentence


def test_a_column_without_values_leaves_the_question_open_unless_another_fails() -> None:
    nothing = [None] * 5
    assert declared("clinical_ward", clinical_ward=nothing).verdict is Verdict.INSUFFICIENT
    groups = ["a", "a", "b", "b", "b"]
    found = declared("clinical_ward", "clinical_site", clinical_ward=nothing, clinical_site=groups)
    assert found.verdict is Verdict.FAIL
    assert "`clinical_ward` is not known" in found.sentence


def test_one_group_or_none_declared_leaves_nothing_to_ask() -> None:
    assert declared().verdict is Verdict.NOT_APPLICABLE
    assert declared("site").verdict is Verdict.NOT_APPLICABLE
