"""Spoiling a header: anywhere, or where it hurts — in tags, VRs, lengths, delimiters and character sets."""

import zlib
from collections.abc import Callable, Sequence
from random import Random

from multisite.dicom import ATTRIBUTES
from tests.fuzz.structure import Place, dataset_start, is_deflated, places
from tests.lib.dicom_making import LONG_VRS, SYNTAX_UIDS, deflate

__all__ = ["spoil"]

_LONGEST = 40_000
_TAGS = [tag for attribute in ATTRIBUTES for tag in attribute.tags[:2]] + [
    0x00080005, 0x7FE00010, 0x7FE00008, 0x52009230, 0x54000100, 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD, 0x00020010,
    0x00000000, 0x00080000, 0x00091001, 0xFFFCFFFC, 0x00280106, 0x00280103,
]  # fmt: skip
_VRS = (
    *(vr.encode() for vr in LONG_VRS),
    *(b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN", b"SH", b"SL", b"SS"),
    *(b"ST", b"TM", b"UI", b"UL", b"US", b"ox", b"XX", b"\0\0", b"  ", b"\xff\xff"),
)
_CHARSETS = (
    b"ISO_IR 100", b"ISO_IR 192", b"GB18030 ", b"GBK ", b"ISO_IR 13", b"\\ISO 2022 IR 87", b"\\ISO 2022 IR 149",
    b"ISO 2022 IR 13\\ISO 2022 IR 87", b"\\ISO 2022 IR 58", b"ISO_IR 6\\", b"latin-1 ", b"utf-16", b"idna", b"nonsense",
    b"\\\\", b"ISO-IR 100",
)  # fmt: skip
_BITS = (
    b"\xff\xff\xff\xff", b"\xfe\xff\0\xe0\0\0\0\0", b"\xfe\xff\0\xe0\xff\xff\xff\xff", b"\xfe\xff\x0d\xe0\0\0\0\0",
    b"\xfe\xff\xdd\xe0\0\0\0\0", b"\xff\xfe\xe0\0\0\0\0\0", b"\0", b" ", b"\\", b"\x1b$B", b"\x1b(J", b"\x1b$)C",
    b"\x1b-A", b"\xa0", b"\x85", b"\x1c", b"\n", b"\xe9", b"\xc3\xa9", b"\xff", b"nan", b"1e9", b"1_0", b"-", b"+1",
    b"99999999999999999999", b"20240230", b"\0\0\0\0\0\0\xf8\x7f",
)  # fmt: skip

Mutable = bytearray
Change = Callable[[Mutable, Random, Sequence[bytes]], None]


def spoil(seed: bytes, rng: Random, others: Sequence[bytes]) -> bytes:
    """A header with one to a few things changed in it, some of them taken from other headers.

    Of a deflated dataset mostly what it inflates to is changed, and it is deflated again.
    """
    data = Mutable(seed)
    again = is_deflated(seed) and rng.random() < 0.9
    start = dataset_start(seed)[0] if again else 0
    if again:
        try:
            body = zlib.decompressobj(-zlib.MAX_WBITS).decompress(seed[start:])
        except zlib.error:
            body = b""
        data = Mutable(body)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 6))):
        if len(data) > 8:
            rng.choice(_CHANGES)(data, rng, others)
    del data[_LONGEST:]
    return seed[:start] + deflate(bytes(data)) if again else bytes(data)


