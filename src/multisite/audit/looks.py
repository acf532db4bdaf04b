"""A look: one run that reads the reference standard of a site's test cases, and what it evaluates."""

from dataclasses import asdict, dataclass, fields
from typing import Any

import polars as pl

from multisite.audit.chain import Chain, Link
from multisite.audit.entry import Entry, Event
from multisite.schemas.looks import LEDGER_ROWS
from multisite.storage.canonical import canonical_json

__all__ = ["Look", "ledger_rows", "look_of"]


@dataclass(frozen=True, slots=True)
class Look:
    """The content of an entry on a look.

    ``stages`` are those of the run that read labels, from the first that had to work on; ``protocol`` is the digest of
    the study file, and ``evaluated`` that of cohort and scores.
    """

    stages: tuple[str, ...]
    protocol: str
    evaluated: str

    def to_content(self) -> dict[str, Any]:
        """As it stands in an entry."""
        return asdict(self)


_CONTENT = {field.name for field in fields(Look)}


def look_of(entry: Entry | None) -> Look | None:
    """The look that ``entry`` is about; None for none, and for an entry on something else."""
    if entry is None or entry.event != Event.LOOK.value or set(entry.content) != _CONTENT:
        return None
    content = entry.content
    return Look(tuple(map(str, content["stages"])), str(content["protocol"]), str(content["evaluated"]))


def ledger_rows(chain: Chain) -> pl.DataFrame:
    """The ledger as a stage sees it: LEDGER_ROWS."""
    return pl.DataFrame([_row(link) for link in chain.links], schema=LEDGER_ROWS)


def _row(link: Link) -> dict[str, Any]:
    entry, look = link.entry, look_of(link.entry)
    return {
        "number": link.number,
        "holds": link.holds,
        "time": entry.time if entry else None,
        "event": entry.event if entry else None,
        "run": entry.run if entry else None,
        "code_version": entry.code_version if entry else None,
        "stages": list(look.stages) if look else None,
        "protocol": look.protocol if look else None,
        "evaluated": look.evaluated if look else None,
        "content": canonical_json(entry.content).decode() if entry else None,
    }
