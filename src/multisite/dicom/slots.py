"""The numbering of wanted values.

A slot stands for one tag of one attribute, and for an attribute that may be US or SS for one reading of it.
Numbers from ``CREATORS`` on stand for the private creators: that number plus the tag.
"""

from dataclasses import dataclass
from typing import Final

from multisite.dicom.attributes import ATTRIBUTES, Attribute

__all__ = [
    "CHARSET",
    "CREATORS",
    "PER_FRAME",
    "PIXELS",
    "SHARED",
    "SLOTS",
    "SLOTS_OF",
    "STOPS",
    "WAVEFORM",
    "Slot",
    "is_creator",
    "slot_of",
]

CHARSET: Final = 0x00080005
PIXELS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
SHARED: Final = 0x52009229
PER_FRAME: Final = 0x52009230
WAVEFORM: Final = 0x54000100
STOPS: Final = PIXELS | {PER_FRAME, WAVEFORM}
"""A header is read up to the pixels, a waveform, or the functional groups of the second of often thousands frames."""

CREATORS: Final = 1 << 32


@dataclass(frozen=True, slots=True)
class Slot:
    """One place in a raw header.

    ``reading`` is ``"US"``, ``"SS"``, or empty where the VR is not in doubt or not told.
    """

    attribute: Attribute
    tag: int
    reading: str


def _slots() -> tuple[Slot, ...]:
    slots = []
    for attribute in ATTRIBUTES:
        readings = ("", "US", "SS") if attribute.vr == ("US", "SS") else ("",)
        slots += [Slot(attribute, tag, reading) for tag in attribute.tags for reading in readings]
    return tuple(slots)


SLOTS: Final = _slots()
SLOTS_OF: Final[dict[str, tuple[int, ...]]] = {
    attribute.keyword: tuple(index for index, slot in enumerate(SLOTS) if slot.attribute is attribute)
    for attribute in ATTRIBUTES
}
"""The slots of an attribute, by its keyword: of planes the lowest first, of readings the untold one first."""

_INDEX: Final = {(slot.tag, slot.reading): index for index, slot in enumerate(SLOTS) if not slot.attribute.path}


def slot_of(tag: int, reading: str = "") -> int | None:
    """The slot of a tag at the top level, or ``None`` if the tag is not wanted there."""
    return _INDEX.get((tag, reading))


def is_creator(tag: int) -> bool:
    """Whether a tag is that of a private creator, which names who defined a block of private elements."""
    return tag >> 16 & 1 == 1 and 0x10 <= tag & 0xFFFF <= 0xFF
