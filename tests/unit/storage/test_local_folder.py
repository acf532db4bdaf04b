"""What only a folder can do to a reader: links, pipes, names that are no text, and half-written files."""

import errno
import os
from pathlib import Path

import pytest

from multisite.errors import StoreError
from multisite.schemas.objects import RangeRequest
from multisite.storage import local_folder
from multisite.storage.local_folder import LocalFolder
from multisite.storage.location import StoreLocation
from multisite.storage.objects import ObjectMissingError, ReadFailure
from multisite.vocabulary import QuarantineReason

VANISHED = ReadFailure(QuarantineReason.VANISHED)
READ_FAILED = ReadFailure(QuarantineReason.READ_FAILED)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


@pytest.fixture
def store(root: Path) -> LocalFolder:
    return LocalFolder(StoreLocation("ct", str(root)))


def _keys(store: LocalFolder) -> set[str]:
    return {info.key for batch in store.list() for info in batch}


def _read_one(store: LocalFolder, key: str) -> bytes | ReadFailure:
    [result] = store.read_prefixes([RangeRequest(key, 0, 100)])
    return result


def test_links_out_of_the_folder_are_neither_listed_nor_read(tmp_path: Path, root: Path, store: LocalFolder) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    (root / "file_link").symlink_to(outside / "secret")
    (root / "folder_link").symlink_to(outside)
    assert _keys(store) == set()
    for key in ("file_link", "folder_link/secret", "../outside/secret"):
        assert _read_one(store, key) == VANISHED
        assert store.head(key) is None
        store.delete(key)
        with pytest.raises(ObjectMissingError):
            store.read(key)
    assert list(store.list("folder_link")) == list(store.list("../outside")) == []
    assert (outside / "secret").exists()


def test_nothing_is_written_through_a_link_out_of_the_folder(tmp_path: Path, root: Path, store: LocalFolder) -> None:
    (tmp_path / "outside").mkdir()
    (root / "link").symlink_to(tmp_path / "outside")
    with pytest.raises(StoreError):
        store.write("link/a", b"x")
    assert list((tmp_path / "outside").iterdir()) == []


def test_links_inside_the_folder_give_their_files_but_no_endless_walk(root: Path, store: LocalFolder) -> None:
    (root / "annex").mkdir()
    (root / "annex" / "1").write_bytes(b"image")
    (root / "image.dcm").symlink_to(root / "annex" / "1")
    (root / "annex" / "up").symlink_to(root)
    (root / "broken").symlink_to(root / "nothing")
    assert _keys(store) == {"annex/1", "image.dcm"}
    assert _read_one(store, "image.dcm") == store.read("image.dcm") == b"image"
    assert _read_one(store, "broken") == VANISHED


def test_the_folder_itself_may_be_a_link(tmp_path: Path, root: Path) -> None:
    (root / "a").write_bytes(b"1")
    (tmp_path / "link").symlink_to(root)
    assert _read_one(LocalFolder(StoreLocation("ct", str(tmp_path / "link"))), "a") == b"1"


def test_a_named_pipe_neither_hangs_the_listing_nor_the_reading(root: Path, store: LocalFolder) -> None:
    os.mkfifo(root / "pipe")
    assert _keys(store) == set()
    assert _read_one(store, "pipe") == READ_FAILED
    with pytest.raises(ObjectMissingError):
        store.read("pipe")


def test_a_folder_where_an_object_was_expected_is_unreadable(root: Path, store: LocalFolder) -> None:
    (root / "a").mkdir()
    assert _read_one(store, "a") == READ_FAILED


def test_names_that_are_not_utf8_get_keys_that_are(root: Path, store: LocalFolder) -> None:
    folder = os.fsencode(root) + b"/M\xfcller"
    os.mkdir(folder)
    with open(folder + b"/\xe9tude.dcm", "wb") as stream:
        stream.write(b"image")
    (root / "plain\\xe9").write_bytes(b"backslash")
    assert _keys(store) == {"M\\xfcller/\\xe9tude.dcm", "plain\\xe9"}
    for key in _keys(store):
        key.encode()
    assert _read_one(store, "M\\xfcller/\\xe9tude.dcm") == store.read("M\\xfcller/\\xe9tude.dcm") == b"image"
    assert _read_one(store, "plain\\xe9") == b"backslash"


