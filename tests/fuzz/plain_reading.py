"""What pydicom alone reads from the bytes of an object, with nothing of ours in between.

The whole object is given to pydicom as a caller would who reads headers with ``force``. A header ends before the
pixels, and before the frames' functional groups or a waveform; of these two no more is looked at than the first item.
"""

import logging
import sys
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

from pydicom import config
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset, read_partial, read_sequence_item
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag

__all__ = ["End", "PlainReading", "quietly", "read_plainly"]

_PIXELS = {0x7FE00008, 0x7FE00009, 0x7FE00010}
_FRAMES = 0x52009230
_BEHIND = {_FRAMES, 0x54000100}
_UNDEFINED = 0xFFFFFFFF


@dataclass(frozen=True)
class PlainReading:
    """A dataset as pydicom has it, with its pixels replaced by a byte if it has any.

    ``cut`` says that the bytes end inside an element, ``doubtful`` that they may: pydicom stopped at a
    delimiter of nothing, or found the end of a value without a length where it had looked at all of them.
    ``end`` is the element at which the header ends. ``broken`` says that a deflated stream is spoilt, in the header or
    behind it.
    """

    dataset: Dataset
    cut: bool
    doubtful: bool
    end: "End | None"
    broken: bool = False


@dataclass(frozen=True)
class End:
    """The element at which a header ends: its tag, its stated length, where its value starts, and all from there on."""

    tag: int
    length: int
    start: int
    value: bytes

    @property
    def has_item(self) -> bool:
        """Whether the value starts with an item, in either byte order."""
        return self.value[:4] in (b"\xfe\xff\0\xe0", b"\xff\xfe\xe0\0")


class _Noticing(BytesIO):
    """Bytes that remember whether they end inside an element, and from where all the rest was asked for."""

    ran_out = False
    looked_at_all = False
    short = False
    broken = False
    rest_from: int | None = None

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            self.rest_from = self.tell()
            return super().read()
        got = super().read(size)
        # The end of a value without a length is looked for in chunks, of which the last is short.
        in_chunks = sys._getframe(1).f_code.co_name == "read_undefined_length_value"
        self.ran_out |= len(got) < size and not in_chunks
        self.looked_at_all |= len(got) < size and in_chunks
        # A remainder of zeros, too short for an element, is padding.
        self.short |= size == 8 and len(got) < size and bool(got.strip(b"\0 "))
        return got


def read_plainly(data: bytes) -> PlainReading | None:
    """What pydicom reads from a whole object, or ``None`` if it raises."""
    with quietly():
        try:
            return _read(data)
        except Exception:  # pydicom has no common class for what it raises on spoilt bytes
            return None


@contextmanager
def quietly() -> Iterator[None]:
    log = logging.getLogger("pydicom")
    before, mode = log.disabled, config.settings.reading_validation_mode
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        log.disabled, config.settings.reading_validation_mode = True, config.IGNORE
        try:
            yield
        finally:
            log.disabled, config.settings.reading_validation_mode = before, mode


def _read(data: bytes) -> PlainReading:
    ends: list[End] = []
    source = _Noticing(data)
    try:
        dataset: Dataset = read_partial(source, stop_when=_stopping(source, ends), force=True)
    except zlib.error:
        if source.rest_from is None:
            raise
    if source.rest_from is not None:
        ends.clear()
        dataset, source = _inflated_by_hand(data, source.rest_from, ends)
    end = ends[-1] if ends else None
    if end is not None and end.tag in _PIXELS:
        _put(dataset, DataElement(end.tag, "OB", b"\1" if end.length else b""))
    elif end is not None:
        _put_sequence(dataset, end)
    stray = end is None and source.tell() < len(source.getvalue())
    if end is None or end.tag != _FRAMES or not end.has_item:
        headless = end is not None and end.tag in _BEHIND and len(end.value) < min(4, end.length)
        return PlainReading(dataset, headless or (end is None and source.short), stray, end, source.broken)
    frame = _Noticing(source.getvalue())
    frame.seek(end.start)
    read_sequence_item(frame, *_encoding(dataset), dataset._character_set)
    return PlainReading(dataset, frame.ran_out, frame.looked_at_all, end, source.broken)


def _stopping(source: _Noticing, ends: list[End]) -> Callable[[int, str | None, int], bool]:
    """What pydicom asks before each element, whether to stop there."""

    def stop(tag: int, vr: str | None, length: int) -> bool:
        at = source.tell()
        source.short |= length != _UNDEFINED and at + length > len(source.getvalue())
        if tag in _PIXELS | _BEHIND:
            # The first item is read by its own length, whatever the length of the sequence.
            ends.append(End(int(tag), length, at, source.getvalue()[at:]))
        return tag in _PIXELS | _BEHIND

    return stop


def _encoding(dataset: Dataset) -> tuple[bool, bool]:
    """Whether pydicom found implicit VRs, and little endian; what the transfer syntax says may be wrong."""
    known = (element for element in dataset._dict.values() if isinstance(element, RawDataElement))
    found = [(element.is_implicit_VR, element.is_little_endian) for element in known if element.tag.group > 0]
    return found[0] if found else (False, True)


def _put(dataset: Dataset, element: DataElement | RawDataElement) -> None:
    """Put an element where it is: by the public way pydicom would go and convert other elements."""
    dataset._dict[element.tag] = element


def _put_sequence(dataset: Dataset, end: End) -> None:
    """A sequence as pydicom holds one before it is asked for its items, or something that nothing can convert."""
    tag, head = BaseTag(end.tag), end.value[:4]
    if not end.length or head in (b"\xfe\xff\xdd\xe0", b"\xff\xfe\xe0\xdd"):
        _put(dataset, DataElement(tag, "SQ", Sequence()))
    else:
        vr = "SQ" if end.has_item else "??"
        _put(dataset, RawDataElement(tag, vr, len(end.value), end.value, 0, *_encoding(dataset)))


def _inflated_by_hand(data: bytes, start: int, ends: list[End]) -> tuple[Dataset, _Noticing]:
    """A deflated stream may be spoilt behind the header; pydicom takes it as a whole or not at all."""
    inflater, inflated = zlib.decompressobj(-zlib.MAX_WBITS), b""
    broken = False
    try:
        for at in range(start, len(data)):
            inflated += inflater.decompress(data[at : at + 1])
    except zlib.error:
        broken = True
    source = _Noticing(inflated)
    source.short, source.broken = not inflater.eof, broken
    dataset = read_dataset(source, False, True, stop_when=_stopping(source, ends))
    meta = data[132:start] if data[128:132] == b"DICM" else data[:start]
    dataset.file_meta = read_dataset(BytesIO(meta), False, True)  # type: ignore[assignment]  # a dataset of group 2
    return dataset, source
