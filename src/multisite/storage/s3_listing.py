"""Listing a bucket: by obstore, and from where that cannot go on, by s3fs.

obstore follows the rules of paths. A key with an empty, ``.`` or ``..`` part, which S3 allows, ends its
listing; s3fs takes keys as they are, and goes on after the last one that was given (S3 lists in the order of
keys).
"""

from asyncio import Semaphore, gather
from collections.abc import Iterator, Sequence
from datetime import UTC
from typing import Any

import fsspec.asyn
import obstore
from obstore.exceptions import BaseError

from multisite.storage.objects import TEMPORARY_PREFIX, ObjectBatch, ObjectInfo
from multisite.storage.s3_clients import S3Clients
from multisite.storage.s3_errors import S3_FAILURES, store_error

__all__ = ["list_bucket"]

_BATCH = 1000
_CONCURRENCY = 32


def list_bucket(clients: S3Clients, prefix: str) -> Iterator[ObjectBatch]:
    """Objects below ``prefix`` (without slashes at its ends); the markers that some tools leave for folders
    are left out.

    Raises
    ------
    StoreError
        When the store does not answer or refuses.
    """
    last = ""
    try:
        for listed in obstore.list(clients.obstore, prefix or None, chunk_size=_BATCH):
            last = listed[-1]["path"]
            batch = [ObjectInfo(meta["path"], meta["size"], meta["e_tag"], meta["last_modified"]) for meta in listed]
            yield _kept(fsspec.asyn.sync(fsspec.asyn.get_loop(), _without_markers, clients, batch))
        return
    except (BaseError, OSError, ValueError):
        # Whatever it was, s3fs either goes on, or gets an answer with a code that can be explained.
        pass
    yield from _list_with_s3fs(clients, prefix, last)


async def _without_markers(clients: S3Clients, batch: ObjectBatch) -> ObjectBatch:
    """``batch`` without folder markers: listed as ``a``, and empty, where the key is ``a/``."""
    empty = [info.key for info in batch if info.size_bytes == 0]
    slots = Semaphore(_CONCURRENCY)
    found = dict(zip(empty, await gather(*(_is_object(clients, key, slots) for key in empty)), strict=True))
    return [info for info in batch if found.get(info.key, True)]


async def _is_object(clients: S3Clients, key: str, slots: Semaphore) -> bool:
    async with slots:
        try:
            await obstore.head_async(clients.obstore, key)
        except FileNotFoundError:
            return False
        except BaseError:
            # Reading it will tell.
            return True
        return True


def _list_with_s3fs(clients: S3Clients, prefix: str, after: str) -> Iterator[ObjectBatch]:
    folder = clients.full_key(prefix).rstrip("/")
    page: dict[str, str] = {"StartAfter": clients.full_key(after)} if after else {}
    if folder:
        page["Prefix"] = f"{folder}/"
    cut = len(clients.prefix) + 1 if clients.prefix else 0
    while True:
        try:
            answer = clients.s3fs.call_s3("list_objects_v2", Bucket=clients.bucket, MaxKeys=_BATCH, **page)
        except S3_FAILURES as error:
            raise store_error(clients.location, error) from None
        yield _kept(_info(meta, cut) for meta in answer.get("Contents", ()) if not _is_marker(meta))
        if not answer.get("IsTruncated"):
            return
        page["ContinuationToken"] = answer["NextContinuationToken"]


def _is_marker(meta: dict[str, Any]) -> bool:
    return bool(meta["Key"].endswith("/") and meta["Size"] == 0)


def _info(meta: dict[str, Any], cut: int) -> ObjectInfo:
    return ObjectInfo(meta["Key"][cut:], meta["Size"], meta.get("ETag"), meta["LastModified"].astimezone(UTC))


def _kept(infos: "Iterator[ObjectInfo] | Sequence[ObjectInfo]") -> ObjectBatch:
    return [info for info in infos if not info.key.rpartition("/")[2].startswith(TEMPORARY_PREFIX)]
