"""Bounds on what reading one object may take: processor time and memory."""

import signal
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

from tests.fuzz.judging import LIMIT
from tests.fuzz.structure import is_deflated

__all__ = ["CPU_SECONDS", "TooLongError", "memory_bound", "peak_memory", "within"]

CPU_SECONDS = 2.0
"""What one object may take; the slowest of ordinary ones takes some milliseconds."""

_AT_LEAST = 256 * 2**10
_PER_BYTE = 64
_PER_INFLATED_BYTE = 4

Result = TypeVar("Result")


class TooLongError(BaseException):
    """Raised inside what takes too long; no ``except Exception`` there can stop it."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Interrupt a block that takes more processor time than this."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise TooLongError

    before = signal.signal(signal.SIGPROF, interrupt)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def memory_bound(data: bytes) -> int:
    """The bytes that reading an object may allocate: in proportion to what was read, never to what it claims.

    256 KiB and 64 bytes for each byte at hand; a deflated dataset may be inflated up to the limit of a header, and lies
    in memory up to four times.
    """
    return _AT_LEAST + _PER_BYTE * len(data) + (_PER_INFLATED_BYTE * LIMIT if is_deflated(data) else 0)


def peak_memory(function: Callable[[bytes], Result], data: bytes) -> int:
    """The most bytes that a call has allocated at one moment."""
    tracemalloc.start()
    try:
        function(data)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
