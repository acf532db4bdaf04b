"""Walking through the items of a sequence as pydicom holds them, for the same values as the scanner takes.

A sequence that pydicom has not yet converted is read no further than wanted: often that is the first item.
"""

from collections.abc import Sequence as Several
from io import BytesIO
from typing import Any, Final

from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_sequence_item
from pydicom.sequence import Sequence

from multisite.dicom.attributes import ITEM_MARK, Form
from multisite.dicom.charset import CHARSET_VR, decoder, latin
from multisite.dicom.converted import presence_of, value_of
from multisite.dicom.found import Found, plain_text
from multisite.dicom.places import PLACES, Content, Items, Place
from multisite.dicom.slots import CHARSET

__all__ = ["take_item", "take_items"]

_SQ: Final = (None, "SQ")


def take_items(
    element: Any, dataset: Dataset, wanted: Items, found: Found, row: int = 0, charset: bytes | None = None
) -> bool:
    """Take what is wanted of the items of a sequence; false if pydicom makes no sequence of it, or of one inside.

    ``charset`` is the Specific Character Set of an item around the sequence, if it is not the header's.
    """
    items = _items(element, dataset, every=wanted.later is not None)
    if items is None:
        return False
    content: Content | None = wanted.first
    read = True
    for number, item in enumerate(items):
        if content is None:
            break
        read &= take_item(item, content, found, number if wanted.counted else row, charset)
        content = wanted.later
    for place in wanted.counted:
        found.close(place, len(items))
    return read


def take_item(item: Dataset, content: Content, found: Found, row: int = 0, charset: bytes | None = None) -> bool:
    """Take what is wanted of one item; false if pydicom makes no sequence of one inside."""
    held: dict[int, Any] = {int(tag): element for tag, element in item.items()}
    if CHARSET in held:
        own = value_of(held[CHARSET], item, ("CS",))
        charset = own if isinstance(own, bytes) else (own or "").encode("latin-1", "replace")
    read = True
    for tag in sorted({*content.places, *content.sequences} & held.keys()):
        for number in content.places.get(tag, ()):
            _take(number, _value(held[tag], item, PLACES[number], charset, found.charset), found, row)
        if tag in content.sequences:
            read &= take_items(held[tag], item, content.sequences[tag], found, row, charset)
    return read


def _value(element: Any, item: Dataset, place: Place, own: bytes | None, header: bytes) -> bytes | str | None:
    """The value of a place; decoded, if it is one of several or the item has a character set of its own."""
    if place.attribute.form is Form.PRESENCE:
        return presence_of(element, item, sequence=place.vr == "SQ")
    vr = dictionary_VR(int(element.tag))
    value = value_of(element, item, (vr,), header if own is None else own)
    if isinstance(value, bytes) and place.vr in CHARSET_VR:
        plain = None if place.counted is None else plain_text(value)
        if plain is not None:
            return plain
        if value and (own is not None or place.counted is not None):
            # Of the codes, a URN alone is out of the character set's reach.
            read = decoder(header if own is None else own) if vr in CHARSET_VR else latin
            value = read(value)
    return _tidy(value) if isinstance(value, str) and place.counted is not None else value


def _tidy(text: str) -> str:
    """A text for one item of several."""
    return "\\".join(part.strip(" \0") for part in text.replace(ITEM_MARK, " ").split("\\"))


def _take(number: int, value: bytes | str | None, found: Found, row: int) -> None:
    if value is None:
        found.invalid.add(number)
    elif PLACES[number].counted is not None:
        rows = found.rows.setdefault(number, {})
        rows[row] = rows.get(row) or value
    elif isinstance(value, str):
        found.texts[number] = value
    else:
        found.values[number] = value


def _items(element: Any, dataset: Dataset, *, every: bool) -> Several[Dataset] | None:
    """The items of a sequence, or the first of them; what pydicom raises where it fails has no common class."""
    try:
        if every or not isinstance(element, RawDataElement) or element.VR not in _SQ:
            value = dataset[element.tag].value
            return value if isinstance(value, Sequence) else None
        if not element.value:
            return []
        raw, little = BytesIO(element.value), element.is_little_endian
        first = read_sequence_item(raw, element.is_implicit_VR, little, dataset._character_set)
        return [] if first is None else [first]
    except Exception:  # as the docstring says
        return None
