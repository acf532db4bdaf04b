"""Any other place that fsspec can open, as a store. It finds its own credentials, as its client documents."""

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import fsspec.core
from fsspec.asyn import AsyncFileSystem
from fsspec.spec import AbstractFileSystem

from multisite.errors import ConfigError, StoreError
from multisite.schemas.objects import RangeRequest
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

__all__ = ["FsspecStore"]

_BATCH = 1000
_WINDOW = 512
_TIMES = ("mtime", "LastModified", "last_modified", "updated", "modified", "created")

_Answer = TypeVar("_Answer")


class FsspecStore(ObjectStore):
    """The files below an fsspec URL.

    Answers to ranges tell nothing of the file, so of a version that is asked for, only what shows in the bytes is
    compared: whether there are as many as there should be.

    Raises
    ------
    ConfigError
        When the kind of URL is unknown, or needs a package that is not installed.
    """

    def __init__(self, location: StoreLocation) -> None:
        super().__init__(location)
        try:
            self._system, root = fsspec.core.url_to_fs(location.url)
        except (ImportError, ValueError) as error:
            raise ConfigError(
                f"Stores of the kind `{location.scheme}` cannot be opened ({type(error).__name__})",
                place=location.place,
                remedy="Correct `url`, or install the fsspec package for this kind of store.",
            ) from None
        self._root = root.rstrip("/")

    def list(self, prefix: str = "", *, after: str = "", until: str | None = None) -> Iterator[ObjectBatch]:
        self._system.invalidate_cache()
        folder = folder_of_prefix(prefix)
        if not folder:
            self.check()
        found = walk_in_order(self._look_into, folder, after=after, until=until)
        while batch := [self._info(info) for info in islice(found, _BATCH)]:
            yield batch

    def split_points(self, parts: int) -> SplitPoints:
        self.check()
        return find_split_points(lambda folder: self._look_into(folder).folders, parts)

    def read(self, key: str) -> bytes:
        try:
            return bytes(self._ask(partial(self._system.cat_file, self._path(key))))
        except (FileNotFoundError, IsADirectoryError):
            raise self.missing_object() from None

    def read_prefixes(self, requests: Sequence[RangeRequest], *, concurrency: int = 32) -> Iterator[ReadResult]:
        read = partial(self._read_window, concurrency=concurrency)
        return in_windows(requests, window=_WINDOW, read=read, check=self.check)

    def write(self, key: str, data: bytes) -> None:
        self._ask(partial(self._put, self._path(require_writable_key(key)), data))

    def create(self, key: str, data: bytes) -> bool:
        path = self._path(require_writable_key(key))
        # Asked first, for not every kind of store knows the mode; where it does not, that is all that is done.
        return not self.exists(key) and self._ask(partial(self._put_new, path, data))

    def head(self, key: str) -> ObjectInfo | None:
        try:
            info = self._ask(partial(self._system.info, self._path(key)))
        except (FileNotFoundError, NotADirectoryError):
            return None
        return self._info(info) if info["type"] == "file" else None

    def delete(self, key: str) -> None:
        with contextlib.suppress(FileNotFoundError):
            self._ask(partial(self._system.rm_file, self._path(key)))

    def check(self) -> None:
        try:
            found = self._ask(partial(self._system.info, self._root))["type"] == "directory"
        except FileNotFoundError:
            found = False
        if not found:
            raise StoreError(
                "The bucket or folder of a store does not exist",
                place=self.location.place,
                remedy="Correct `url` in the site file (for a workspace, `--workspace`), or have the folder created.",
            )

    def _look_into(self, folder: str) -> FolderContent[dict[str, Any]]:
        """The folders and the files in ``folder``; neither when it is no longer there."""
        path = self._path(folder.rstrip("/"))
        try:
            listed = self._ask(partial(self._system.ls, path, detail=True))
        except (FileNotFoundError, NotADirectoryError):
            return FolderContent((), ())
        inside = [info for info in listed if info["name"].rstrip("/") != path.rstrip("/")]
        return FolderContent(
            [f"{self._key(info).rstrip('/')}/" for info in inside if info["type"] == "directory"],
            [(self._key(info), info) for info in inside if info["type"] == "file" and not _is_temporary(info)],
        )

    def _put(self, path: str, data: bytes) -> None:
        if type(self._system).mv is AbstractFileSystem.mv:
            # No rename of its own: a store of objects, where a put is one step.
            self._system.pipe_file(path, data)
            return
        folder = path.rpartition("/")[0]
        temporary = f"{folder}/{TEMPORARY_PREFIX}{uuid.uuid4().hex}"
        self._system.makedirs(folder, exist_ok=True)
        try:
            self._system.pipe_file(temporary, data)
            self._system.mv(temporary, path)
        except BaseException:
            with contextlib.suppress(Exception):
                self._system.rm_file(temporary)
            raise

    def _put_new(self, path: str, data: bytes) -> bool:
        self._system.makedirs(path.rpartition("/")[0], exist_ok=True)
        try:
            self._system.pipe_file(path, data, mode="create")
        except FileExistsError:
            return False
        except TypeError:
            self._put(path, data)
        return True

    def _read_window(self, requests: Sequence[RangeRequest], *, concurrency: int) -> Sequence[ReadResult]:
        outcomes = self._system.cat_ranges(
            [self._path(request.key) for request in requests],
            [request.start for request in requests],
            [request.start + request.length for request in requests],
            on_error="return",
            **({"batch_size": concurrency} if isinstance(self._system, AsyncFileSystem) else {}),
        )
        return [self._result(request, outcome) for request, outcome in zip(requests, outcomes, strict=True)]

    def _result(self, request: RangeRequest, outcome: bytes | Exception) -> ReadResult:
        for delay in (*RETRY_DELAYS_S, None):
            if not isinstance(outcome, Exception):
                return self._whole(request, bytes(outcome))
            if isinstance(outcome, FileNotFoundError | NotADirectoryError):
                return ReadFailure(QuarantineReason.VANISHED)
            if delay is None or isinstance(outcome, PermissionError | IsADirectoryError):
                break
            if self._ends_before(request):
                return self._whole(request, b"")
            time.sleep(delay)
            try:
                outcome = self._system.cat_file(
                    self._path(request.key), start=request.start, end=request.start + request.length
                )
            except Exception as error:
                outcome = error
        return ReadFailure(QuarantineReason.READ_FAILED)

    def _ends_before(self, request: RangeRequest) -> bool:
        """Whether the object has no byte at the start, which some kinds of store answer with an error."""
        try:
            size = self.size(request.key)
        except StoreError:
            return False
        return size is not None and size <= request.start

    def _whole(self, request: RangeRequest, data: bytes) -> ReadResult:
        """``data``, unless the version that was asked for has more of the range: nothing else is told with a range."""
        size = None if request.version is None else request.version.size_bytes
        if size is None or len(data) >= min(request.length, size - request.start):
            return data
        return ReadFailure(QuarantineReason.CHANGED)

    def _ask(self, question: Callable[[], _Answer]) -> _Answer:
        """The answer. Whatever a client raises becomes a StoreError, except that something is not there."""
        try:
            return question()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise
        except PermissionError:
            fact = "A store denies the access"
        except Exception as error:
            fact = f"A store does not answer ({type(error).__name__})"
        raise StoreError(
            fact,
            place=self.location.place,
            remedy="Check `url`, the credentials this kind of store reads, and that this machine reaches it.",
        )

    def _path(self, key: str) -> str:
        return f"{self._root}/{key}" if key else self._root

    def _info(self, info: dict[str, Any]) -> ObjectInfo:
        etag = info.get("ETag") or info.get("etag")
        size = info["size"]
        return ObjectInfo(
            self._key(info),
            None if size is None else int(size),
            None if etag is None else str(etag),
            _modified_at(info),
        )

    def _key(self, info: dict[str, Any]) -> str:
        return str(info["name"][len(self._root) :].lstrip("/"))


def _is_temporary(info: dict[str, Any]) -> bool:
    return bool(info["name"].rpartition("/")[2].startswith(TEMPORARY_PREFIX))


def _modified_at(info: dict[str, Any]) -> datetime | None:
    """The time of the last change under the name that the kind of store gives it."""
    for name in _TIMES:
        value = info.get(name)
        if isinstance(value, int | float):
            return datetime.fromtimestamp(value, UTC)
        if isinstance(value, str):
            with contextlib.suppress(ValueError):
                value = datetime.fromisoformat(value)
        if isinstance(value, datetime):
            return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return None
