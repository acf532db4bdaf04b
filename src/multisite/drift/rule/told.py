"""What people have noted in the site's ledger: acknowledgements, closures and muted monitors."""

import json
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from multisite.vocabulary import DriftState

__all__ = ["NOTHING_TOLD", "Acknowledgement", "Mute", "Told", "read_told"]

_ACKNOWLEDGED, _CLOSED, _MUTED = "case acknowledged", "case closed", "monitor muted"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who took notice of a case, when (UTC), and of which state."""

    by: str
    time: str
    state: DriftState


@dataclass(frozen=True, slots=True)
class Mute:
    """A monitor that does not signal in months that end between two days, both included, and why."""

    key: tuple[str, str, str]
    since: date
    until: date
    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """By the month that opened a case: its acknowledgements, and the month in which it was closed; and what is muted.

    A case is known by that month, for one month opens one case at most. Its number changes where late data open an
    earlier case, or take one away.
    """

    acknowledged: dict[str, tuple[Acknowledgement, ...]]
    closed: dict[str, str]
    mutes: tuple[Mute, ...]

    def acknowledgement(self, opened: str, worst: DriftState) -> Acknowledgement | None:
        """The first one of a case as bad as it now is: who noted an amber case has not noted that it became red."""
        noted = self.acknowledged.get(opened, ())
        return next((one for one in noted if one.state.rank >= worst.rank), None)

    def muted(self, key: tuple[str, str, str], day: date) -> str | None:
        """Why a monitor does not signal on ``day``; None where it does."""
        return next((mute.reason for mute in self.mutes if mute.key == key and mute.since <= day <= mute.until), None)


NOTHING_TOLD = Told({}, {}, ())


def read_told(ledger: pl.DataFrame | None, *, model: str) -> Told:
    """What the ledger (LEDGER_ROWS) says of the cases and monitors of ``model``.

    An entry that says it badly, or behind a break of the chain, says nothing: it neither closes nor mutes. A case is
    closed at the end of the month that its entry names, else of the month before the entry was made, the last that
    whoever closed it can have been told of. A mute begins with the day of its entry, and leaves earlier months as they
    were.
    """
    told = Told({}, {}, ())
    mutes = []
    rows = (
        [] if ledger is None else ledger.filter(pl.col("content").is_not_null() & pl.col("holds")).iter_rows(named=True)
    )
    for row in rows:
        content = _content(row["content"])
        if content.get("model") != model or _day(row["time"]) is None:
            continue
        opened = content.get("opened")
        if row["event"] == _ACKNOWLEDGED and opened and content.get("state") in list(DriftState):
            noted = Acknowledgement(str(content.get("by", "")), str(row["time"]), DriftState(content["state"]))
            told.acknowledged[opened] = (*told.acknowledged.get(opened, ()), noted)
        elif row["event"] == _CLOSED and opened:
            told.closed.setdefault(opened, _closing_month(content, row["time"]))
        elif row["event"] == _MUTED:
            mute = _mute(content, row["time"])
            mutes += [mute] if mute else []
    return Told(told.acknowledged, told.closed, tuple(mutes))


def _content(text: str) -> dict[str, Any]:
    try:
        content = json.loads(text)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}


def _day(text: object) -> date | None:
    try:
        return date.fromisoformat(str(text)[:10])
    except ValueError:
        return None


def _closing_month(content: dict[str, Any], time: object) -> str:
    named, day = _day(f"{content.get('month')}-01"), _day(time)
    if named is not None or day is None:
        return str(content.get("month"))
    return (day.replace(day=1) - timedelta(days=1)).strftime("%Y-%m")


def _mute(content: dict[str, Any], time: object) -> Mute | None:
    key = tuple(str(content.get(name) or "") for name in ("monitor", "axis", "level"))
    reason, approver = (str(content.get(name) or "").strip() for name in ("reason", "approver"))
    since, until = _day(time), _day(content.get("until"))
    if not all((*key, reason, approver)) or since is None or until is None:
        return None
    return Mute((key[0], key[1], key[2]), since, until, reason)