def test_an_interrupted_write_leaves_the_old_object_and_no_other(
    root: Path, store: LocalFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write("a/b", b"before")

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    for step in ("replace", "open"):
        with monkeypatch.context() as patch:
            patch.setattr(Path, step, interrupted)
            with pytest.raises(KeyboardInterrupt):
                store.write("a/b", b"after")
        assert [path.name for path in (root / "a").iterdir()] == ["b"]
        assert store.read("a/b") == b"before"


@pytest.mark.parametrize("fault", [errno.EPERM, errno.EOPNOTSUPP])
def test_where_there_are_no_hard_links_an_object_is_created_once_all_the_same(
    root: Path, store: LocalFolder, monkeypatch: pytest.MonkeyPatch, fault: int
) -> None:
    def refused(*_: object) -> None:
        raise OSError(fault, "no links here")

    monkeypatch.setattr(local_folder.os, "link", refused)
    assert store.create("a/b", b"first") is True
    assert store.create("a/b", b"second") is False
    assert store.read("a/b") == b"first"
    assert [path.name for path in (root / "a").iterdir()] == ["b"]


def test_a_folder_that_cannot_be_made_is_no_object_that_is_there_already(root: Path, store: LocalFolder) -> None:
    (root / "a").write_bytes(b"a file")
    for put in (store.write, store.create):
        with pytest.raises(StoreError, match="cannot be written"):
            put("a/b", b"x")


def test_a_full_disk_is_reported_and_leaves_no_half_file(
    root: Path, store: LocalFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "no space", str(root))

    monkeypatch.setattr(local_folder.os, "fsync", full)
    with pytest.raises(StoreError, match=r"cannot be written \(ENOSPC\)") as raised:
        store.write("a", b"x")
    assert str(root) not in str(raised.value)
    assert list(root.iterdir()) == []


def test_what_a_killed_writer_left_behind_is_not_listed(root: Path, store: LocalFolder) -> None:
    (root / ".tmp-0123").write_bytes(b"half")
    (root / ".hidden").write_bytes(b"whole")
    assert _keys(store) == {".hidden"}


def test_a_fault_of_the_share_is_tried_again(store: LocalFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write("a", b"1")
    monkeypatch.setattr(local_folder, "RETRY_DELAYS_S", (0.0, 0.0, 0.0))
    faults = iter([errno.ESTALE, errno.EIO])
    real = os.pread

    def shaky(descriptor: int, length: int, start: int) -> bytes:
        for number in faults:
            raise OSError(number, "share")
        return real(descriptor, length, start)

    monkeypatch.setattr(local_folder.os, "pread", shaky)
    assert _read_one(store, "a") == b"1"


def test_a_file_that_stays_unreadable_is_a_result(store: LocalFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write("a", b"1")
    monkeypatch.setattr(local_folder, "RETRY_DELAYS_S", (0.0, 0.0, 0.0))
    attempts = []

    def broken(*_: object) -> bytes:
        attempts.append(1)
        raise OSError(errno.EIO, "disk")

    monkeypatch.setattr(local_folder.os, "pread", broken)
    assert _read_one(store, "a") == READ_FAILED
    assert len(attempts) == 4


def test_a_subfolder_that_cannot_be_listed_stops_the_listing(
    root: Path, store: LocalFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root / "closed").mkdir()
    real = os.scandir

    def scandir(path: str) -> object:
        if path.endswith("closed"):
            raise PermissionError(errno.EACCES, "denied", path)
        return real(path)

    monkeypatch.setattr(local_folder.os, "scandir", scandir)
    with pytest.raises(StoreError, match=r"cannot be listed \(EACCES\)") as raised:
        list(store.list())
    assert "closed" not in str(raised.value)
    assert "`find FOLDER -type d ! -readable`" in raised.value.remedy


def test_a_long_listing_comes_in_batches(root: Path, store: LocalFolder) -> None:
    for index in range(1001):
        (root / str(index)).touch()
    assert sorted(len(batch) for batch in store.list()) == [1, 1000]


def test_a_file_in_place_of_the_folder_is_told_from_a_missing_one(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="names a file"):
        LocalFolder(StoreLocation("ct", str(tmp_path / "file"))).check()
    with pytest.raises(StoreError, match="does not exist"):
        LocalFolder(StoreLocation("ct", str(tmp_path / "nothing"))).check()


@pytest.mark.parametrize(
    "key", ["out/secret", "out/deep/secret", "a/../../outside/secret", "a/b/../../../outside/secret"]
)
def test_no_way_of_naming_it_reads_what_lies_outside(tmp_path: Path, key: str) -> None:
    outside, root = tmp_path / "outside", tmp_path / "root"
    (outside / "deep").mkdir(parents=True)
    (root / "a" / "b").mkdir(parents=True)
    (root / "out").symlink_to(outside)
    for path in (outside / "secret", outside / "deep" / "secret", root / "a" / "b" / "fine"):
        path.write_bytes(b"x")
    store = LocalFolder(StoreLocation(name="s", url=str(root)))
    results = list(store.read_prefixes([RangeRequest(key, 0, 1), RangeRequest("a/b/fine", 0, 1)]))
    assert results == [ReadFailure(QuarantineReason.VANISHED), b"x"]
