"""What was found inside sequences, and which of it answers for an attribute."""

from math import isfinite
from struct import Struct
from typing import Final

from multisite.dicom.attributes import ITEM_MARK, Form, padding_of
from multisite.dicom.charset import CHARSET_VR, is_plain, latin
from multisite.dicom.places import PLACES, Place

__all__ = ["Found", "plain_text", "settle"]

_MARK: Final = ITEM_MARK.encode("ascii")
_STRUCTS: Final = {"FD": Struct("<d"), "UL": Struct("<L"), "US": Struct("<H")}
_WHOLE: Final = frozenset({Form.INTEGER_TEXT})
_NUMBERS: Final = frozenset({Form.INTEGER, Form.FLOAT, Form.PRESENCE})


class Found:
    """Values by place. Those of a place that is counted are kept by item until the sequence is at its end.

    ``texts`` and ``invalid`` are as in a raw header, but by place. ``entered`` are the sequences at the top level that
    were read, and ``charset`` is the header's Specific Character Set, where it is needed.
    """

    __slots__ = ("charset", "entered", "invalid", "rows", "texts", "values")

    def __init__(self) -> None:
        self.values: dict[int, bytes] = {}
        self.texts: dict[int, str] = {}
        self.invalid: set[int] = set()
        self.rows: dict[int, dict[int, bytes | str]] = {}
        self.entered: set[bytes] = set()
        self.charset = b""

    def close(self, place: int, n_items: int) -> None:
        """Join what the items of a sequence have for a place.

        Codes stand one behind the other; of another attribute there is one text for each item, empty where the item
        has none.
        """
        rows = self.rows.pop(place, {})
        each = PLACES[place].attribute.each
        if each and not rows:
            return
        parts = [rows.get(row, b"") for row in range(n_items)] if each else [part for part in rows.values() if part]
        if all(isinstance(part, bytes) for part in parts):
            self.values[place] = _MARK.join(part for part in parts if isinstance(part, bytes))
        else:
            texts = [part if isinstance(part, str) else part.decode("ascii") for part in parts]
            self.texts[place] = ITEM_MARK.join(texts)


def plain_text(value: bytes) -> bytes | None:
    """A text for one item of several, without padding; ``None`` if it is not plain and has to be decoded alone."""
    if not value.isascii() or b"\x1b" in value or _MARK in value:
        return None
    return b"\\".join(part.strip(b" \0") for part in value.split(b"\\"))


def settle(found: Found, values: dict[int, bytes], texts: dict[int, str], invalid: set[int]) -> frozenset[int]:
    """Give each attribute its first value that is not empty, of those at the top level and those that were found.

    An attribute without any value is empty if it is so in one of its places. Returns the slots whose value stands in
    another place than the attribute's own.
    """
    stood_in = set()
    for number in sorted({*found.values, *found.texts, *found.invalid}):
        place = PLACES[number]
        slot = place.slot
        if slot in texts or slot in invalid or not _is_blank(values.get(slot), place):
            continue
        if number in found.invalid:
            invalid.add(slot)
            values.pop(slot, None)
        elif found.texts.get(number, "").strip(" \0"):
            texts[slot] = found.texts[number]
            values.pop(slot, None)
        else:
            value = _as_wanted(found.values.get(number, b""), place)
            if value is None or (not value and slot in values):
                continue
            values[slot] = value
            if _is_blank(value, place):
                continue
            if _is_out_of_reach(value, place):
                texts[slot] = latin(values.pop(slot))
        if place.stands_in:
            stood_in.add(slot)
    return frozenset(stood_in)


def _is_blank(value: bytes | None, place: Place) -> bool:
    if not value:
        return True
    form = place.attribute.form
    return form not in _NUMBERS and not value.strip(padding_of(form).encode("latin-1"))


def _is_out_of_reach(value: bytes, place: Place) -> bool:
    """Whether the character set does not bear on what stands in for a text that it bears on."""
    by_charset = place.attribute.vr[0] in CHARSET_VR and place.attribute.form not in _NUMBERS
    return by_charset and place.vr not in CHARSET_VR and not is_plain(value)


def _as_wanted(value: bytes, place: Place) -> bytes | None:
    """The value of a place in the VR of its attribute; ``None`` if it is more than one number, or none."""
    one = _STRUCTS.get(place.vr)
    if not value or one is None or place.attribute.form in _NUMBERS:
        return value
    if len(value) != one.size:
        return None
    (number,) = one.unpack(value)
    if not isfinite(number):
        return None
    return b"%d" % round(number) if place.attribute.form in _WHOLE else repr(number).encode("ascii")
