"""A walk over the top-level elements of a header, for the common case: a preamble, little endian, in order.

Whatever is not surely understood is given back as ``None``, and pydicom reads it. The walk keeps the rules
of pydicom: elements in the order of the file, the last of several equal ones wins, the header ends at the
pixels. One rule is our own, and holds for both: a header also ends at a waveform and at the functional
groups of single frames.
"""

from collections.abc import Callable
from struct import Struct
from typing import Final

from pydicom.uid import AllTransferSyntaxes

from multisite.dicom.charset import is_registered
from multisite.dicom.nesting import UNDEFINED, is_sequence, skip_sequence
from multisite.dicom.records import PRESENT, NeedMore, RawHeader
from multisite.dicom.slots import CHARSET, PIXELS, SLOTS_OF, STOPS
from multisite.dicom.tables import (
    BINARY_TAGS,
    EXPLICIT,
    IMPLICIT,
    ITEM,
    LONG_VR,
    META,
    PRESENCE,
    SEQUENCE_DELIMITER,
    SKIP,
    SKIP_LONG,
    SPECIAL_SLOTS,
    STRANGERS,
    UNSURE,
    tag_bytes,
)
from multisite.vocabulary import QuarantineReason

__all__ = ["DIRECTORY", "MARGIN", "scan"]

DIRECTORY: Final = b"1.2.840.10008.1.3.10"
"""The class of a DICOMDIR: DICOM, but an index of instances and not one of them."""

MARGIN: Final = 16
"""Bytes behind the end of a header that are looked at to know that it ends there."""

_HEAD: Final = b"DICM\x02\x00\x00\x00UL\x04\x00"
_META_START: Final = 144
_KEY_LENGTH: Final = Struct("<6sH").unpack_from
_TAG_LENGTH: Final = Struct("<4sL").unpack_from
_LENGTH: Final = Struct("<L").unpack_from
_RAN_OUT: Final = 0
_STOPPED: Final = 1
_LEFT_EARLY: Final = 2
_PIXELS: Final = frozenset(tag_bytes(tag) for tag in PIXELS)
_STOPS: Final = frozenset(tag_bytes(tag) for tag in STOPS)
_CHARSET: Final = tag_bytes(CHARSET)
(_SYNTAX,) = SLOTS_OF["TransferSyntaxUID"]
(_CLASS,) = SLOTS_OF["MediaStorageSOPClassUID"]
_READINGS: Final = [slots[1:] for slots in SLOTS_OF.values() if len(slots) == 3]

Walk = Callable[[bytes, int, dict[int, bytes]], tuple[int, int]]


def scan(data: bytes, *, object_size: int) -> RawHeader | NeedMore | QuarantineReason | None:
    """Read the header at the start of an object.

    Returns the raw header; ``NeedMore`` with the least number of bytes that could do; a reason if it is
    DICOM but no instance; or ``None`` if pydicom has to decide.
    """
    if data[128:140] != _HEAD:
        return None
    values: dict[int, bytes] = {}
    outcome, pos = _walk_meta(data, values)
    syntax = values.get(_SYNTAX)
    walk = _WALKS.get(syntax or b"")
    if outcome == UNSURE or (walk is None and (outcome == _STOPPED or syntax is not None)):
        return None
    complete = False
    if outcome == _STOPPED and walk is not None:
        if values.get(_CLASS, b"").rstrip(b"\0 ") == DIRECTORY:
            return QuarantineReason.NOT_AN_INSTANCE
        outcome, pos = walk(data, pos, values)
        complete = outcome != _RAN_OUT or pos == len(data) == object_size
    if outcome == UNSURE or any(us in values and ss in values for us, ss in _READINGS):
        return None
    if complete:
        return RawHeader(values, pos, "scanner", ends_early=outcome == _LEFT_EARLY)
    if len(data) >= object_size or pos > object_size:
        return None
    return NeedMore(max(pos, len(data)) + MARGIN)


def _walk_meta(data: bytes, values: dict[int, bytes]) -> tuple[int, int]:
    """The file meta group; stops at the first element behind it."""
    size = len(data)
    pos = _META_START
    while pos + 8 <= size:
        key, length = _KEY_LENGTH(data, pos)
        action = META.get(key)
        if action is None:
            return (UNSURE if key[:2] == b"\x02\x00" else _STOPPED), pos
        start = pos + 8
        if action == SKIP_LONG:
            if pos + 12 > size:
                return _RAN_OUT, pos + 12
            start, length = pos + 12, _LENGTH(data, pos + 8)[0]
        pos = start + length
        if action >= 0:
            values[action] = data[start:pos]
    return _RAN_OUT, pos


