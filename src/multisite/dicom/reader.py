"""The bytes at the start of one object → its raw header, the wish for more bytes, or why there is none."""

from typing import Final

from pydicom.datadict import dictionary_has_tag

from multisite.dicom.fallback import read_with_pydicom
from multisite.dicom.records import NeedMore, RawHeader
from multisite.dicom.scanner import DIRECTORY, scan
from multisite.dicom.slots import SLOTS_OF
from multisite.dicom.tables import LONG_VR
from multisite.vocabulary import QuarantineReason

__all__ = ["MAX_HEADER_BYTES", "read_header"]

MAX_HEADER_BYTES: Final = 8 * 2**20
"""A header longer than this is given up, unless the caller says otherwise."""

(_INSTANCE,) = SLOTS_OF["SOPInstanceUID"]
(_CLASS,) = SLOTS_OF["MediaStorageSOPClassUID"]
_FIRST_GROUPS: Final = (0x0002, 0x0008)


def read_header(
    prefix: bytes, *, object_size: int, max_header_bytes: int = MAX_HEADER_BYTES
) -> RawHeader | NeedMore | QuarantineReason:
    """Read the DICOM header at the start of an object.

    Parameters
    ----------
    prefix
        The first bytes of the object; the whole of it does no harm.
    object_size
        The length of the object in bytes.
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
    data = bytes(prefix[: min(object_size, max_header_bytes)])
    if object_size <= 0:
        return QuarantineReason.EMPTY_OBJECT
    if len(data) < min(object_size, 132):
        return _more(132, len(data), object_size, max_header_bytes)
    if data[128:132] != b"DICM" and not _starts_like_dicom(data):
        return QuarantineReason.NOT_DICOM
    result = scan(data, object_size=object_size)
    if result is None:
        result = read_with_pydicom(data, object_size=object_size, max_header_bytes=max_header_bytes)
    if isinstance(result, NeedMore):
        return _more(result.prefix_bytes, len(data), object_size, max_header_bytes)
    return _checked(result) if isinstance(result, RawHeader) else result


def _more(at_least: int, have: int, object_size: int, limit: int) -> NeedMore | QuarantineReason:
    """Ask for twice the bytes at hand or more, so that a long header takes few rounds."""
    if min(at_least, object_size) > limit or have >= limit:
        return QuarantineReason.HEADER_TOO_LONG
    return NeedMore(min(max(at_least, 2 * have), object_size, limit))


def _checked(header: RawHeader) -> RawHeader | QuarantineReason:
    if header.values.get(_CLASS, b"").rstrip(b"\0 ") == DIRECTORY:
        return QuarantineReason.NOT_AN_INSTANCE
    if header.values.get(_INSTANCE, b"").strip(b"\0 ") or header.texts.get(_INSTANCE, "").strip("\0 "):
        return header
    return QuarantineReason.NO_SOP_INSTANCE


def _starts_like_dicom(data: bytes) -> bool:
    """Whether bytes without a preamble start with an element that a DICOM object may start with."""
    if len(data) < 8:
        return False
    group, element = data[:2], data[2:4]
    for order in ("little", "big"):
        tag = int.from_bytes(group, order) << 16 | int.from_bytes(element, order)
        known = dictionary_has_tag(tag) or tag & 0xFFFF == 0
        if tag >> 16 in _FIRST_GROUPS and known:
            if data[4:6] in LONG_VR:
                return True
            if order == "little" and int.from_bytes(data[4:8], "little") <= len(data):
                return True
    return False
