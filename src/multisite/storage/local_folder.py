"""A folder as a store: one open, one positioned read and one close per object, and no threads.

Symbolic links are followed only to files inside the folder; a link to anywhere else, or to a folder, is
passed over.
"""

import contextlib
import errno
import os
import stat
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from multisite.errors import ConfigError, StoreError
from multisite.schemas.objects import ObjectVersion, RangeRequest
from multisite.storage.file_names import key_of_name, name_of_key
from multisite.storage.folders import FolderContent, find_split_points, folder_of_prefix, walk_in_order
from multisite.storage.location import StoreLocation
from multisite.storage.objects import (
    TEMPORARY_PREFIX,
    ObjectBatch,
    ObjectInfo,
    ObjectStore,
    ReadFailure,
    ReadResult,
    SplitPoints,
    require_writable_key,
)
from multisite.storage.retrying import RETRY_DELAYS_S, in_windows
from multisite.vocabulary import QuarantineReason

__all__ = ["LocalFolder"]

_BATCH = 1000
_WINDOW = 1024
# O_NONBLOCK: a named pipe among the images must not hang the reader; it changes nothing for regular files.
_OPEN_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_GONE = {errno.ENOENT, errno.ENOTDIR}
_DENIED = {errno.EACCES, errno.EPERM}
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_TRANSIENT = {errno.EIO, errno.ESTALE, errno.ETIMEDOUT, errno.EAGAIN, errno.EINTR, errno.EMFILE, errno.ENFILE}

_LOOK = "Check the permissions of the folder, its disk or share, and the space left."
# Its path may hold identifiers, so that the user has to look for it.
_FIND = (
    "`find FOLDER -type d ! -readable`, with the store's folder and as the user who runs this, lists such folders."
    " Grant the right to read them, or move them out of the store."
)