def _walk_explicit(data: bytes, pos: int, values: dict[int, bytes]) -> tuple[int, int]:
    """Every element from ``pos`` on; returns what ended the walk, and where."""
    last = len(data) - 8
    table, read = EXPLICIT, _KEY_LENGTH
    if data[pos : pos + 2] == b"\0\0":
        return UNSURE, pos
    while pos <= last:
        key, length = read(data, pos)
        action = table[key]
        if action >= 0:
            start = pos + 8
            pos = start + length
            values[action] = data[start:pos]
        elif action == SKIP:
            pos += 8 + length
        elif action <= PRESENCE:
            start = pos + 8
            pos = start + length
            values[PRESENCE - action] = PRESENT if data[start:pos].strip(b"\0 ") else b""
        elif action == UNSURE:
            return UNSURE, pos
        else:
            outcome, pos = _special_explicit(data, pos, key, length, values)
            if outcome:
                return outcome, pos
    return _RAN_OUT, pos


def _special_explicit(data: bytes, pos: int, key: bytes, length: int, values: dict[int, bytes]) -> tuple[int, int]:
    start = pos + 8
    if LONG_VR[key[4:]]:
        if pos + 12 > len(data):
            return _RAN_OUT, pos + 12
        start, length = pos + 12, _LENGTH(data, pos + 8)[0]
    return _special(data, (pos, start), key[:4], length, key[4:] == b"SQ", True, values)


def _walk_implicit(data: bytes, pos: int, values: dict[int, bytes]) -> tuple[int, int]:
    """As the explicit walk, where the dictionary alone tells the VR."""
    size = len(data)
    look_up, read = IMPLICIT.get, _TAG_LENGTH
    # Two capital letters where the length stands: pydicom would take the element for an explicit one.
    if data[pos : pos + 2] == b"\0\0" or (0x40 < data[pos + 4] < 0x5B and 0x40 < data[pos + 5] < 0x5B):
        return UNSURE, pos
    while pos + 8 <= size:
        tag, length = read(data, pos)
        action = look_up(tag, SKIP)
        if length == UNDEFINED or action < SKIP:
            sequence = is_sequence(tag, data[pos + 8 : pos + 12])
            outcome, pos = _special(data, (pos, pos + 8), tag, length, sequence, False, values)
            if outcome:
                return outcome, pos
        elif action == SKIP:
            pos += 8 + length
        else:
            start = pos + 8
            pos = start + length
            values[action] = data[start:pos]
    return _RAN_OUT, pos


def _special(
    data: bytes,
    span: tuple[int, int],
    tag: bytes,
    length: int,
    sequence: bool,
    explicit: bool,
    values: dict[int, bytes],
) -> tuple[int, int]:
    """A sequence, a presence, a long value or the end of the header; ``span`` is where element and value start."""
    pos, start = span
    if sequence:
        outcome, end, found = _sequence(data, span, tag, length, explicit)
    elif tag in _PIXELS:
        outcome, end, found = _STOPPED, pos, PRESENT if length else b""
    elif tag in STRANGERS or length == UNDEFINED:
        return UNSURE, pos
    else:
        outcome, end = _RAN_OUT, start + length
        found = data[start:end].rstrip(b"\0 ")
        if tag != _CHARSET:
            filled = length if tag in BINARY_TAGS else found.lstrip(b"\0 ")
            found = PRESENT if filled else b""
        elif end <= len(data) and not is_registered(found):
            return UNSURE, pos  # pydicom may refuse a header for what stands here
    slot = SPECIAL_SLOTS.get(tag)
    if slot is not None:
        values[slot] = found
    return outcome, end


def _sequence(data: bytes, span: tuple[int, int], tag: bytes, length: int, explicit: bool) -> tuple[int, int, bytes]:
    """What a sequence means for the walk, where it ends, and whether it has an item."""
    pos, start = span
    head = data[start : start + 4]
    found = b"" if length == 0 or head == SEQUENCE_DELIMITER else PRESENT
    if length and start + 4 > len(data):
        return _RAN_OUT, start + 4, found
    if found and head != ITEM:
        return UNSURE, pos, found
    if tag in _STOPS:
        return _LEFT_EARLY, pos, found
    if length != UNDEFINED:
        return _RAN_OUT, start + length, found
    end = skip_sequence(data, start, explicit=explicit)
    return (UNSURE, pos, found) if end == UNSURE else (_RAN_OUT, end, found)


def _walks() -> dict[bytes, Walk]:
    """The walk for each transfer syntax, as the value stands in a file."""
    jpip_deflated = "1.2.840.10008.1.2.4.205"
    walks: dict[bytes, Walk] = {}
    for uid in AllTransferSyntaxes:
        if uid.is_little_endian and not uid.is_deflated and uid != jpip_deflated:
            value = uid.encode("ascii")
            walks[value + b"\0" * (len(value) % 2)] = _walk_implicit if uid.is_implicit_VR else _walk_explicit
    return walks


_WALKS: Final = _walks()
