"""What a walk over a little endian header does with each element it meets.

The tables are keyed by bytes as they stand in the file (tag, and VR if explicit), so that a walk never has to unpack a
tag. An entry is a slot, or the number of a private creator, neither of which is negative; ``PRESENCE`` less a slot, for
short text of which the presence is kept and no more; ``SEARCHED`` less a slot, for one that is kept to be searched; or
one of the four other actions.
"""

from collections.abc import Iterator
from typing import Final

from pydicom.datadict import DicomDictionary  # type: ignore[attr-defined]  # imported there from another module
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, VR

from multisite.dicom.attributes import Form
from multisite.dicom.places import SEQUENCES
from multisite.dicom.slots import CHARSET, CREATORS, PIXELS, SLOTS, STOPS, WAVEFORM, Slot, is_creator

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
    "SEARCHED",
    "SEARCHED_SLOTS",
    "SEQUENCE_DELIMITER",
    "SEQUENCE_TAGS",
    "SKIP",
    "SKIP_LONG",
    "SPECIAL",
    "SPECIAL_SLOTS",
    "STRANGERS",
    "UNSURE",
    "WANTED_SEQUENCES",
    "judge_explicit",
    "judge_implicit",
    "tag_bytes",
]

UNSURE: Final = -1
SKIP: Final = -2
SKIP_LONG: Final = -3
SPECIAL: Final = -4
PRESENCE: Final = -100
SEARCHED: Final = -10_000

ITEM: Final = b"\xfe\xff\x00\xe0"
ITEM_DELIMITER: Final = b"\xfe\xff\x0d\xe0"
SEQUENCE_DELIMITER: Final = b"\xfe\xff\xdd\xe0"
_META_GROUP: Final = b"\x02\x00"
_AT_THE_TOP: Final = [(index, slot) for index, slot in enumerate(SLOTS) if not slot.attribute.path]


def tag_bytes(tag: int) -> bytes:
    """The four bytes of a tag in a little endian file."""
    return (tag >> 16).to_bytes(2, "little") + (tag & 0xFFFF).to_bytes(2, "little")


def _tag(key: bytes) -> int:
    return int.from_bytes(key[:2], "little") << 16 | int.from_bytes(key[2:4], "little")


LONG_VR: Final[dict[bytes, bool]] = {vr.encode("ascii"): vr in EXPLICIT_VR_LENGTH_32 for vr in VR if len(vr) == 2}
"""For each VR as it stands in a file: whether its length field has four bytes."""

WANTED_SEQUENCES: Final = {tag_bytes(tag): items for tag, items in SEQUENCES.items()}
"""What is wanted of a sequence at the top level, by its tag."""

SEQUENCE_TAGS: Final = frozenset(tag_bytes(tag) for tag, entry in DicomDictionary.items() if entry[0] == "SQ")

RESERVED: Final = frozenset(
    {ITEM, ITEM_DELIMITER, SEQUENCE_DELIMITER}
    | {tag_bytes(tag) for tag in (*STOPS, *SEQUENCES, *(slot.tag for _, slot in _AT_THE_TOP))}
)
"""Tags that matter: with a VR under which they are in no table, they are not for the scanner to judge."""

STRANGERS: Final = frozenset(tag for tag in RESERVED if tag[:2] in (ITEM[:2], _META_GROUP))
"""Tags that have no place among the elements of a dataset."""

BINARY_TAGS: Final = frozenset(
    tag_bytes(slot.tag) for _, slot in _AT_THE_TOP if slot.attribute.vr[0] in ("OB", "OW", "OF")
)
"""Wanted tags whose value is no text: zeros there are content, not padding."""


def _is_special(slot: Slot) -> bool:
    return slot.attribute.form in (Form.PRESENCE, Form.CODES) or slot.tag == CHARSET


SPECIAL_SLOTS: Final = {
    tag_bytes(slot.tag): index
    for index, slot in _AT_THE_TOP
    if _is_special(slot) and slot.attribute.form is not Form.CODES
}
"""The slot of each wanted tag that is not simply kept: of most only the presence is."""

SEARCHED_SLOTS: Final = frozenset(index for index, slot in _AT_THE_TOP if slot.attribute.is_searched)
"""The slots of texts of which a row has the presence alone, and which are searched before."""


def _wanted() -> Iterator[tuple[bytes, int]]:
    """Every wanted element that has a VR of the dictionary."""
    for index, slot in _AT_THE_TOP:
        told = len(slot.attribute.vr) == 1 or slot.reading or _is_special(slot)
        for vr in (slot.reading,) if slot.reading else slot.attribute.vr if told else ():
            short = (SEARCHED if index in SEARCHED_SLOTS else PRESENCE) - index
            special = SPECIAL if slot.tag == CHARSET or vr in EXPLICIT_VR_LENGTH_32 else short
            yield tag_bytes(slot.tag) + vr.encode("ascii"), special if _is_special(slot) else index


def _unwanted() -> Iterator[tuple[bytes, int]]:
    """Every other element of the dictionary with its VR."""
    for tag, entry in DicomDictionary.items():
        for vr in entry[0].split(" or "):
            if tag_bytes(tag) not in RESERVED and len(vr) == 2:
                long = SKIP_LONG if vr in EXPLICIT_VR_LENGTH_32 else SKIP
                yield tag_bytes(tag) + vr.encode("ascii"), SPECIAL if vr == "SQ" else long


def _stops() -> Iterator[tuple[bytes, int]]:
    yield from ((tag_bytes(tag) + b"SQ", SPECIAL) for tag in (WAVEFORM, *SEQUENCES))
    for tag in PIXELS:
        yield from ((tag_bytes(tag) + vr, SPECIAL) for vr in (b"OB", b"OW", b"OF", b"OD"))


_ELEMENTS: Final = dict((*_unwanted(), *_wanted(), *_stops()))

META: Final = {key: action for key, action in _ELEMENTS.items() if key[:2] == _META_GROUP and key[2:4] != b"\0\0"}
"""The file meta group without its group length, which is expected once and first."""


_REMEMBERED: Final = 20_000
_CREATOR_VR: Final = frozenset({b"LO", b"UN"})

EXPLICIT: Final[dict[bytes, int]] = {key: action for key, action in _ELEMENTS.items() if key[:2] != _META_GROUP}
"""Every element of a dataset by tag and VR; what is not listed is for ``judge_explicit``, which remembers it."""

IMPLICIT: Final[dict[bytes, int]] = dict.fromkeys(RESERVED, SPECIAL) | {
    tag_bytes(slot.tag): index
    for index, slot in _AT_THE_TOP
    if not slot.reading and not _is_special(slot) and tag_bytes(slot.tag) not in STRANGERS
}
"""Every element of a dataset by tag alone; what is not listed is for ``judge_implicit``."""


def judge_explicit(key: bytes) -> int:
    """What to do with an element that is not in the table, by its VR."""
    long = LONG_VR.get(key[4:])
    if long is None or key[:4] in RESERVED:
        return UNSURE
    action = SPECIAL if key[4:] == b"SQ" else SKIP_LONG if long else SKIP
    if key[4:] in _CREATOR_VR and is_creator(_tag(key)):
        action = SPECIAL if long else CREATORS + _tag(key)
    return _remember(EXPLICIT, key, action)


def judge_implicit(tag: bytes) -> int:
    """What to do with an element that is not in the table."""
    return _remember(IMPLICIT, tag, CREATORS + _tag(tag) if is_creator(_tag(tag)) else SKIP)


def _remember(table: dict[bytes, int], key: bytes, action: int) -> int:
    if len(table) < _REMEMBERED:
        table[key] = action
    return action
