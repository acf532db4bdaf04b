"""The bytes at the start of one object → its raw header, the wish for more bytes, or why there is none."""

from typing import Final

from pydicom.datadict import dictionary_has_tag

from multisite.dicom.fallback import read_with_pydicom
from multisite.dicom.records import NeedMore, RawHeader
from multisite.dicom.scanner import DIRECTORY, scan
from multisite.dicom.slots import SLOTS_OF
from multisite.dicom.tables import LONG_VR
from multisite.vocabulary import QuarantineReason

__all__ = ["MAX_HEADER_BYTES", "READER_VERSION", "read_header"]

READER_VERSION: Final = 5
"""Raised when the same bytes would give other rows than before; every header is then read again."""

MAX_HEADER_BYTES: Final = 8 * 2**20
"""A header longer than this is given up, unless the caller says otherwise."""

(_INSTANCE,) = SLOTS_OF["SOPInstanceUID"]
(_CLASS,) = SLOTS_OF["MediaStorageSOPClassUID"]
_START: Final = 132
_FIRST_GROUPS: Final = (0x0002, 0x0008)


def read_header(
    prefix: bytes, *, object_size: int | None, max_header_bytes: int = MAX_HEADER_BYTES
) -> RawHeader | NeedMore | QuarantineReason:
    """Read the DICOM header at the start of an object.

    Parameters
    ----------
    prefix
        The first bytes of the object; the whole of it does no harm.
    object_size
        The length of the object in bytes; ``None`` if it is not known. Then a prefix that stops between two
        elements may not be all, and more is asked for: who gets fewer bytes than were asked for has the whole
        object, and passes its length.
    max_header_bytes
        No byte behind this offset is looked at, and a deflated header is not inflated beyond it.

    Returns
    -------
    RawHeader
        Values for ``decode_headers``. The same for every prefix that is long enough.
    NeedMore
        The header goes on behind the prefix: read again with the length that it names.
    QuarantineReason
        The object gives no row, and why.

    Nothing is raised, whatever the bytes are.
    """
    if object_size is not None and object_size <= 0:
        return QuarantineReason.EMPTY_OBJECT
    data = bytes(prefix[: max_header_bytes if object_size is None else min(object_size, max_header_bytes)])
    if len(data) < (_START if object_size is None else min(object_size, _START)):
        return _more(_START, len(data), object_size, max_header_bytes)
    if data[128:132] != b"DICM" and not _starts_like_dicom(data, object_size or len(data)):
        if object_size is None and _starts_like_dicom(data, max_header_bytes):
            # Its first element may be longer than what is at hand, or than the object.
            return _more(len(data) + 1, len(data), None, max_header_bytes)
        return QuarantineReason.NOT_DICOM
    result = scan(data, object_size=object_size)
    if result is None:
        result = read_with_pydicom(data, object_size=object_size, max_header_bytes=max_header_bytes)
    if isinstance(result, NeedMore):
        return _more(result.prefix_bytes, len(data), object_size, max_header_bytes)
    return _checked(result) if isinstance(result, RawHeader) else result


def _more(at_least: int, have: int, object_size: int | None, limit: int) -> NeedMore | QuarantineReason:
    """Ask for twice the bytes at hand or more, so that a long header takes few rounds."""
    longest = limit if object_size is None else min(object_size, limit)
    # Where the size is not known, the object may end before what it asks for, and is then cut off and not too long.
    if have >= limit or (object_size is not None and min(at_least, object_size) > limit):
        return QuarantineReason.HEADER_TOO_LONG
    return NeedMore(min(max(at_least, 2 * have), longest))


def _checked(header: RawHeader) -> RawHeader | QuarantineReason:
    if header.values.get(_CLASS, b"").rstrip(b"\0 ") == DIRECTORY:
        return QuarantineReason.NOT_AN_INSTANCE
    if header.values.get(_INSTANCE, b"").strip(b"\0 ") or header.texts.get(_INSTANCE, "").strip("\0 "):
        return header
    return QuarantineReason.NO_SOP_INSTANCE


def _starts_like_dicom(data: bytes, longest: int) -> bool:
    """Whether bytes without a preamble start with an element that a DICOM object of that length may start with."""
    if len(data) < 8:
        return False
    group, element = data[:2], data[2:4]
    for order in ("little", "big"):
        tag = int.from_bytes(group, order) << 16 | int.from_bytes(element, order)
        known = dictionary_has_tag(tag) or tag & 0xFFFF == 0
        if tag >> 16 in _FIRST_GROUPS and known:
            if data[4:6] in LONG_VR:
                return True
            if order == "little" and int.from_bytes(data[4:8], "little") <= longest:
                return True
    return False
