"""Elements as pydicom holds them → the slots of a raw header."""

from typing import Any, Final

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag

from multisite.dicom.attributes import Form
from multisite.dicom.converted import ITEM_HEADS, presence_of, value_of
from multisite.dicom.found import Found, settle
from multisite.dicom.items import take_item, take_items
from multisite.dicom.places import SEQUENCES
from multisite.dicom.records import PRESENT
from multisite.dicom.slots import CHARSET, CREATORS, PIXELS, SLOTS, is_creator, slot_of

__all__ = ["RawElements"]

_READINGS: Final = ("US", "SS")
_CREATOR_VR: Final = (None, "LO", "UN")


class RawElements:
    """Collects the wanted values of one header.

    Values keep their bytes as they stand in the file, turned to little endian. A value whose VR is not the
    dictionary's is taken as text from what pydicom makes of it, and one that pydicom cannot convert is
    named as invalid. ``unread`` are the sequences at the top level of which pydicom cannot make one.
    """

    __slots__ = ("found", "invalid", "texts", "unread", "values")

    def __init__(self) -> None:
        self.values: dict[int, bytes] = {}
        self.texts: dict[int, str] = {}
        self.invalid: set[int] = set()
        self.unread: set[int] = set()
        self.found = Found()

    def take(self, dataset: Dataset, *, meta: bool) -> None:
        """Take what is wanted of the elements, of the file meta group or of all other groups."""
        held = dict(dataset.items())
        if CHARSET in held:
            value = value_of(held[BaseTag(CHARSET)], dataset, ("CS",))
            self.found.charset = value if isinstance(value, bytes) else b""
        for tag, element in held.items():
            if (tag.group == 2) is not meta:
                continue
            if int(tag) in SEQUENCES:
                self._take_sequence(element, dataset)
            elif is_creator(int(tag)):
                self._take_creator(element)
            slot = slot_of(int(tag))
            if slot is not None and SLOTS[slot].attribute.form is not Form.CODES:
                self._take_top(slot, element, dataset)

    def take_end(self, tag: int, length: int, head: bytes) -> None:
        """Take the element at which the header ends, of which only the start of the value may be at hand."""
        found = ITEM_HEADS.get(head) if length and tag not in PIXELS else PRESENT if length else b""
        slot = slot_of(tag)
        if slot is not None:
            self._put(slot, found)
        if found is None and tag in SEQUENCES:
            self._refuse(tag)

    def take_first_item(self, tag: int, item: Dataset) -> None:
        """Take what is wanted of the first item of a sequence whose other items are not read."""
        if not take_item(item, SEQUENCES[tag].first, self.found):
            self._refuse(tag)

    def settle(self) -> frozenset[int]:
        """Let what was found in sequences answer where the top level does not; returns the slots of which it did."""
        return settle(self.found, self.values, self.texts, self.invalid)

    def _take_top(self, slot: int, element: Any, dataset: Dataset) -> None:
        attribute = SLOTS[slot].attribute
        if attribute.form is Form.PRESENCE:
            is_sequence = attribute.vr == ("SQ",)
            self._put(slot, presence_of(element, dataset, sequence=is_sequence, is_searched=attribute.is_searched))
            return
        if element.VR in _READINGS and attribute.vr == _READINGS:
            slot = slot_of(int(element.tag), str(element.VR)) or slot
        self._put(slot, value_of(element, dataset, attribute.vr, self.found.charset))

    def _put(self, slot: int, value: bytes | str | None) -> None:
        if value is None:
            self.invalid.add(slot)
        elif isinstance(value, str):
            self.texts[slot] = value
        else:
            self.values[slot] = value

    def _take_sequence(self, element: Any, dataset: Dataset) -> None:
        tag = int(element.tag)
        if not take_items(element, dataset, SEQUENCES[tag], self.found):
            self._refuse(tag)

    def _refuse(self, tag: int) -> None:
        self.unread.add(tag)
        slot = slot_of(tag)
        if slot is not None and SLOTS[slot].attribute.form is Form.CODES:
            self.invalid.add(slot)

    def _take_creator(self, element: Any) -> None:
        if element.VR in _CREATOR_VR and isinstance(element, RawDataElement):
            self.values[CREATORS + int(element.tag)] = element.value or b""
