"""A ledger is added to, and never changed."""

import errno
import json
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from multisite.audit import Event, Ledger, ledger
from multisite.errors import LedgerBrokenError, MachineError, StoreError
from multisite.storage import local_folder
from multisite.storage.location import StoreLocation
from multisite.storage.opening import open_store
from tests.lib.workspaces import contents

TIME = datetime(2026, 3, 1, 12, 0, 0, 999, tzinfo=timezone(timedelta(hours=2)))
MakeLedger = Callable[[], Ledger]
LOOKED_AT = {"stages": ["performance"], "protocol": "p", "evaluated": "e"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "chest/north/_ledger"


@pytest.fixture
def make(tmp_path: Path) -> MakeLedger:
    return lambda: Ledger(open_store(StoreLocation("workspace", str(tmp_path))), study="chest", site="north")


def add(to: Ledger, run: str) -> int:
    return to.append(Event.LOOK, time=TIME, run=run, code_version="0.1.0", content=LOOKED_AT).sequence


def test_entries_are_files_with_rising_numbers_that_later_ones_leave_as_they_are(
    make: MakeLedger, folder: Path
) -> None:
    assert make().chain().links == ()
    assert add(make(), "one") == 1
    before = contents(folder)
    assert add(make(), "two") == 2
    assert sorted(path.name for path in folder.iterdir()) == ["000001.json", "000002.json"]
    assert contents(folder).items() > before.items()
    chain = make().chain()
    assert chain.broken_at is None
    assert [link.entry.run for link in chain.links if link.entry] == ["one", "two"]


def test_the_time_is_kept_in_utc_and_to_the_second(make: MakeLedger, folder: Path) -> None:
    add(make(), "one")
    assert json.loads((folder / "000001.json").read_bytes())["time"] == "2026-03-01T10:00:00+00:00"


def test_two_sites_have_two_ledgers(make: MakeLedger, tmp_path: Path) -> None:
    add(make(), "one")
    south = Ledger(open_store(StoreLocation("workspace", str(tmp_path))), study="chest", site="south")
    assert south.chain().links == ()
    assert add(south, "one") == 1


def test_runs_that_write_at_the_same_time_all_keep_their_entry(make: MakeLedger) -> None:
    runs = [f"run {n}" for n in range(12)]
    with ThreadPoolExecutor(len(runs)) as pool:
        numbers = list(pool.map(lambda run: add(make(), run), runs))
    assert sorted(numbers) == list(range(1, 13))
    chain = make().chain()
    assert chain.broken_at is None
    assert sorted(link.entry.run for link in chain.links if link.entry) == sorted(runs)


def test_nothing_is_added_to_a_broken_ledger(make: MakeLedger, folder: Path) -> None:
    for run in ("one", "two", "three"):
        add(make(), run)
    (folder / "000002.json").unlink()
    before = contents(folder)
    with pytest.raises(LedgerBrokenError, match="broken at entry 2") as raised:
        add(make(), "four")
    assert raised.value.exit_code == 22
    assert "`chest/north/_ledger`" in raised.value.place
    assert contents(folder) == before


def test_what_is_not_called_like_an_entry_is_passed_over(make: MakeLedger, folder: Path) -> None:
    add(make(), "one")
    for name in ("README", "000002.json.bak", "2.json"):
        (folder / name).write_bytes(b"x")
    assert make().chain().broken_at is None
    assert add(make(), "two") == 2


def test_a_writer_that_never_gets_its_turn_gives_up(make: MakeLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    late = make()
    monkeypatch.setattr(ledger, "_ATTEMPTS", 3)
    monkeypatch.setattr(late._objects, "create", lambda key, data: False)
    with pytest.raises(MachineError, match="given up after 3 attempts"):
        add(late, "late")


def test_a_full_disk_loses_no_entry_and_leaves_none_half(
    make: MakeLedger, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(make(), "one")
    before = contents(folder)

    def full(path: Path, data: bytes) -> None:
        path.write_bytes(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(local_folder, "_write_through", full)
        with pytest.raises(StoreError):
            add(make(), "two")
    assert contents(folder) == before
    assert make().chain().broken_at is None
    assert add(make(), "two") == 2


_DIES = """
import os, sys
from datetime import UTC, datetime
from multisite.audit import Event, Ledger
from multisite.storage import local_folder
from multisite.storage.location import StoreLocation
from multisite.storage.opening import open_store
if sys.argv[2] == "before":
    local_folder._add = lambda *paths: os._exit(9)
else:
    local_folder._sync_folder = lambda path: os._exit(9)
ledger = Ledger(open_store(StoreLocation("workspace", sys.argv[1])), study="chest", site="north")
content = {"stages": ["performance"], "protocol": "p", "evaluated": "e"}
ledger.append(Event.LOOK, time=datetime.now(UTC), run="dies", code_version="1", content=content)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("moment", "n_entries"), [("before", 1), ("after", 2)])
def test_a_process_that_dies_while_it_appends_leaves_a_whole_entry_or_none(
    make: MakeLedger, tmp_path: Path, moment: str, n_entries: int
) -> None:
    add(make(), "one")
    died = subprocess.run([sys.executable, "-c", _DIES, str(tmp_path), moment], timeout=60, check=False)
    assert died.returncode == 9
    chain = make().chain()
    assert chain.broken_at is None
    assert len(chain.links) == n_entries
    assert add(make(), "next") == n_entries + 1
