"""The chain: each entry holds the digest of the one before, so that none can be changed or taken out unnoticed.

The last entries are the exception: a chain from which they were cut is a shorter chain, and whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from multisite.audit.entry import Entry, Event
from multisite.storage.canonical import digest_of, sha256_hex

__all__ = ["BEFORE_THE_FIRST", "Chain", "Link", "chain_of"]

BEFORE_THE_FIRST = "0" * 64
"""What the first entry holds in place of a digest."""


@dataclass(frozen=True, slots=True)
class Link:
    """One file of a ledger: its number, its entry (None when it holds none), its digest.

    ``holds`` says whether the chain is whole up to here, and this file a part of it.
    """

    number: int
    entry: Entry | None
    sha256: str
    holds: bool

    @property
    def is_message(self) -> bool:
        """Whether it is a sound entry on a mail or a drill, which tells of a verdict and bears on none."""
        return self.holds and self.entry is not None and self.entry.event in (Event.MAIL, Event.DRILL)


@dataclass(frozen=True, slots=True)
class Chain:
    """The files of a ledger in their order."""

    links: tuple[Link, ...]

    @property
    def broken_at(self) -> int | None:
        """Number of the first entry that is missing, or is not what was written; None for a whole chain."""
        return next((place for place, link in enumerate(self.links, start=1) if not link.holds), None)

    @property
    def head(self) -> str:
        """What the next entry has to hold as the digest of the one before."""
        return self.links[-1].sha256 if self.links else BEFORE_THE_FIRST

    @property
    def sha256(self) -> str:
        """Digest of all that the ledger holds, but for sound entries on mails and drills: no stage depends on them."""
        return digest_of([[link.number, link.sha256] for link in self.links if not link.is_message])


def chain_of(files: Sequence[tuple[int, bytes]], *, study: str, site: str) -> Chain:
    """The chain that the numbered ``files`` of a site's ledger make.

    A file is a part of it when all before it are, its number is the next one, it holds an entry of this study and site
    with that number, and the entry names the digest of the file before.
    """
    links: list[Link] = []
    holds, previous = True, BEFORE_THE_FIRST
    for place, (number, content) in enumerate(sorted(files), start=1):
        entry = _entry(content)
        expected = (place, place, study, site, previous)
        found = (number, entry.sequence, entry.study, entry.site, entry.previous) if entry else ()
        holds = holds and found == expected
        previous = sha256_hex([content])
        links.append(Link(number, entry, previous, holds))
    return Chain(tuple(links))


def _entry(content: bytes) -> Entry | None:
    try:
        return Entry.from_bytes(content)
    except (TypeError, ValueError, RecursionError):
        return None
