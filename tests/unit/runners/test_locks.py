"""Locking at every site: once, signed, and never silently replaced."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from multisite.audit import Event, ledger_rows, standing_of
from multisite.audit.dsse import verified
from multisite.audit.keys import new_key
from multisite.errors import UsageError
from multisite.runners.locks import Locked, lock_protocol, locked_protocol, note_deviation, signed_lock, sites_of_lock
from multisite.runners.looks import ledger_of
from multisite.runners.work import STUDY_FOLDER, open_artefacts
from multisite.storage.artefacts import ArtefactStore
from multisite.storage.canonical import sha256_hex
from multisite.storage.location import StoreLocation
from multisite.study import Study
from multisite.vocabulary import Standing, Zone
from tests.lib.report_frames import study

SITES = ("north", "south")
KEY = new_key()


class Hours:
    """A clock that is an hour later whenever it is asked."""

    def __init__(self) -> None:
        self.now = datetime(2026, 5, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(hours=1)
        return self.now


@pytest.fixture
def store(tmp_path: Path) -> ArtefactStore:
    return open_artefacts(StoreLocation("workspace", str(tmp_path / "not yet there")), study(), Zone.SITE)


def lock(
    store: ArtefactStore, of: Study, *, amends: str = "", sites: Sequence[str] = SITES, signed: bool = True
) -> Locked:
    key = KEY if signed else None
    return lock_protocol(store, of, sites, by="A. Example", amends=amends, run="r", clock=Hours(), key=key)


def events(store: ArtefactStore, name: str) -> list[str]:
    return ledger_rows(ledger_of(store, name).chain())["event"].to_list()


def test_a_lock_stands_in_every_ledger_with_its_text_and_its_signature(store: ArtefactStore) -> None:
    found = lock(store, study())
    assert found.added == (*SITES, STUDY_FOLDER)
    assert {one.kind for one in found.standings.values()} == {Standing.PLANNED}
    assert [events(store, name) for name in (*SITES, STUDY_FOLDER)] == [[Event.LOCK.value]] * 3
    text = locked_protocol(store, study(), found.protocol)
    assert text is not None
    assert sha256_hex([text]) == found.protocol == study().protocol_sha256
    envelope = signed_lock(store, study(), found.protocol)
    assert envelope is not None
    said = verified(envelope, [KEY.public_key()])
    assert said is not None
    assert json.loads(said)["subject"][0]["digest"]["sha256"] == found.protocol


def test_locking_again_changes_nothing_and_a_new_site_is_locked_beside_the_others(store: ArtefactStore) -> None:
    lock(store, study())
    assert lock(store, study()).added == ()
    found = lock(store, study(), sites=(*SITES, "west"))
    assert found.added == ("west", STUDY_FOLDER)
    assert sites_of_lock(ledger_of(store, STUDY_FOLDER).chain()) == ("north", "south", "west")


def test_a_protocol_that_was_replaced_is_locked_anew_when_it_comes_back(store: ArtefactStore) -> None:
    other = study().model_copy(update={"title": "Another title"})
    lock(store, study())
    lock(store, other, amends="the title was wrong")
    rows = ledger_rows(ledger_of(store, "north").chain())
    assert standing_of(rows, protocol=study().protocol_sha256).kind is Standing.EXPLORATORY
    found = lock(store, study(), amends="it was right")
    assert found.standings["north"].kind is Standing.PLANNED
    assert events(store, "north").count(Event.DEVIATION.value) == 2


def test_another_protocol_needs_a_reason_and_is_noted_as_a_deviation_with_what_changed(store: ArtefactStore) -> None:
    lock(store, study())
    other = study().model_copy(update={"title": "Another title"})
    with pytest.raises(UsageError, match="another protocol is locked"):
        lock(store, other)
    found = lock(store, other, amends="the title was wrong")
    assert found.added == (*SITES, STUDY_FOLDER)
    assert events(store, "north") == [Event.LOCK.value, Event.DEVIATION.value, Event.LOCK.value]
    noted = ledger_of(store, "north").chain().links[1].entry
    assert noted is not None
    assert noted.content["what"] == "the locked protocol was replaced; changed: title"
    assert noted.content["why"] == "the title was wrong"
    assert noted.content["protocol"] == study().protocol_sha256


def test_without_a_key_the_lock_is_not_signed_and_says_so(store: ArtefactStore) -> None:
    found = lock(store, study(), signed=False)
    assert not found.signed
    assert signed_lock(store, study(), found.protocol) is None
    assert lock(store, study()).signed


def test_a_lock_after_a_look_does_not_make_results_planned(store: ArtefactStore) -> None:
    lock(store, study(), sites=())
    content = {"stages": ["performance"], "protocol": "p", "evaluated": "e"}
    ledger_of(store, "north").append(Event.LOOK, time=Hours()(), run="r", code_version="1", content=content)
    found = lock(store, study())
    assert found.standings["north"].kind is Standing.EXPLORATORY
    assert found.standings["south"].kind is Standing.PLANNED


def test_a_deviation_stands_where_it_was_noted(store: ArtefactStore) -> None:
    lock(store, study())
    note_deviation(store, study(), ["south"], what="w", why="y", by="B. Example", run="r", clock=Hours())
    assert events(store, "south") == [Event.LOCK.value, Event.DEVIATION.value]
    assert events(store, "north") == [Event.LOCK.value]
