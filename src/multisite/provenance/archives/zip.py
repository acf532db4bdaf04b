"""The members of a zip archive: its directory at the end, then of each member as much as its DICOM header needs.

The directory is read here and not by ``zipfile``, which holds all of it, refuses the whole archive for one name that is
not UTF-8, and checks a member's checksum depending on how far it happened to be read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from stat import S_IFMT, S_ISLNK, S_ISREG
from struct import Struct
from typing import Final

from multisite.dicom import NeedMore, RawHeader
from multisite.provenance.archives.inflate import inflate_start, packed_bytes_needed
from multisite.provenance.archives.names import decode_name
from multisite.provenance.archives.stream import ArchiveError, RangedBytes
from multisite.provenance.first_read import folder_of
from multisite.provenance.header_reading import HEADER_MARGIN_BYTES, Outcome, read_listed
from multisite.schemas import ObjectVersion
from multisite.vocabulary import QuarantineReason

__all__ = ["ZipMember", "has_directory", "looks_like_zip", "read_directory"]

_END: Final = Struct("<4s4H2LH")
_END_64: Final = Struct("<4sQ2H2L4Q")
_LOCATOR_64: Final = Struct("<4sLQL")
_ENTRY: Final = Struct("<4s6H3L5H2L")
_LOCAL: Final = Struct("<4s5H3L2H")
_EXTRA: Final = Struct("<2H")
_MARKS: Final = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_TAIL: Final = 1 << 16
"""Bytes read at the end: where the end record is, comment or not, and often all of the directory."""
_AHEAD: Final = 1 << 18
_SLACK: Final = 64
"""How much longer a member's own header may be than its entry lets expect, before it takes a request more."""
_FIRST_INFLATED: Final = 1 << 15
_WRAPPING: Final = 30 + 2 * 65535 + 4096

_ENCRYPTED, _UTF8 = 0x0001, 0x0800
_STORED, _DEFLATED = 0, 8
_AES: Final = 99
_UNIX: Final = 3
_ABSENT_32 = 0xFFFFFFFF
_LONGEST: Final = 1 << 44


@dataclass(frozen=True, slots=True)
class ZipMember:
    """A file in the archive, as its directory tells; a source of a header unless ``refused`` says why not."""

    key: str
    version: ObjectVersion
    folder: str
    name: str
    start: int
    n_bytes: int
    likely_bytes: int
    method: int
    packed_bytes: int
    size_bytes: int
    refused: QuarantineReason | None
    wrapping_bytes: int = _WRAPPING

    def judge(self, have: bytes, *, ended: bool, longest: int) -> Outcome | NeedMore:
        """The outcome by the first bytes of the member, from its own header on."""
        begin = _content_begin(have)
        if begin is None or len(have) < begin:
            broken = ended or (begin is None and len(have) >= _LOCAL.size)
            return QuarantineReason.BAD_ARCHIVE if broken else NeedMore((begin or _LOCAL.size) + _SLACK)
        end = begin + self.packed_bytes
        content = have[begin:end]
        judge = self._judge_stored if self.method == _STORED else self._judge_deflated
        outcome = judge(content, longest)
        if not isinstance(outcome, NeedMore):
            return outcome
        cut_off = ended or len(have) >= end
        return QuarantineReason.BAD_ARCHIVE if cut_off else NeedMore(begin + outcome.prefix_bytes)

    def needed(self, have: bytes, header: RawHeader) -> int:
        """Bytes from the member's own header on that the DICOM header took, packed as they are."""
        begin = _content_begin(have) or _LOCAL.size
        wanted = header.header_bytes + HEADER_MARGIN_BYTES
        if self.method == _DEFLATED:
            return begin + packed_bytes_needed(have[begin : begin + self.packed_bytes], wanted)
        return min(begin + wanted, len(have))

    def _judge_stored(self, content: bytes, longest: int) -> Outcome | NeedMore:
        return read_listed(content, listed=min(self.size_bytes, self.packed_bytes), ended=False, longest=longest)

    def _judge_deflated(self, packed: bytes, longest: int) -> Outcome | NeedMore:
        limit = min(_FIRST_INFLATED, longest)
        while True:
            content, ends, breaks = inflate_start(packed, limit)
            ended = ends and len(content) < self.size_bytes
            outcome = read_listed(content, listed=self.size_bytes, ended=ended, longest=longest)
            if not isinstance(outcome, NeedMore):
                return outcome
            if breaks:
                return QuarantineReason.BAD_ARCHIVE
            if len(content) < limit or limit == longest:
                break
            limit = min(max(outcome.prefix_bytes, 2 * limit), longest)
        # By how it was packed so far, with a little more.
        ratio = outcome.prefix_bytes / len(content) if content else 2
        return NeedMore(int(len(packed) * max(1.0, ratio) * 1.1) + 512)


