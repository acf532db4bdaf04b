"""The members of a tar archive, one after another: of each, its header block and as much as its DICOM header needs.

``tarfile`` reads the fixed blocks. What extends them (GNU long names, pax records) is read here, because ``tarfile``
reads it without a bound on its length.
"""

import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from multisite.dicom import NeedMore, RawHeader, read_header
from multisite.provenance.archives.names import decode_name
from multisite.provenance.archives.stream import ArchiveError, ArchiveStream
from multisite.provenance.first_read import REQUEST_COST_BYTES, HeaderLengths, folder_of
from multisite.provenance.header_reading import HEADER_MARGIN_BYTES, NOT_DICOM_NEEDS_BYTES, Outcome
from multisite.vocabulary import QuarantineReason

__all__ = ["TarMember", "looks_like_tar", "read_tar"]

_BLOCK: Final = tarfile.BLOCKSIZE
_LONGEST_EXTENSION: Final = 1 << 23
_LONGEST_MEMBER: Final = 1 << 44
_EXTENDED_HEADERS: Final = 3 * _BLOCK
"""A long name takes two blocks before the member's own."""
_READ_THROUGH: Final = 1 << 19
"""Where members are so short that passing over one saves less than a request costs, this much is read at once."""

_PAX: Final = (tarfile.XHDTYPE, tarfile.SOLARIS_XHDTYPE, tarfile.XGLTYPE)
_HEEDED: Final = (b"path", b"size")
_SPARSE: Final = b"GNU.sparse."
_EXTENSIONS: Final = (*_PAX, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK)
_SPARSE_GOES_ON: Final = (482, 504)
"""Where the first block of an old GNU sparse member, and each of those that follow it, say that another one follows."""


_UNREADABLE: Final[tuple[Outcome, int]] = (QuarantineReason.UNREADABLE, 0)


@dataclass(frozen=True, slots=True)
class TarMember:
    """A file in the archive: the name it is stored under, its stored size, and what became of it."""

    name: str
    size_bytes: int
    outcome: Outcome


@dataclass(slots=True)
class _Extended:
    """What precedes a member's own block."""

    long_name: bytes | None = None
    records: dict[bytes, bytes] = field(default_factory=dict)


def looks_like_tar(head: bytes) -> bool:
    """Whether the first bytes are a tar header with a right checksum, or an archive without members."""
    if len(head) >= _BLOCK and not any(head[:_BLOCK]):
        return True
    try:
        _parsed(head[:_BLOCK])
    except ArchiveError:
        return False
    return True


