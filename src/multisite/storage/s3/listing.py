"""Listing a bucket in order of its keys: by obstore, and where that cannot go on, by s3fs.

obstore follows the rules of paths. A key with an empty, ``.`` or ``..`` part, which S3 allows, ends its listing; s3fs
takes keys as they are, and goes on after the last one that was given. S3 lists in the order of keys, of their bytes in
UTF-8, which is that of their code points. Where a server does not (Amazon's directory buckets, some gateways), its
folders are listed one by one and put in order here.
"""

from asyncio import Semaphore, gather
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC
from itertools import islice
from typing import Any

import fsspec.asyn
import obstore
from obstore.exceptions import BaseError

from multisite.errors import StoreError
from multisite.storage.folders import (
    FolderContent,
    find_split_points,
    folder_of_prefix,
    is_in_range,
    may_hold,
    walk_in_order,
)
from multisite.storage.objects import TEMPORARY_PREFIX, ObjectBatch, ObjectInfo, SplitPoints
from multisite.storage.s3.clients import S3Clients

__all__ = ["S3Listing"]

_BATCH = 1000
_CONCURRENCY = 32
_FRUITLESS_TURNS = 3
"""So often obstore may fail at its first page before the rest of a listing is left to s3fs."""

_PAGES_FOR_SPLIT_POINTS = 512


class _DisorderError(Exception):
    """The server does not list in the order of keys."""


