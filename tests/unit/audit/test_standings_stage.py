"""What stands in the pack of locks, deviations, and the dates of test cases."""

from datetime import date

import polars as pl

from multisite.audit import STANDINGS_STAGE
from multisite.audit.standings_stage import StandingParameters
from multisite.schemas import StageInputs
from multisite.schemas.standings import DEVIATIONS, STANDINGS, TIME_FORWARD
from tests.unit.audit.test_locks import LEFT, LOCK, LOOK, ledger

COHORT = pl.DataFrame(
    {
        "split": ["test", "test", "test", "test", "train", "test"],
        "case_date": [date(2026, 4, 30), date(2026, 5, 1), date(2026, 5, 2), None, date(2026, 6, 1), date(2027, 1, 1)],
        "included": [True, True, True, True, True, False],
    }
)


def stand(rows: pl.DataFrame | None, *, frozen: date | None) -> dict[str, pl.DataFrame]:
    inputs = StageInputs(site="north", frames={"cohort": COHORT}, ledger=rows)
    return dict(STANDINGS_STAGE.run(inputs, StandingParameters("p1", (("ai", frozen),))).frames)


def test_a_site_that_locked_and_then_looked_is_planned_with_who_and_when() -> None:
    row = stand(ledger(LOCK, LOOK), frozen=None)[STANDINGS.name].row(0, named=True)
    assert (row["standing"], row["reason"], row["locked_by"]) == ("planned", None, "A. Example")
    assert row["locked_at"].startswith("2026-05-01")


def test_a_site_without_a_ledger_is_exploratory() -> None:
    row = stand(None, frozen=None)[STANDINGS.name].row(0, named=True)
    assert (row["standing"], row["reason"]) == ("exploratory", "the protocol was not locked")
    assert row["n_looks_before"] is None


def test_cases_of_the_very_day_of_freeze_or_lock_count_as_before() -> None:
    row = stand(ledger(LOCK), frozen=date(2026, 4, 30))[TIME_FORWARD.name].row(0, named=True)
    assert (row["n_cases"], row["n_undated"]) == (4, 1)
    # The lock is of 1 May: one of the three dated test cases came after it, two after the freeze of 30 April.
    assert (row["n_after_freeze"], row["n_after_lock"]) == (2, 1)
    assert (row["first_month"], row["last_month"]) == (date(2026, 4, 1), date(2026, 5, 1))


def test_without_freeze_and_lock_nothing_is_counted_after_them() -> None:
    row = stand(ledger(LOOK), frozen=None)[TIME_FORWARD.name].row(0, named=True)
    assert (row["n_after_freeze"], row["n_after_lock"]) == (None, None)


def test_deviations_are_rows() -> None:
    assert stand(ledger(LOCK, LEFT), frozen=None)[DEVIATIONS.name]["what"].to_list() == ["two readers"]