def looks_like_zip(head: bytes) -> bool:
    """Whether the first bytes are those of a zip archive."""
    return head[:4] in _MARKS


def has_directory(archive: RangedBytes) -> bool:
    """Whether the object ends as a zip archive does, whatever it begins with (a program that unpacks it, say)."""
    try:
        _find_directory(archive)
    except ArchiveError as error:
        if error.reason is not QuarantineReason.BAD_ARCHIVE:
            raise
        return False
    return True


def read_directory(archive: RangedBytes, *, key: str, version: ObjectVersion) -> Iterator[ZipMember]:
    """The files of the archive in the order of its directory; directories and symbolic links are passed over.

    Encrypted members are refused as such, members packed otherwise than by deflate as UNREADABLE, and members that lie
    outside the archive as BAD_ARCHIVE.

    Raises
    ------
    ArchiveError
        BAD_ARCHIVE where there is no directory, an entry of it is broken, or the members together claim more bytes than
        the archive has (as those of a bomb do, which overlap).
    """
    position, end, shift = _find_directory(archive)
    claimed = 0
    while position < end:
        ahead = min(_AHEAD, end - position)
        fixed = archive.read_at(position, _ENTRY.size, ahead=ahead)
        if len(fixed) < _ENTRY.size or fixed[:4] != b"PK\x01\x02":
            raise ArchiveError(QuarantineReason.BAD_ARCHIVE)
        fields = _ENTRY.unpack(fixed)
        n_name, n_extra, n_comment = fields[10:13]
        variable = archive.read_at(position + _ENTRY.size, n_name + n_extra, ahead=ahead)
        position += _ENTRY.size + n_name + n_extra + n_comment
        if position > end or len(variable) < n_name + n_extra:
            raise ArchiveError(QuarantineReason.BAD_ARCHIVE)
        member = _member(fields, variable[:n_name], variable[n_name:], shift, archive.size_bytes, key, version)
        if member is None:
            continue
        claimed += 0 if member.refused else _LOCAL.size + member.packed_bytes
        if claimed > archive.size_bytes:
            raise ArchiveError(QuarantineReason.BAD_ARCHIVE)
        yield member


def _find_directory(archive: RangedBytes) -> tuple[int, int, int]:
    """Where the directory begins and ends, and by how much all offsets are shifted for what precedes the archive."""
    size = archive.size_bytes
    tail_start = max(0, size - _TAIL - _END.size)
    tail = archive.read_at(tail_start, size - tail_start)
    found = _end_record(tail)
    *_, length, offset, _ = _END.unpack_from(tail, found)
    record_start = tail_start + found
    wide = _end_record_64(archive, record_start)
    if wide is not None:
        record_start, length, offset = wide
    shift = record_start - length - offset
    if shift < 0:
        raise ArchiveError(QuarantineReason.BAD_ARCHIVE)
    return offset + shift, record_start, shift