def _one(data: Mutable, rng: Random) -> Place:
    found = places(bytes(data)) or [Place(0, None, 0, 0, 0, 0, "little")]
    return rng.choice(found[len(found) // 4 :] if rng.random() < 0.5 else found)


def _flip(data: Mutable, rng: Random, others: Sequence[bytes]) -> None:
    at = rng.randrange(len(data))
    data[at] = rng.choice((data[at] ^ 1 << rng.randrange(8), rng.randrange(256), 0, 255, 32, 92))


def _insert(data: Mutable, rng: Random, others: Sequence[bytes]) -> None:
    at = rng.randrange(len(data))
    data[at:at] = rng.choice(_BITS)


def _overwrite(data: Mutable, rng: Random, others: Sequence[bytes]) -> None:
    at, bits = rng.randrange(len(data)), rng.choice(_BITS)
    data[at : at + len(bits)] = bits


def _delete(data: Mutable, rng: Random, others: Sequence[bytes]) -> None:
    at = rng.randrange(len(data))
    del data[at : at + rng.choice((1, 2, 4, 8, 100))]


def _repeat(data: Mutable, rng: Random, others: Sequence[bytes]) -> None:
    at = rng.randrange(len(data))
    data[at:at] = data[at : at + rng.choice((1, 2, 8, 64))]


def _cut(data: Mutable, rng: Random, others: Sequence[bytes]) -> None:
    del data[rng.randrange(len(data)) :]


def _pad(data: Mutable, rng: Random, others: Sequence[bytes]) -> None:
    data += rng.choice((b"\0", b" ", b"\xff", b"\xfc\xff\xfc\xffOB\0\0\0\0\0\0")) * rng.choice((1, 3, 8, 200))


def _length(data: Mutable, rng: Random, others: Sequence[bytes]) -> None:
    here = _one(data, rng)
    now = int.from_bytes(data[here.length : here.length + here.width], here.order)  # type: ignore[arg-type]  # as named
    choices = (
        0,
        1,
        now - 1,
        now + 1,
        now - 2,
        now + 2,
        now + 8,
        now * 2,
        len(data),
        len(data) - here.value,
        2**31,
        2**32 - 2,
    )
    wanted = rng.choice((*choices, 2**32 - 1, 2**32 - 1, rng.randrange(2**16)))
    # The type is ignored because the order is kept as text, and is always "little" or "big".
    data[here.length : here.length + here.width] = (wanted % 256**here.width).to_bytes(here.width, here.order)


def _vr(data: Mutable, rng: Random, others: Sequence[bytes]) -> None:
    here = _one(data, rng)
    if here.vr is not None:
        data[here.vr : here.vr + 2] = rng.choice(_VRS)


def _tag(data: Mutable, rng: Random, others: Sequence[bytes]) -> None:
    here, tag = _one(data, rng), rng.choice(_TAGS)
    for at, half in ((here.start, tag >> 16), (here.start + 2, tag & 0xFFFF)):
        data[at : at + 2] = half.to_bytes(2, here.order)  # type: ignore[arg-type]  # "little" or "big"


def _value(data: Mutable, rng: Random, others: Sequence[bytes]) -> None:
    here = _one(data, rng)
    size = here.end - here.value
    if size:
        bits = rng.choice(_BITS)
        at = here.value + rng.randrange(size)
        data[at : min(at + len(bits), here.end)] = bits[: here.end - at]


def _charset(data: Mutable, rng: Random, others: Sequence[bytes]) -> None:
    for here in places(bytes(data)):
        if data[here.start : here.start + 4] == b"\x08\0\x05\0":
            term = rng.choice(_CHARSETS)
            data[here.value : here.end] = term
            data[here.length : here.length + here.width] = len(term).to_bytes(here.width, "little")
            return


def _remove(data: Mutable, rng: Random, others: Sequence[bytes]) -> None:
    here = _one(data, rng)
    del data[here.start : here.end]


def _double(data: Mutable, rng: Random, others: Sequence[bytes]) -> None:
    here, there = _one(data, rng), _one(data, rng)
    data[there.start : there.start] = data[here.start : here.end]


def _swap(data: Mutable, rng: Random, others: Sequence[bytes]) -> None:
    first, second = sorted((_one(data, rng), _one(data, rng)), key=lambda place: place.start)
    if first.end <= second.start:
        data[first.start : second.end] = (
            data[second.start : second.end] + data[first.end : second.start] + data[first.start : first.end]
        )


def _wrap(data: Mutable, rng: Random, others: Sequence[bytes]) -> None:
    """Some elements become what is inside a sequence of undefined length, with or without their end."""
    here = _one(data, rng)
    sequence = b"\x40\0\x75\2" + (b"SQ\0\0" if here.vr is not None else b"")
    data[here.start : here.start] = sequence + b"\xff\xff\xff\xff\xfe\xff\0\xe0\xff\xff\xff\xff"
    if rng.random() < 0.7:
        at = min(len(data), here.end + len(sequence) + 12)
        data[at:at] = b"\xfe\xff\x0d\xe0\0\0\0\0\xfe\xff\xdd\xe0\0\0\0\0"


def _splice(data: Mutable, rng: Random, others: Sequence[bytes]) -> None:
    """A stretch of elements of another header."""
    other = rng.choice(others)
    found = places(other)
    first = rng.randrange(len(found)) if found else 0
    last = min(first + rng.choice((1, 1, 3, 10)), len(found)) - 1
    if found:
        at = _one(data, rng).start
        data[at:at] = other[found[first].start : found[last].end]


def _syntax(data: Mutable, rng: Random, others: Sequence[bytes]) -> None:
    at = bytes(data).find(b"\2\0\x10\0UI")
    if at >= 0:
        uid = rng.choice((*SYNTAX_UIDS.values(), "1.2.840.10008.1.2.4.205", "1.2.3", "")).encode()
        uid += b"\0" * (len(uid) % 2)
        size = int.from_bytes(data[at + 6 : at + 8], "little")
        data[at + 6 : at + 8 + size] = len(uid).to_bytes(2, "little") + uid


def _head(data: Mutable, rng: Random, others: Sequence[bytes]) -> None:
    """The preamble goes, or comes."""
    if data[128:132] == b"DICM":
        del data[: rng.choice((4, 128, 132))]
    else:
        data[0:0] = b"\0" * 128 + b"DICM"


_CHANGES: tuple[Change, ...] = (
    _flip, _flip, _insert, _overwrite, _delete, _repeat, _cut, _pad, _length, _length, _length, _vr, _vr, _tag, _tag,
    _value, _value, _charset, _remove, _double, _swap, _wrap, _splice, _splice, _syntax, _head,
)  # fmt: skip
