"""What reading an object may come to, judged by what plain pydicom reads from the same bytes."""

from collections.abc import Sequence as Several
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydicom.datadict import dictionary_has_tag
from pydicom.sequence import Sequence
from pydicom.valuerep import VR

from multisite.dicom import NeedMore, Pseudonymiser, RawHeader, decode_headers, read_header
from multisite.vocabulary import QuarantineReason
from tests.fuzz.plain_reading import PlainReading, quietly, read_plainly
from tests.unit.dicom.expected import KEY, differences

__all__ = ["LIMIT", "Reading", "judge", "judge_all", "judge_together", "read_in_rounds", "read_whole", "same"]

LIMIT = 2**20
"""The longest header that is read here, in bytes."""

_ROUNDS = 25
_DIRECTORY = "1.2.840.10008.1.3.10"
_MARGIN = 16

Outcome = RawHeader | QuarantineReason


@dataclass(frozen=True)
class Reading:
    """The bytes of an object and what came of them."""

    data: bytes
    outcome: Outcome


def read_whole(data: bytes) -> Outcome:
    """Read an object of which every byte is at hand."""
    result = read_header(data, object_size=len(data), max_header_bytes=LIMIT)
    assert not isinstance(result, NeedMore), "more was asked for than the object has"
    return result


def read_in_rounds(data: bytes, first: int, *, size_known: bool = True) -> Outcome:
    """Read an object as a store would: a prefix, and longer ones for as long as more is asked for.

    If its size is not known, it comes to light when less comes than was asked for.
    """
    asked = first
    for _ in range(_ROUNDS):
        prefix = data[:asked]
        size = len(data) if size_known or len(prefix) < asked else None
        result = read_header(prefix, object_size=size, max_header_bytes=LIMIT)
        if not isinstance(result, NeedMore):
            return result
        assert len(prefix) < result.prefix_bytes, "what is asked for does not grow"
        assert size is None or result.prefix_bytes <= size, "what is asked for is not there"
        asked = result.prefix_bytes
    raise AssertionError("more is asked for without end")


def same(unsized: Outcome, sized: Outcome) -> bool:
    """Whether a reading that began without the size of the object agrees with one that knew it.

    Without it nobody knows how much lies behind the header, where a deflated one ends in the file, and whether a length
    beyond the limit is beyond the object too.
    """
    if isinstance(unsized, RawHeader) and isinstance(sized, RawHeader) and unsized.rest_bytes is None:
        return replace(unsized, rest_bytes=sized.rest_bytes, header_bytes=sized.header_bytes) == sized
    return unsized == sized or unsized is QuarantineReason.HEADER_TOO_LONG


def judge(data: bytes) -> list[str]:
    """What is wrong with the reading of one object; nothing, if all is well."""
    return judge_all([Reading(data, read_whole(data))])[0]


def judge_together(files: Several[bytes]) -> dict[int, list[str]]:
    """What is wrong with the readings of some objects, by their place; nothing, if all is well."""
    wrong = judge_all([Reading(data, read_whole(data)) for data in files])
    return {place: found for place, found in enumerate(wrong) if found}


def judge_all(readings: Several[Reading]) -> list[list[str]]:
    """What is wrong with each reading. Rows are decoded together, as a shard is."""
    headers = [reading.outcome for reading in readings if isinstance(reading.outcome, RawHeader)]
    rows = iter(decode_headers(headers, Pseudonymiser(KEY)).to_dicts())
    return [
        _judge_row(reading, next(rows)) if isinstance(reading.outcome, RawHeader) else _judge_reason(reading)
        for reading in readings
    ]


def _judge_row(reading: Reading, row: dict[str, Any]) -> list[str]:
    plain = read_plainly(reading.data)
    if plain is None:
        return ["a row, and pydicom raises"]
    assert isinstance(reading.outcome, RawHeader)
    with quietly():
        wrong = differences(row, plain.dataset)
    if plain.cut:
        wrong.append("a row, and the bytes end inside an element")
    return wrong


def _judge_reason(reading: Reading) -> list[str]:
    reason, data = reading.outcome, reading.data
    plain = None if reason in _WITHOUT_READING else read_plainly(data)
    with quietly():
        # The type is ignored because an outcome that is no reading is a reason; NeedMore never comes of whole objects.
        return [] if _REASONS[reason](data, plain) else [f"{reason}, and that is not true"]


def _is_no_dicom(data: bytes, plain: PlainReading | None) -> bool:
    """Neither is it marked as DICOM, nor does it start with an element that an object starts with, nor is it one."""
    return data[128:132] != b"DICM" and (not _starts_well(data) or _tells_nothing(data))


def _starts_well(data: bytes) -> bool:
    """Whether the first element is one that an object starts with, with a VR, or with a length that it can have."""
    orders: tuple[Literal["little", "big"], ...] = ("little", "big")
    tags = [int.from_bytes(data[:2], order) << 16 | int.from_bytes(data[2:4], order) for order in orders]
    known = any(tag >> 16 in (2, 8) and (dictionary_has_tag(tag) or not tag & 0xFFFF) for tag in tags)
    return known and (data[4:6].decode("latin-1") in set(VR) or int.from_bytes(data[4:8], "little") <= len(data))


def _has_elements(plain: PlainReading) -> bool:
    """Whether there is more than a file meta group and zeros."""
    return any(tag.group for tag in set(plain.dataset.keys()))


def _tells_nothing(data: bytes) -> bool:
    plain = read_plainly(data)
    return plain is None or plain.cut or not _text(plain.dataset, "SOPInstanceUID")


def _lacks_an_instance_uid(data: bytes, plain: PlainReading | None) -> bool:
    return plain is not None and not _text(plain.dataset, "SOPInstanceUID")


def _is_directory(data: bytes, plain: PlainReading | None) -> bool:
    return plain is not None and _text(plain.dataset.file_meta, "MediaStorageSOPClassUID") == _DIRECTORY


def _text(dataset: Any, keyword: str) -> str:
    try:
        value = dataset.get(keyword) or ""
        return "" if isinstance(value, bytes | Sequence) else str(value).strip(" \0\t\n\r\v\f")
    except Exception:  # pydicom has no common class for a value that it cannot convert
        return ""


_REASONS = {
    QuarantineReason.EMPTY_OBJECT: lambda data, plain: not data,
    QuarantineReason.NOT_DICOM: _is_no_dicom,
    QuarantineReason.TRUNCATED: lambda data, plain: (
        plain is None or plain.cut or plain.doubtful or not _has_elements(plain)
    ),
    QuarantineReason.UNREADABLE: lambda data, plain: plain is None or plain.broken,
    QuarantineReason.HEADER_TOO_LONG: lambda data, plain: len(data) > LIMIT or plain is None,
    QuarantineReason.NO_SOP_INSTANCE: _lacks_an_instance_uid,
    QuarantineReason.NOT_AN_INSTANCE: _is_directory,
}
_WITHOUT_READING = {QuarantineReason.EMPTY_OBJECT, QuarantineReason.NOT_DICOM}
