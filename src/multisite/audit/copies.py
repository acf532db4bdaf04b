"""A ledger as a pack holds it: entries on locks, looks and deviations in full, of all others the digest."""

from typing import Any, Final

from multisite.audit.chain import Chain, Link
from multisite.audit.entry import Event
from multisite.storage.canonical import canonical_json

__all__ = ["ledger_copy"]

_IN_FULL: Final = (Event.LOCK.value, Event.LOOK.value, Event.DEVIATION.value)
"""What tells planned from exploratory. Who acknowledged which alarm, or got which mail, is the site's own affair."""


def ledger_copy(chain: Chain, *, study: str, site: str) -> bytes:
    """Canonical JSON: ``study``, ``site``, ``count``, ``head`` and ``entries`` (``number``, ``sha256``, ``entry``)."""
    return canonical_json(
        {
            "study": study,
            "site": site,
            "count": len(chain.links),
            "head": chain.head,
            "entries": [_copied(link) for link in chain.links],
        }
    )


def _copied(link: Link) -> dict[str, Any]:
    shown = link.entry is not None and link.entry.event in _IN_FULL
    return {"number": link.number, "sha256": link.sha256, "entry": link.entry if shown else None}
