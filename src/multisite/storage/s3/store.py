"""An S3 bucket, of Amazon's or of anyone's, as a store."""

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC
from functools import partial
from random import Random
from typing import Any, TypeVar

from multisite.schemas.objects import RangeRequest
from multisite.storage.location import StoreLocation
from multisite.storage.objects import (
    ObjectBatch,
    ObjectInfo,
    ObjectStore,
    ReadResult,
    SplitPoints,
    require_writable_key,
)
from multisite.storage.paced_reading import read_paced
from multisite.storage.pacing import Pace
from multisite.storage.retrying import Patience, Retries, in_windows
from multisite.storage.s3.clients import S3Clients
from multisite.storage.s3.errors import (
    CONDITION_FAILED,
    CONDITION_UNKNOWN,
    S3_FAILURES,
    answer_code,
    fault_of,
    store_error,
    throttling_error,
)
from multisite.storage.s3.listing import S3Listing
from multisite.storage.s3.reading import BODY_FAILURES, S3Reader

__all__ = ["S3"]

_WINDOW = 1024

_Answer = TypeVar("_Answer")


class S3(ObjectStore):
    """The objects of a bucket, or those below a prefix in it, by their keys after the prefix.

    Reading never relies on a condition, as some servers ignore them; creating does, where the server knows it. Buckets
    are addressed by path, so the endpoint is the only host that is ever asked. ``patience`` says how long it is waited
    for.
    """

    def __init__(self, location: StoreLocation, patience: Patience | None = None) -> None:
        super().__init__(location)
        self._patience = patience or Patience()
        self._rng = Random(self._patience.seed)  # noqa: S311  # it spreads pauses, and keeps no secret
        self.pace = Pace(self._patience, self._rng)
        """How fast this store lets itself be read."""
        self._clients = S3Clients(location, self._patience)
        self._reader = S3Reader(self._clients)
        self._listing = S3Listing(self._clients, self._call_bucket)
        self._bucket_was_seen = False

    def __reduce__(self) -> tuple[type["S3"], tuple[StoreLocation, Patience]]:  # type: ignore[override]  # more of it
        return (type(self), (self.location, self._patience))

    @property
    def ranges_need_s3fs(self) -> bool:
        """Whether this store's server was found to answer ranges in a way that only s3fs accepts."""
        return self._reader.ranges_need_s3fs

    def list(self, prefix: str = "", *, after: str = "", until: str | None = None) -> Iterator[ObjectBatch]:
        return self._listing.objects(prefix, after=after, until=until)

    def split_points(self, parts: int) -> SplitPoints:
        return self._listing.split_points(parts)

    def read(self, key: str) -> bytes:
        try:
            return self._patiently(partial(self._reader.read_object, key))
        except BODY_FAILURES as error:
            if isinstance(error, FileNotFoundError) and answer_code(error) != "NoSuchBucket":
                raise self.missing_object() from None
            raise store_error(self.location, error) from None

    def read_prefixes(self, requests: Sequence[RangeRequest], *, concurrency: int = 32) -> Iterator[ReadResult]:
        if requests:
            # Workers that are throttled together differ in what they read first.
            self._rng.seed(f"{self._patience.seed} {requests[0].key}")
        read = partial(
            read_paced,
            read=lambda request: self._reader.read_range(request, Retries(self._patience, self._rng)),
            pace=self.pace,
            concurrency=concurrency,
            check=self.check,
            throttled=partial(throttling_error, self.location),
        )
        return in_windows(requests, window=_WINDOW, read=read, check=self.check)

    def write(self, key: str, data: bytes) -> None:
        try:
            self._call("put_object", Key=self._clients.full_key(require_writable_key(key)), Body=data)
        except FileNotFoundError as error:
            raise store_error(self.location, error) from None

    def create(self, key: str, data: bytes) -> bool:
        name = self._clients.full_key(require_writable_key(key))
        # Asked first, because some servers pass over the condition and would replace what is there.
        if self.exists(key):
            return False
        put = partial(self._clients.s3fs.call_s3, "put_object", Bucket=self._clients.bucket, Key=name, Body=data)
        try:
            self._patiently(partial(put, IfNoneMatch="*"))
        except S3_FAILURES as error:
            code = answer_code(error)
            if code in CONDITION_UNKNOWN:
                self.write(key, data)
            elif code in CONDITION_FAILED:
                # The answer to an earlier attempt, which succeeded, may have been lost.
                return self.exists(key) and self.read(key) == data
            else:
                raise store_error(self.location, error) from None
        return True

    def head(self, key: str) -> ObjectInfo | None:
        try:
            answer = self._call("head_object", Key=self._clients.full_key(key))
        except FileNotFoundError:
            self._require_bucket()
            return None
        modified_at = answer["LastModified"].astimezone(UTC)
        return ObjectInfo(key, answer["ContentLength"], answer.get("ETag"), modified_at)

    def delete(self, key: str) -> None:
        try:
            self._call("delete_object", Key=self._clients.full_key(key))
        except FileNotFoundError:
            # Not every server answers the removal of nothing with success.
            self._require_bucket()

    def check(self) -> None:
        self._call_bucket("list_objects_v2", MaxKeys=1, Prefix=self._clients.prefix)

    def _call_bucket(self, method: str, **arguments: object) -> Any:
        """The answer of S3 to a request that is about no object."""
        try:
            return self._call(method, **arguments)
        except FileNotFoundError as error:
            raise store_error(self.location, error) from None

    def _call(self, method: str, **arguments: object) -> Any:
        """The answer of S3; FileNotFoundError when the bucket may be there and the object is not."""
        try:
            answer = self._patiently(
                lambda: self._clients.s3fs.call_s3(method, Bucket=self._clients.bucket, **arguments)
            )
        except S3_FAILURES as error:
            if isinstance(error, FileNotFoundError) and answer_code(error) != "NoSuchBucket":
                raise
            raise store_error(self.location, error) from None
        self._bucket_was_seen = True
        return answer

    def _patiently(self, ask: Callable[[], _Answer]) -> _Answer:
        """The answer, or the last of the attempts that patience allows."""
        retries = Retries(self._patience, self._rng)
        while True:
            try:
                return ask()
            except BODY_FAILURES as error:
                pause = retries.pause_after(fault_of(error))
                if pause is None:
                    raise
            time.sleep(pause)

    def _require_bucket(self) -> None:
        """An answer to HEAD has no code that tells a missing object from a missing bucket; ask, the first time."""
        if not self._bucket_was_seen:
            self.check()
