"""Tables of the timeline on cases and events."""

from typing import Any

import polars as pl

from multisite.pack.marks import state_mark
from multisite.pack.tables.table import Cell, Column, Row, Table, counted, missing, plain_table
from multisite.pack.timeline.record import SiteRecord
from multisite.pack.words import month_words
from multisite.schemas.drift_feed import DRIFT_EVENTS
from multisite.schemas.drift_verdicts import DRIFT_CASES

__all__ = ["cases_table", "events_table"]

_SHOWN_OF_PSEUDONYM = 12


def cases_table(record: SiteRecord) -> Table | None:
    """Every case, the open ones first; None where there was none."""
    rows = [
        Row(
            (
                Cell(f"Case {case['case_number']}", note=record.model_title(case["model"])),
                Cell(case["worst"], mark=state_mark(case["worst"])),
                Cell(case["cause"] or "no event known", quiet=not case["cause"], note=case["families"]),
                Cell(month_words(case["opened"]), sort=case["opened"]),
                Cell(month_words(case["last"]), sort=case["last"]),
                _acknowledged(case),
                Cell(month_words(case["closed"]), sort=case["closed"])
                if case["closed"]
                else Cell("open", sort="9999-12"),
            )
        )
        for case in record.cases
    ]
    columns = (
        Column("Case"),
        Column("Worst state"),
        Column("Put down to"),
        Column("Opened"),
        Column("Last signal"),
        Column("Acknowledged"),
        Column("Closed"),
    )
    data = record.frame(DRIFT_CASES)
    return plain_table("cases", "One case per cause", columns, rows, data=data) if rows else None


def events_table(record: SiteRecord) -> Table | None:
    """What happened at the site, with the letters that flag it in the charts; None where nothing is known."""
    rows = [
        Row(
            (
                Cell(event["letter"]),
                Cell(event["date"].isoformat(), sort=event["date"].isoformat()),
                Cell(event["title"], note=_planned(event)),
                Cell(event["kind"]),
                Cell(_device(event["device"]), quiet=event["device"] is None),
                Cell(event["source"]),
                counted(event["n_studies"]) if event["n_studies"] is not None else missing("told by the site"),
            )
        )
        for event in record.events
    ]
    columns = (
        Column("Flag"),
        Column("Day"),
        Column("Event"),
        Column("Kind"),
        Column("Device", "pseudonym"),
        Column("Known from"),
        Column("Studies", "of its month", kind="number"),
    )
    data = record.frame(DRIFT_EVENTS).with_columns(pl.col("monitors").list.join(" ")).sort("date", "kind", "title")
    return plain_table("events", "Events", columns, rows, data=data) if rows else None


def _acknowledged(case: dict[str, Any]) -> Cell:
    if case["acknowledged"] is None:
        return Cell("not yet" if case["closed"] is None else "never", quiet=True)
    return Cell(case["acknowledged"][:10], note=f"by {case['acknowledged_by']}" if case["acknowledged_by"] else "")


def _planned(event: dict[str, Any]) -> str:
    if not event["is_planned"]:
        return ""
    return f"planned; accepted until {event['window_end'].isoformat()}" if event["window_end"] else "planned"


def _device(device: str | None) -> str:
    if device is None:
        return "no device"
    return device if len(device) <= _SHOWN_OF_PSEUDONYM else f"{device[:_SHOWN_OF_PSEUDONYM]}…"
