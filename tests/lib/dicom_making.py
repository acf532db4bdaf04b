"""DICOM written byte by byte, right or wrong as asked: what pydicom would refuse to write can be made here."""

import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from struct import pack

import numpy as np
from pydicom.uid import (
    CTImageStorage,
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
)

__all__ = [
    "LONG_VRS",
    "SYNTAX_UIDS",
    "UNDEFINED",
    "Element",
    "Item",
    "deflate",
    "dicom_file",
    "encode_elements",
    "meta_group",
    "undefined",
]

UNDEFINED = 0xFFFFFFFF
SYNTAX_UIDS: dict[str, str] = {
    "implicit": ImplicitVRLittleEndian,
    "explicit": ExplicitVRLittleEndian,
    "big endian": ExplicitVRBigEndian,
    "deflated": DeflatedExplicitVRLittleEndian,
    "encapsulated": JPEG2000Lossless,
}
LONG_VRS = ("OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV")
"""The VRs whose length has four bytes where the VR is written."""

_WIDTHS = {"AT": 2, "OW": 2, "SS": 2, "US": 2, "FL": 4, "OF": 4, "OL": 4, "SL": 4, "UL": 4, "FD": 8, "OD": 8, "SV": 8}


@dataclass(frozen=True)
class Item:
    """An item of a sequence; ``length`` is the one stated where it is not the true one."""

    elements: tuple["Element", ...] = ()
    length: int | None = None


@dataclass(frozen=True)
class Element:
    """An element as it shall stand in a file.

    ``value`` is little endian bytes, or items. ``length`` is the one stated where it is not the true one; a sequence
    of undefined length gets its delimiter. ``bare`` leaves every delimiter of an undefined length out.
    """

    tag: int
    vr: str
    value: bytes | tuple[Item, ...] = b""
    length: int | None = None
    bare: bool = False


def encode_elements(elements: Iterable[Element], syntax: str = "explicit") -> bytes:
    """The bytes of elements in their order, in the encoding that a transfer syntax gives a dataset."""
    implicit, order = syntax == "implicit", ">" if syntax == "big endian" else "<"
    return b"".join(_element(element, implicit, order) for element in elements)


def _tag(tag: int, order: str) -> bytes:
    return pack(f"{order}HH", tag >> 16, tag & 0xFFFF)


def _element(element: Element, implicit: bool, order: str) -> bytes:
    value = _value(element, implicit, order)
    length = len(value) if element.length is None else element.length
    head = _tag(element.tag, order)
    if implicit:
        head += pack(f"{order}L", length)
    elif element.vr in LONG_VRS:
        head += element.vr.encode("latin-1") + b"\0\0" + pack(f"{order}L", length)
    else:
        head += element.vr.encode("latin-1") + pack(f"{order}H", length & 0xFFFF)
    return head + value


def _value(element: Element, implicit: bool, order: str) -> bytes:
    if isinstance(element.value, bytes):
        width = _WIDTHS.get(element.vr, 1)
        if order == "<" or len(element.value) % width:
            return element.value
        return np.frombuffer(element.value, dtype=f"<u{width}").astype(f">u{width}").tobytes()
    end = _tag(0xFFFEE0DD, order) + b"\0\0\0\0" if element.length == UNDEFINED and not element.bare else b""
    return b"".join(_item(item, element.bare, implicit, order) for item in element.value) + end


def _item(item: Item, bare: bool, implicit: bool, order: str) -> bytes:
    value = b"".join(_element(element, implicit, order) for element in item.elements)
    length = len(value) if item.length is None else item.length
    end = _tag(0xFFFEE00D, order) + b"\0\0\0\0" if length == UNDEFINED and not bare else b""
    return _tag(0xFFFEE000, order) + pack(f"{order}L", length) + value + end


def meta_group(syntax_uid: str | None, *, error: int = 0, class_uid: str = CTImageStorage) -> bytes:
    """The file meta group; ``error`` is added to the group length that it states."""
    elements = [
        Element(0x00020001, "OB", b"\0\1"),
        Element(0x00020002, "UI", _padded(class_uid)),
        Element(0x00020003, "UI", _padded("1.2.3.4")),
        *([Element(0x00020010, "UI", _padded(syntax_uid))] if syntax_uid is not None else []),
        Element(0x00020012, "UI", _padded("1.2.3.99")),
    ]
    body = encode_elements(elements)
    return encode_elements([Element(0x00020000, "UL", pack("<L", max(0, len(body) + error)))]) + body


def _padded(uid: str) -> bytes:
    return uid.encode("ascii") + b"\0" * (len(uid) % 2)


def deflate(dataset: bytes) -> bytes:
    """Bytes as the deflated transfer syntax has them."""
    squeezed = zlib.compressobj(6, zlib.DEFLATED, -zlib.MAX_WBITS)
    out = squeezed.compress(dataset) + squeezed.flush()
    return out + b"\0" * (len(out) % 2)


def dicom_file(
    elements: Iterable[Element],
    syntax: str = "explicit",
    *,
    preamble: bool = True,
    meta: bool = True,
    meta_error: int = 0,
    behind: bytes = b"",
    cut: int = 0,
) -> bytes:
    """A whole object: preamble, file meta group, dataset, and what lies ``behind`` it; ``cut`` bytes are left out."""
    body = encode_elements(elements, syntax)
    body = body[: len(body) - cut] + behind
    if syntax == "deflated":
        body = deflate(body)
    head = b"\0" * 128 + b"DICM" if preamble else b""
    return head + (meta_group(SYNTAX_UIDS[syntax], error=meta_error) if meta else b"") + body


def undefined(element: Element) -> Element:
    """The same sequence with no length stated, nor of its items."""
    if isinstance(element.value, bytes):
        return replace(element, length=UNDEFINED)
    return replace(element, length=UNDEFINED, value=tuple(replace(item, length=UNDEFINED) for item in element.value))
