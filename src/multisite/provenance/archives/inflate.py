"""The start of deflated content, no further than it is wanted; what is broken gives what comes before the break."""

import zlib
from typing import Final, NamedTuple

__all__ = ["Inflated", "inflate_start", "packed_bytes_needed"]

_RAW: Final = -zlib.MAX_WBITS
_STEP: Final = 4096


class Inflated(NamedTuple):
    """The first bytes of the content, and whether it ends, or breaks, behind them."""

    content: bytes
    ends: bool
    breaks: bool


def inflate_start(packed: bytes, limit: int) -> Inflated:
    """At most ``limit`` (≥ 1) inflated bytes.

    Broken content gives all that comes before the break: how much that is depends on the content alone, not on how much
    of it is at hand.
    """
    inflater = zlib.decompressobj(_RAW)
    try:
        content = inflater.decompress(packed, limit)
    except zlib.error:
        content = _before_break(packed, limit)
        return Inflated(content, ends=False, breaks=len(content) < limit)
    return Inflated(content, ends=inflater.eof, breaks=False)


def packed_bytes_needed(packed: bytes, n: int) -> int:
    """How many of the packed bytes give ``n`` (≥ 1) inflated ones, or all there are."""
    inflater = zlib.decompressobj(_RAW)
    try:
        inflater.decompress(packed, n)
    except zlib.error:
        return len(packed)
    return len(packed) - len(inflater.unconsumed_tail) - len(inflater.unused_data)


def _before_break(packed: bytes, limit: int) -> bytes:
    inflater = zlib.decompressobj(_RAW)
    content = b""
    for begin in range(0, len(packed), _STEP):
        before = inflater.copy()
        chunk = packed[begin : begin + _STEP]
        try:
            content += inflater.decompress(chunk)
        except zlib.error:
            return (content + _bytewise(before, chunk))[:limit]
        if len(content) >= limit:
            break
    return content[:limit]


def _bytewise(inflater: "zlib._Decompress", packed: bytes) -> bytes:
    parts = []
    try:
        for i in range(len(packed)):
            parts.append(inflater.decompress(packed[i : i + 1]))
    except zlib.error:
        pass
    return b"".join(parts)
