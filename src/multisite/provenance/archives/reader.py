"""Objects that are archives: their members are read as instances, without unpacking anything to disk.

What holds for all of them:

- An object is opened as an archive by the end of its key, and as which kind by its first bytes. One that is no archive
  but DICOM is read as DICOM.
- A member that is an archive itself is not opened. Directories, links and devices are no files and give no row.
- An archive that breaks off, or goes beyond a limit, gives one row of its own, without a member, and keeps the members
  that came before. One that changes, vanishes or cannot be fetched while it is read gives that row alone: it is read
  anew as a whole, and half of it would look like an examination with gaps.
- An archive without a single file is one row, of an empty object.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final, NamedTuple

from multisite.dicom import RawHeader
from multisite.provenance.archives.keys import is_archive_key
from multisite.provenance.archives.names import MemberNames
from multisite.provenance.archives.stream import ArchiveError, ArchiveStream, GzipStream, RangedBytes
from multisite.provenance.archives.tar import looks_like_tar, read_tar
from multisite.provenance.archives.zip import ZipMember, has_directory, looks_like_zip, read_directory
from multisite.provenance.first_read import HeaderLengths, folder_of
from multisite.provenance.header_reading import Fetch, PlainObject, Reading, Source, read_headers
from multisite.schemas import ObjectVersion
from multisite.vocabulary import QuarantineReason

__all__ = ["MAX_MEMBERS", "ArchiveLimits", "ArchiveReader", "Member"]

_ZIP: Final = ".zip"
_GZIP: Final = b"\x1f\x8b"
_HEAD: Final = 512
_AT_ONCE: Final = 4096
_SMALL: Final = 1 << 16
"""An archive of this size or less is taken in one request: its pieces would cost more."""
_TAR_AHEAD: Final = 1 << 14
_AHEAD: Final = 1 << 22
_MAY_BE_ARCHIVE: Final = (QuarantineReason.NOT_DICOM, QuarantineReason.UNREADABLE, QuarantineReason.TRUNCATED)

MAX_MEMBERS: Final = 250_000
"""Members of one archive that are read: their rows are one part of the tables, and are held together."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """What is read of a header, and of an archive.

    ``max_archive_bytes`` bounds the packed bytes and the inflated ones of a compressed tar, and the header bytes that
    members of a zip may inflate to together.
    """

    max_header_bytes: int
    max_archive_bytes: int
    max_members: int = MAX_MEMBERS


class Member(NamedTuple):
    """A member and its size; without a name the archive itself (or the object, where it is none) and its own size."""

    name: str | None
    size_bytes: int | None
    reading: Reading


@dataclass(frozen=True, slots=True)
class ArchiveReader:
    """Reads archives of one store.

    ``lengths`` and ``packed_lengths`` are what headers needed so far, as they stand in objects, and as they stand
    packed in zip archives.
    """

    fetch: Fetch
    lengths: HeaderLengths
    packed_lengths: HeaderLengths
    limits: ArchiveLimits

    def members(self, key: str, version: ObjectVersion) -> Iterator[Member]:
        """The members in the order of the archive, each with a name of its own; one or more rows.

        A nameless one comes last where the archive could not be read whole. If its reason is a passing one, those
        before it are void.
        """
        archive = RangedBytes(key, version, self.fetch)
        last: Member | None = None
        for member in self._rows(archive, key, version):
            if last is not None:
                yield last
            last = _with_requests(member, archive)
        if last is not None:
            yield _with_requests(last, archive)

    def _rows(self, archive: RangedBytes, key: str, version: ObjectVersion) -> Iterator[Member]:
        names = MemberNames()
        n_members = 0
        try:
            for member in self._found(archive, key, version):
                if n_members == self.limits.max_members:
                    raise ArchiveError(QuarantineReason.ARCHIVE_TOO_LARGE)
                n_members += 1
                yield member if member.name is None else _named(member, member.name, names)
        except ArchiveError as error:
            reason = error.reason
        else:
            if n_members:
                return
            reason = QuarantineReason.EMPTY_OBJECT
        yield Member(None, version.size_bytes, Reading(reason, 0, 0))

    def _found(self, archive: RangedBytes, key: str, version: ObjectVersion) -> Iterator[Member]:
        archive.find_size()
        if archive.size_bytes == 0:
            raise ArchiveError(QuarantineReason.EMPTY_OBJECT)
        is_zip_key = key.lower().endswith(_ZIP)
        ahead = archive.size_bytes if archive.size_bytes <= _SMALL else 0 if is_zip_key else _TAR_AHEAD
        head = archive.read_at(0, _HEAD, ahead=ahead)
        if head[128:132] == b"DICM":
            yield self._plain(key, version)
        elif head.startswith(_GZIP):
            yield from self._tar(GzipStream(archive, limit=self.limits.max_archive_bytes, ahead=_AHEAD), key)
        elif looks_like_zip(head):
            yield from self._zip(archive, key, version)
        elif looks_like_tar(head):
            yield from self._tar(archive, key)
        elif is_zip_key and has_directory(archive):
            yield from self._zip(archive, key, version)
        else:
            yield self._plain(key, version)

    def _plain(self, key: str, version: ObjectVersion) -> Member:
        """An object that is called an archive and is none."""
        source = PlainObject(key, folder_of(key), version.size_bytes, version)
        (reading,) = self._headers([source], self.fetch, self.lengths)
        if reading.outcome is QuarantineReason.NOT_DICOM:
            reading = reading._replace(outcome=QuarantineReason.BAD_ARCHIVE)
        return Member(None, version.size_bytes, reading)

    def _tar(self, stream: ArchiveStream, key: str) -> Iterator[Member]:
        longest = self.limits.max_header_bytes
        for member in read_tar(stream, archive=key, lengths=self.lengths, max_header_bytes=longest):
            yield Member(member.name, member.size_bytes, Reading(member.outcome, 0, 0))

    def _zip(self, archive: RangedBytes, key: str, version: ObjectVersion) -> Iterator[Member]:
        directory = read_directory(archive, key=key, version=version)
        inflated = 0
        failure: ArchiveError | None = None
        while failure is None:
            part, failure = _next_part(directory)
            if not part:
                break
            readable = [member for member in part if member.refused is None]
            readings = iter(self._headers(readable, archive.fetch, self.packed_lengths))
            for member in part:
                reading = next(readings) if member.refused is None else Reading(member.refused, 0, 0)
                inflated += reading.outcome.header_bytes if isinstance(reading.outcome, RawHeader) else 0
                if inflated > self.limits.max_archive_bytes:
                    raise ArchiveError(QuarantineReason.ARCHIVE_TOO_LARGE)
                yield Member(member.name, member.size_bytes, reading)
        if failure is not None:
            raise failure

    def _headers(self, sources: Sequence[Source], fetch: Fetch, lengths: HeaderLengths) -> list[Reading]:
        return read_headers(sources, fetch, lengths=lengths, max_header_bytes=self.limits.max_header_bytes)


def _next_part(directory: Iterator[ZipMember]) -> tuple[list[ZipMember], ArchiveError | None]:
    """Some members, and what went wrong behind them."""
    part: list[ZipMember] = []
    try:
        for member in islice(directory, _AT_ONCE):
            part.append(member)
    except ArchiveError as error:
        return part, error
    return part, None


def _named(member: Member, name: str, names: MemberNames) -> Member:
    reading = member.reading
    if is_archive_key(name) and reading.outcome in _MAY_BE_ARCHIVE:
        reading = reading._replace(outcome=QuarantineReason.NESTED_ARCHIVE)
    return Member(names.give(name), member.size_bytes, reading)


def _with_requests(member: Member, archive: RangedBytes) -> Member:
    """With what was requested of the archive since the last member."""
    n_requests, n_bytes_read = archive.taken()
    if not n_requests:
        return member
    reading = member.reading
    counted = Reading(reading.outcome, reading.n_requests + n_requests, reading.n_bytes_read + n_bytes_read)
    return member._replace(reading=counted)