class S3Listing:
    """Lists one store. ``call`` asks S3 through s3fs, for the answer or a StoreError."""

    def __init__(self, clients: S3Clients, call: Callable[..., Any]) -> None:
        self._clients = clients
        self._call = call
        self._is_disordered = False

    def objects(self, prefix: str, *, after: str, until: str | None) -> Iterator[ObjectBatch]:
        """As :meth:`ObjectStore.list`; the markers that some tools leave for folders are left out."""
        folder = folder_of_prefix(prefix)
        if not may_hold(folder, after, until):
            return
        last = after
        try:
            if not self._is_disordered:
                for batch in self._in_order(folder, after, until):
                    yield batch
                    last = batch[-1].key
                return
        except _DisorderError:
            self._is_disordered = True
            if last != after:
                raise self._disorder() from None
        found = walk_in_order(self._look_into, folder, after=after, until=until)
        while walked := list(islice(found, _BATCH)):
            yield walked

    def split_points(self, parts: int) -> SplitPoints:
        """As :meth:`ObjectStore.split_points`."""
        pages_left = _PAGES_FOR_SPLIT_POINTS

        def folders_in(folder: str) -> Sequence[str]:
            nonlocal pages_left
            found: list[str] = []
            for answer in self._pages(folder, Delimiter="/"):
                found += (self._own_key(common["Prefix"]) for common in answer.get("CommonPrefixes", ()))
                pages_left -= 1
                if pages_left <= 0:
                    break
            return found

        return find_split_points(folders_in, parts)

    def _in_order(self, folder: str, after: str, until: str | None) -> Iterator[ObjectBatch]:
        """Batches in rising order; _DisorderError before the first one that is not."""
        previous = ""
        for page in self._turns(folder, after):
            batch: ObjectBatch = []
            for info in page:
                # obstore lists the marker of a folder, an empty object `a/`, as `a`: it comes later than `a` should.
                is_marker = info.key <= previous and info.size_bytes == 0
                place = f"{info.key}/" if is_marker else info.key
                if place <= previous:
                    raise _DisorderError
                previous = place
                if not is_marker and is_in_range(info.key, after, until) and not _is_temporary(info.key):
                    batch.append(info)
            if kept := self._without_markers(batch):
                yield kept
            if until is not None and previous > until:
                return

    def _turns(self, folder: str, after: str) -> Iterator[ObjectBatch]:
        """Pages from obstore, a page from s3fs where that fails, and so on: most keys are read the fast way."""
        last, fruitless = after, 0
        while fruitless < _FRUITLESS_TURNS:
            try:
                for page in self._obstore_pages(folder, last):
                    yield page
                    last, fruitless = max(last, page[-1].key), 0
                return
            except (BaseError, OSError, ValueError):
                # Whatever it was, s3fs either goes on, or gets an answer with a code that can be explained.
                fruitless += 1
            answer = next(self._pages(folder, after=last), {})
            page = self._infos(answer)
            if page:
                yield page
                last = max(last, page[-1].key)
            if not answer.get("IsTruncated"):
                return
        yield from map(self._infos, self._pages(folder, after=last))

    def _obstore_pages(self, folder: str, after: str) -> Iterator[ObjectBatch]:
        listed = obstore.list(
            self._clients.obstore, folder.rstrip("/") or None, offset=after or None, chunk_size=_BATCH
        )
        for metas in listed:
            yield [ObjectInfo(meta["path"], meta["size"], meta["e_tag"], meta["last_modified"]) for meta in metas]

    def _pages(self, folder: str, *, after: str = "", **options: str) -> Iterator[dict[str, Any]]:
        """The answers to a listing of ``folder``, from s3fs."""
        page = {**options, "Prefix": self._clients.full_key(folder)}
        if after:
            page["StartAfter"] = self._clients.full_key(after)
        while True:
            answer = self._call("list_objects_v2", MaxKeys=_BATCH, **page)
            yield answer
            if not answer.get("IsTruncated"):
                return
            page["ContinuationToken"] = answer["NextContinuationToken"]

    def _look_into(self, folder: str) -> FolderContent[ObjectInfo]:
        folders: list[str] = []
        objects: list[tuple[str, ObjectInfo]] = []
        for answer in self._pages(folder, Delimiter="/"):
            folders += (self._own_key(common["Prefix"]) for common in answer.get("CommonPrefixes", ()))
            objects += ((info.key, info) for info in self._infos(answer) if not _is_temporary(info.key))
        return FolderContent(folders, objects)

    def _infos(self, answer: dict[str, Any]) -> ObjectBatch:
        """The objects of an answer from s3fs, without the markers of folders."""
        return [
            ObjectInfo(self._own_key(meta["Key"]), meta["Size"], meta.get("ETag"), meta["LastModified"].astimezone(UTC))
            for meta in answer.get("Contents", ())
            if not (meta["Key"].endswith("/") and meta["Size"] == 0)
        ]

    def _own_key(self, full_key: str) -> str:
        return full_key[len(self._clients.full_key("")) :]

    def _without_markers(self, batch: ObjectBatch) -> ObjectBatch:
        """``batch`` without folder markers: obstore lists ``a/`` as ``a``."""
        empty = [info.key for info in batch if info.size_bytes == 0]
        if not empty:
            return batch
        found: dict[str, bool] = fsspec.asyn.sync(fsspec.asyn.get_loop(), _objects_among, self._clients, empty)
        return [info for info in batch if found.get(info.key, True)]

    def _disorder(self) -> StoreError:
        return StoreError(
            "A store does not list its objects in the order of their keys",
            place=self._clients.location.place,
            remedy="Run it again: this process will now list the folders of this store one by one.",
        )


async def _objects_among(clients: S3Clients, keys: Sequence[str]) -> dict[str, bool]:
    slots = Semaphore(_CONCURRENCY)
    return dict(zip(keys, await gather(*(_is_object(clients, key, slots) for key in keys)), strict=True))


async def _is_object(clients: S3Clients, key: str, slots: Semaphore) -> bool:
    async with slots:
        try:
            await obstore.head_async(clients.obstore, key)
        except FileNotFoundError:
            return False
        except (BaseError, ValueError):
            # Reading it will tell.
            return True
        return True


def _is_temporary(key: str) -> bool:
    return key.rpartition("/")[2].startswith(TEMPORARY_PREFIX)
