"""Whether results were planned: locks of the protocol, looks and deviations, as a site's ledger tells.

A result is *planned* where the protocol that it was made with is the one that stood locked, at its site, when a test
label was first read there: the last of the locks before that. Anything else is possible, and *exploratory*: without a
lock, with another protocol than that one (be it locked earlier and replaced), or with labels that had been seen before.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from multisite.audit.entry import Event
from multisite.schemas.standings import DEVIATIONS
from multisite.vocabulary import Standing

__all__ = ["Lock", "SiteStanding", "deviation_rows", "lock_of", "standing_of"]


@dataclass(frozen=True, slots=True)
class Lock:
    """An entry that locks a protocol: its digest, those of its parts, by whom, when (UTC), and its place in the ledger.

    ``n_looks_before`` counts the looks at test labels that stood in the ledger before it.
    """

    protocol: str
    parts: Mapping[str, str]
    by: str
    time: str
    number: int
    n_looks_before: int


@dataclass(frozen=True, slots=True)
class SiteStanding:
    """What results of a site are, and why, in words; ``reason`` is empty where they are planned.

    ``lock`` is the lock of their protocol, wherever it stands in the ledger.
    """

    kind: Standing
    reason: str = ""
    lock: Lock | None = None


def lock_of(rows: pl.DataFrame, *, protocol: str | None = None) -> Lock | None:
    """The first sound lock of ``protocol`` in a ledger (LEDGER_ROWS), or, without one, the last lock of any.

    None where there is none.
    """
    locks = list(_locks(rows))
    if protocol is None:
        return locks[-1] if locks else None
    return next((one for one in locks if one.protocol == protocol), None)


def standing_of(rows: pl.DataFrame, *, protocol: str) -> SiteStanding:
    """How a result that was made with ``protocol`` stands at the site of the ledger ``rows`` (LEDGER_ROWS)."""
    lock = lock_of(rows, protocol=protocol)
    breaks = rows.with_row_index("place", offset=1).filter(~pl.col("holds"))["place"].to_list()
    if breaks:
        return SiteStanding(Standing.EXPLORATORY, f"the site's ledger is broken at entry {breaks[0]}", lock)
    if lock is None:
        other = lock_of(rows)
        reason = (
            "the protocol was not locked"
            if other is None
            else f"the protocol is not the one that was locked on {other.time[:10]}"
        )
        return SiteStanding(Standing.EXPLORATORY, reason)
    valid = [one for one in _locks(rows) if not one.n_looks_before][-1:]
    if not lock.n_looks_before and valid[0].protocol != protocol:
        reason = f"the protocol was replaced by another one on {valid[0].time[:10]}, before any test label was read"
        return SiteStanding(Standing.EXPLORATORY, reason, lock)
    if lock.n_looks_before:
        looks = "look" if lock.n_looks_before == 1 else "looks"
        reason = f"{lock.n_looks_before} {looks} at the test labels came before the lock"
        return SiteStanding(Standing.EXPLORATORY, reason, lock)
    return SiteStanding(Standing.PLANNED, lock=lock)


def deviation_rows(rows: pl.DataFrame, *, site: str) -> pl.DataFrame:
    """The sound entries on deviations, in their order, as rows of DEVIATIONS."""
    noted = rows.filter(pl.col("holds") & (pl.col("event") == Event.DEVIATION.value))
    found = [
        {"site": site, "number": number, "time": time, **json.loads(content)}
        for number, time, content in noted.select("number", "time", "content").iter_rows()
    ]
    return pl.DataFrame(found, schema=DEVIATIONS.schema)


def _locks(rows: pl.DataFrame) -> Iterator[Lock]:
    n_looks = 0
    for row in rows.iter_rows(named=True):
        if not row["holds"]:
            return
        n_looks += row["event"] == Event.LOOK.value
        if row["event"] == Event.LOCK.value:
            yield _lock(row, json.loads(row["content"]), n_looks)


def _lock(row: Mapping[str, Any], content: Mapping[str, Any], n_looks: int) -> Lock:
    parts = {str(name): str(digest) for name, digest in content["parts"].items()}
    return Lock(str(content["protocol"]), parts, str(content["by"]), str(row["time"]), row["number"], n_looks)
