"""Stepping over sequences and items whose length is not stated, without keeping anything of what is inside.

Both functions return the position behind what they step over, a position beyond the end of the bytes if
those end too early, or ``UNSURE`` if the bytes are not what the standard says. The depth is bounded, and
every step moves forward.
"""

from struct import Struct
from typing import Final

from multisite.dicom.slots import CHARSET
from multisite.dicom.tables import ITEM, ITEM_DELIMITER, LONG_VR, SEQUENCE_DELIMITER, SEQUENCE_TAGS, UNSURE, tag_bytes

__all__ = ["NOT_HERE", "UNDEFINED", "is_sequence", "skip_explicit", "skip_implicit", "skip_item", "skip_sequence"]

UNDEFINED: Final = 0xFFFFFFFF

_MAX_DEPTH: Final = 24
_TAG_LENGTH: Final = Struct("<4sL").unpack_from
_KEY_LENGTH: Final = Struct("<6sH").unpack_from
_LENGTH: Final = Struct("<L").unpack_from
_CHARSET: Final = tag_bytes(CHARSET)
NOT_HERE: Final = frozenset({ITEM, ITEM_DELIMITER, SEQUENCE_DELIMITER, _CHARSET})
"""Tags that pydicom alone judges within an item: a character set of the item's own, and a stray delimiter."""


def skip_sequence(data: bytes, pos: int, *, explicit: bool, depth: int = 0) -> int:
    """The position behind the delimiter of the sequence whose first item starts at ``pos``."""
    if depth > _MAX_DEPTH:
        return UNSURE
    size = len(data)
    while pos + 8 <= size:
        tag, length = _TAG_LENGTH(data, pos)
        pos += 8
        if tag == SEQUENCE_DELIMITER:
            return pos
        if tag != ITEM:
            return UNSURE
        pos = skip_item(data, pos, length, explicit, depth)
        if pos == UNSURE:
            return UNSURE
    return max(pos, size) + 8


def skip_item(data: bytes, pos: int, length: int, explicit: bool, depth: int) -> int:
    size = len(data)
    limit = size if length == UNDEFINED else pos + length
    step = skip_explicit if explicit else skip_implicit
    while length == UNDEFINED or pos < limit:
        if pos + 8 > size:
            return max(pos, size, limit) + 8
        tag = data[pos : pos + 4]
        if tag == ITEM_DELIMITER and length == UNDEFINED and data[pos + 4 : pos + 8] == b"\0\0\0\0":
            return pos + 8
        if tag in NOT_HERE:
            return UNSURE
        pos = step(data, pos, depth)
        if pos == UNSURE:
            return UNSURE
    return pos if pos == limit else UNSURE


def skip_explicit(data: bytes, pos: int, depth: int) -> int:
    """The position behind the element at ``pos``, of which eight bytes at least are there."""
    key, length = _KEY_LENGTH(data, pos)
    long = LONG_VR.get(key[4:])
    if long is None:
        return UNSURE
    if not long:
        return pos + 8 + int(length)
    if pos + 12 > len(data):
        return pos + 20
    length = _LENGTH(data, pos + 8)[0]
    if length != UNDEFINED:
        return pos + 12 + int(length)
    return skip_sequence(data, pos + 12, explicit=True, depth=depth + 1) if key[4:] == b"SQ" else UNSURE


def skip_implicit(data: bytes, pos: int, depth: int) -> int:
    """As for an explicit element, where the dictionary alone tells the VR."""
    tag, length = _TAG_LENGTH(data, pos)
    if length != UNDEFINED:
        return pos + 8 + int(length)
    if not is_sequence(tag, data[pos + 8 : pos + 12]):
        return UNSURE
    return skip_sequence(data, pos + 8, explicit=False, depth=depth + 1)


def is_sequence(tag: bytes, content: bytes) -> bool:
    """Whether an element without VR and without a stated length is surely a sequence.

    The dictionary tells; a private element is one if it starts with an item.
    """
    return tag in SEQUENCE_TAGS or (tag[0] & 1 == 1 and content == ITEM)
