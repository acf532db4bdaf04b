"""The same raw header through pydicom, for every object that the scanner does not surely understand.

pydicom is given the bytes as an object with a preamble, so that objects without one go the same way. A
short read is noted and not refused: afterwards it tells apart a header that goes on behind the prefix, one
that is cut off, and one that cannot be read.
"""

import io
import zlib
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset, read_partial, read_sequence_item
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32

from multisite.dicom.converted import ITEM_HEADS
from multisite.dicom.elements import RawElements
from multisite.dicom.quiet import quiet
from multisite.dicom.records import PRESENT, NeedMore, RawHeader
from multisite.dicom.scanner import MARGIN
from multisite.dicom.slots import PER_FRAME, PIXELS, STOPS
from multisite.dicom.tables import ITEM
from multisite.vocabulary import QuarantineReason

__all__ = ["read_with_pydicom"]

_PREAMBLE: Final = b"\0" * 128 + b"DICM"


class _DeflatedError(Exception):
    """pydicom asks for the rest of the object, which it does for a deflated dataset only."""


class _Source(io.BytesIO):
    """Bytes that know whether a read wanted more than there is, and how far the last element goes."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.size = len(data)
        self.ran_out = False
        self.rest = b""
        self.start: int | None = None
        self.last: tuple[int, int] | None = None
        self.end: tuple[int, int, bytes] | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            raise _DeflatedError
        got = super().read(size)
        if len(got) < size:
            self.ran_out, self.rest = True, got
        return got

    def stop(self, tag: int, vr: str | None, length: int) -> bool:
        """Whether the header ends before this element; pydicom asks for each element of the dataset."""
        start = self.tell()
        if self.start is None:
            # Where the dataset starts: the first element's tag and length are already read.
            self.start = start - (12 if vr in EXPLICIT_VR_LENGTH_32 else 8)
        self.last = (start, length)
        if tag not in STOPS:
            return False
        self.end = (int(tag), length, self.getvalue()[start : start + 4])
        return True

    @property
    def complete(self) -> bool:
        """Whether the header ended by itself, or its last element ends with the bytes.

        pydicom passes over a remainder too short for another element; it may be padding, but no half element.
        """
        if self.end is not None or not self.ran_out:
            return True
        if self.last is None or self.tell() < self.size or self.rest.strip(b"\0 "):
            return False
        start, length = self.last
        return self.tell() != start if length == 0xFFFFFFFF else start + length <= self.size


@dataclass(frozen=True, slots=True)
class _Limits:
    """What is known of the object behind the bytes at hand."""

    have: int
    object_size: int | None
    max_header_bytes: int

    @property
    def whole(self) -> bool:
        return self.object_size is not None and self.have >= self.object_size

    def rest(self, end: int) -> int | None:
        return None if self.object_size is None else self.object_size - end

    def short(self) -> NeedMore | QuarantineReason:
        return QuarantineReason.TRUNCATED if self.whole else NeedMore(self.have + MARGIN)


def read_with_pydicom(
    data: bytes, *, object_size: int | None, max_header_bytes: int
) -> RawHeader | NeedMore | QuarantineReason:
    """Read the header at the start of an object as pydicom would with ``force``.

    ``NeedMore`` holds the least number of bytes that could do. Raises nothing: what goes wrong is a reason.
    """
    limits = _Limits(len(data), object_size, max_header_bytes)
    with_preamble = data if data[128:132] == b"DICM" else _PREAMBLE + data
    added = len(with_preamble) - len(data)
    source = _Source(with_preamble)
    with quiet():
        # What pydicom raises on spoilt bytes has no common class, and its text may quote them.
        try:
            return _read_plain(source, limits, added)
        except _DeflatedError:
            start = source.tell()
        except Exception:  # pydicom has no common class for what it raises on spoilt bytes
            return limits.short() if source.ran_out else QuarantineReason.UNREADABLE
        try:
            return _read_deflated(with_preamble, start, limits, added)
        except Exception:  # as above
            return QuarantineReason.UNREADABLE


def _read_plain(source: _Source, limits: _Limits, added: int) -> RawHeader | NeedMore | QuarantineReason:
    dataset = read_partial(source, stop_when=source.stop)
    ended = source.end is not None or not source.ran_out
    if not source.complete or not (limits.whole or ended):
        return limits.short()
    elements = RawElements()
    elements.take(dataset.file_meta, meta=True)
    if not _take(dataset, source, elements):
        return limits.short()
    end = min(source.tell() - added, limits.have)
    return _raw_header(elements, source, end, limits.rest(end))


def _read_deflated(data: bytes, start: int, limits: _Limits, added: int) -> RawHeader | NeedMore | QuarantineReason:
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    source = _Source(inflater.decompress(data[start:], limits.max_header_bytes))
    elements = RawElements()
    try:
        dataset = read_dataset(source, False, True, stop_when=source.stop)
        ended = inflater.eof or source.end is not None or not source.ran_out
        complete = ended and source.complete and _take(dataset, source, elements)
    except Exception:  # as above
        complete = False
    if not complete:
        if not source.ran_out and (inflater.eof or limits.whole):
            return QuarantineReason.UNREADABLE
        return QuarantineReason.HEADER_TOO_LONG if inflater.unconsumed_tail else limits.short()
    elements.take(read_dataset(_Source(data[len(_PREAMBLE) : start]), False, True), meta=True)
    # How many compressed bytes the header took is not known; it is not more than it has uncompressed.
    end = start - added + source.tell()
    size = limits.object_size
    return _raw_header(elements, source, end if size is None else min(end, size), limits.rest(start - added))


def _take(dataset: Dataset, source: _Source, elements: RawElements) -> bool:
    """Take the wanted values, also of the first frame's groups; false if the bytes end within those."""
    elements.take(dataset, meta=False)
    if source.end is None:
        return True
    elements.take_end(*source.end)
    tag, length, head = source.end
    if length and tag not in PIXELS and len(head) < len(ITEM):
        return False
    if tag != PER_FRAME or length == 0:
        return True
    item = _first_item(dataset, source)
    if item is None:
        return True
    elements.take_first_item(tag, item)
    return not source.ran_out


def _first_item(dataset: Dataset, source: _Source) -> Dataset | None:
    """The first item of the sequence that the header ended at; ``None`` if it has none."""
    start, _ = source.last or (source.tell(), 0)
    known = next((element for element in dataset.values() if isinstance(element, RawDataElement)), None)
    if known is None:
        return None
    if ITEM_HEADS.get(source.getvalue()[start : start + 4]) != PRESENT:
        return None
    # Whatever was looked for before, and not found in the bytes, says nothing of the item.
    source.ran_out = False
    source.seek(start)
    return read_sequence_item(source, known.is_implicit_VR, known.is_little_endian, dataset._character_set)


def _raw_header(elements: RawElements, source: _Source, header_bytes: int, rest_bytes: int | None) -> RawHeader:
    stood_in = elements.settle()
    return RawHeader(
        elements.values,
        header_bytes,
        "pydicom",
        ends_early=source.end is not None and source.end[0] not in PIXELS,
        texts=elements.texts,
        invalid=frozenset(elements.invalid),
        stood_in=stood_in,
        unread=frozenset(elements.unread),
        digest=sha256(source.getvalue()[source.start or 0 : source.tell()]).digest(),
        rest_bytes=rest_bytes,
    )
