"""Stores of other kinds: atomic where a put is not, and patient with clients that raise anything."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from multisite.errors import StoreError
from multisite.schemas.objects import RangeRequest
from multisite.storage import fsspec_store
from multisite.storage.fsspec_store import FsspecStore
from multisite.storage.location import StoreLocation
from multisite.storage.objects import ReadFailure
from multisite.vocabulary import QuarantineReason


@pytest.fixture
def renaming(tmp_path: Path) -> FsspecStore:
    """A kind of store with a rename of its own, as SFTP and SMB have."""
    return FsspecStore(StoreLocation("share", f"local://{tmp_path}"))


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> FsspecStore:
    monkeypatch.setattr(fsspec_store, "RETRY_DELAYS_S", (0.0, 0.0))
    store = FsspecStore(StoreLocation("ct", "memory://fsspec-store-tests"))
    store.write("a", b"0123456789")
    return store


def test_where_files_are_renamed_a_write_is_one_rename(tmp_path: Path, renaming: FsspecStore) -> None:
    renaming.write("a/b", b"before")
    renaming.write("a/b", b"after")
    assert renaming.read("a/b") == b"after"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


@pytest.mark.parametrize("step", ["pipe_file", "mv"])
def test_an_interrupted_write_leaves_the_old_object_and_no_other(
    tmp_path: Path, renaming: FsspecStore, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    renaming.write("a/b", b"before")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(type(renaming._system), step, interrupted)
        with pytest.raises(KeyboardInterrupt):
            renaming.write("a/b", b"after")
    assert renaming.read("a/b") == b"before"
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["b"]


def test_what_a_killed_writer_left_behind_is_not_listed(tmp_path: Path, renaming: FsspecStore) -> None:
    (tmp_path / ".tmp-0123").write_bytes(b"half")
    (tmp_path / "whole").write_bytes(b"whole")
    assert [info.key for batch in renaming.list() for info in batch] == ["whole"]


def test_a_read_that_fails_once_is_tried_again(memory: FsspecStore, monkeypatch: pytest.MonkeyPatch) -> None:
    system = type(memory._system)
    real = system.cat_file
    faults = iter([OSError("busy"), RuntimeError("whatever a client raises")])

    def shaky(*given: object, **named: object) -> bytes:
        for fault in faults:
            raise fault
        return bytes(real(*given, **named))

    monkeypatch.setattr(system, "cat_file", shaky)
    assert list(memory.read_prefixes([RangeRequest("a", 2, 3)])) == [b"234"]


def test_a_read_that_keeps_failing_is_a_result(memory: FsspecStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> bytes:
        raise OSError("about patient-4711")

    monkeypatch.setattr(type(memory._system), "cat_file", broken)
    assert list(memory.read_prefixes([RangeRequest("a", 0, 3)])) == [ReadFailure(QuarantineReason.READ_FAILED)]
    with pytest.raises(StoreError, match=r"does not answer \(OSError\)") as raised:
        memory.read("a")
    assert "4711" not in str(raised.value)


def test_a_range_that_a_client_refuses_because_it_begins_beyond_the_end_is_empty(
    memory: FsspecStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refusing(*_: object, **__: object) -> bytes:
        raise OSError("416")

    monkeypatch.setattr(type(memory._system), "cat_file", refusing)
    assert list(memory.read_prefixes([RangeRequest("a", 10, 3)])) == [b""]


@pytest.mark.parametrize(
    ("info", "time"),
    [
        ({"mtime": 1772445600}, datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ({"updated": "2026-03-02T10:00:00Z"}, datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ({"LastModified": datetime.fromisoformat("2026-03-02T12:00:00+02:00")}, datetime(2026, 3, 2, 10, tzinfo=UTC)),
        ({"modified": "yesterday"}, None),
        ({}, None),
    ],
)
def test_the_time_of_change_is_found_under_any_name_or_is_unknown(
    memory: FsspecStore, info: dict[str, object], time: datetime | None
) -> None:
    assert memory._info({"name": "/fsspec-store-tests/a", "size": 1, **info}).modified_at == time
