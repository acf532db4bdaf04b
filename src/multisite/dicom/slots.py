"""The numbering of wanted values.

A slot stands for one tag of one attribute, and for an attribute that may be US or SS for one reading of it.
"""

from dataclasses import dataclass
from typing import Final

from multisite.dicom.attributes import ATTRIBUTES, Attribute

__all__ = ["CHARSET", "PER_FRAME", "PIXELS", "SLOTS", "SLOTS_OF", "STOPS", "WAVEFORM", "Slot", "slot_of"]

CHARSET: Final = 0x00080005
PIXELS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
PER_FRAME: Final = 0x52009230
WAVEFORM: Final = 0x54000100
STOPS: Final = PIXELS | {PER_FRAME, WAVEFORM}
"""A header is read up to the pixels, a waveform, or the functional groups of single frames, often thousands."""


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

_INDEX: Final = {(slot.tag, slot.reading): index for index, slot in enumerate(SLOTS)}


def slot_of(tag: int, reading: str = "") -> int | None:
    """The slot of a tag, or ``None`` if the tag is not wanted."""
    return _INDEX.get((tag, reading))
