"""Where the tags, VRs, lengths and values of a header stand, found by a walk that takes nothing amiss."""

from dataclasses import dataclass

from tests.lib.dicom_making import LONG_VRS, SYNTAX_UIDS, UNDEFINED

__all__ = ["Place", "dataset_start", "is_deflated", "places"]

_LONG = {vr.encode() for vr in LONG_VRS}
_DELIMITERS = {0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD}
_IMPLICIT = SYNTAX_UIDS["implicit"].encode()
_BIG = SYNTAX_UIDS["big endian"].encode()
_DEFLATED = SYNTAX_UIDS["deflated"].encode()


@dataclass(frozen=True, slots=True)
class Place:
    """An element, an item or a delimiter in a file; a container ends where its first element starts.

    ``vr`` is where the VR stands, or ``None``; ``length`` and ``width`` where its length stands and in how many bytes;
    ``value`` and ``end`` bound the value.
    """

    start: int
    vr: int | None
    length: int
    width: int
    value: int
    end: int
    order: str


def dataset_start(data: bytes) -> tuple[int, bytes]:
    """Where the dataset starts behind the file meta group, and the transfer syntax, empty if none is told."""
    pos, syntax = 132 if data[128:132] == b"DICM" else 0, b""
    while data[pos : pos + 2] == b"\2\0":
        place = _explicit(data, pos, "little")
        if data[pos + 2 : pos + 4] == b"\x10\0":
            syntax = bytes(data[place.value : place.end]).rstrip(b"\0 ")
        pos = place.end
    return pos, syntax


def is_deflated(data: bytes) -> bool:
    """Whether the dataset says of itself that it is deflated."""
    return dataset_start(data)[1] == _DEFLATED


def places(data: bytes) -> list[Place]:
    """Every element of an object that is not deflated, at every depth, in order."""
    start, syntax = dataset_start(data)
    order = "big" if syntax == _BIG or (not syntax and data[start : start + 1] == b"\0") else "little"
    implicit = syntax == _IMPLICIT or (not syntax and not data[start + 4 : start + 6].isalpha())
    found, pos = [], 132 if data[128:132] == b"DICM" else 0
    while pos + 8 <= len(data):
        in_meta = pos < start
        here = (
            _implicit(data, pos, order)
            if implicit and not in_meta
            else _explicit(data, pos, "little" if in_meta else order)
        )
        found.append(here)
        pos = max(here.end, pos + 8)
    return found


def _tag(data: bytes, pos: int, order: str) -> int:
    first, second = data[pos : pos + 2], data[pos + 2 : pos + 4]
    return int.from_bytes(first, order) << 16 | int.from_bytes(second, order)  # type: ignore[arg-type]  # "little" or "big"


def _implicit(data: bytes, pos: int, order: str) -> Place:
    length = int.from_bytes(data[pos + 4 : pos + 8], order)  # type: ignore[arg-type]  # "little" or "big"
    return _place(data, pos, None, 4, 4, length, order)


def _explicit(data: bytes, pos: int, order: str) -> Place:
    vr = bytes(data[pos + 4 : pos + 6])
    if _tag(data, pos, order) in _DELIMITERS or not vr.isalpha():
        return _implicit(data, pos, order)
    at, width = (8, 4) if vr in _LONG else (6, 2)
    length = int.from_bytes(data[pos + at : pos + at + width], order)  # type: ignore[arg-type]  # "little" or "big"
    return _place(data, pos, pos + 4, at, width, length, order)


def _place(data: bytes, pos: int, vr: int | None, at: int, width: int, length: int, order: str) -> Place:
    value = pos + at + width
    inside = _tag(data, pos, order) in _DELIMITERS or _tag(data, value, order) in _DELIMITERS or length == UNDEFINED
    end = value if inside else max(value, min(value + length, len(data)))
    return Place(pos, vr, pos + at, width, value, end, order)
