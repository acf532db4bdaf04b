"""Which event goes with a change: one that changes the monitor by itself, about when the change began."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from multisite.drift.calendar import first_day
from multisite.drift.rule.series import Monitor
from multisite.vocabulary import DriftEventKind, MonitorFamily

__all__ = ["DriftEvent", "event_of", "planned_event", "read_events"]

_READ_BY_ANY = (MonitorFamily.OUTPUT, MonitorFamily.AGREEMENT, MonitorFamily.PERFORMANCE, MonitorFamily.SUBGROUPS)
"""Families that any event may change: what the images are made with, the model reads."""


@dataclass(frozen=True, slots=True)
class DriftEvent:
    """An event; ``monitors`` are the columns that it changes by itself."""

    day: date
    month: str
    kind: DriftEventKind
    title: str
    monitors: frozenset[str]
    is_planned: bool
    window_end: date | None
    n_studies: int


def read_events(events: pl.DataFrame) -> list[DriftEvent]:
    """DRIFT_EVENTS as events, by day."""
    return [
        DriftEvent(
            row["date"],
            row["month"],
            DriftEventKind(row["kind"]),
            row["title"],
            frozenset(row["monitors"] or ()),
            row["is_planned"],
            row["window_end"],
            row["n_studies"] or 0,
        )
        for row in events.sort("date", "kind", "title").iter_rows(named=True)
    ]


def event_of(monitor: Monitor, *, month: str, since: str, events: Sequence[DriftEvent]) -> DriftEvent | None:
    """The event that goes with a change of ``monitor`` that was seen in ``month`` and began in ``since``.

    Candidates lie between the month before ``since`` and the month after it: ``since`` is an estimate. One that changes
    the monitor's column by itself comes first; what the model makes of the images may come from any. Of several the one
    nearest to the beginning of ``since``, and of these the one that most studies show; a value never seen before comes
    last, for it is rather a trace of an event than the event.
    """
    candidates = [event for event in events if _before(since) <= event.month <= min(month, _after(since))]
    own = [event for event in candidates if _column(monitor) in event.monitors]
    chosen = own or (candidates if monitor.family in _READ_BY_ANY else [])
    begin = first_day(since)
    return min(
        chosen,
        key=lambda event: (
            event.kind is DriftEventKind.NEW_VALUE,
            event.month != since,
            -event.n_studies,
            abs((event.day - begin).days),
        ),
        default=None,
    )


def planned_event(monitor: str, *, month: str, events: Sequence[DriftEvent]) -> DriftEvent | None:
    """The first planned event with an open acceptance window that changes the column of ``monitor`` by itself."""
    return next(
        (
            event
            for event in events
            if event.is_planned
            and event.window_end is not None
            and event.month <= month
            and event.window_end >= first_day(month)
            and monitor.removeprefix("missing_") in event.monitors
        ),
        None,
    )


def _column(monitor: Monitor) -> str:
    return monitor.id.removeprefix("missing_")


def _after(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year + 1}-01" if number == 12 else f"{year}-{number + 1:02d}"


def _before(month: str) -> str:
    year, number = map(int, month.split("-"))
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02d}"
