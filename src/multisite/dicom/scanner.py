"""A walk over the elements of a header, for the common case: little endian and regular.

Whatever is not surely understood is given back as ``None``, and pydicom reads it. The walk keeps the rules
of pydicom: elements in the order of the file, the last of several equal ones wins, the header ends at the
pixels, a dataset without a transfer syntax is known by its first element. One rule is our own, and holds for
both: a header also ends at a waveform and behind the functional groups of the first frame.
"""

import struct
from collections.abc import Callable
from hashlib import sha256
from struct import Struct
from typing import Final

from pydicom.uid import AllTransferSyntaxes

from multisite.dicom.charset import is_registered
from multisite.dicom.found import Found, settle
from multisite.dicom.inside import read_first_item, read_items
from multisite.dicom.nesting import UNDEFINED, is_sequence, skip_sequence
from multisite.dicom.records import MARKS, PRESENT, NeedMore, RawHeader, presence
from multisite.dicom.slots import CHARSET, CREATORS, PER_FRAME, PIXELS, SLOTS_OF, STOPS, is_creator
from multisite.dicom.tables import (
    BINARY_TAGS,
    EXPLICIT,
    IMPLICIT,
    ITEM,
    LONG_VR,
    META,
    PRESENCE,
    SEARCHED,
    SEARCHED_SLOTS,
    SEQUENCE_DELIMITER,
    SKIP,
    SKIP_LONG,
    SPECIAL_SLOTS,
    STRANGERS,
    UNSURE,
    WANTED_SEQUENCES,
    judge_explicit,
    judge_implicit,
    tag_bytes,
)
from multisite.vocabulary import QuarantineReason

__all__ = ["DIRECTORY", "MARGIN", "scan"]

DIRECTORY: Final = b"1.2.840.10008.1.3.10"
"""The class of a DICOMDIR: DICOM, but an index of instances and not one of them."""

MARGIN: Final = 16
"""Bytes behind the end of a header that are looked at to know that it ends there."""

_PREAMBLE: Final = 132
_META_LENGTH: Final = b"\x02\x00\x00\x00UL\x04\x00"
_KEY_LENGTH: Final = Struct("<6sH").unpack_from
_TAG_LENGTH: Final = Struct("<4sL").unpack_from
_LENGTH: Final = Struct("<L").unpack_from
_NONE: Final = frozenset[int]()
_RAN_OUT: Final = 0
_STOPPED: Final = 1
_LEFT_EARLY: Final = 2
_PIXELS: Final = frozenset(tag_bytes(tag) for tag in PIXELS)
_STOPS: Final = frozenset(tag_bytes(tag) for tag in STOPS)
_CHARSET: Final = tag_bytes(CHARSET)
_PER_FRAME: Final = tag_bytes(PER_FRAME)
(_SYNTAX,) = SLOTS_OF["TransferSyntaxUID"]
(_CLASS,) = SLOTS_OF["MediaStorageSOPClassUID"]
_READINGS: Final = [slots[1:] for slots in SLOTS_OF.values() if len(slots) == 3]
_SIGNED: Final = frozenset(signed for _, signed in _READINGS)

Walk = Callable[[bytes, int, dict[int, bytes], Found], tuple[int, int]]


def scan(data: bytes, *, object_size: int | None) -> RawHeader | NeedMore | QuarantineReason | None:
    """Read the header at the start of an object, whose size may not be known.

    Returns the raw header; ``NeedMore`` with the least number of bytes that could do; a reason if it is
    DICOM but no instance; or ``None`` if pydicom has to decide.
    """
    start = _PREAMBLE if data[128:132] == b"DICM" else 0
    values: dict[int, bytes] = {}
    outcome, pos = _walk_meta(data, start, values)
    walk = _walk_of(data, pos, values.get(_SYNTAX)) if outcome == _STOPPED else None
    if outcome == UNSURE or (outcome == _STOPPED and walk is None):
        return None
    complete, start, found = False, pos, Found()
    if walk is not None:
        if values.get(_CLASS, b"").rstrip(b"\0 ") == DIRECTORY:
            return QuarantineReason.NOT_AN_INSTANCE
        outcome, pos = walk(data, pos, values, found)
        complete = outcome != _RAN_OUT or pos == len(data) == object_size
    if outcome == UNSURE or _is_read_twice(values):
        return None
    if complete:
        texts: dict[int, str] = {}
        stood_in = settle(found, values, texts, set()) if found.values else _NONE
        return RawHeader(
            values,
            pos,
            "scanner",
            ends_early=outcome == _LEFT_EARLY,
            texts=texts,
            stood_in=stood_in,
            digest=sha256(memoryview(data)[start:pos]).digest(),
            rest_bytes=None if object_size is None else object_size - pos,
        )
    if object_size is not None and (len(data) >= object_size or pos > object_size):
        return None
    return NeedMore(max(pos, len(data)) + MARGIN)


def _is_read_twice(values: dict[int, bytes]) -> bool:
    """Whether an element that may be US or SS stands there as both."""
    return not values.keys().isdisjoint(_SIGNED) and any(u in values and s in values for u, s in _READINGS)


def _walk_of(data: bytes, pos: int, syntax: bytes | None) -> Walk | None:
    """How the dataset at ``pos`` is encoded; without a transfer syntax its first element tells, as to pydicom."""
    if syntax is not None:
        return _WALKS.get(syntax)
    vr = data[pos + 4 : pos + 6]
    if vr in LONG_VR:
        # A group that large is one of a big endian dataset.
        return _walk_explicit if data[pos + 1] < 4 else None
    return _walk_implicit


