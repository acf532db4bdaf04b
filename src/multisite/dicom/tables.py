"""What a walk over a little endian header does with each element it meets.

The tables are keyed by bytes as they stand in the file (tag, and VR if explicit), so that a walk never has to unpack a
tag. An entry is a slot, which is never negative; ``PRESENCE`` less a slot, for short text of which the presence is kept
and no more; or one of the four other actions.
"""

from collections.abc import Iterator
from typing import Final

from pydicom.datadict import DicomDictionary  # type: ignore[attr-defined]  # imported there from another module
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, VR

from multisite.dicom.attributes import Form
from multisite.dicom.slots import CHARSET, PIXELS, SLOTS, STOPS, WAVEFORM, Slot

__all__ = [
    "BINARY_TAGS",
    "EXPLICIT",
    "IMPLICIT",
    "ITEM",
    "ITEM_DELIMITER",
    "LONG_VR",
    "META",
    "PRESENCE",
    "RESERVED",
    "SEQUENCE_DELIMITER",
    "SEQUENCE_TAGS",
    "SKIP",
    "SKIP_LONG",
    "SPECIAL",
    "SPECIAL_SLOTS",
    "STRANGERS",
    "UNSURE",
    "tag_bytes",
]

UNSURE: Final = -1
SKIP: Final = -2
SKIP_LONG: Final = -3
SPECIAL: Final = -4
PRESENCE: Final = -100

ITEM: Final = b"\xfe\xff\x00\xe0"
ITEM_DELIMITER: Final = b"\xfe\xff\x0d\xe0"
SEQUENCE_DELIMITER: Final = b"\xfe\xff\xdd\xe0"
_META_GROUP: Final = b"\x02\x00"


def tag_bytes(tag: int) -> bytes:
    """The four bytes of a tag in a little endian file."""
    return (tag >> 16).to_bytes(2, "little") + (tag & 0xFFFF).to_bytes(2, "little")


LONG_VR: Final[dict[bytes, bool]] = {vr.encode("ascii"): vr in EXPLICIT_VR_LENGTH_32 for vr in VR if len(vr) == 2}
"""For each VR as it stands in a file: whether its length field has four bytes."""

SEQUENCE_TAGS: Final = frozenset(tag_bytes(tag) for tag, entry in DicomDictionary.items() if entry[0] == "SQ")

RESERVED: Final = frozenset(
    {ITEM, ITEM_DELIMITER, SEQUENCE_DELIMITER} | {tag_bytes(tag) for tag in (*STOPS, *(slot.tag for slot in SLOTS))}
)
"""Tags that matter: with a VR under which they are in no table, they are not for the scanner to judge."""

STRANGERS: Final = frozenset(tag for tag in RESERVED if tag[:2] in (ITEM[:2], _META_GROUP))
"""Tags that have no place among the elements of a dataset."""

BINARY_TAGS: Final = frozenset(tag_bytes(slot.tag) for slot in SLOTS if slot.attribute.vr[0] in ("OB", "OW", "OF"))
"""Wanted tags whose value is no text: zeros there are content, not padding."""


def _is_special(slot: Slot) -> bool:
    return slot.attribute.form is Form.PRESENCE or slot.tag == CHARSET


SPECIAL_SLOTS: Final = {tag_bytes(slot.tag): index for index, slot in enumerate(SLOTS) if _is_special(slot)}
"""The slot of each wanted tag that is not simply kept: of most only the presence is."""


def _wanted() -> Iterator[tuple[bytes, int]]:
    """Every wanted element that has a VR of the dictionary."""
    for index, slot in enumerate(SLOTS):
        told = len(slot.attribute.vr) == 1 or slot.reading or _is_special(slot)
        for vr in (slot.reading,) if slot.reading else slot.attribute.vr if told else ():
            special = SPECIAL if slot.tag == CHARSET or vr in EXPLICIT_VR_LENGTH_32 else PRESENCE - index
            yield tag_bytes(slot.tag) + vr.encode("ascii"), special if _is_special(slot) else index


def _unwanted() -> Iterator[tuple[bytes, int]]:
    """Every other element of the dictionary with its VR."""
    for tag, entry in DicomDictionary.items():
        for vr in entry[0].split(" or "):
            if tag_bytes(tag) not in RESERVED and len(vr) == 2:
                long = SKIP_LONG if vr in EXPLICIT_VR_LENGTH_32 else SKIP
                yield tag_bytes(tag) + vr.encode("ascii"), SPECIAL if vr == "SQ" else long


def _stops() -> Iterator[tuple[bytes, int]]:
    yield tag_bytes(WAVEFORM) + b"SQ", SPECIAL
    for tag in PIXELS:
        yield from ((tag_bytes(tag) + vr, SPECIAL) for vr in (b"OB", b"OW", b"OF", b"OD"))


_ELEMENTS: Final = dict((*_unwanted(), *_wanted(), *_stops()))

META: Final = {key: action for key, action in _ELEMENTS.items() if key[:2] == _META_GROUP and key[2:4] != b"\0\0"}
"""The file meta group without its group length, which is expected once and first."""


class _Explicit(dict[bytes, int]):
    """Every element of a dataset by tag and VR; what is not listed is judged by its VR and then remembered."""

    def __missing__(self, key: bytes) -> int:
        long = LONG_VR.get(key[4:])
        if long is None or key[:4] in RESERVED:
            return UNSURE
        action = SPECIAL if key[4:] == b"SQ" else SKIP_LONG if long else SKIP
        if len(self) < _REMEMBERED:
            self[key] = action
        return action


_REMEMBERED: Final = 20_000
EXPLICIT: Final = _Explicit({key: action for key, action in _ELEMENTS.items() if key[:2] != _META_GROUP})

IMPLICIT: Final = dict.fromkeys(RESERVED, SPECIAL) | {
    tag_bytes(slot.tag): index
    for index, slot in enumerate(SLOTS)
    if not slot.reading and not _is_special(slot) and tag_bytes(slot.tag) not in STRANGERS
}
