"""Any other place that fsspec can open, as a store. It finds its own credentials, as its client documents."""

import contextlib
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

import fsspec.core
from fsspec.asyn import AsyncFileSystem
from fsspec.spec import AbstractFileSystem

from multisite.errors import ConfigError, StoreError
from multisite.storage.location import StoreLocation
from multisite.storage.objects import (
    TEMPORARY_PREFIX,
    ObjectBatch,
    ObjectInfo,
    ObjectStore,
    ReadFailure,
    ReadResult,
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

    def list(self, prefix: str = "") -> Iterator[ObjectBatch]:
        self._system.invalidate_cache()
        prefix = prefix.strip("/")
        if not prefix:
            self.check()
        pending = [self._path(prefix)]
        while pending:
            folder = pending.pop()
            try:
                listed = self._ask(partial(self._system.ls, folder, detail=True))
            except FileNotFoundError:
                continue
            inside = [info for info in listed if info["name"].rstrip("/") != folder]
            pending += [info["name"].rstrip("/") for info in inside if info["type"] == "directory"]
            files = [self._info(info) for info in inside if info["type"] == "file" and not _is_temporary(info)]
            for begin in range(0, len(files), _BATCH):
                yield files[begin : begin + _BATCH]

    def read(self, key: str) -> bytes:
        try:
            return bytes(self._ask(partial(self._system.cat_file, self._path(key))))
        except (FileNotFoundError, IsADirectoryError):
            raise self.missing_object() from None

    def read_prefixes(self, requests: Sequence[tuple[str, int, int]], *, concurrency: int = 32) -> Iterator[ReadResult]:
        read = partial(self._read_window, concurrency=concurrency)
        return in_windows(requests, window=_WINDOW, read=read, check=self.check)

    def write(self, key: str, data: bytes) -> None:
        self._ask(partial(self._put, self._path(require_writable_key(key)), data))

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
                remedy="Correct `url` in the site file, or have the folder created.",
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

    def _read_window(self, requests: Sequence[tuple[str, int, int]], *, concurrency: int) -> Sequence[ReadResult]:
        outcomes = self._system.cat_ranges(
            [self._path(key) for key, _, _ in requests],
            [start for _, start, _ in requests],
            [start + length for _, start, length in requests],
            on_error="return",
            **({"batch_size": concurrency} if isinstance(self._system, AsyncFileSystem) else {}),
        )
        return [self._result(*request, outcome) for request, outcome in zip(requests, outcomes, strict=True)]

    def _result(self, key: str, start: int, length: int, outcome: bytes | Exception) -> ReadResult:
        for delay in (*RETRY_DELAYS_S, None):
            if not isinstance(outcome, Exception):
                return bytes(outcome)
            if isinstance(outcome, FileNotFoundError | NotADirectoryError):
                return ReadFailure(QuarantineReason.VANISHED)
            if delay is None or isinstance(outcome, PermissionError | IsADirectoryError):
                break
            if self._ends_before(key, start):
                return b""
            time.sleep(delay)
            try:
                outcome = self._system.cat_file(self._path(key), start=start, end=start + length)
            except Exception as error:
                outcome = error
        return ReadFailure(QuarantineReason.READ_FAILED)

    def _ends_before(self, key: str, start: int) -> bool:
        """Whether the object has no byte at ``start``, which some kinds of store answer with an error."""
        try:
            size = self.size(key)
        except StoreError:
            return False
        return size is not None and size <= start

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
        key = info["name"][len(self._root) :].lstrip("/")
        return ObjectInfo(key, int(info["size"] or 0), None if etag is None else str(etag), _modified_at(info))


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
