"""Many raw headers → one raw column per attribute, dense and in the order of the headers."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from multisite.dicom.attributes import Attribute, padding_of
from multisite.dicom.charset import CHARSET_VR, Decoder, decoder, is_plain, is_registered, latin
from multisite.dicom.places import SEQUENCES_OF
from multisite.dicom.records import RawHeader
from multisite.dicom.slots import CREATORS, PER_FRAME, SLOTS_OF
from multisite.dicom.transposed import Transposed

__all__ = ["Batch", "TextColumn"]

(_CHARSET,) = SLOTS_OF["SpecificCharacterSet"]
_CONTROLS: Final = (b"\t", b"\n", b"\r", b"\v", b"\f", b"\x1c", b"\x1d", b"\x1e", b"\x1f")
_PADDED: Final = (b"\\ ", b" \\", b"\\\0", b"\0\\")
_FEW: Final = 64
_ONE_TEXT: Final = frozenset({"ST", "LT", "UT"})


@dataclass(frozen=True, slots=True)
class TextColumn:
    """Text of one attribute, and the rows in which it is there but cannot be read.

    With ``codes`` the text holds each distinct value once, and the codes say which of them a row has.
    """

    text: pl.Series
    refused: tuple[int, ...]
    codes: npt.NDArray[np.uint32] | None = None


class Batch:
    """Raw headers seen as columns; ``charsets`` has the Specific Character Set of each row."""

    def __init__(self, headers: Sequence[RawHeader]) -> None:
        self._values = [header.values for header in headers]
        self._texts = {row: header.texts for row, header in enumerate(headers) if header.texts}
        self._refused = {row: header.invalid for row, header in enumerate(headers) if header.invalid}
        charsets = [values.get(_CHARSET, b"") for values in self._values]
        for row, texts in self._texts.items():
            charsets[row] = texts.get(_CHARSET, "").encode("latin-1", "replace") or charsets[row]
        self.charsets = charsets
        self._registered = all(map(is_registered, set(charsets)))
        self.size = len(self._values)
        self._early = [row for row, header in enumerate(headers) if header.ends_early]
        self._unread = {row: header.unread for row, header in enumerate(headers) if header.unread}
        self._columns = Transposed(self._values)
        self._present = self._columns.slots.union(*self._texts.values(), *self._refused.values())

    def has(self, attribute: Attribute) -> bool:
        """Whether any header of the batch has the attribute, or may have it where nobody looked."""
        return not self._present.isdisjoint(SLOTS_OF[attribute.keyword]) or bool(self.unseen(attribute))

    def unseen(self, attribute: Attribute) -> list[int]:
        """The rows in which the attribute was not found, and not looked for everywhere.

        It stands behind the place where the header ends early, or may stand in a sequence that cannot be read.
        """
        behind = self._early if attribute.outermost > PER_FRAME else []
        if not behind and not self._unread:
            return []
        around = SEQUENCES_OF.get(attribute.keyword, frozenset())
        hidden = [row for row, tags in self._unread.items() if not tags.isdisjoint(around)]
        rows = sorted({*behind, *hidden}) if hidden else behind
        slots = SLOTS_OF[attribute.keyword]
        return rows if self._present.isdisjoint(slots) else [row for row in rows if not self._is_there(row, slots)]

    def _is_there(self, row: int, slots: Iterable[int]) -> bool:
        held = (self._values[row], self._texts.get(row, {}), self._refused.get(row, ()))
        return any(slot in part for slot in slots for part in held)

    @property
    def has_unseen(self) -> bool:
        """Whether any header of the batch was not read everywhere."""
        return bool(self._early or self._unread)

    def any_of(self, keywords: Iterable[str]) -> bool:
        """Whether any header of the batch has one of the attributes."""
        return any(not self._present.isdisjoint(SLOTS_OF[keyword]) for keyword in keywords)

    def creators(self) -> list[list[bytes | None]]:
        """The values of each private creator that any header has, by row."""
        return [self.slot(slot) for slot in sorted(self._present) if slot >= CREATORS]

    def slots(self, attribute: Attribute) -> list[int]:
        """The slots of an attribute that any header of the batch fills."""
        return [slot for slot in SLOTS_OF[attribute.keyword] if slot in self._present]

    def refused(self, attribute: Attribute) -> tuple[int, ...]:
        """The rows in which the element is there but its value could not be had."""
        slots = SLOTS_OF[attribute.keyword]
        return tuple(row for row, invalid in self._refused.items() if not invalid.isdisjoint(slots))

    def overrides(self, attribute: Attribute) -> dict[int, str]:
        """The values that are held as text, by row."""
        slots = SLOTS_OF[attribute.keyword]
        return {row: texts[slot] for row, texts in self._texts.items() for slot in slots if slot in texts}

    def values(self, attribute: Attribute) -> list[bytes | None]:
        """The bytes of each row; of several overlay planes the first that is there."""
        slots = self.slots(attribute)
        if len(slots) == 1:
            return self.slot(slots[0])
        found = ([values[slot] for slot in slots if slot in values] for values in self._values)
        return [row[0] if row else None for row in found]

    def presence(self, attribute: Attribute) -> list[bytes | None]:
        """``PRESENT`` where any of the planes has a value."""
        slots = self.slots(attribute)
        if len(slots) == 1:
            return self.values(attribute)
        found = ([values[slot] for slot in slots if slot in values] for values in self._values)
        return [max(row) if row else None for row in found]  # PRESENT sorts behind the empty value

    def slot(self, slot: int) -> list[bytes | None]:
        """The bytes that each row has in one slot."""
        return self._columns.column(slot)

    def text(self, attribute: Attribute) -> TextColumn:
        """The text of each row, decoded by the character set of its header."""
        values = self.values(attribute)
        overrides = self.overrides(attribute)
        refused = self.refused(attribute)
        distinct = dict.fromkeys(values)
        blob = b"".join(filter(None, distinct))
        by_charset = attribute.vr[0] in CHARSET_VR and attribute.level != "file"
        if is_plain(blob) and not overrides and (self._registered or not by_charset):
            codes = None
            if len(distinct) <= min(_FEW, self.size // 4):
                codes = _codes(values, distinct)
                values = list(distinct)
            text = pl.Series(values, dtype=pl.Binary).cast(pl.String)
            return TextColumn(_tidy(text, attribute) if _is_untidy(blob) else text, refused, codes)
        decoders = [decoder(charset) for charset in self.charsets] if by_charset else [latin] * self.size
        rows = [_decoded(value, decode) for value, decode in zip(values, decoders, strict=True)]
        for row, override in overrides.items():
            rows[row] = override
        unread = tuple(row for row, value in enumerate(values) if value is not None and rows[row] is None)
        return TextColumn(_tidy(pl.Series(rows, dtype=pl.String), attribute), refused + unread)

    def searched(self, attribute: Attribute) -> TextColumn:
        """The distinct texts of an attribute of which a row has the presence alone; null where none is at hand.

        Names of people, too, are read by the character set of their header.
        """
        values, texts = self.values(attribute), list[str | None]()
        codes = np.zeros(self.size, np.uint32)
        for charset, rows in self._rows_by_charset().items():
            own = values if len(rows) == self.size else [values[row] for row in rows]
            distinct = dict.fromkeys(own)
            codes[rows] = _codes(own, distinct) + len(texts)
            # A single byte may be the mark of a presence.
            texts += [decoder(charset)(value) if value and len(value) > 1 else None for value in distinct]
        return TextColumn(pl.Series(texts, dtype=pl.String), (), codes)

    def _rows_by_charset(self) -> dict[bytes, npt.NDArray[np.intp]]:
        if len(set(self.charsets)) == 1:
            return {self.charsets[0]: np.arange(self.size)}
        rows: dict[bytes, list[int]] = {}
        for row, charset in enumerate(self.charsets):
            rows.setdefault(charset, []).append(row)
        return {charset: np.array(own) for charset, own in rows.items()}


def _codes(values: list[bytes | None], distinct: dict[bytes | None, None]) -> npt.NDArray[np.uint32]:
    """For each value its place among the distinct ones."""
    if len(distinct) == 1:
        return np.zeros(len(values), np.uint32)
    places = {value: place for place, value in enumerate(distinct)}
    return np.fromiter(map(places.__getitem__, values), np.uint32, len(values))


def _decoded(value: bytes | None, decode: Decoder) -> str | None:
    return None if value is None else decode(value)


def _is_untidy(blob: bytes) -> bool:
    """Whether stripping the ends of each value of spaces and NULs may not be enough."""
    padded = b"\\" in blob and any(mark in blob for mark in _PADDED)
    return padded or any(mark in blob for mark in _CONTROLS)


def _tidy(text: pl.Series, attribute: Attribute) -> pl.Series:
    """Padding taken off each value, as pydicom does it.

    Numbers and UIDs may be padded with more than spaces, and free text holds one value, backslash or not.
    """
    padding = padding_of(attribute.form)
    if attribute.vr[0] in _ONE_TEXT:
        return text.str.strip_chars(padding)
    rows = [row and "\\".join(part.strip(padding) for part in row.split("\\")) for row in text.to_list()]
    return pl.Series(rows, dtype=pl.String)
