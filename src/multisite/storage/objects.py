"""What every store of objects can do, whatever it is made of."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from multisite.errors import StoreError
from multisite.schemas.objects import RangeRequest
from multisite.storage.location import StoreLocation
from multisite.vocabulary import QuarantineReason

__all__ = [
    "TEMPORARY_PREFIX",
    "ObjectBatch",
    "ObjectInfo",
    "ObjectMissingError",
    "ObjectStore",
    "ReadFailure",
    "ReadResult",
    "SplitPoints",
    "require_writable_key",
]

TEMPORARY_PREFIX = ".tmp-"
"""How the name of an object begins while it is being written; such objects are never listed."""


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """One object of a listing.

    ``key`` is relative to the root of the store, with ``/`` between its parts; ``modified_at`` is in UTC.
    The other values are None where the store does not say.
    """

    key: str
    size_bytes: int | None
    etag: str | None
    modified_at: datetime | None


ObjectBatch = list[ObjectInfo]
"""Part of a listing: at most some thousand objects, so that a listing of any length fits into memory."""


@dataclass(frozen=True, slots=True)
class ReadFailure:
    """Why one object gave no bytes; ``reason`` is VANISHED, CHANGED or READ_FAILED."""

    reason: QuarantineReason


SplitPoints = list[str]
"""Keys that divide a store into ranges: each range ends with its split point, and the last one with the store."""


ReadResult = bytes | ReadFailure
"""What a ranged read gives: the bytes there are (fewer than asked for at an object's end), or why not."""


class ObjectMissingError(StoreError):
    """The store answers, and has no object under the key that was asked for."""


class ObjectStore(ABC):
    """Objects under keys: listed, read whole or in ranges, written so that no reader ever sees half of one.

    A store is made from its location alone and is pickled as its location, so the worker that receives it
    opens it anew, with the secrets of its own environment.
    """

    def __init__(self, location: StoreLocation) -> None:
        self.location = location

    def __reduce__(self) -> tuple[type["ObjectStore"], tuple[StoreLocation]]:
        return (type(self), (self.location,))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.location.name!r})"

    @abstractmethod
    def list(self, prefix: str = "", *, after: str = "", until: str | None = None) -> Iterator[ObjectBatch]:
        """The objects below the folder ``prefix`` (all parts of it in full: ``a/b`` does not match ``a/bc``) whose
        whole keys are greater than ``after`` and, unless None, at most ``until``.

        They come in rising order of their keys, letter by letter as code points, none twice, in batches that are
        never empty. What cannot match is not asked for, and no more than one folder's entries are ever held.

        Raises
        ------
        StoreError
            When the store does not answer, or its bucket or folder does not exist. An empty folder gives
            nothing.
        """

    def split_points(self, parts: int) -> SplitPoints:
        """At most ``parts`` - 1 rising keys that cut the store into ranges of roughly like numbers of objects.

        Found from the upper folders alone, in a bounded number of requests, on the assumption that folders of one
        level hold alike much. Empty for a store without folders, or for one too small to be worth it; also for kinds of
        store that cannot say.

        Raises
        ------
        StoreError
            As for ``list``.
        """
        return []

    @abstractmethod
    def read(self, key: str) -> bytes:
        """The whole object.

        Raises
        ------
        ObjectMissingError
            When there is none.
        StoreError
            When it cannot be read, after retries.
        """

    @abstractmethod
    def read_prefixes(self, requests: Sequence[RangeRequest], *, concurrency: int = 32) -> Iterator[ReadResult]:
        """One result per request, in their order; read in windows as the results are taken.

        An object that is gone, is in another state than the request's version says, or stays unreadable after a
        bounded number of retries is a :class:`ReadFailure`. A range that begins beyond the end gives ``b""``.
        ``concurrency`` bounds the requests in flight; a local folder reads one after the other, which is faster there.

        Raises
        ------
        StoreError
            When reads fail because the store as a whole no longer answers: no fault of the objects, so try
            again.
        """

    @abstractmethod
    def write(self, key: str, data: bytes) -> None:
        """Put the object in place in one step, replacing what was there.

        Raises
        ------
        StoreError
            When it cannot be written; what was there before is untouched.
        ValueError
            When ``key`` is absolute, has an empty, ``.`` or ``..`` part, or a temporary name.
        """

    @abstractmethod
    def create(self, key: str, data: bytes) -> bool:
        """Put the object in place where there is none yet; False, and nothing is changed, where there is one.

        Of several who create an object under one key at the same time, one is answered True, as far as the store can
        tell: a server that ignores the condition of a request, or a file system without one, may answer True to two.

        Raises
        ------
        StoreError, ValueError
            As for ``write``.
        """

    @abstractmethod
    def head(self, key: str) -> ObjectInfo | None:
        """What a listing would say about the object now; None when there is none."""

    @abstractmethod
    def delete(self, key: str) -> None:
        """Remove the object; nothing happens when there is none."""

    @abstractmethod
    def check(self) -> None:
        """Ask the store for something small.

        Raises
        ------
        StoreError
            With a different fact for: no answer, credentials refused, no permission, no such bucket or
            folder.
        """

    def is_empty(self) -> bool:
        """Whether the store holds no object, as a share does that is not mounted; asked without listing all of it.

        Raises
        ------
        StoreError
            As for ``list``.
        """
        return next(self.list(), None) is None

    def size(self, key: str) -> int | None:
        """Size of the object in bytes; None when there is none."""
        info = self.head(key)
        return None if info is None else info.size_bytes

    def exists(self, key: str) -> bool:
        """Whether there is an object under ``key``."""
        return self.head(key) is not None

    def missing_object(self) -> ObjectMissingError:
        """The error for a key without an object; it names the store, not the key."""
        return ObjectMissingError(
            "An object that was asked for does not exist",
            place=self.location.place,
            remedy="It was removed after it was listed, or the stage that writes it has not run.",
        )


def require_writable_key(key: str) -> str:
    """``key``, when an object may be written under it; ValueError otherwise."""
    parts = key.split("/")
    if any(part in ("", ".", "..") or "\0" in part for part in parts) or parts[-1].startswith(TEMPORARY_PREFIX):
        raise ValueError("a key to write is relative, without empty, `.` or `..` parts, and not a temporary name")
    return key