def read_tar(
    stream: ArchiveStream, *, archive: str, lengths: HeaderLengths, max_header_bytes: int
) -> Iterator[TarMember]:
    """The files of the archive, in its order.

    Directories, links and devices have no content of their own and are passed over. A sparse file is UNREADABLE: its
    holes are not filled.

    Raises
    ------
    ArchiveError
        BAD_ARCHIVE where a block is not what it must be, or a member is cut off (which gives a header if that is
        there, and else no outcome of its own); what was read before stands.
    """
    shared: dict[bytes, bytes] = {}
    ahead = _EXTENDED_HEADERS + lengths.first(archive, None)
    while True:
        block, extended = _next_block(stream, shared, ahead)
        if block is None:
            return
        info = _parsed(block)
        records = shared | extended.records
        size = _size(records[b"size"]) if b"size" in records else info.size
        if not 0 <= size <= _LONGEST_MEMBER:
            raise ArchiveError(QuarantineReason.BAD_ARCHIVE)
        if not (info.isreg() or info.type not in tarfile.SUPPORTED_TYPES):
            continue
        name = _name(info, extended, records)
        if _is_sparse(stream, block, info, records):
            outcome, consumed = _UNREADABLE
        else:
            outcome, consumed = _read_member(stream, f"{archive}/{folder_of(name)}", size, lengths, max_header_bytes)
        yield TarMember(name, size, outcome)
        padded = -(-size // _BLOCK) * _BLOCK
        if stream.skip(padded - consumed) < size - consumed:
            raise ArchiveError(QuarantineReason.BAD_ARCHIVE)
        first = lengths.first(f"{archive}/{folder_of(name)}", size)
        ahead = _READ_THROUGH if padded <= REQUEST_COST_BYTES else _EXTENDED_HEADERS + first


def _next_block(stream: ArchiveStream, shared: dict[bytes, bytes], ahead: int) -> tuple[bytes | None, _Extended]:
    """The next member's own block, and what precedes it; None at the end of the archive."""
    extended = _Extended()
    while True:
        block = stream.read(_BLOCK, ahead=ahead)
        if not any(block):
            # Two blocks of zeros end an archive; one, or none, is as good, unless a member was announced.
            if len(block) % _BLOCK or extended.long_name is not None or extended.records:
                raise ArchiveError(QuarantineReason.BAD_ARCHIVE)
            return None, extended
        info = _parsed(block)
        if info.type not in _EXTENSIONS:
            return block, extended
        if not 0 <= info.size <= _LONGEST_EXTENSION:
            raise ArchiveError(QuarantineReason.BAD_ARCHIVE)
        content = stream.read(info.size)
        if len(content) < info.size:
            raise ArchiveError(QuarantineReason.BAD_ARCHIVE)
        stream.skip(-info.size % _BLOCK)
        if info.type == tarfile.XGLTYPE:
            shared |= _pax_records(content)
        elif info.type in _PAX:
            extended.records |= _pax_records(content)
        elif info.type == tarfile.GNUTYPE_LONGNAME:
            extended.long_name = content.partition(b"\0")[0]


def _parsed(block: bytes) -> tarfile.TarInfo:
    try:
        return tarfile.TarInfo.frombuf(block, "utf-8", "backslashreplace")
    except tarfile.HeaderError:
        raise ArchiveError(QuarantineReason.BAD_ARCHIVE) from None


def _pax_records(content: bytes) -> dict[bytes, bytes]:
    """Those that matter of the records ``length key=value``, the length in digits and counting the whole line."""
    records: dict[bytes, bytes] = {}
    position = 0
    while position < len(content) and content[position]:
        space = content.find(b" ", position, position + 20)
        digits = content[position:space] if space > 0 else b""
        end = position + int(digits) if digits.isdigit() else 0
        if not space < end <= len(content):
            raise ArchiveError(QuarantineReason.BAD_ARCHIVE)
        key, _, value = content[space + 1 : end - 1].partition(b"=")
        if key in _HEEDED or key.startswith(_SPARSE):
            records[key] = value
        position = end
    return records


def _size(value: bytes) -> int:
    if not value.isdigit() or len(value) > 20:
        raise ArchiveError(QuarantineReason.BAD_ARCHIVE)
    return int(value)


def _name(info: tarfile.TarInfo, extended: _Extended, records: dict[bytes, bytes]) -> str:
    raw = records.get(b"GNU.sparse.name", records.get(b"path", extended.long_name))
    return info.name if raw is None else decode_name(raw)


def _is_sparse(stream: ArchiveStream, block: bytes, info: tarfile.TarInfo, records: dict[bytes, bytes]) -> bool:
    """Whether the member is sparse; the map of an old GNU one is passed over."""
    if info.type != tarfile.GNUTYPE_SPARSE:
        return any(key.startswith(_SPARSE) for key in records)
    first, later = _SPARSE_GOES_ON
    goes_on = block[first]
    while goes_on:
        block = stream.read(_BLOCK)
        if len(block) < _BLOCK:
            raise ArchiveError(QuarantineReason.BAD_ARCHIVE)
        goes_on = block[later]
    return True


def _read_member(
    stream: ArchiveStream, folder: str, size: int, lengths: HeaderLengths, longest: int
) -> tuple[Outcome, int]:
    """The outcome for the member that begins here, and how many of its bytes were read."""
    if size == 0:
        return QuarantineReason.EMPTY_OBJECT, 0
    have, wanted = b"", min(lengths.first(folder, size), longest)
    while True:
        have += stream.read(wanted - len(have))
        outcome = read_header(have, object_size=size, max_header_bytes=longest)
        if not isinstance(outcome, NeedMore):
            break
        if len(have) < wanted:
            stream.read(1)  # a stream that broke says why
            raise ArchiveError(QuarantineReason.BAD_ARCHIVE)
        further = lengths.further(folder, size, have=len(have), at_least=outcome.prefix_bytes)
        wanted = min(max(further, outcome.prefix_bytes), size, longest)
        if wanted <= len(have):
            return QuarantineReason.TRUNCATED, len(have)
    if isinstance(outcome, RawHeader):
        lengths.learn(folder, size, min(outcome.header_bytes + HEADER_MARGIN_BYTES, size))
    elif outcome is QuarantineReason.NOT_DICOM:
        lengths.learn(folder, size, NOT_DICOM_NEEDS_BYTES)
    return outcome, len(have)
