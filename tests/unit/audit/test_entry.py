"""What an entry must hold, event by event: an entry that says it badly is none."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from multisite.audit import Chain, Entry, Event, Ledger
from multisite.storage.canonical import canonical_json
from multisite.storage.location import StoreLocation
from multisite.storage.opening import open_store

CONTENTS: dict[Event, dict[str, Any]] = {
    Event.LOOK: {"stages": ["performance"], "protocol": "p", "evaluated": "e"},
    Event.BASELINE: {"baseline": "b", "from_month": "", "reason": "r", "approver": "a", "previous": ""},
    Event.ACKNOWLEDGED: {
        "model": "ai",
        "case_number": 1,
        "opened": "2026-04",
        "state": "RED",
        "by": "Dr Lee",
        "cause": "",
    },
    Event.CLOSED: {
        "model": "ai",
        "case_number": 1,
        "opened": "2026-04",
        "by": "Dr Lee",
        "reason": "r",
        "month": "2026-05",
    },
    Event.MUTED: {
        "model": "ai",
        "monitor": "vendor",
        "axis": "overall",
        "level": "overall",
        "reason": "r",
        "approver": "a",
        "until": "2026-09-30",
    },
    Event.MAIL: {
        "model": "ai",
        "month": "2026-05",
        "revision": 1,
        "message_id": "<m@x>",
        "digest": "d",
        "outcome": "sent",
        "is_drill": False,
    },
    Event.DRILL: {"month": "2026-05"},
    Event.LOCK: {"protocol": "p", "parts": {"data": "d"}, "by": "a"},
    Event.DEVIATION: {"protocol": "p", "what": "w", "why": "y", "by": "a"},
    Event.RUN: {"verb": "run", "protocol": "p", "n_tasks": 4},
    Event.PACK: {"protocol": "p", "sha256sums": "d"},
}
"""What each event says at least."""

FIELDS = [(event, name) for event, content in CONTENTS.items() for name in content]


def as_bytes(event: Event, content: dict[str, Any]) -> bytes:
    return Entry(
        1, "2026-05-01T00:00:00+00:00", event.value, "chest", "north", "run", "1", content, "0" * 64
    ).to_bytes()


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(open_store(StoreLocation("workspace", str(tmp_path))), study="chest", site="north")


def test_every_event_is_tried_here() -> None:
    assert set(CONTENTS) == set(Event)


@pytest.mark.parametrize("event", CONTENTS, ids=str)
def test_an_entry_comes_back_as_it_was_written_and_may_say_more(event: Event) -> None:
    written = as_bytes(event, {**CONTENTS[event], "more": [1]})
    assert Entry.from_bytes(written).to_bytes() == written


@pytest.mark.parametrize(("event", "name"), FIELDS)
def test_an_entry_that_lacks_a_field_of_its_event_or_has_it_in_another_type_is_none(event: Event, name: str) -> None:
    content = CONTENTS[event]
    lacking = {key: value for key, value in content.items() if key != name}
    # To Python a boolean is a number.
    other = 1 if isinstance(content[name], bool | str) else True
    for wrong in (lacking, {**content, name: other}, {**content, name: None}):
        with pytest.raises(ValueError, match="does not say what its event is about"):
            Entry.from_bytes(as_bytes(event, wrong))


def test_an_event_of_a_later_release_is_an_entry_whatever_it_holds() -> None:
    written = as_bytes(Event.DRILL, {"x": 1}).replace(b'"drill"', b'"something new"')
    assert Entry.from_bytes(written).event == "something new"


def add(ledger: Ledger, event: Event, content: dict[str, Any] | None = None) -> Entry:
    held = CONTENTS[event] if content is None else content
    return ledger.append(event, time=datetime(2026, 5, 1, tzinfo=UTC), run="r", code_version="1", content=held)


def test_what_could_not_be_read_back_is_not_added(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="does not say"):
        add(ledger, Event.ACKNOWLEDGED, {"model": "ai", "case_number": "1", "by": "", "cause": ""})
    assert ledger.chain().links == ()


def test_an_entry_that_is_not_due_any_more_is_not_added(ledger: Ledger) -> None:
    asked: list[int] = []

    def when_first(chain: Chain) -> bool:
        asked.append(len(chain.links))
        if len(asked) == 1:
            # Another run is faster, between the question and the entry.
            add(ledger, Event.DRILL)
        return not chain.links

    time = datetime(2026, 5, 1, tzinfo=UTC)
    content = CONTENTS[Event.BASELINE]
    added = ledger.append_if(when_first, Event.BASELINE, time=time, run="r", code_version="1", content=content)
    assert added is None
    assert asked == [0, 1]
    assert [link.entry.event for link in ledger.chain().links if link.entry] == ["drill"]


@pytest.mark.parametrize("event", [Event.MAIL, Event.DRILL], ids=str)
def test_a_mail_or_a_drill_leaves_the_digest_that_stages_depend_on(ledger: Ledger, event: Event) -> None:
    add(ledger, Event.LOOK)
    before = ledger.chain().sha256
    add(ledger, event)
    assert ledger.chain().sha256 == before
    add(ledger, Event.ACKNOWLEDGED)
    assert ledger.chain().sha256 != before


def test_a_mail_behind_a_break_changes_the_digest(ledger: Ledger, tmp_path: Path) -> None:
    add(ledger, Event.LOOK)
    add(ledger, Event.MAIL)
    before = ledger.chain().sha256
    second = tmp_path / "chest/north/_ledger/000002.json"
    second.write_bytes(canonical_json({"not": "an entry"}))
    assert ledger.chain().broken_at == 2
    assert ledger.chain().sha256 != before
