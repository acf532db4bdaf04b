"""Walking through the items of a sequence in which values are wanted.

As in stepping over sequences, a position behind what was walked through comes back, one beyond the end of the
bytes if those end too early, or ``UNSURE``. What is read twice in an item is not for this walk to judge.
"""

from struct import Struct
from typing import Final

from pydicom.datadict import dictionary_VR

from multisite.dicom.attributes import Form
from multisite.dicom.found import Found, plain_text
from multisite.dicom.nesting import NOT_HERE, UNDEFINED, skip_explicit, skip_implicit, skip_sequence
from multisite.dicom.places import PLACES, SEQUENCES, Content, Items
from multisite.dicom.records import PRESENT, presence
from multisite.dicom.tables import ITEM, ITEM_DELIMITER, LONG_VR, SEQUENCE_DELIMITER, UNSURE, tag_bytes

__all__ = ["read_first_item", "read_items"]

_TAG_LENGTH: Final = Struct("<4sL").unpack_from
_KEY_LENGTH: Final = Struct("<6sH").unpack_from
_LENGTH: Final = Struct("<L").unpack_from
_HEAD: Final = 8


class _Wanted:
    """What to do with one element of an item."""

    __slots__ = ("is_sequence", "items", "places")

    def __init__(self, places: tuple[int, ...], items: "_Sequence | None", *, is_sequence: bool) -> None:
        self.places = places
        self.items = items
        self.is_sequence = is_sequence


class _Item:
    """What is wanted of an item, by tag and VR where the VR is in the file, and by tag."""

    __slots__ = ("explicit", "implicit")

    def __init__(self, content: Content) -> None:
        self.implicit: dict[bytes, _Wanted] = {}
        self.explicit: dict[bytes, _Wanted] = {}
        for tag in {**content.places, **content.sequences}:
            places = tuple(content.places.get(tag, ()))
            inside = content.sequences.get(tag)
            vr = "SQ" if inside else dictionary_VR(tag)
            wanted = _Wanted(places, None if inside is None else _Sequence(inside), is_sequence=vr == "SQ")
            self.implicit[tag_bytes(tag)] = wanted
            self.explicit[tag_bytes(tag) + vr.encode("ascii")] = wanted


class _Sequence:
    """What is wanted of the items of a sequence."""

    __slots__ = ("counted", "first", "later")

    def __init__(self, items: Items) -> None:
        self.first = _Item(items.first)
        self.later = None if items.later is None else _Item(items.later)
        self.counted = items.counted


_AT_THE_TOP: Final = {tag_bytes(tag): _Sequence(items) for tag, items in SEQUENCES.items()}
_COUNTED: Final = frozenset(number for number, place in enumerate(PLACES) if place.counted is not None)
_PRESENCES: Final = frozenset(n for n, place in enumerate(PLACES) if place.attribute.form is Form.PRESENCE)


def read_items(data: bytes, pos: int, tag: bytes, length: int, *, explicit: bool, found: Found) -> int:
    """Take what is wanted of a sequence at the top level whose first item starts at ``pos``."""
    if tag in found.entered:
        return UNSURE
    found.entered.add(tag)
    return _read_items(data, pos, length, _AT_THE_TOP[tag], explicit, found, 0)


def read_first_item(data: bytes, pos: int, tag: bytes, *, explicit: bool, found: Found) -> int:
    """Take what is wanted of the first item of a sequence, and go no further."""
    if pos + _HEAD > len(data):
        return pos + _HEAD
    length = _LENGTH(data, pos + 4)[0]
    return _read_item(data, pos + _HEAD, length, _AT_THE_TOP[tag].first, explicit, found, 0)


