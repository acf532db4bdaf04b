"""An S3 bucket, of Amazon's or of anyone's, as a store."""

from collections.abc import Iterator, Sequence
from datetime import UTC
from functools import partial
from typing import Any

from multisite.storage.location import StoreLocation
from multisite.storage.objects import (
    ObjectBatch,
    ObjectInfo,
    ObjectStore,
    ReadResult,
    require_writable_key,
)
from multisite.storage.retrying import in_windows
from multisite.storage.s3_clients import S3Clients
from multisite.storage.s3_errors import S3_FAILURES, answer_code, store_error
from multisite.storage.s3_listing import list_bucket
from multisite.storage.s3_reading import BODY_FAILURES, S3Reader

__all__ = ["S3"]

_WINDOW = 1024


class S3(ObjectStore):
    """The objects of a bucket, or those below a prefix in it, by their keys after the prefix.

    Requests are never conditional, as some servers ignore the conditions. Buckets are addressed by path, so
    the endpoint is the only host that is ever asked.
    """

    def __init__(self, location: StoreLocation) -> None:
        super().__init__(location)
        self._clients = S3Clients(location)
        self._reader = S3Reader(self._clients)
        self._bucket_was_seen = False

    @property
    def ranges_need_s3fs(self) -> bool:
        """Whether this store's server was found to answer ranges in a way that only s3fs accepts."""
        return self._reader.ranges_need_s3fs

    def list(self, prefix: str = "") -> Iterator[ObjectBatch]:
        return list_bucket(self._clients, prefix.strip("/"))

    def read(self, key: str) -> bytes:
        try:
            return self._reader.read_object(key)
        except BODY_FAILURES as error:
            if isinstance(error, FileNotFoundError) and answer_code(error) != "NoSuchBucket":
                raise self.missing_object() from None
            raise store_error(self.location, error) from None

    def read_prefixes(self, requests: Sequence[tuple[str, int, int]], *, concurrency: int = 32) -> Iterator[ReadResult]:
        read = partial(self._reader.read_window, concurrency=concurrency, check=self.check)
        return in_windows(requests, window=_WINDOW, read=read, check=self.check)

    def write(self, key: str, data: bytes) -> None:
        try:
            self._call("put_object", Key=self._clients.full_key(require_writable_key(key)), Body=data)
        except FileNotFoundError as error:
            raise store_error(self.location, error) from None

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
        try:
            self._call("list_objects_v2", MaxKeys=1, Prefix=self._clients.prefix)
        except FileNotFoundError as error:
            raise store_error(self.location, error) from None

    def _call(self, method: str, **arguments: object) -> Any:
        """The answer of S3; FileNotFoundError when the bucket may be there and the object is not."""
        try:
            answer = self._clients.s3fs.call_s3(method, Bucket=self._clients.bucket, **arguments)
        except S3_FAILURES as error:
            if isinstance(error, FileNotFoundError) and answer_code(error) != "NoSuchBucket":
                raise
            raise store_error(self.location, error) from None
        self._bucket_was_seen = True
        return answer

    def _require_bucket(self) -> None:
        """An answer to HEAD has no code that tells a missing object from a missing bucket; ask, the first time."""
        if not self._bucket_was_seen:
            self.check()
