"""The bytes of an archive: from its store in ranges, read ahead, and inflated as a stream. Nothing touches the disk."""

import zlib
from collections.abc import Sequence
from typing import Final, Protocol

from multisite.provenance.header_reading import Fetch
from multisite.schemas import ObjectVersion, RangeRequest
from multisite.vocabulary import QuarantineReason

__all__ = ["ArchiveError", "ArchiveStream", "GzipStream", "RangedBytes"]

_INPUT: Final = 1 << 16
_OUTPUT: Final = 1 << 18
_LARGEST: Final = 1 << 50
_GZIP: Final = 16 + zlib.MAX_WBITS


class ArchiveError(Exception):
    """The archive cannot be read on; it becomes a row and leaves this room as one."""

    def __init__(self, reason: QuarantineReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class ArchiveStream(Protocol):
    """Bytes that are read once, from the first to the last."""

    @property
    def position(self) -> int:
        """Offset of the next byte."""
        ...

    def read(self, n: int, *, ahead: int = 0) -> bytes:
        """The next ``n`` bytes, fewer at the end; ``ahead`` is how many are likely to be wanted soon."""
        ...

    def skip(self, n: int) -> int:
        """Pass over ``n`` bytes; how many of them there were."""
        ...


class RangedBytes:
    """An object read in ranges, with a buffer; counts what it takes.

    Raises
    ------
    ArchiveError
        With the store's reason; with CHANGED where the object ends before the size it was listed with.
    """

    def __init__(self, key: str, version: ObjectVersion, fetch: Fetch) -> None:
        self._key = key
        self._version = version
        self._fetch = fetch
        self._buffer, self._buffer_start = b"", 0
        self._n_requests, self._n_bytes_read = 0, 0
        self.position = 0
        self.size_bytes = version.size_bytes or 0

    def find_size(self) -> None:
        """Learn the size of an object of which the store does not tell it: by bisection, a byte at a time."""
        if self._version.size_bytes is not None:
            return
        low, high = 0, 1 << 16
        while self._fetched(high - 1, 1):
            low, high = high, 2 * high
            if high > _LARGEST:
                raise ArchiveError(QuarantineReason.BAD_ARCHIVE)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self._fetched(middle, 1) else (low, middle)
        self.size_bytes = low

    def read_at(self, start: int, n: int, *, ahead: int = 0) -> bytes:
        """``n`` bytes from offset ``start`` on, fewer at the end; at least ``ahead`` are fetched if any are missing."""
        n = max(0, min(n, self.size_bytes - start))
        offset = start - self._buffer_start
        if offset < 0 or offset + n > len(self._buffer):
            held = self._buffer[offset:] if 0 <= offset <= len(self._buffer) else b""
            length = min(max(n, ahead), self.size_bytes - start) - len(held)
            fetched = self._fetched(start + len(held), length)
            _check_length(fetched, length)
            self._buffer, self._buffer_start, offset = held + fetched, start, 0
        return self._buffer[offset : offset + n]

    def read(self, n: int, *, ahead: int = 0) -> bytes:
        """The next ``n`` bytes, fewer at the end."""
        found = self.read_at(self.position, n, ahead=ahead)
        self.position += len(found)
        return found

    def skip(self, n: int) -> int:
        """Pass over ``n`` bytes without reading them; how many of them there were."""
        n = max(0, min(n, self.size_bytes - self.position))
        self.position += n
        return n

    def fetch(self, requests: Sequence[RangeRequest]) -> list[bytes | QuarantineReason]:
        """Ranges within the archive as they are, neither kept nor counted; all that was asked for, or an error."""
        answers = self._fetch(requests)
        for request, answer in zip(requests, answers, strict=True):
            if isinstance(answer, QuarantineReason):
                raise ArchiveError(answer)
            _check_length(answer, request.length)
        return answers

    def taken(self) -> tuple[int, int]:
        """Requests, and bytes that they brought, since this was last asked."""
        counts = self._n_requests, self._n_bytes_read
        self._n_requests, self._n_bytes_read = 0, 0
        return counts

    def _fetched(self, start: int, length: int) -> bytes:
        (answer,) = self._fetch([RangeRequest(self._key, start, length, self._version)])
        self._n_requests += 1
        if isinstance(answer, QuarantineReason):
            raise ArchiveError(answer)
        self._n_bytes_read += len(answer)
        return answer


def _check_length(answer: bytes, length: int) -> None:
    if len(answer) < length:
        raise ArchiveError(QuarantineReason.CHANGED)


class GzipStream:
    """The content of a gzip file, of one member or several, in bounded memory.

    Checked by the checksums of the file. What follows the last member and is none is ignored, as gzip does. What comes
    before a break is given, however much is asked for at once; the error is for the next call.

    Raises
    ------
    ArchiveError
        BAD_ARCHIVE where the content is broken or ends early, ARCHIVE_TOO_LARGE once more than ``limit`` bytes
        have been read or inflated.
    """

    def __init__(self, packed: RangedBytes, *, limit: int, ahead: int) -> None:
        self._packed = packed
        self._limit = limit
        self._ahead = ahead
        self._inflater: zlib._Decompress | None = zlib.decompressobj(_GZIP)
        self._input = b""
        self._output, self._offset = b"", 0
        self._inflated = 0
        self._failure: ArchiveError | None = None
        self.position = 0

    def read(self, n: int, *, ahead: int = 0) -> bytes:
        """The next ``n`` bytes, fewer at the end."""
        parts: list[bytes] = []
        while n > 0 and self._filled(or_fail=not parts):
            part = self._output[self._offset : self._offset + n]
            parts.append(part)
            self._passed(len(part))
            n -= len(part)
        return b"".join(parts)

    def skip(self, n: int) -> int:
        """Inflate and forget ``n`` bytes; how many of them there were."""
        left = n
        while left > 0 and self._filled(or_fail=True):
            step = min(left, len(self._output) - self._offset)
            self._passed(step)
            left -= step
        return n - left

    def _passed(self, n: int) -> None:
        self._offset += n
        self.position += n

    def _filled(self, *, or_fail: bool) -> bool:
        """Whether there is an unread byte, after inflating more if need be."""
        while self._offset == len(self._output):
            if self._failure is not None and or_fail:
                raise self._failure
            if self._failure is not None or self._inflater is None:
                return False
            try:
                self._inflate(self._inflater)
            except ArchiveError as error:
                self._failure = error
        return True

    def _inflate(self, inflater: "zlib._Decompress") -> None:
        if not self._input:
            self._input = self._packed.read(_INPUT, ahead=self._ahead)
            if not self._input:
                raise ArchiveError(QuarantineReason.BAD_ARCHIVE)
        try:
            self._output, self._offset = inflater.decompress(self._input, _OUTPUT), 0
        except zlib.error:
            raise ArchiveError(QuarantineReason.BAD_ARCHIVE) from None
        self._input = inflater.unconsumed_tail
        self._inflated += len(self._output)
        self._check_limit()
        if inflater.eof:
            self._next_member(inflater.unused_data)

    def _check_limit(self) -> None:
        if max(self._inflated, self._packed.position) > self._limit:
            raise ArchiveError(QuarantineReason.ARCHIVE_TOO_LARGE)

    def _next_member(self, rest: bytes) -> None:
        """Go on behind the end of a member: with another one, or with nothing."""
        rest = rest.lstrip(b"\0")
        while len(rest) < 2 and (more := self._packed.read(_INPUT, ahead=self._ahead)):
            rest = (rest + more).lstrip(b"\0")
            self._check_limit()
        self._input = rest
        self._inflater = zlib.decompressobj(_GZIP) if rest[:2] == b"\x1f\x8b" else None
