"""The page: what stands now, every month, every monitor, cases and events, rendered to one self-contained document."""

from dataclasses import dataclass
from typing import Any

from multisite.pack.marks import Mark, state_mark
from multisite.pack.rendering import rendered
from multisite.pack.tables.table import Table
from multisite.pack.timeline.case_tables import cases_table, events_table
from multisite.pack.timeline.exhibits import LEGEND, evidence_figure, family_exhibits
from multisite.pack.timeline.in_use_tables import devices_table, performance_table
from multisite.pack.timeline.record import SiteRecord
from multisite.pack.timeline.tables import not_judged_table, verdict_table
from multisite.pack.timeline.words import budget_words, picture_words
from multisite.pack.words import month_words
from multisite.vocabulary import DriftState

__all__ = ["CHAPTERS", "ModelNow", "RibbonMonth", "models_now", "render_timeline"]

CHAPTERS = (
    ("now", "Where it stands"),
    ("cases-and-events", "Cases, events"),
    ("monitors", "Control charts"),
    ("evidence", "Evidence"),
    ("in-use", "In use"),
    ("months", "Every month"),
    ("open-questions", "Not judged"),
    ("reading", "How to read"),
)
"""Anchor and heading of each chapter, in order."""


@dataclass(frozen=True, slots=True)
class RibbonMonth:
    """A month of the ribbon; ``year`` is set where a new one begins."""

    month: str
    label: str
    year: str
    mark: Mark
    n_studies: int


@dataclass(frozen=True, slots=True)
class ModelNow:
    """A model: the verdict on its last month, and the states of all."""

    model: str
    title: str
    month: str
    mark: Mark
    sentence: str
    reason: str
    ribbon: tuple[RibbonMonth, ...]
    budget: str
    baseline: str
    season: str


def render_timeline(record: SiteRecord) -> str:
    """The whole document. The same record gives the same bytes."""
    now = models_now(record)
    return rendered(
        "timeline.html.j2",
        styles=("report.css", "timeline.css"),
        title=record.parameters.title,
        site=record.site,
        months=record.months,
        span=" to ".join(dict.fromkeys(month_words(record.months[i]) for i in (0, -1))) if record.months else "",
        chapters=CHAPTERS if record.months else (),
        models=now,
        states={state.value: state_mark(state.value) for state in DriftState},
        evidence=evidence_figure(record) if now else None,
        legend=LEGEND,
        families=[family_exhibits(record, family) for family in record.families],
        verdicts=[verdict_table(record, model) for model in record.models],
        cases=cases_table(record),
        events=events_table(record),
        devices=devices_table(record) if now else None,
        in_use=performance_table(record) if now else None,
        not_judged=_not_judged(record),
        picture=picture_words(record),
    )


def models_now(record: SiteRecord) -> tuple[ModelNow, ...]:
    """Every model with a verdict, the worst first."""
    made = []
    for model in record.models:
        rows = record.verdicts[model]
        last = rows[-1]
        made.append(
            ModelNow(
                model=model,
                title=record.model_title(model),
                month=month_words(last["month"]),
                mark=state_mark(last["state"]),
                sentence=last["sentence"],
                reason=last["reason"] if last["reason"] not in last["sentence"] else "",
                ribbon=tuple(_ribbon_month(row, rows[i - 1] if i else None) for i, row in enumerate(rows)),
                budget=budget_words(record, model),
                baseline=last["baseline"],
                season=last["season"],
            )
        )
    return tuple(made)


def _ribbon_month(row: dict[str, Any], before: dict[str, Any] | None) -> RibbonMonth:
    year = row["month"][:4]
    is_new = before is None or before["month"][:4] != year
    label = month_words(row["month"])[:3]
    return RibbonMonth(row["month"], label, year if is_new else "", state_mark(row["state"]), row["n_studies"])


def _not_judged(record: SiteRecord) -> Table | None:
    return not_judged_table(record) if record.months else None
