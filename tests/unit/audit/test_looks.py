"""Looks are counted by run, and by what they evaluated."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from multisite.audit import LOOKS_STAGE, Event, Ledger, Look, ledger_rows, look_of
from multisite.audit.stage import LookParameters
from multisite.schemas import StageInputs
from multisite.schemas.looks import LEDGER_ROWS, LOOKS
from multisite.storage.location import StoreLocation
from multisite.storage.opening import open_store

Counted = tuple[int, int, int | None]


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(open_store(StoreLocation("workspace", str(tmp_path))), study="chest", site="north")


def look(ledger: Ledger, run: str, protocol: str, evaluated: str) -> None:
    content = Look(("performance",), protocol, evaluated).to_content()
    ledger.append(Event.LOOK, time=datetime(2026, 1, 1, tzinfo=UTC), run=run, code_version="1", content=content)


def counted(ledger: Ledger) -> Counted:
    inputs = StageInputs(site="north", ledger=ledger_rows(ledger.chain()))
    frame = LOOKS.conform(LOOKS_STAGE.run(inputs, LookParameters()).frames["looks"])
    assert frame["site"].to_list() == ["north"]
    n_runs, n_evaluations, broken_at = frame.select("n_runs", "n_evaluations", "broken_at").row(0)
    return n_runs, n_evaluations, broken_at


def test_an_empty_ledger_counts_none(ledger: Ledger) -> None:
    assert ledger_rows(ledger.chain()).schema == LEDGER_ROWS
    assert counted(ledger) == (0, 0, None)


def test_the_same_again_is_another_run_and_no_other_evaluation(ledger: Ledger) -> None:
    look(ledger, "a", "p", "e")
    look(ledger, "b", "p", "e")
    assert counted(ledger) == (2, 1, None)


def test_another_protocol_and_another_cohort_are_other_evaluations(ledger: Ledger) -> None:
    look(ledger, "a", "p", "e")
    look(ledger, "b", "p2", "e")
    look(ledger, "c", "p2", "e2")
    assert counted(ledger) == (3, 3, None)


def test_two_entries_of_one_run_are_one_run(ledger: Ledger) -> None:
    look(ledger, "a", "p", "e")
    look(ledger, "a", "p", "e2")
    assert counted(ledger) == (1, 2, None)


def test_looks_behind_a_break_are_counted_and_the_break_is_told(ledger: Ledger, tmp_path: Path) -> None:
    for run in ("a", "b", "c"):
        look(ledger, run, "p", run)
    (tmp_path / "chest/north/_ledger/000002.json").write_bytes(b"{}")
    assert counted(ledger) == (2, 2, 2)


def test_an_entry_on_something_else_is_no_look(ledger: Ledger) -> None:
    entry = ledger.append(
        Event.DRILL, time=datetime(2026, 1, 1, tzinfo=UTC), run="a", code_version="1", content={"month": "2026-01"}
    )
    assert look_of(entry) is None
    assert look_of(None) is None
