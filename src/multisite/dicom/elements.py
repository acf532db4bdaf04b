"""Elements as pydicom holds them → the slots of a raw header."""

from collections.abc import Iterable
from struct import pack
from typing import Any, Final

import numpy as np
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.valuerep import PersonName

from multisite.dicom.attributes import Attribute, Form
from multisite.dicom.records import PRESENT
from multisite.dicom.slots import CHARSET, PIXELS, SLOTS, slot_of
from multisite.dicom.tables import BINARY_TAGS, ITEM, SEQUENCE_DELIMITER, tag_bytes

__all__ = ["RawElements"]

_WIDTHS: Final = {"US": 2, "SS": 2, "UL": 4, "FD": 8}
_FORMATS: Final = {"US": "H", "SS": "h", "UL": "L", "FD": "d"}
_HEADS: Final = {ITEM: PRESENT, b"\xff\xfe\xe0\x00": PRESENT, SEQUENCE_DELIMITER: b"", b"\xff\xfe\xe0\xdd": b""}
_FAILED: Final = object()
_READINGS: Final = ("US", "SS")


class RawElements:
    """Collects the wanted values of one header.

    Values keep their bytes as they stand in the file, turned to little endian. A value whose VR is not the
    dictionary's is taken as text from what pydicom makes of it, and one that pydicom cannot convert is
    named as invalid.
    """

    __slots__ = ("invalid", "texts", "values")

    def __init__(self) -> None:
        self.values: dict[int, bytes] = {}
        self.texts: dict[int, str] = {}
        self.invalid: set[int] = set()

    def take(self, dataset: Dataset, *, meta: bool) -> None:
        """Take what is wanted of the top-level elements, of the file meta group or of all other groups."""
        for tag, element in list(dataset.items()):
            slot = slot_of(int(tag))
            if slot is None or (tag.group == 2) is not meta:
                continue
            attribute = SLOTS[slot].attribute
            if attribute.form is Form.PRESENCE:
                self._take_presence(slot, element, attribute, dataset)
            elif isinstance(element, RawDataElement):
                self._take_raw(slot, element, attribute, dataset)
            else:
                self._take_converted(slot, element.VR, element.value, attribute)

    def take_end(self, tag: int, length: int, head: bytes) -> None:
        """Take the element at which the header ends, of which only the start of the value may be at hand."""
        slot = slot_of(tag)
        if slot is None:
            return
        if tag in PIXELS or length == 0:
            self.values[slot] = PRESENT if length else b""
        else:
            self._put_presence(slot, _HEADS.get(head))

    def _put_presence(self, slot: int, found: bytes | None) -> None:
        if found is None:
            self._refuse(slot)
        else:
            self.values[slot] = found

    def _take_presence(self, slot: int, element: Any, attribute: Attribute, dataset: Dataset) -> None:
        value = element.value
        if not isinstance(value, bytes):
            self._put_presence(slot, PRESENT if value else b"")
        elif attribute.vr == ("SQ",) and value:
            found = _HEADS.get(value[:4])
            self._put_presence(slot, _items(dataset, element) if found is None else found)
        else:
            binary = tag_bytes(int(element.tag)) in BINARY_TAGS
            self._put_presence(slot, PRESENT if (value if binary else value.strip(b"\0 ")) else b"")

    def _take_raw(self, slot: int, element: RawDataElement, attribute: Attribute, dataset: Dataset) -> None:
        value = element.value or b""
        if element.tag == CHARSET:
            value = value.rstrip(b"\0 ")
        vr = attribute.vr[0] if element.VR in (None, "UN") else str(element.VR)
        if element.VR in _READINGS and attribute.vr == _READINGS:
            slot = slot_of(int(element.tag), vr) or slot
        if not value:
            self.values[slot] = b""
        elif element.VR == "UN" and len(value) >= 0xFFFF:
            self._refuse(slot)
        elif vr in attribute.vr:
            self.values[slot] = value if element.is_little_endian else _swap(value, vr)
        else:
            self._take_converted(slot, vr, _converted(dataset, element), attribute)

    def _take_converted(self, slot: int, vr: str, value: Any, attribute: Attribute) -> None:
        text = _text(value)
        if text is None:
            self._refuse(slot)
        elif vr in attribute.vr:
            # One of the few elements that pydicom converts while it reads: back to its bytes.
            self.values[slot] = _encoded(value, text, vr)
        elif text:
            self.texts[slot] = text
        else:
            self.values[slot] = b""

    def _refuse(self, slot: int) -> None:
        self.invalid.add(slot)


def _converted(dataset: Dataset, element: RawDataElement) -> Any:
    """What pydicom makes of a value; what it raises on one that it cannot convert has no common class."""
    try:
        return dataset[element.tag].value
    except Exception:  # as the docstring says
        return _FAILED


def _items(dataset: Dataset, element: RawDataElement) -> bytes | None:
    """The presence of a sequence that does not start as one, if pydicom makes one of it."""
    value = _converted(dataset, element)
    if not isinstance(value, Sequence):
        return None
    return PRESENT if value else b""


def _text(value: Any) -> str | None:
    """What pydicom has converted, as text parted by backslashes; ``None`` if it is no text or number."""
    if value is None:
        return ""
    if isinstance(value, str | int | float | PersonName):
        return str(value)
    if isinstance(value, bytes | Dataset) or not isinstance(value, Iterable):
        return None
    parts = [_text(part) for part in value]
    return None if None in parts else "\\".join(part or "" for part in parts)


def _encoded(value: Any, text: str, vr: str) -> bytes:
    """The bytes of a converted value in a little endian file."""
    if vr in _FORMATS and text:
        numbers = [value] if isinstance(value, int | float) else list(value)
        return pack(f"<{len(numbers)}{_FORMATS[vr]}", *numbers)
    encoded = text.encode("latin-1", errors="replace")
    return encoded + b"\0" * (vr == "UI" and len(encoded) % 2)


def _swap(value: bytes, vr: str) -> bytes:
    width = _WIDTHS.get(vr)
    if width is None or len(value) % width:
        return value
    return np.frombuffer(value, dtype=f">u{width}").astype(f"<u{width}").tobytes()
