"""One element as pydicom holds it → what stands for it in a raw header."""

from collections.abc import Iterable
from struct import pack
from typing import Any, Final

import numpy as np
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.valuerep import PersonName

from multisite.dicom.charset import CHARSET_VR, decoder
from multisite.dicom.records import PRESENT, presence
from multisite.dicom.slots import CHARSET
from multisite.dicom.tables import BINARY_TAGS, ITEM, SEQUENCE_DELIMITER, tag_bytes

__all__ = ["ITEM_HEADS", "presence_of", "value_of"]

_WIDTHS: Final = {"US": 2, "SS": 2, "UL": 4, "FD": 8}
_FORMATS: Final = {"US": "H", "SS": "h", "UL": "L", "FD": "d"}
ITEM_HEADS: Final = {ITEM: PRESENT, b"\xff\xfe\xe0\x00": PRESENT, SEQUENCE_DELIMITER: b"", b"\xff\xfe\xe0\xdd": b""}
"""How a sequence may start, in either byte order, and what that says of its presence."""

_FAILED: Final = object()
_REPLACED: Final = "\ufffd"


def presence_of(element: Any, dataset: Dataset, *, sequence: bool, is_searched: bool = False) -> bytes | None:
    """What stands in a raw header for an element of which the presence is recorded; ``None`` if that is not known."""
    value = element.value
    if not isinstance(value, bytes):
        return PRESENT if value else b""
    if sequence and value:
        found = ITEM_HEADS.get(value[:4])
        return _items(dataset, element) if found is None else found
    if tag_bytes(int(element.tag)) in BINARY_TAGS:
        return PRESENT if value else b""
    return presence(value, is_searched=is_searched)


def value_of(element: Any, dataset: Dataset, wanted: tuple[str, ...], charset: bytes = b"") -> bytes | str | None:
    """The bytes of a value with a wanted VR, the text that is made of another, ``None`` if none can be made.

    ``charset`` is the Specific Character Set under which text of an unwanted VR is decoded.
    """
    if not isinstance(element, RawDataElement):
        return _from_converted(element.VR, element.value, wanted)
    value = element.value or b""
    vr = wanted[0] if element.VR in (None, "UN") else str(element.VR)
    if element.tag == CHARSET and (vr in wanted or vr in CHARSET_VR):
        value = value.rstrip(b"\0 ")
    if not value:
        return b""
    if element.VR == "UN" and len(value) >= 0xFFFF:
        return None
    if vr in wanted:
        return value if element.is_little_endian else _swap(value, vr)
    if vr in CHARSET_VR:
        # One text VR in place of another changes nothing in the bytes.
        return value if wanted[0] in CHARSET_VR else decoder(charset)(value)
    return _from_converted(vr, _converted(dataset, element), wanted)


def _from_converted(vr: str, value: Any, wanted: tuple[str, ...]) -> bytes | str | None:
    text = _text(value)
    if text is None or _REPLACED in text:
        return None
    if vr in wanted:
        # One of the few elements that pydicom converts while it reads: back to its bytes.
        return _encoded(value, text, vr)
    return text or b""


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
