"""Reading from a bucket: many ranges at once by obstore, single requests by s3fs.

Some servers send the right bytes of a range under status 200, which obstore refuses, and some ignore ranges.
A read that obstore could not do is done by s3fs; when the answer then shows such a server, the store stays
with s3fs.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import aiohttp
import botocore.exceptions
import fsspec.asyn
import obstore
from obstore.exceptions import BaseError, PermissionDeniedError, UnauthenticatedError

from multisite.storage.objects import ReadFailure, ReadResult
from multisite.storage.s3_clients import S3Clients
from multisite.storage.s3_errors import S3_FAILURES, answer_code
from multisite.vocabulary import QuarantineReason

__all__ = ["BODY_FAILURES", "S3Reader"]

BODY_FAILURES = (*S3_FAILURES, aiohttp.ClientError, asyncio.TimeoutError)
"""What a request through s3fs may raise, its body included."""

_PARTIAL_CONTENT = 206
_BEYOND_THE_END = {"InvalidRange", "416"}
_PAUSE_S = 0.4
_CHUNK = 1 << 20


class S3Reader:
    """Reads objects of one store, and remembers how its server answers ranges."""

    def __init__(self, clients: S3Clients) -> None:
        self._clients = clients
        self.ranges_need_s3fs = False
        """Whether the server was seen to answer a range with something else than partial content."""

    def read_window(
        self, requests: Sequence[tuple[str, int, int]], *, concurrency: int, check: Callable[[], None]
    ) -> Sequence[ReadResult]:
        """Results in the order of ``requests``.

        The first object that stays unreadable stops the rest until ``check`` has asked the store: when the
        store is gone, that ends the work at once instead of after every object's own retries.
        """
        results: list[ReadResult | None] = [None] * len(requests)
        for wary in (True, False):
            _on_loop(self._read_missing, requests, results, concurrency, wary)
            if all(result is not None for result in results):
                break
            check()
        return [result for result in results if result is not None]

    def read_object(self, key: str) -> bytes:
        """The whole object; whatever s3fs raises."""
        return bytes(_on_loop(self._with_second_attempt, key, None))

    async def _read_missing(
        self,
        requests: Sequence[tuple[str, int, int]],
        results: "list[ReadResult | None]",
        concurrency: int,
        wary: bool,
    ) -> None:
        """Fill the gaps in ``results``; when ``wary``, leave gaps after the first failed read."""
        stopped = False
        queue: Iterator[int] = iter([index for index, result in enumerate(results) if result is None])

        async def work() -> None:
            nonlocal stopped
            for index in queue:
                results[index] = await self._read_range(*requests[index])
                stopped = stopped or (wary and results[index] == ReadFailure(QuarantineReason.READ_FAILED))
                if stopped:
                    return

        await asyncio.gather(*(work() for _ in range(min(concurrency, len(requests)))))

    async def _read_range(self, key: str, start: int, length: int) -> ReadResult:
        if length <= 0:
            return b""
        try:
            if not self.ranges_need_s3fs:
                try:
                    return bytes(await obstore.get_range_async(self._clients.obstore, key, start=start, length=length))
                except (PermissionDeniedError, UnauthenticatedError):
                    return ReadFailure(QuarantineReason.READ_FAILED)
                except (BaseError, ValueError):
                    # An empty object, a key that is no path, a server without ranges, a fault: s3fs tells.
                    pass
            return await self._with_second_attempt(key, (start, length))
        except FileNotFoundError:
            return ReadFailure(QuarantineReason.VANISHED)
        except BODY_FAILURES as error:
            return b"" if answer_code(error) in _BEYOND_THE_END else ReadFailure(QuarantineReason.READ_FAILED)

    async def _with_second_attempt(self, key: str, wanted: tuple[int, int] | None) -> bytes:
        """s3fs retries requests, and not bodies that break off: those once more."""
        try:
            return await self._get(key, wanted)
        except BODY_FAILURES as error:
            if answer_code(error) is not None or isinstance(error, botocore.exceptions.EndpointConnectionError):
                raise
        await asyncio.sleep(_PAUSE_S)
        return await self._get(key, wanted)

    async def _get(self, key: str, wanted: tuple[int, int] | None) -> bytes:
        """``wanted`` is a start and a length in bytes; None for the whole object."""
        options = {} if wanted is None else {"Range": f"bytes={wanted[0]}-{wanted[0] + wanted[1] - 1}"}
        # Private by its name, but the only way to an answer's status and to a key that is taken as it is.
        answer = await self._clients.s3fs._call_s3(
            "get_object", Bucket=self._clients.bucket, Key=self._clients.full_key(key), **options
        )
        body = answer["Body"]
        try:
            if wanted is None:
                return bytes(await body.read())
            start, length = wanted
            if answer["ResponseMetadata"]["HTTPStatusCode"] != _PARTIAL_CONTENT:
                self.ranges_need_s3fs = True
            if not answer.get("ContentRange"):
                return (await _first_bytes(body, start + length))[start:]
            return (await _first_bytes(body, length))[:length]
        finally:
            body.close()


def _on_loop(coroutine: Callable[..., Any], *arguments: Any) -> Any:
    """Run on the event loop that s3fs keeps in a thread of its own: its connections belong to that loop."""
    return fsspec.asyn.sync(fsspec.asyn.get_loop(), coroutine, *arguments)


async def _first_bytes(body: Any, count: int) -> bytes:
    """At most ``count`` bytes, without taking in the rest of an object of any size."""
    chunks: list[bytes] = []
    while count > 0 and (chunk := await body.read(min(count, _CHUNK))):
        chunks.append(chunk)
        count -= len(chunk)
    return b"".join(chunks)
