"""The DICOM JSON model (PS3.18, annex F) → the bytes of a Part 10 file without its pixels.

So that an object that a server describes in JSON is read by the same reader as an object in a file. Values are
carried over as they are written, digit by digit, and never interpreted: what is not valid stays so, for the reader to
judge. The dataset is encoded as explicit VR little endian.

What the JSON does not hold cannot be in the bytes. Values that it only refers to (BulkDataURI) are absent, except
those of the binary VRs, which pixels have: two bytes stand in for them, which say that there is a value.
Of the functional groups of single frames the first is kept.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from struct import error as StructError  # noqa: N812  # its name in the library is that of a variable
from struct import pack
from typing import Any, Final

from pydicom.datadict import dictionary_VR
from pydicom.uid import AllTransferSyntaxes
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32

from multisite.dicom.slots import PER_FRAME
from multisite.dicom.tables import LONG_VR, tag_bytes

__all__ = ["instances_of", "part10_of", "uid_in"]

Instance = dict[str, Any]
"""One instance as JSON: elements by tag, eight hexadecimal digits each."""

_GROUPS: Final = range(0x0008, 0xFFFE)
"""Those of a dataset: commands, the file meta group and the marks of items have no place there."""

_CHARSET: Final = "00080005"
_CLASS: Final = "00080016"
_INSTANCE: Final = "00080018"
_SYNTAXES: Final = ("00083002", "00020010")
_WHITE: Final = frozenset(" \t\r\n")
_STAND_IN: Final = b"\1\0"
_NO_NUMBER: Final = b"\0"
_DEEPEST: Final = 32
_UTF_8: Final = "ISO_IR 192"
_LONGEST_SHORT: Final = 0xFFFE
_BYTES: Final = frozenset({"OB", "OD", "OF", "OL", "OV", "OW", "UN"})
_FORMATS: Final = {"US": "<H", "SS": "<h", "UL": "<L", "SL": "<l", "UV": "<Q", "SV": "<q", "FL": "<f", "FD": "<d"}
_VRS: Final = frozenset(vr.decode("ascii") for vr in LONG_VR)
# The syntaxes whose header is encoded as the bytes that are made here; of JPIP deflated, pydicom does not say so.
_EXPLICIT: Final = frozenset(
    str(uid)
    for uid in AllTransferSyntaxes
    if uid.is_little_endian and not uid.is_implicit_VR and not uid.is_deflated and uid != "1.2.840.10008.1.2.4.205"
)


def instances_of(text: str) -> Iterator[Instance]:
    """The instances of an array in the DICOM JSON model, one after the other, numbers as they are written.

    Raises
    ------
    ValueError
        When ``text`` is no array of objects, at the place where it ceases to be one.
    """
    decoder = json.JSONDecoder(parse_float=str, parse_int=str, parse_constant=str)
    pos = _behind(text, 0, "[")
    if text[pos : pos + 1] == "]":
        return
    while True:
        try:
            instance, pos = decoder.raw_decode(text, pos)
        except RecursionError:
            raise ValueError("the JSON is nested too deeply") from None
        if not isinstance(instance, dict):
            raise ValueError("an array of objects was expected")
        yield instance
        pos = _behind(text, pos, "")
        if text[pos : pos + 1] == "]":
            return
        pos = _behind(text, pos, ",")


def uid_in(instance: Instance, tag: str) -> str | None:
    """The one value of the element with this tag, without padding; None when it is absent or empty."""
    element = instance.get(tag)
    values = element.get("Value") if isinstance(element, dict) else None
    value = values[0] if isinstance(values, list) and values else None
    return (value.strip(" \0") or None) if isinstance(value, str) else None


def part10_of(instance: Instance) -> bytes:
    """One instance as the bytes of a file: preamble, file meta group, and its elements in the order of their tags.

    The file meta group holds the UIDs of SOP class and instance, and the transfer syntax where the JSON names one
    (as AvailableTransferSyntaxUID, or as an element of the group) under which these bytes are correct; without it the
    group has none. Text that is not ASCII is encoded as UTF-8, and SpecificCharacterSet says so.

    Raises
    ------
    ValueError
        When the JSON is not of the model.
    """
    text_is_ascii = _is_ascii(instance, 0)
    elements = _elements(instance, keeps_charset=text_is_ascii, depth=0)
    if not text_is_ascii:
        elements = [e for e in elements if e[0] != int(_CHARSET, 16)]
        elements.append((int(_CHARSET, 16), _element(int(_CHARSET, 16), "CS", _padded(_UTF_8.encode(), "CS"))))
        elements.sort()
    return b"".join((b"\0" * 128, b"DICM", _file_meta(instance), *(encoded for _, encoded in elements)))


def _behind(text: str, pos: int, expected: str) -> int:
    """The place of the next thing behind ``expected`` at ``pos``; white space does not count."""
    while text[pos : pos + 1] in _WHITE:
        pos += 1
    if not text.startswith(expected, pos):
        raise ValueError("an array of objects was expected")
    pos += len(expected)
    while text[pos : pos + 1] in _WHITE:
        pos += 1
    return pos


def _file_meta(instance: Instance) -> bytes:
    held = [(0x00020002, uid_in(instance, _CLASS)), (0x00020003, uid_in(instance, _INSTANCE))]
    held.append((0x00020010, _syntax(instance)))
    group = _element(0x00020001, "OB", b"\0\1")
    group += b"".join(_element(tag, "UI", _padded(uid.encode(), "UI")) for tag, uid in held if uid)
    return _element(0x00020000, "UL", pack("<L", len(group))) + group


def _syntax(instance: Instance) -> str | None:
    for tag in _SYNTAXES:
        element = instance.get(tag)
        if isinstance(element, dict) and len(element.get("Value") or ()) == 1:
            uid = uid_in(instance, tag)
            return uid if uid in _EXPLICIT else None
    return None


def _is_ascii(item: Instance, depth: int) -> bool:
    """Whether all text in the item and in the items in it is ASCII."""
    if depth > _DEEPEST:
        raise ValueError("the sequences are nested too deeply")
    for element in item.values():
        values = element.get("Value") if isinstance(element, dict) else None
        for value in values if isinstance(values, list) else ():
            if isinstance(value, dict):
                if not (_is_ascii(value, depth + 1) if element.get("vr") == "SQ" else _name(value).isascii()):
                    return False
            elif isinstance(value, str) and not value.isascii():
                return False
    return True


def _elements(item: Instance, *, keeps_charset: bool, depth: int) -> list[tuple[int, bytes]]:
    """Tags and encoded elements in rising order, without the groups that have no place in a dataset."""
    found = []
    for key, element in item.items():
        tag = _tag(key)
        if not isinstance(element, dict):
            raise ValueError("an element is no object")
        if tag >> 16 not in _GROUPS or (key == _CHARSET and not keeps_charset):
            continue
        vr = _vr(tag, element.get("vr"))
        value = _value(tag, vr, element, keeps_charset, depth)
        if value is not None:
            found.append((tag, _element(tag, vr, value)))
    return sorted(found)


def _tag(key: str) -> int:
    if len(key) != 8:
        raise ValueError("a tag has other than eight digits")
    return int(key, 16)


def _vr(tag: int, stated: Any) -> str:
    if stated in _VRS:
        return str(stated)
    try:
        return dictionary_VR(tag)[:2]
    except KeyError:
        return "UN"


def _value(tag: int, vr: str, element: Instance, keeps_charset: bool, depth: int) -> bytes | None:
    """The bytes of a value; None when it is elsewhere."""
    if "InlineBinary" in element:
        return _binary(element["InlineBinary"])
    if "BulkDataURI" in element:
        return _STAND_IN if vr in _BYTES and vr != "UN" else None
    values = element.get("Value") or []
    if not isinstance(values, list):
        raise ValueError("the values of an element are no array")
    if vr == "SQ":
        items = values[:1] if tag == PER_FRAME else values
        return b"".join(_item(item, keeps_charset, depth + 1) for item in items)
    if vr in _BYTES:
        return b""
    encode = _BINARY.get(vr)
    if encode is not None:
        return _numbers(values, encode)
    text = "\\".join(_text(value) for value in values)
    return _padded(text.encode("utf-8", errors="replace"), vr)


def _binary(encoded: Any) -> bytes:
    try:
        value = base64.b64decode(encoded, validate=True)
    except (binascii.Error, TypeError, ValueError):
        return _STAND_IN
    return value + b"\0" * (len(value) % 2)


def _item(item: Any, keeps_charset: bool, depth: int) -> bytes:
    if item is None:
        item = {}
    if not isinstance(item, dict):
        raise ValueError("an item of a sequence is no object")
    content = b"".join(encoded for _, encoded in _elements(item, keeps_charset=keeps_charset, depth=depth))
    return b"\xfe\xff\x00\xe0" + pack("<L", len(content)) + content


def _numbers(values: list[Any], encode: Callable[[Any], bytes]) -> bytes:
    """Binary numbers; where one of them is none, a value that is too short for any."""
    try:
        return b"".join(encode(value) for value in values)
    except (ValueError, TypeError, OverflowError, StructError):
        return _NO_NUMBER


def _whole(value: Any) -> int:
    """An integer, also where a server writes 12 as 12.0."""
    try:
        return int(value)
    except ValueError:
        number = float(value)
        if not number.is_integer():
            raise
        return int(number)


def _number_encoder(form: str, kind: Callable[[Any], int | float]) -> Callable[[Any], bytes]:
    return lambda value: pack(form, kind(value))


def _attribute_tag(value: Any) -> bytes:
    return tag_bytes(_tag(value))


_BINARY: Final[dict[str, Callable[[Any], bytes]]] = {
    **{vr: _number_encoder(form, float if vr in ("FL", "FD") else _whole) for vr, form in _FORMATS.items()},
    "AT": _attribute_tag,
}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return _name(value)
    if isinstance(value, str):
        return value
    raise ValueError("a value is neither text nor number")


def _name(value: dict[str, Any]) -> str:
    """A person's name from its groups of components, as it stands in a file."""
    groups = [value.get(group) for group in ("Alphabetic", "Ideographic", "Phonetic")]
    return "=".join(group if isinstance(group, str) else "" for group in groups).rstrip("=")


def _padded(value: bytes, vr: str) -> bytes:
    return value + (b"\0" if vr == "UI" else b" ") * (len(value) % 2)


def _element(tag: int, vr: str, value: bytes) -> bytes:
    if vr not in EXPLICIT_VR_LENGTH_32 and len(value) > _LONGEST_SHORT:
        vr = "UN"
    head = tag_bytes(tag) + vr.encode("ascii")
    if vr in EXPLICIT_VR_LENGTH_32:
        return head + pack("<HL", 0, len(value)) + value
    return head + pack("<H", len(value)) + value
