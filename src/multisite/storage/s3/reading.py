"""Reading from a bucket: ranges by obstore, and by s3fs what obstore could not read or S3 must explain.

Some servers send the right bytes of a range under status 200, which obstore refuses, and some ignore ranges. When an
answer to s3fs shows such a server, the store stays with s3fs. What an answer says of the object is compared with the
version that was asked for; a condition in the request would do, but some servers ignore conditions.

obstore is asked from threads: that is as fast as its ``get_range_async`` and a third faster than its ``get_async``, and
unlike the former it tells the size and the state of the object.
"""

import asyncio
import contextlib
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import aiohttp
import fsspec.asyn
import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

from multisite.schemas.objects import RangeRequest
from multisite.storage.objects import ReadFailure, ReadResult
from multisite.storage.retrying import Fault, Retries
from multisite.storage.s3.answers import RangeAnswer, first_bytes, is_short
from multisite.storage.s3.clients import S3Clients
from multisite.storage.s3.errors import S3_FAILURES, answer_code, fault_of
from multisite.storage.versions import is_other_version
from multisite.vocabulary import QuarantineReason

__all__ = ["BODY_FAILURES", "S3Reader"]

BODY_FAILURES = (*S3_FAILURES, aiohttp.ClientError, asyncio.TimeoutError)
"""What a request through s3fs may raise, its body included."""

_BEYOND_THE_END = {"InvalidRange", "416"}
_NEVER = datetime(1970, 1, 1, tzinfo=UTC)
"""What obstore takes for the time of the last change where an answer tells none."""

_VANISHED = ReadFailure(QuarantineReason.VANISHED)
_CHANGED = ReadFailure(QuarantineReason.CHANGED)
_READ_FAILED = ReadFailure(QuarantineReason.READ_FAILED)


class S3Reader:
    """Reads objects of one store, and remembers how its server answers ranges."""

    def __init__(self, clients: S3Clients) -> None:
        self._clients = clients
        self.ranges_need_s3fs = False
        """Whether the server was seen to answer a range with something else than partial content."""

    def read_range(self, request: RangeRequest, retries: Retries) -> ReadResult | Fault:
        """The range, or why not; PASSING when attempts are used up, THROTTLED at the first answer that says so."""
        if request.length <= 0:
            return b""
        found = None if self.ranges_need_s3fs else self._by_obstore(request)
        if found is not None:
            return found
        while True:
            try:
                answered: ReadResult = _on_loop(self._by_s3fs, request)
                return answered
            except FileNotFoundError:
                return _VANISHED
            except BODY_FAILURES as error:
                if answer_code(error) in _BEYOND_THE_END:
                    return _beyond_the_end(request)
                fault = fault_of(error)
            if fault is Fault.FINAL:
                return _READ_FAILED
            pause = retries.pause_after(fault)
            if fault is Fault.THROTTLED or pause is None:
                return fault
            time.sleep(pause)

    def read_object(self, key: str) -> bytes:
        """The whole object in one attempt; whatever s3fs raises."""
        return bytes(_on_loop(self._whole, key))

    def _by_obstore(self, request: RangeRequest) -> ReadResult | None:
        """None where s3fs must tell: an empty object, a key that is no path, a server without ranges, a fault."""
        wanted = (request.start, request.start + request.length)
        try:
            answer = obstore.get(self._clients.obstore, request.key, options={"range": wanted})
            meta = answer.meta
            if is_other_version(
                request.version,
                size_bytes=meta["size"],
                etag=meta["e_tag"],
                modified_at=meta["last_modified"] if meta["last_modified"] > _NEVER else None,
            ):
                return _CHANGED
            data = bytes(answer.bytes())
        except FileNotFoundError:
            return _VANISHED
        except (PermissionDeniedError, UnauthenticatedError):
            return _READ_FAILED
        except (BaseError, ValueError):
            return None
        return None if is_short(data, request, meta["size"]) or len(data) > request.length else data

    async def _by_s3fs(self, request: RangeRequest) -> ReadResult:
        last = request.start + request.length - 1
        async with asyncio.timeout(self._clients.patience.request_timeout_s):
            answer = await self._get(request.key, Range=f"bytes={request.start}-{last}")
            with contextlib.closing(answer["Body"]) as body:
                told = RangeAnswer.of(answer)
                if not told.is_partial:
                    self.ranges_need_s3fs = True
                if is_other_version(
                    request.version, size_bytes=told.size_bytes, etag=told.etag, modified_at=told.modified_at
                ):
                    return _CHANGED
                skipped = told.bytes_before(request.start)
                data = (await first_bytes(body, skipped + request.length))[skipped:]
        return told.require(data, request)

    async def _whole(self, key: str) -> bytes:
        answer = await self._get(key)
        with contextlib.closing(answer["Body"]) as body:
            return bytes(await body.read())

    async def _get(self, key: str, **options: str) -> Any:
        # Private by its name, but the only way to an answer's status and to a key that is taken as it is.
        return await self._clients.s3fs._call_s3(
            "get_object", Bucket=self._clients.bucket, Key=self._clients.full_key(key), **options
        )


def _beyond_the_end(request: RangeRequest) -> ReadResult:
    """Nothing is there; but when the version that was asked for has bytes there, the object is another now."""
    size_bytes = None if request.version is None else request.version.size_bytes
    return _CHANGED if size_bytes is not None and size_bytes > request.start else b""


def _on_loop(coroutine: Callable[..., Any], *arguments: Any) -> Any:
    """Run on the event loop that s3fs keeps in a thread of its own: its connections belong to that loop."""
    return fsspec.asyn.sync(fsspec.asyn.get_loop(), coroutine, *arguments)