def _end_record(tail: bytes) -> int:
    """Where the end record begins: the last one whose comment reaches to the end, else the last one."""
    last = found = tail.rfind(_MARKS[1], 0, max(0, len(tail) - _END.size) + 4)
    while found >= 0:
        if found + _END.size + _END.unpack_from(tail, found)[7] == len(tail):
            return found
        found = tail.rfind(_MARKS[1], 0, found)
    if last < 0:
        raise ArchiveError(QuarantineReason.BAD_ARCHIVE)
    return last


def _end_record_64(archive: RangedBytes, end_start: int) -> tuple[int, int, int] | None:
    """Start of the ZIP64 end record, length and offset of the directory; None without one."""
    if end_start < _LOCATOR_64.size:
        return None
    mark, _, stated, _ = _LOCATOR_64.unpack(archive.read_at(end_start - _LOCATOR_64.size, _LOCATOR_64.size))
    if mark != b"PK\x06\x07":
        return None
    # Not where it says, if something precedes the archive: then right before the locator.
    for start in (stated, end_start - _LOCATOR_64.size - _END_64.size):
        record = archive.read_at(start, _END_64.size) if 0 <= start < archive.size_bytes else b""
        if record[:4] == b"PK\x06\x06" and len(record) == _END_64.size:
            *_, length, offset = _END_64.unpack(record)
            return start, length, offset
    return None


def _member(
    fields: tuple[int, ...],
    raw_name: bytes,
    extra: bytes,
    shift: int,
    archive_size: int,
    key: str,
    version: ObjectVersion,
) -> ZipMember | None:
    """The member of an entry; None where it is no file."""
    _, made_by, _, flags, method, _, _, _, packed, size = fields[:10]
    mode = fields[15] >> 16 if made_by >> 8 == _UNIX else 0
    size, packed, start = _wide_numbers(extra, size, packed, fields[16])
    name = decode_name(raw_name, stated_utf8=bool(flags & _UTF8))
    if (name.endswith("/") and size == 0) or S_ISLNK(mode) or (S_IFMT(mode) and not S_ISREG(mode)):
        return None
    likely = _LOCAL.size + len(raw_name) + len(extra) + packed + _SLACK
    start += shift
    inside = start >= 0 and start + _LOCAL.size + packed <= archive_size and size <= _LONGEST
    if flags & _ENCRYPTED or method == _AES:
        refused: QuarantineReason | None = QuarantineReason.ENCRYPTED_MEMBER
    elif not inside:
        refused = QuarantineReason.BAD_ARCHIVE
    elif size == 0:
        refused = QuarantineReason.EMPTY_OBJECT
    else:
        refused = None if method in (_STORED, _DEFLATED) else QuarantineReason.UNREADABLE
    n_bytes = min(likely + _WRAPPING, archive_size - start)
    folder = f"{key}/{folder_of(name)}"
    return ZipMember(
        key, version, folder, name, start, n_bytes, min(likely, n_bytes), method, packed, min(size, _LONGEST), refused
    )


def _wide_numbers(extra: bytes, size: int, packed: int, start: int) -> tuple[int, int, int]:
    """Size, packed size and offset, those that do not fit into 32 bits from the ZIP64 field."""
    wide = b""
    position = 0
    while position + _EXTRA.size <= len(extra):
        kind, length = _EXTRA.unpack_from(extra, position)
        if kind == 1:
            wide = extra[position + _EXTRA.size : position + _EXTRA.size + length]
            break
        position += _EXTRA.size + length
    numbers = [size, packed, start]
    for i, number in enumerate(numbers):
        if number == _ABSENT_32 and len(wide) >= 8:
            numbers[i], wide = int.from_bytes(wide[:8], "little"), wide[8:]
    return numbers[0], numbers[1], numbers[2]


def _content_begin(have: bytes) -> int | None:
    """Offset of the content behind the member's own header; None where there is no such header, or not enough of it."""
    if len(have) < _LOCAL.size or have[:4] != _MARKS[0]:
        return None
    n_name, n_extra = _LOCAL.unpack_from(have)[9:11]
    return int(_LOCAL.size + n_name + n_extra)
