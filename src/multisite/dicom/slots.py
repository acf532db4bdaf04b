"""The numbering of wanted values, and the tables by which a walk over bytes decides what to do with an
element.

A slot stands for one tag of one attribute, and for an attribute that may be US or SS for one reading of it.
Tables are keyed by bytes as they stand in a little endian file (tag, and VR if explicit), so that a walk
never has to unpack a tag. An entry is a slot (not negative) or one of the actions below.
"""

from dataclasses import dataclass
from typing import Final

from pydicom.datadict import DicomDictionary  # type: ignore[attr-defined]  # documented there, defined elsewhere
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, VR

from multisite.dicom.attributes import ATTRIBUTES, Attribute, Form

__all__ = [
    "BINARY_TAGS",
    "CHARSET",
    "EXPLICIT",
    "IMPLICIT",
    "ITEM",
    "ITEM_DELIMITER",
    "LONG_VR",
    "META",
    "PER_FRAME",
    "PIXELS",
    "RESERVED",
    "SEQUENCE_DELIMITER",
    "SEQUENCE_TAGS",
    "SKIP",
    "SKIP_LONG",
    "SLOTS",
    "SLOTS_OF",
    "SPECIAL",
    "SPECIAL_SLOTS",
    "STOPS",
    "UNSURE",
    "Slot",
    "slot_of",
    "tag_bytes",
]

UNSURE: Final = -1
SKIP: Final = -2
SKIP_LONG: Final = -3
SPECIAL: Final = -4

ITEM: Final = b"\xfe\xff\x00\xe0"
ITEM_DELIMITER: Final = b"\xfe\xff\x0d\xe0"
SEQUENCE_DELIMITER: Final = b"\xfe\xff\xdd\xe0"

PIXELS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
CHARSET: Final = 0x00080005
PER_FRAME: Final = 0x52009230
WAVEFORM: Final = 0x54000100
STOPS: Final = PIXELS | {PER_FRAME, WAVEFORM}
"""A header is read up to the pixels, a waveform, or the functional groups of single frames, often thousands."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One place in a raw header. ``reading`` is ``"US"``, ``"SS"``, or empty where the VR is not in doubt
    or not told."""

    attribute: Attribute
    tag: int
    reading: str


def tag_bytes(tag: int) -> bytes:
    """The four bytes of a tag in a little endian file."""
    return (tag >> 16).to_bytes(2, "little") + (tag & 0xFFFF).to_bytes(2, "little")


def _slots() -> tuple[Slot, ...]:
    slots = []
    for attribute in ATTRIBUTES:
        readings = ("", "US", "SS") if attribute.vr == ("US", "SS") else ("",)
        slots += [Slot(attribute, tag, reading) for tag in attribute.tags for reading in readings]
    return tuple(slots)


SLOTS: Final = _slots()
_INDEX: Final = {(slot.tag, slot.reading): index for index, slot in enumerate(SLOTS)}
SLOTS_OF: Final[dict[str, tuple[int, ...]]] = {
    attribute.keyword: tuple(index for index, slot in enumerate(SLOTS) if slot.attribute is attribute)
    for attribute in ATTRIBUTES
}


def slot_of(tag: int, reading: str = "") -> int | None:
    """The slot of a tag, or ``None`` if the tag is not wanted."""
    return _INDEX.get((tag, reading))


LONG_VR: Final[dict[bytes, bool]] = {vr.encode("ascii"): vr in EXPLICIT_VR_LENGTH_32 for vr in VR if len(vr) == 2}
"""For each VR as it stands in a file: whether its length field has four bytes."""

SEQUENCE_TAGS: Final = frozenset(tag_bytes(tag) for tag, entry in DicomDictionary.items() if entry[0] == "SQ")

RESERVED: Final = frozenset(
    {ITEM, ITEM_DELIMITER, SEQUENCE_DELIMITER}
    | {tag_bytes(tag) for tag in STOPS}
    | {tag_bytes(slot.tag) for slot in SLOTS}
)
"""Tags about which an entry must exist; met with any other VR, they are not for the scanner to judge."""


def _unwanted(vr: str) -> int:
    if vr == "SQ":
        return SPECIAL
    return SKIP_LONG if vr in EXPLICIT_VR_LENGTH_32 else SKIP


def _wanted(slot: Slot) -> int:
    index = _INDEX[slot.tag, slot.reading]
    return SPECIAL if slot.attribute.form is Form.PRESENCE or slot.tag == CHARSET else index


def _explicit() -> dict[bytes, int]:
    table = {
        tag_bytes(tag) + vr.encode("ascii"): _unwanted(vr)
        for tag, entry in DicomDictionary.items()
        for vr in entry[0].split(" or ")
        if len(vr) == 2 and tag_bytes(tag) not in RESERVED
    }
    for slot in SLOTS:
        for vr in (slot.reading,) if slot.reading else slot.attribute.vr:
            if slot.reading or slot.attribute.vr != ("US", "SS"):
                table[tag_bytes(slot.tag) + vr.encode("ascii")] = _wanted(slot)
    for tag in PIXELS:
        table |= {tag_bytes(tag) + pixel_vr: SPECIAL for pixel_vr in (b"OB", b"OW", b"OF", b"OD")}
    table[tag_bytes(WAVEFORM) + b"SQ"] = SPECIAL
    return table


EXPLICIT: Final = _explicit()

IMPLICIT: Final = dict.fromkeys(RESERVED, SPECIAL) | {
    tag_bytes(slot.tag): _wanted(slot) for slot in SLOTS if not slot.reading
}

META: Final = {key: action for key, action in EXPLICIT.items() if key.startswith(b"\x02\x00") and key[2:4] != b"\0\0"}
"""The file meta group without its group length, which is expected once and first."""

SPECIAL_SLOTS: Final = {tag_bytes(slot.tag): index for index, slot in enumerate(SLOTS) if _wanted(slot) == SPECIAL}
"""The slot of each wanted tag that is not simply kept: of most only the presence is."""

BINARY_TAGS: Final = frozenset(tag_bytes(slot.tag) for slot in SLOTS if slot.attribute.vr[0] in ("OB", "OW", "OF"))
"""Wanted tags whose value is no text: zeros there are content, not padding."""
