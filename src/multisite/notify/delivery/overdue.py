"""Which cases nobody has acknowledged in time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from multisite.notify.content.agreement import Agreement, due_day

__all__ = ["Overdue", "overdue_cases"]


@dataclass(frozen=True, slots=True)
class Overdue:
    """A case, the month of the mail that was not answered, and the day by which it should have been."""

    case_number: int
    month: str
    due: date


def overdue_cases(
    cases: Sequence[Mapping[str, Any]],
    verdicts: Sequence[Mapping[str, Any]],
    *,
    told: Mapping[str, date],
    agreement: Agreement,
    today: date,
) -> tuple[Overdue, ...]:
    """Per open case of a model that nobody has acknowledged, the last month whose mail is past its day.

    ``told`` holds the day of the first mail by month. A case of which no mail has arrived is not overdue.
    """
    found = []
    for case in cases:
        if case["acknowledged"] is not None or case["closed"] is not None:
            continue
        late = [
            Overdue(case["case_number"], row["month"], due)
            for row in verdicts
            if row["case_number"] == case["case_number"] and row["month"] in told
            if agreement.step_after(row["state"]) is not None
            if (due := _due(row["state"], told[row["month"]], agreement)) < today
        ]
        if late:
            found.append(max(late, key=lambda one: one.month))
    return tuple(found)


def _due(state: str, sent: date, agreement: Agreement) -> date:
    step = agreement.step(state)
    return due_day(sent, working_days=step.within_working_days, holidays=agreement.holidays)
