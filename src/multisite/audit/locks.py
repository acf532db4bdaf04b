"""Whether a look at the test labels was planned: locks of the protocol, read from a site's ledger.

A result is *planned* where the protocol that it was made with had been locked, at its site, before any test label was
read there. Anything else is possible, and *exploratory*: without a lock, with another protocol than the locked one, or
with labels that had been seen before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from multisite.audit.chain import Chain
from multisite.audit.entry import Event

__all__ = ["Lock", "Standing", "StandingKind", "lock_of", "standing_of"]


class StandingKind(StrEnum):
    """Of a result, or of all results of a site."""

    PLANNED = "planned"
    EXPLORATORY = "exploratory"


@dataclass(frozen=True, slots=True)
class Lock:
    """An entry that locks a protocol: its digest, those of its parts, by whom, when (UTC), and its place in the ledger.

    ``n_looks_before`` counts the looks at test labels that stood in the ledger before it.
    """

    protocol: str
    parts: Mapping[str, str]
    by: str
    time: str
    sequence: int
    n_looks_before: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What a result is, and why, in words; ``reason`` is empty where it is planned."""

    kind: StandingKind
    reason: str = ""


def lock_of(chain: Chain, *, protocol: str | None = None) -> Lock | None:
    """The first sound lock of ``protocol``, or, without one, the last lock of any; None where there is none."""
    locks, n_looks = [], 0
    for link in chain.links:
        entry = link.entry
        if entry is None or not link.holds:
            break
        n_looks += entry.event == Event.LOOK.value
        if entry.event == Event.LOCK.value:
            locks.append(_lock(entry.content, entry.time, entry.sequence, n_looks))
    if protocol is None:
        return locks[-1] if locks else None
    return next((one for one in locks if one.protocol == protocol), None)


def standing_of(chain: Chain, *, protocol: str) -> Standing:
    """How a result that was made with ``protocol`` stands at the site of ``chain``."""
    lock = lock_of(chain, protocol=protocol)
    if chain.broken_at is not None:
        return _exploratory(f"the site's ledger is broken at entry {chain.broken_at}")
    if lock is None:
        other = lock_of(chain)
        if other is None:
            return _exploratory("the protocol was not locked")
        return _exploratory(f"the protocol is not the one that was locked on {other.time[:10]}")
    if lock.n_looks_before:
        looks = "look" if lock.n_looks_before == 1 else "looks"
        return _exploratory(f"{lock.n_looks_before} {looks} at the test labels came before the lock")
    return Standing(StandingKind.PLANNED)


def _exploratory(reason: str) -> Standing:
    return Standing(StandingKind.EXPLORATORY, reason)


def _lock(content: Mapping[str, Any], time: str, sequence: int, n_looks: int) -> Lock:
    parts = {str(name): str(digest) for name, digest in content["parts"].items()}
    return Lock(str(content["protocol"]), parts, str(content["by"]), time, sequence, n_looks)
