"""What others hold of a ledger: its head and count at some time, in a pack, a mail or a note.

A chain alone cannot tell that its last entries were cut off, or that all of it was written anew. A head that somebody
else holds can: the entry of that number must have that digest. What lies behind the last such entry is only known to
hang together.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from multisite.audit.chain import BEFORE_THE_FIRST, Chain

__all__ = ["Anchor", "Range", "RangeKind", "anchors_in_text", "ranges_of"]

_IN_MAIL: Final = re.compile(r"Ledger\s+([0-9a-f]{64})\s+·\s+([\d,]+)\s+entr")
_NOTED: Final = re.compile(r"([a-z][a-z0-9_-]*):(\d+):([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Anchor:
    """The digest of the entry ``count`` of a ledger, as ``source`` holds it; ``site`` is empty where it names none."""

    site: str
    count: int
    head: str
    source: str


class RangeKind(StrEnum):
    """What is known of a range of entries.

    Anchored: as they were when somebody else got the head. Unanchored: they hang together, and nobody else can tell.
    Broken: one is missing or is not what was written. Cut: somebody holds an entry that is no longer there.
    Rewritten: somebody holds another entry of the same number.
    """

    ANCHORED = "anchored"
    UNANCHORED = "unanchored"
    BROKEN = "broken"
    CUT = "cut"
    REWRITTEN = "rewritten"

    @property
    def is_sound(self) -> bool:
        """Whether nothing speaks against the entries."""
        return self in (RangeKind.ANCHORED, RangeKind.UNANCHORED)


@dataclass(frozen=True, slots=True)
class Range:
    """Entries ``first`` to ``last``, both included, and where their anchors are."""

    first: int
    last: int
    kind: RangeKind
    sources: tuple[str, ...] = ()


def anchors_in_text(text: str, *, source: str) -> tuple[Anchor, ...]:
    """The anchors that a mail holds, or a note with ``site:count:head`` in it, each once."""
    mailed = [Anchor("", int(count.replace(",", "")), head, source) for head, count in _IN_MAIL.findall(text)]
    noted = [Anchor(site, int(count), head, source) for site, count, head in _NOTED.findall(text)]
    return tuple(dict.fromkeys([*mailed, *noted]))


def ranges_of(chain: Chain, anchors: Sequence[Anchor]) -> tuple[Range, ...]:
    """What is known of each part of a ledger, in order; none for an empty ledger that nobody holds an entry of.

    An anchor of no entry says nothing. An entry that an anchor contradicts makes all entries up to it *rewritten*: the
    chain runs through them, so that one of them, or all, are not what they were.
    """
    broken = chain.broken_at
    sound = len(chain.links) if broken is None else broken - 1
    held = [anchor for anchor in anchors if anchor.count > 0 and anchor.head != BEFORE_THE_FIRST]
    agreeing = [a for a in held if a.count <= sound and chain.links[a.count - 1].sha256 == a.head]
    other = [a for a in held if a.count <= sound and chain.links[a.count - 1].sha256 != a.head]
    last_there = max((link.number for link in chain.links), default=0)
    beyond = [a for a in held if a.count > last_there]
    up_to = max((a.count for a in agreeing), default=0)
    found = []
    if up_to:
        found.append(Range(1, up_to, RangeKind.ANCHORED, _sources(agreeing)))
    # What an agreeing anchor covers is as it was, whatever another one says.
    rewritten = max((a.count for a in other), default=0)
    if rewritten > up_to:
        found.append(Range(up_to + 1, rewritten, RangeKind.REWRITTEN, _sources(other)))
    elif rewritten:
        found.append(Range(1, rewritten, RangeKind.REWRITTEN, _sources(other)))
    known = max(up_to, rewritten)
    if sound > known:
        found.append(Range(known + 1, sound, RangeKind.UNANCHORED))
    if broken is not None:
        found.append(Range(broken, max(broken, last_there), RangeKind.BROKEN))
    if beyond:
        last = max(a.count for a in beyond)
        found.append(Range(last_there + 1, last, RangeKind.CUT, _sources(beyond)))
    return tuple(found)


def _sources(anchors: Sequence[Anchor]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(anchor.source for anchor in sorted(anchors, key=lambda a: a.count)))
