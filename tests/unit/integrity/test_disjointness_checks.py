import polars as pl
import pytest

from multisite.integrity.check import Claims, Outcome
from multisite.vocabulary import Verdict
from tests.unit.integrity.builders import frames, outcome


def declared(*columns: str, **values: list[str | float | None]) -> Outcome:
    """The check of ``columns`` over cases of train, train, test and test with ``values``."""
    included = frames().included.with_columns(pl.Series(name, of, strict=False) for name, of in values.items())
    return outcome("declared_disjoint", frames(included=included, claims=Claims(disjoint=columns)))


def test_a_scanner_in_train_and_test_is_found_once_with_its_cases() -> None:
    found = declared("device", device=["d1", "d2", "d2", "d2"])
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 2)
    assert found.found.rows() == [("device", "d2", "cases: 1 in train, 2 in test")]
    assert found.sentence == "In both train and test: 1 of 2 values of `device`."


def test_each_declared_column_is_counted_for_itself() -> None:
    values = {"model": ["m", "m", "m", "n"], "slice_thickness_mm": [1.0, 1.0, 2.5, 5.0]}
    found = declared("device", "model", "slice_thickness_mm", **values)
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 7)
    assert found.sentence == (
        "In both train and test: 0 of 2 values of `device`; 1 of 2 values of `model`; "
        "0 of 3 values of `slice_thickness_mm`."
    )


def test_a_column_that_is_unknown_on_one_side_leaves_the_question_open() -> None:
    found = declared("device", "model", model=["m", "m", None, None])
    assert found.verdict is Verdict.INSUFFICIENT
    assert "`model` is not known on both sides" in found.sentence


def test_a_shared_value_is_a_failure_whatever_else_is_unknown() -> None:
    found = declared("device", "model", device=["d"] * 4, model=[None] * 4)
    assert (found.verdict, found.n_found) == (Verdict.FAIL, 1)


def test_cases_without_a_value_are_counted() -> None:
    found = declared("device", device=["d1", None, "d2", "d3"])
    assert (found.verdict, found.n_examined) == (Verdict.PASS, 3)
    assert "(1 cases without one)" in found.sentence


def test_nothing_is_asked_where_nothing_is_declared() -> None:
    assert declared().verdict is Verdict.NOT_APPLICABLE


@pytest.mark.parametrize("split", ["train", "test"])
def test_one_side_alone_answers_for_the_site_and_for_nothing_else(split: str) -> None:
    assert declared("device", split=[split] * 4).verdict is Verdict.NOT_APPLICABLE
    assert declared("device", "site", split=[split] * 4).verdict is Verdict.PASS


def test_a_site_with_train_and_test_breaks_a_split_by_site() -> None:
    assert declared("site").verdict is Verdict.FAIL


def test_tune_shares_freely() -> None:
    found = declared("device", split=["train", "tune", "test", "test"], device=["d1", "d2", "d2", "d3"])
    assert found.verdict is Verdict.PASS
