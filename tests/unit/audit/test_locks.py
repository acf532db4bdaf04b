"""Planned or exploratory, from a ledger alone."""

import polars as pl
import pytest

from multisite.audit.chain import BEFORE_THE_FIRST, chain_of
from multisite.audit.entry import Entry, Event
from multisite.audit.locks import deviation_rows, lock_of, standing_of
from multisite.audit.looks import ledger_rows
from multisite.storage.canonical import sha256_hex
from multisite.vocabulary import Standing

LOCK = (Event.LOCK, {"protocol": "p1", "parts": {"data": "d"}, "by": "A. Example"})
OTHER = (Event.LOCK, {"protocol": "p2", "parts": {}, "by": "B. Example"})
LOOK = (Event.LOOK, {"stages": ["performance"], "protocol": "p1", "evaluated": "e"})
LEFT = (Event.DEVIATION, {"protocol": "p1", "what": "two readers", "why": "illness", "by": "A. Example"})


def ledger(*events: tuple[Event, dict[str, object]], spoilt: int | None = None) -> pl.DataFrame:
    files, previous = [], BEFORE_THE_FIRST
    for number, (event, content) in enumerate(events, start=1):
        entry = Entry(
            number, f"2026-05-{number:02}T10:00:00+00:00", event.value, "chest", "north", "r", "1", content, previous
        )
        written = entry.to_bytes()
        if number == spoilt:
            written = written.replace(b"2026", b"2025")
        files.append((number, written))
        previous = sha256_hex([entry.to_bytes()])
    return ledger_rows(chain_of(files, study="chest", site="north"))


def test_a_protocol_that_was_locked_before_any_look_is_planned() -> None:
    found = standing_of(ledger(LOCK, LOOK, LOOK), protocol="p1")
    assert (found.kind, found.reason) == (Standing.PLANNED, "")
    assert found.lock is not None
    assert (found.lock.by, found.lock.time[:10], found.lock.n_looks_before) == ("A. Example", "2026-05-01", 0)


@pytest.mark.parametrize(
    ("events", "reason"),
    [
        ((), "the protocol was not locked"),
        ((LOOK,), "the protocol was not locked"),
        ((OTHER, LOOK), "the protocol is not the one that was locked on 2026-05-01"),
        ((LOOK, LOCK), "1 look at the test labels came before the lock"),
        ((LOOK, LOOK, LOCK, LOOK), "2 looks at the test labels came before the lock"),
    ],
)
def test_everything_else_is_exploratory_with_its_reason(
    events: tuple[tuple[Event, dict[str, object]], ...], reason: str
) -> None:
    found = standing_of(ledger(*events), protocol="p1")
    assert (found.kind, found.reason) == (Standing.EXPLORATORY, reason)


def test_of_protocols_that_were_locked_before_the_first_look_the_last_is_planned_alone() -> None:
    rows = ledger(LOCK, OTHER, LOOK)
    assert standing_of(rows, protocol="p2").kind is Standing.PLANNED
    first = standing_of(rows, protocol="p1")
    assert first.kind is Standing.EXPLORATORY
    assert first.reason == "the protocol was replaced by another one on 2026-05-02, before any test label was read"
    assert standing_of(ledger(LOCK, OTHER, LOCK, LOOK), protocol="p1").kind is Standing.PLANNED


def test_a_second_lock_of_the_same_protocol_does_not_undo_the_first() -> None:
    found = standing_of(ledger(LOCK, LOOK, OTHER, LOCK), protocol="p1")
    assert found.kind is Standing.PLANNED
    assert found.lock is not None
    assert found.lock.number == 1


def test_a_broken_ledger_makes_results_exploratory_whatever_stands_in_it() -> None:
    found = standing_of(ledger(LOCK, LOOK, LOOK, spoilt=2), protocol="p1")
    assert (found.kind, found.reason) == (Standing.EXPLORATORY, "the site's ledger is broken at entry 3")


def test_a_lock_behind_a_break_counts_as_none() -> None:
    assert lock_of(ledger(LOOK, LOCK, spoilt=1), protocol="p1") is None


def test_without_a_protocol_the_last_lock_is_found() -> None:
    found = lock_of(ledger(LOCK, OTHER))
    assert found is not None
    assert found.protocol == "p2"


def test_deviations_are_told_with_who_when_and_why() -> None:
    rows = deviation_rows(ledger(LOCK, LEFT), site="north")
    assert rows.to_dicts() == [
        {
            "site": "north",
            "number": 2,
            "time": "2026-05-02T10:00:00+00:00",
            "by": "A. Example",
            "what": "two readers",
            "why": "illness",
            "protocol": "p1",
        }
    ]
    assert deviation_rows(ledger(LOCK), site="north").is_empty()
