"""DICOM Part 10 in explicit VR little endian, as little of it as the demo needs, and fast.

A series shares nearly all of its header. It is encoded once, as runs of bytes with gaps for the few values that differ
between instances, and an instance is the join of runs and values.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from struct import Struct

from multisite.demo.attributes import ATTRIBUTES
from multisite.demo.uids import UID_LENGTH, uid

__all__ = [
    "DEFLATED",
    "EXPLICIT",
    "SeriesTemplate",
    "element",
    "file_meta",
    "sequence_of",
    "series_template",
    "unsigned",
]

EXPLICIT = b"1.2.840.10008.1.2.1"
DEFLATED = b"1.2.840.10008.1.2.1.99"

_IMPLEMENTATION = uid("multisite demo encoder")
_VERSION = b"MULTISITE_DEMO_1"
_LONG = frozenset({"OB", "OW", "SQ"})
_TAG, _SHORT_LENGTH, _LONG_LENGTH = Struct("<HH").pack, Struct("<H").pack, Struct("<L").pack
_ITEM = _TAG(0xFFFE, 0xE000)


def _heads() -> dict[str, tuple[int, bytes, bool, bytes]]:
    """Per keyword: tag as a number, encoded tag and VR, whether the length is long, and the padding."""
    heads = {}
    for keyword, (tag, vr) in ATTRIBUTES.items():
        head = _TAG(tag >> 16, tag & 0xFFFF) + vr.encode() + (b"\0\0" if vr in _LONG else b"")
        heads[keyword] = (tag, head, vr in _LONG, b"\0" if vr in ("UI", "OB", "OW") else b" ")
    return heads


_HEADS = _heads()
_ORDER = {keyword: tag for keyword, (tag, *_) in _HEADS.items()}


def element(keyword: str, value: bytes) -> bytes:
    """One encoded element, padded to even length."""
    _, head, long, padding = _HEADS[keyword]
    if len(value) & 1:
        value += padding
    return head + (_LONG_LENGTH if long else _SHORT_LENGTH)(len(value)) + value


def unsigned(number: int) -> bytes:
    """The value of an attribute of VR US."""
    return _SHORT_LENGTH(number)


def sequence_of(items: Iterable[Mapping[str, bytes]]) -> bytes:
    """The value of a sequence whose items are mappings of keywords to values; every length is stated."""
    encoded = (b"".join(element(k, v) for k, v in sorted(item.items(), key=lambda kv: _ORDER[kv[0]])) for item in items)
    return b"".join(_ITEM + _LONG_LENGTH(len(item)) + item for item in encoded)


@lru_cache(maxsize=16)
def _meta_parts(sop_class: bytes, transfer_syntax: bytes) -> tuple[bytes, bytes]:
    def short(number: int, vr: bytes, value: bytes) -> bytes:
        if len(value) & 1:
            value += b"\0" if vr == b"UI" else b" "
        return _TAG(2, number) + vr + _SHORT_LENGTH(len(value)) + value

    version = _TAG(2, 1) + b"OB\0\0" + _LONG_LENGTH(2) + b"\0\1"
    before = version + short(2, b"UI", sop_class) + _TAG(2, 3) + b"UI" + _SHORT_LENGTH(UID_LENGTH)
    after = short(0x10, b"UI", transfer_syntax) + short(0x12, b"UI", _IMPLEMENTATION) + short(0x13, b"SH", _VERSION)
    length = short(0, b"UL", _LONG_LENGTH(len(before) + UID_LENGTH + len(after)))
    return b"\0" * 128 + b"DICM" + length + before, after


def file_meta(sop_class: bytes, sop_instance: bytes, transfer_syntax: bytes = EXPLICIT) -> bytes:
    """Preamble and file meta group of one object; ``sop_instance`` has the length of the demo's UIDs."""
    before, after = _meta_parts(sop_class, transfer_syntax)
    return before + sop_instance + after


@dataclass(frozen=True, slots=True)
class SeriesTemplate:
    """The header of a series with gaps: ``runs`` has one more entry than ``gaps``."""

    sop_class: bytes
    runs: tuple[bytes, ...]
    gaps: tuple[str, ...]

    def dataset(self, values: Mapping[str, bytes]) -> bytes:
        """The encoded dataset of one instance."""
        parts = [self.runs[0]]
        for keyword, run in zip(self.gaps, self.runs[1:], strict=True):
            parts.append(element(keyword, values[keyword]))
            parts.append(run)
        return b"".join(parts)

    def instance(self, values: Mapping[str, bytes]) -> bytes:
        """One whole object; ``values`` holds a value for each gap, the SOPInstanceUID among them."""
        return file_meta(self.sop_class, values["SOPInstanceUID"]) + self.dataset(values)


def series_template(constant: Mapping[str, bytes], gaps: Iterable[str]) -> SeriesTemplate:
    """Encode what is ``constant`` in a series, leaving room for ``gaps``; elements come in the order of their tags."""
    varying = set(gaps)
    runs: list[list[bytes]] = [[]]
    order = []
    for keyword in sorted({*constant, *varying}, key=_ORDER.__getitem__):
        if keyword in varying:
            order.append(keyword)
            runs.append([])
        else:
            runs[-1].append(element(keyword, constant[keyword]))
    return SeriesTemplate(constant["SOPClassUID"], tuple(b"".join(run) for run in runs), tuple(order))
