"""What a mail can be held to: its budget, what it was made from, and the month's volumes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from multisite.notify.content.mail import Trust, Volumes
from multisite.notify.content.tables import MonthTables, Row
from multisite.notify.content.written import count_words, day_words, one_line
from multisite.vocabulary import MonitorFamily, MonitorStatus

__all__ = ["Place", "trust_of", "volumes_of"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where and by which run a month is told: names, the command that acknowledges, the page, and the ledger's head."""

    study: str
    study_title: str
    site: str
    site_title: str
    model: str
    model_title: str
    acknowledge: str
    page: str
    page_sha256: str
    ledger_head: str
    n_entries: int
    run: str
    sent: datetime
    minimum_cell: int


def trust_of(verdict: Row, tables: MonthTables, place: Place) -> Trust:
    budget = tables.budget
    words = "no budget has been simulated"
    if budget is not None:
        words = (
            f"at most {_plain(budget['budget_ambers_per_year'])} false amber a year and"
            f" {_plain(budget['budget_reds_per_five_years'])} false red in five years; simulated without any change:"
            f" {budget['ambers_per_year']:.1f} and {budget['reds_per_five_years']:.1f}"
        )
    opened = verdict["ambers_last_year"]
    return Trust(
        budget=words,
        so_far=f"{opened} {'case' if opened == 1 else 'cases'} opened here in the last twelve months",
        could_show=_could_show(tables.monitors),
        baseline=verdict["baseline"],
        verdict_sha256=verdict["digest"],
        page_sha256=place.page_sha256,
        ledger_head=place.ledger_head,
        n_entries=place.n_entries,
        run=place.run,
    )


def _could_show(monitors: Sequence[Row]) -> str:
    output = [
        row
        for row in monitors
        if row["family"] == MonitorFamily.OUTPUT.value
        and row["status"] != MonitorStatus.NOT_ASSESSABLE.value
        and row["detectable_change"] is not None
    ]
    row = min(output, key=lambda one: not one["monitor"].startswith("alert_"), default=None)
    if row is None:
        return ""
    size = row["detectable_change"]
    words = f"{100 * size:.1f} points" if row["change_unit"] == "share" else f"{size:.2g} {row['change_unit']}"
    return f"{one_line(row['title'])}: {words}"


def volumes_of(verdict: Row, tables: MonthTables, minimum: int) -> Volumes:
    received, failed, abstained = (sum(row[name] for row in tables.days) for name in _TALLIES)
    words = f"{count_words(verdict['n_studies'], minimum)} studies counted, the first of each patient"
    if tables.days:
        # What was processed is not printed: beside the number received it would tell a hidden number of failures.
        words = (
            f"{count_words(received, minimum)} studies received, {count_words(failed, minimum)} not processed,"
            f" {count_words(abstained, minimum)} abstained on"
        )
        small = 0 < received - verdict["n_studies"] < minimum
        words += "" if small else f"; {count_words(verdict['n_studies'], minimum)} counted, the first of each patient"
    mature = [row["maturity"] for row in tables.performance if row["maturity"] is not None]
    return Volumes(
        received=words,
        cut_off=day_words(tables.cut_off) if tables.cut_off is not None else "",
        labels=f"{100 * max(mature):.0f} % of the labels have come" if any(mature) else "no label has come",
    )


_TALLIES = ("n_studies", "n_failed", "n_abstained")


def _plain(number: float) -> str:
    return f"{number:g}"
