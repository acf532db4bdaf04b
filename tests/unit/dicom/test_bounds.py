"""Bytes that claim much: no more memory than a small multiple of what is there, and an end in reasonable time."""

import time
import tracemalloc

import pytest

from multisite.dicom import MAX_HEADER_BYTES, NeedMore, RawHeader, read_header
from tests.unit.dicom.builders import a_dataset, encode

HUGE = b"\xfe\xff\xff\xff"
START = {syntax: encode(a_dataset(), syntax, pixels=None) for syntax in ("explicit", "implicit", "big endian")}
SHARED = b"\x00\x52\x29\x92"
ITEM = b"\xfe\xff\x00\xe0"
OPEN = b"\xff\xff\xff\xff"
CLAIMS = {
    "long value": b"\x09\0\x01\0OB\0\0" + HUGE,
    "wanted value": b"\x10\0\0\x40UT\0\0" + HUGE,
    "defined sequence": SHARED + b"SQ\0\0" + HUGE + ITEM + HUGE,
    "item in an open sequence": SHARED + b"SQ\0\0" + OPEN + ITEM + HUGE,
    "value in an item": SHARED + b"SQ\0\0" + OPEN + ITEM + OPEN + b"\x18\0\x15\x91SQ\0\0" + HUGE,
    "sequence of nothing": SHARED + b"SQ\0\0" + OPEN + ITEM * 2000,
    "items without content": SHARED + b"SQ\0\0" + OPEN + (ITEM + b"\0\0\0\0") * 3000,
    "sequences in sequences": (b"\x40\0\x30\xa7SQ\0\0" + OPEN + ITEM + OPEN) * 1500,
    "wanted sequences in sequences": (SHARED + b"SQ\0\0" + OPEN + ITEM + OPEN) * 3000,
    "unknown of open length": b"\x09\0\x02\0UN\0\0" + OPEN + b"\x01" * 5000,
    "creators": b"".join(b"\x09\0" + bytes([n, 0]) + b"LO\xff\xff" for n in range(16, 256)),
}


@pytest.mark.slow
@pytest.mark.parametrize("claim", CLAIMS)
@pytest.mark.parametrize("syntax", START)
def test_claimed_lengths_are_not_allocated_and_nothing_runs_on(claim: str, syntax: str) -> None:
    data = START[syntax] + CLAIMS[claim]
    read_header(data, object_size=2**32)  # what is built once and kept
    tracemalloc.start()
    began = time.process_time()
    for size in (len(data), 2**32, None):
        result = read_header(data, object_size=size)
        assert not isinstance(result, RawHeader) or result.header_bytes <= len(data)
        assert not isinstance(result, NeedMore) or result.prefix_bytes <= MAX_HEADER_BYTES
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200 * len(data) + 2**20
    assert time.process_time() - began < 20