def _walk_meta(data: bytes, pos: int, values: dict[int, bytes]) -> tuple[int, int]:
    """The file meta group, if there is one; stops at the first element behind it. What it says of its length is
    often wrong, and nobody relies on it.
    """
    size = len(data)
    if data[pos : pos + 8] == _META_LENGTH:
        pos += 12
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


def _walk_explicit(data: bytes, pos: int, values: dict[int, bytes], found: Found) -> tuple[int, int]:
    """Every element from ``pos`` on; returns what ended the walk, and where."""
    table, read = EXPLICIT, _KEY_LENGTH
    if data[pos : pos + 2] == b"\0\0":
        return UNSURE, pos
    while True:
        try:
            key, length = read(data, pos)
            action = table[key]
        except KeyError:
            action = judge_explicit(key)
        except struct.error:  # fewer than eight bytes are left
            return _RAN_OUT, pos
        pos += 8
        if action >= 0:
            start = pos
            pos += length
            values[action] = data[start:pos]
        elif action == SKIP:
            pos += length
        elif action <= PRESENCE:
            start = pos
            pos += length
            text = data[start:pos].strip(b"\0 ")
            is_searched = action <= SEARCHED
            slot = (SEARCHED if is_searched else PRESENCE) - action
            values[slot] = MARKS.get(text.upper(), text if is_searched else PRESENT)
        elif action == UNSURE:
            return UNSURE, pos
        else:
            outcome, pos = _special_explicit(data, pos - 8, key, length, values, found)
            if outcome:
                return outcome, pos


def _special_explicit(
    data: bytes, pos: int, key: bytes, length: int, values: dict[int, bytes], found: Found
) -> tuple[int, int]:
    start = pos + 8
    if LONG_VR[key[4:]]:
        if pos + 12 > len(data):
            return _RAN_OUT, pos + 12
        start, length = pos + 12, _LENGTH(data, pos + 8)[0]
    if key[4:] == b"SQ":
        return _sequence(data, (pos, start), key[:4], length, True, values, found)
    return _special(data, (pos, start), key[:4], length, values)


def _walk_implicit(data: bytes, pos: int, values: dict[int, bytes], found: Found) -> tuple[int, int]:
    """As the explicit walk, where the dictionary alone tells the VR."""
    size = len(data)
    table, read = IMPLICIT, _TAG_LENGTH
    # Two capital letters where the length stands: pydicom would take the element for an explicit one.
    if data[pos : pos + 2] == b"\0\0" or (0x40 < data[pos + 4] < 0x5B and 0x40 < data[pos + 5] < 0x5B):
        return UNSURE, pos
    while pos + 8 <= size:
        tag, length = read(data, pos)
        try:
            action = table[tag]
        except KeyError:
            action = judge_implicit(tag)
        if length == UNDEFINED or action < SKIP:
            if is_sequence(tag, data[pos + 8 : pos + 12]):
                outcome, pos = _sequence(data, (pos, pos + 8), tag, length, False, values, found)
            else:
                outcome, pos = _special(data, (pos, pos + 8), tag, length, values)
            if outcome:
                return outcome, pos
        elif action == SKIP:
            pos += 8 + length
        else:
            start = pos + 8
            pos = start + length
            values[action] = data[start:pos]
    return _RAN_OUT, pos


def _special(data: bytes, span: tuple[int, int], tag: bytes, length: int, values: dict[int, bytes]) -> tuple[int, int]:
    """A presence, a long value or the end of the header; ``span`` is where element and value start."""
    pos, start = span
    slot = SPECIAL_SLOTS.get(tag)
    if tag in _PIXELS:
        if slot is not None:
            values[slot] = PRESENT if length else b""
        return _STOPPED, pos
    if tag in STRANGERS or length == UNDEFINED:
        return UNSURE, pos
    end = start + length
    value = data[start:end]
    if slot is None:
        number = int.from_bytes(tag[:2], "little") << 16 | int.from_bytes(tag[2:], "little")
        if is_creator(number):
            values[CREATORS + number] = value
        return _RAN_OUT, end
    if tag == _CHARSET:
        value = value.rstrip(b"\0 ")
        if end <= len(data) and not is_registered(value):
            return UNSURE, pos  # pydicom may refuse a header for what stands here
    elif tag in BINARY_TAGS:
        value = PRESENT if length else b""
    else:
        value = presence(value, is_searched=slot in SEARCHED_SLOTS)
    values[slot] = value
    return _RAN_OUT, end


def _sequence(
    data: bytes,
    span: tuple[int, int],
    tag: bytes,
    length: int,
    explicit: bool,
    values: dict[int, bytes],
    found: Found,
) -> tuple[int, int]:
    """What a sequence means for the walk, and where it ends; its presence and what is wanted of it are taken."""
    pos, start = span
    head = data[start : start + 4]
    some = length != 0 and head != SEQUENCE_DELIMITER
    slot = SPECIAL_SLOTS.get(tag)
    if slot is not None:
        values[slot] = PRESENT if some else b""
    if length and start + 4 > len(data):
        return _RAN_OUT, start + 4
    if some and head != ITEM:
        return UNSURE, pos
    if tag in _STOPS:
        if tag != _PER_FRAME or not some:
            return _LEFT_EARLY, pos
        end = read_first_item(data, start, tag, explicit=explicit, found=found)
        return (UNSURE if end == UNSURE else _LEFT_EARLY if end <= len(data) else _RAN_OUT), max(end, pos)
    if tag in WANTED_SEQUENCES:
        end = read_items(data, start, tag, length, explicit=explicit, found=found)
    elif length != UNDEFINED:
        end = start + length
    else:
        end = skip_sequence(data, start, explicit=explicit)
    return (UNSURE, pos) if end == UNSURE else (_RAN_OUT, end)


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