class LocalFolder(ObjectStore):
    """The files below a folder, by their paths relative to it. ``etag`` is always None."""

    def __init__(self, location: StoreLocation) -> None:
        super().__init__(location)
        folder = _folder_of(location)
        self._root = os.path.realpath(folder)
        if not folder or self._root == "/":
            raise ConfigError(
                "The URL of a store names no folder, or the whole file system",
                place=location.place,
                remedy="Write the path of the folder that holds the objects.",
            )

    def list(self, prefix: str = "", *, after: str = "", until: str | None = None) -> Iterator[ObjectBatch]:
        self.check()
        folder = folder_of_prefix(prefix)
        batch: ObjectBatch = []
        if not self._is_inside(self._path(folder.rstrip("/"))):
            return
        for path in walk_in_order(self._look_into, folder, after=after, until=until):
            info = self._info(path)
            if info is not None:
                batch.append(info)
            if len(batch) == _BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    def split_points(self, parts: int) -> SplitPoints:
        self.check()
        return find_split_points(lambda folder: self._look_into(folder).folders, parts)

    def read(self, key: str) -> bytes:
        path = self._path(key)
        try:
            if not self._is_inside(_parent(path)) or not stat.S_ISREG(Path(path).stat().st_mode):
                raise self.missing_object()
            with os.fdopen(self._open(path), "rb") as stream:
                return stream.read()
        except OSError as error:
            if error.errno in _GONE:
                raise self.missing_object() from None
            raise self._failed("An object cannot be read", error) from None

    def read_prefixes(self, requests: Sequence[RangeRequest], *, concurrency: int = 32) -> Iterator[ReadResult]:
        return in_windows(requests, window=_WINDOW, read=self._read_window, check=self.check)

    def write(self, key: str, data: bytes) -> None:
        self._put(key, data, into_place=_replace)

    def create(self, key: str, data: bytes) -> bool:
        return self._put(key, data, into_place=_add)

    def _put(self, key: str, data: bytes, *, into_place: Callable[[Path, Path], bool]) -> bool:
        """Write under a temporary name, move it ``into_place``, and say whether that could be done."""
        target = Path(f"{self._root}/{require_writable_key(key)}")
        if not self._is_inside(str(target.parent)):
            raise StoreError("A folder in a store links to outside of it", place=self.location.place)
        temporary = target.with_name(f"{TEMPORARY_PREFIX}{uuid.uuid4().hex}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            _write_through(temporary, data)
            is_in_place = into_place(temporary, target)
            _sync_folder(target.parent)
        except OSError as error:
            raise self._failed("An object cannot be written", error) from None
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink(missing_ok=True)
        return is_in_place

    def head(self, key: str) -> ObjectInfo | None:
        path = self._path(key)
        return self._info(path) if self._is_inside(_parent(path)) else None

    def delete(self, key: str) -> None:
        if self.head(key) is None:
            return
        try:
            Path(self._path(key)).unlink(missing_ok=True)
        except OSError as error:
            raise self._failed("An object cannot be removed", error) from None

    def check(self) -> None:
        fact = ""
        if not Path(self._root).exists():
            fact = "The folder of a store does not exist"
        elif not Path(self._root).is_dir():
            fact = "The URL of a store names a file, not a folder"
        elif not os.access(self._root, os.R_OK | os.X_OK):
            fact = "The folder of a store may not be read by this user"
        if fact:
            raise StoreError(
                fact,
                place=self.location.place,
                remedy="Correct `url` in the site file (for a workspace, `--workspace`), or mount or share the folder.",
            )

    def _read_window(self, requests: Sequence[RangeRequest]) -> Sequence[ReadResult]:
        inside = {self._root: True}
        results: Sequence[ReadResult] = [self._read_range(request, inside) for request in requests]
        return results

    def _read_range(self, request: RangeRequest, inside: dict[str, bool]) -> ReadResult:
        path = self._path(request.key)
        folder = _parent(path)
        if not self._leads_inside(folder, inside):
            return ReadFailure(QuarantineReason.VANISHED)
        for delay in (*RETRY_DELAYS_S, None):
            try:
                return self._read_version(path, request)
            except OSError as error:
                if error.errno in _GONE:
                    return ReadFailure(QuarantineReason.VANISHED)
                if delay is None or error.errno not in _TRANSIENT:
                    break
                time.sleep(delay)
        return ReadFailure(QuarantineReason.READ_FAILED)

    def _read_version(self, path: str, request: RangeRequest) -> ReadResult:
        descriptor = self._open(path)
        try:
            if request.version is not None and _is_other(request.version, os.fstat(descriptor)):
                return ReadFailure(QuarantineReason.CHANGED)
            return os.pread(descriptor, request.length, request.start)
        finally:
            os.close(descriptor)

    def _open(self, path: str) -> int:
        """A descriptor of the file; OSError as if it did not exist when it lies outside of the folder."""
        try:
            return os.open(path, _OPEN_FLAGS)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
        target = os.path.realpath(path)
        if not self._is_inside(target):
            raise FileNotFoundError(errno.ENOENT, "a link to outside of the store")
        return os.open(target, _OPEN_FLAGS)

    def _look_into(self, folder: str) -> FolderContent[str]:
        """The folders and the files, by their paths, in ``folder``; neither when it is no longer there."""
        cut = len(self._root) + 1
        folders: Sequence[str] = ()
        files: Sequence[tuple[str, str]] = ()
        try:
            with os.scandir(self._path(folder.rstrip("/"))) as found:
                entries = [(entry.path, entry.is_dir(follow_symlinks=False)) for entry in found if _is_of_use(entry)]
            folders = [f"{key_of_name(path[cut:])}/" for path, is_folder in entries if is_folder]
            files = [(key_of_name(path[cut:]), path) for path, is_folder in entries if not is_folder]
        except OSError as error:
            if error.errno not in _GONE:
                fact = "A folder inside a store cannot be listed"
                raise self._failed(fact, error, remedy=_FIND if error.errno in _DENIED else _LOOK) from None
        return FolderContent(folders, files)

    def _info(self, path: str) -> ObjectInfo | None:
        """What is known of a regular file or of a link to one inside the folder; None for anything else."""
        try:
            status = os.lstat(path)
            if stat.S_ISLNK(status.st_mode):
                target = os.path.realpath(path)
                if not self._is_inside(target):
                    return None
                status = os.lstat(target)
        except (OSError, ValueError):
            return None
        if not stat.S_ISREG(status.st_mode):
            return None
        key = key_of_name(path[len(self._root) + 1 :])
        return ObjectInfo(key, status.st_size, None, _modified_at(status))

    def _path(self, key: str) -> str:
        path = f"{self._root}/{key}" if key else self._root
        if "\\x" in key and not os.path.lexists(path):
            return f"{self._root}/{name_of_key(key)}"
        return path

    def _leads_inside(self, folder: str, known: dict[str, bool]) -> bool:
        """As ``_is_inside`` of a folder below the root, remembered for it and the folders above."""
        if folder not in known:
            above, _, name = folder.rpartition("/")
            is_plain = name not in ("", ".", "..") and not _is_link(folder)
            # A plain name in a folder that lies inside lies inside; anything else is worth a closer look.
            known[folder] = self._leads_inside(above, known) if is_plain else self._is_inside(folder)
        return known[folder]

    def _is_inside(self, path: str) -> bool:
        real = os.path.realpath(path)
        return real == self._root or real.startswith(self._root + "/")

    def _failed(self, fact: str, error: OSError, *, remedy: str = _LOOK) -> StoreError:
        reason = errno.errorcode.get(error.errno or 0, type(error).__name__)
        return StoreError(f"{fact} ({reason})", place=self.location.place, remedy=remedy)


def _folder_of(location: StoreLocation) -> str:
    if "://" not in location.url:
        return location.url
    parts = urlsplit(location.url)
    if parts.netloc not in ("", "localhost") or not parts.path:
        raise ConfigError(
            "The `file://` URL of a store names another machine, or no folder",
            place=location.place,
            remedy="Write file:///folder with three slashes, or the plain path.",
        )
    return url2pathname(parts.path)


def _is_of_use(entry: os.DirEntry[str]) -> bool:
    """Whether it is a folder, or a file or a link to one that is not just being written."""
    return entry.is_dir(follow_symlinks=False) or (entry.is_file() and not entry.name.startswith(TEMPORARY_PREFIX))


def _modified_at(status: os.stat_result) -> datetime:
    return datetime.fromtimestamp(status.st_mtime_ns // 1000 / 1e6, UTC)


def _is_other(version: ObjectVersion, status: os.stat_result) -> bool:
    """Whether the file is in another state; to the microsecond, as the time is listed from the same source."""
    return (version.size_bytes not in (None, status.st_size)) or (
        version.modified_at not in (None, _modified_at(status))
    )


def _is_link(path: str) -> bool:
    try:
        return stat.S_ISLNK(os.lstat(path).st_mode)
    except (OSError, ValueError):
        return False


def _parent(path: str) -> str:
    return path.rpartition("/")[0]


def _write_through(path: Path, data: bytes) -> None:
    """A new file that outlasts a power cut; FileExistsError when there is one."""
    with path.open("xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def _replace(temporary: Path, target: Path) -> bool:
    temporary.replace(target)
    return True


def _add(temporary: Path, target: Path) -> bool:
    """Give the file its name, unless another has it: by a link, because a rename would replace the other."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        return _copy(temporary, target)
    return True


def _copy(temporary: Path, target: Path) -> bool:
    """For shares that know no hard links. Here a crash may leave half a file, and a reader may see it."""
    try:
        _write_through(target, temporary.read_bytes())
    except FileExistsError:
        return False
    return True


def _sync_folder(folder: Path) -> None:
    """Make a rename in ``folder`` outlast a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