def _read_items(data: bytes, pos: int, length: int, sequence: _Sequence, explicit: bool, found: Found, row: int) -> int:
    size, end = len(data), pos + length
    if length != UNDEFINED and end > size:
        return end
    n_items, wanted = 0, sequence.first
    while length == UNDEFINED or pos < end:
        if pos + _HEAD > size:
            return size + _HEAD
        tag, item_length = _TAG_LENGTH(data, pos)
        pos += _HEAD
        if tag == SEQUENCE_DELIMITER and length == UNDEFINED:
            break
        if tag != ITEM:
            return UNSURE
        pos = _read_item(data, pos, item_length, wanted, explicit, found, n_items if sequence.counted else row)
        if pos == UNSURE or pos > size:
            return pos
        n_items += 1
        if sequence.later is not None:
            wanted = sequence.later
        elif length != UNDEFINED:
            return end if pos <= end else UNSURE
        else:
            return skip_sequence(data, pos, explicit=explicit)
    for place in sequence.counted:
        found.close(place, n_items)
    return pos if length == UNDEFINED or pos == end else UNSURE


def _read_item(data: bytes, pos: int, length: int, item: _Item, explicit: bool, found: Found, row: int) -> int:
    size = len(data)
    limit = size if length == UNDEFINED else pos + length
    if limit > size:
        return limit
    step, table, cut = (skip_explicit, item.explicit, 6) if explicit else (skip_implicit, item.implicit, 4)
    entered: set[bytes] = set()
    while length == UNDEFINED or pos < limit:
        if pos + _HEAD > size:
            return size + _HEAD
        key = data[pos : pos + cut]
        wanted = table.get(key)
        if wanted is not None:
            if key in entered:
                return UNSURE
            entered.add(key)
            pos = _read_element(data, pos, key, wanted, explicit, found, row)
        elif key[:4] == ITEM_DELIMITER and length == UNDEFINED and data[pos + 4 : pos + 8] == b"\0\0\0\0":
            return pos + _HEAD
        elif key[:4] in NOT_HERE or key[:4] in item.implicit:
            return UNSURE
        else:
            pos = step(data, pos, 1)
        if pos == UNSURE or pos > size:
            return pos
    return pos if pos == limit else UNSURE


def _read_element(data: bytes, pos: int, key: bytes, wanted: _Wanted, explicit: bool, found: Found, row: int) -> int:
    start = pos + _HEAD
    if not explicit:
        length = _LENGTH(data, pos + 4)[0]
    elif LONG_VR[key[4:]]:
        if pos + 12 > len(data):
            return pos + 12
        start, length = pos + 12, _LENGTH(data, pos + 8)[0]
    else:
        length = _KEY_LENGTH(data, pos)[1]
    if wanted.is_sequence:
        return _read_inner(data, start, length, wanted, explicit, found, row)
    if length == UNDEFINED:
        return UNSURE
    end = start + length
    return end if end > len(data) or _put(wanted.places, data[start:end], found, row) else UNSURE


def _read_inner(data: bytes, start: int, length: int, wanted: _Wanted, explicit: bool, found: Found, row: int) -> int:
    if length == 0:
        head = SEQUENCE_DELIMITER
    elif start + 4 > len(data):
        return start + 4
    else:
        head = data[start : start + 4]
    if head != ITEM and (head != SEQUENCE_DELIMITER or length not in (0, UNDEFINED)):
        return UNSURE
    for place in wanted.places:
        found.values[place] = PRESENT if head == ITEM else b""
    if wanted.items is not None:
        return _read_items(data, start, length, wanted.items, explicit, found, row)
    return start + length if length != UNDEFINED else skip_sequence(data, start, explicit=explicit)


def _put(places: tuple[int, ...], value: bytes, found: Found, row: int) -> bool:
    """Keep a value for each of its places; false if that cannot be done here."""
    for place in places:
        if place in _COUNTED:
            text = plain_text(value)
            rows = found.rows.setdefault(place, {})
            if text is None or row in rows:
                return False
            rows[row] = text
        elif place in found.values:
            return False
        else:
            found.values[place] = presence(value) if place in _PRESENCES else value
    return True
