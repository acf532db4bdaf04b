"""What an answer of S3 to a ranged request says, and the bytes that it brings."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from multisite.schemas.objects import RangeRequest

__all__ = ["RangeAnswer", "ShortBodyError", "first_bytes", "is_short"]

_PARTIAL_CONTENT = 206
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_CHUNK = 1 << 20


class ShortBodyError(OSError):
    """An answer brought other bytes, or fewer, than it says."""


@dataclass(frozen=True, slots=True)
class RangeAnswer:
    """``start`` is where the body begins in the object; the other values are None where the answer does not say."""

    is_partial: bool
    start: int
    size_bytes: int | None
    etag: str | None
    modified_at: datetime | None

    @classmethod
    def of(cls, answer: dict[str, Any]) -> "RangeAnswer":
        """What ``answer``, from s3fs, says; ShortBodyError when its range cannot be understood."""
        is_partial = answer["ResponseMetadata"]["HTTPStatusCode"] == _PARTIAL_CONTENT
        start, size = 0, answer.get("ContentLength")
        if answer.get("ContentRange"):
            found = _CONTENT_RANGE.fullmatch(answer["ContentRange"])
            if found is None:
                raise ShortBodyError("no range that can be understood")
            start, size = int(found[1]), None if found[3] == "*" else int(found[3])
        elif is_partial:
            raise ShortBodyError("part of an object, and not said which")
        return cls(is_partial, start, size, answer.get("ETag"), answer.get("LastModified"))

    def bytes_before(self, start: int) -> int:
        """Bytes of the body before ``start`` of the object; ShortBodyError when the body begins behind it."""
        if self.start > start:
            raise ShortBodyError("another range than was asked for")
        return start - self.start

    def require(self, data: bytes, request: RangeRequest) -> bytes:
        """``data`` when it is all that the object has of the range; ShortBodyError otherwise."""
        if is_short(data, request, self.size_bytes):
            raise ShortBodyError("fewer bytes than the object has")
        return data


def is_short(data: bytes, request: RangeRequest, size_bytes: int | None) -> bool:
    """Whether an object of the size that its answer tells, or that its version has, holds more than ``data``."""
    sizes = (size_bytes, None if request.version is None else request.version.size_bytes)
    return any(size is not None and len(data) < min(request.length, size - request.start) for size in sizes)


async def first_bytes(body: Any, count: int) -> bytes:
    """At most ``count`` bytes, without taking in the rest of an object of any size."""
    chunks: list[bytes] = []
    while count > 0 and (chunk := await body.read(min(count, _CHUNK))):
        chunks.append(chunk)
        count -= len(chunk)
    return b"".join(chunks)
