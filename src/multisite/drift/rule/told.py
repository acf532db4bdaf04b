"""What people have noted in the site's ledger: acknowledgements, closures and muted monitors."""

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

import polars as pl

__all__ = ["Acknowledgement", "Mute", "Told", "read_told"]

_ACKNOWLEDGED, _CLOSED, _MUTED = "case acknowledged", "case closed", "monitor muted"


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """Who took notice of a case, and when (UTC)."""

    by: str
    time: str


@dataclass(frozen=True, slots=True)
class Mute:
    """A monitor that does not signal up to a day, and why."""

    key: tuple[str, str, str]
    until: date
    reason: str


@dataclass(frozen=True, slots=True)
class Told:
    """By number of the case: the first acknowledgement, and the month in which it was closed; and what is muted."""

    acknowledged: dict[int, Acknowledgement]
    closed: dict[int, str]
    mutes: tuple[Mute, ...]

    def muted(self, key: tuple[str, str, str], day: date) -> str | None:
        """Why a monitor does not signal on ``day``; None where it does."""
        return next((mute.reason for mute in self.mutes if mute.key == key and day <= mute.until), None)


def read_told(ledger: pl.DataFrame | None, *, model: str) -> Told:
    """What the ledger (LEDGER_ROWS) says of the cases and monitors of ``model``. An entry that says it badly says
    nothing: it neither closes nor mutes.
    """
    told = Told({}, {}, ())
    mutes = []
    rows = [] if ledger is None else ledger.filter(pl.col("content").is_not_null()).iter_rows(named=True)
    for row in rows:
        content = json.loads(row["content"])
        if content.get("model") != model:
            continue
        if row["event"] == _ACKNOWLEDGED and isinstance(content.get("case_number"), int):
            noted = Acknowledgement(str(content.get("by", "")), str(row["time"]))
            told.acknowledged.setdefault(content["case_number"], noted)
        elif row["event"] == _CLOSED and isinstance(content.get("case_number"), int):
            told.closed.setdefault(content["case_number"], str(content.get("month", "")))
        elif row["event"] == _MUTED:
            mute = _mute(content)
            mutes += [mute] if mute else []
    return Told(told.acknowledged, told.closed, tuple(mutes))


def _mute(content: dict[str, Any]) -> Mute | None:
    try:
        key = (str(content["monitor"]), str(content["axis"]), str(content["level"]))
        return Mute(key, date.fromisoformat(content["until"]), str(content["reason"]))
    except (KeyError, TypeError, ValueError):
        return None
