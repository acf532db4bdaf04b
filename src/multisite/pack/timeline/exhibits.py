"""Figures of the timeline: control charts by family, and the evidence of each model."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from multisite.pack.figures.control_chart import (
    PANEL_WIDTH,
    CaseSpan,
    ChartMonth,
    ControlChart,
    draw_control_chart,
)
from multisite.pack.figures.evidence_chart import EvidenceMonth, draw_evidence
from multisite.pack.figures.figure import Figure, MissingPanel, Panel
from multisite.pack.timeline.record import SiteRecord, Watched
from multisite.pack.timeline.tables import evidence_table, family_table
from multisite.pack.timeline.words import FAMILIES, evidence_finding, family_finding
from multisite.vocabulary import MonitorFamily, MonitorKind

__all__ = ["LEGEND", "FamilyExhibits", "chart_of", "evidence_figure", "family_exhibits"]

LEGEND = (
    "Each month's value stands on its usual range (shaded: 95 of 100 months of that size if nothing had changed; wider "
    "where a month has fewer studies), n its studies. Filled squares are signals, hollow squares changes too small to "
    "matter, hollow circles were not judged, and triangles are planned (up) or muted (down). Letters above the axis "
    "are events; a bar is a case of the family, with a ring in the month of its acknowledgement. Of a category the "
    "share that changed most is drawn, and joined only while it is the same one. What could not be judged may lie "
    "beyond the axis."
)
"""How every control chart is read."""

_SUBTITLE = "Monthly values on their usual range; filled squares are signals."
_METHOD = "Judged are changes that chance does not explain and that are of a size that matters."


@dataclass(frozen=True, slots=True)
class FamilyExhibits:
    """A family: monitors with something to say, and the quiet ones; either may be missing."""

    family: MonitorFamily
    title: str
    finding: str
    loud: Figure | None
    quiet: Figure | None
    n_quiet: int


def family_exhibits(record: SiteRecord, family: MonitorFamily) -> FamilyExhibits:
    """Control charts of a family, the worst first."""
    watched = record.families[family]
    loud = [one for one in watched if one.last_notable]
    quiet = [one for one in watched if not one.last_notable]
    finding = family_finding(record, family)
    return FamilyExhibits(
        family,
        FAMILIES[family],
        finding,
        _figure(record, family, loud, finding, "loud") if loud else None,
        _figure(record, family, quiet, f"{FAMILIES[family]}: monitors without a signal", "quiet") if quiet else None,
        len(quiet),
    )


def evidence_figure(record: SiteRecord) -> Figure:
    """A panel per model, the worst first."""
    panels: list[Panel | MissingPanel] = []
    for model in record.models:
        rows = record.verdicts[model]
        title = record.model_title(model)
        if all(row["evidence"] is None for row in rows):
            panels.append(MissingPanel(title, "No month had a monitor that could be judged."))
            continue
        months = [
            EvidenceMonth(row["month"], row["evidence"], row["red_evidence"], row["amber_line"], row["red_line"])
            for row in rows
        ]
        panels.append(draw_evidence(months, slug=f"evidence-{model}", title=title))
    return Figure(
        slug="evidence-figure",
        title=evidence_finding(record),
        subtitle="Mean evidence over the monitors that something has changed, month by month on a logarithmic axis: 1 "
        "is none. It adds up what single months are too small to show.",
        panels=tuple(panels),
        panel_width=PANEL_WIDTH,
        data=evidence_table(record),
        method="An e-detector: where nothing has changed, the lines are reached as rarely as the budget of false "
        "alarms says, however the monitors depend on each other.",
    )


def chart_of(record: SiteRecord, one: Watched) -> ControlChart:
    """A monitor's months as they are drawn."""
    family, monitor, axis, level = one.key
    events = record.events_of(monitor)
    last = one.rows[max(one.rows)]
    slug = "-".join(("chart", family, monitor, axis, level))
    return ControlChart(
        slug=slug.replace(" ", "_"),
        title=one.title,
        months=tuple(_month(month, one.rows.get(month), events.get(month, ())) for month in record.months),
        is_share=last["kind"] in (MonitorKind.SHARE, MonitorKind.CATEGORY),
        unit=last["unit"],
        cases=tuple(_spans(record, family, last["model"])) if one.last_signal else (),
    )


def _figure(record: SiteRecord, family: MonitorFamily, watched: Sequence[Watched], title: str, which: str) -> Figure:
    return Figure(
        slug=f"{family.value}-{which}",
        title=title,
        subtitle=_SUBTITLE,
        panels=tuple(draw_control_chart(chart_of(record, one)) for one in watched),
        panel_width=PANEL_WIDTH,
        data=family_table(record, family, watched, which),
        method=_METHOD,
    )


def _month(month: str, row: dict[str, Any] | None, events: tuple[str, ...]) -> ChartMonth:
    if row is None:
        return ChartMonth(month, events=events)
    return ChartMonth(
        month,
        n=row["n_studies"],
        value=row["value"],
        usual=row["usual"],
        low=row["usual_low"],
        high=row["usual_high"],
        cell=row["cell"],
        status=row["status"],
        reason=row["reason"] or "",
        baseline=row["baseline"],
        events=events,
    )


def _spans(record: SiteRecord, family: str, model: str) -> list[CaseSpan]:
    months, spans = record.months, []
    for case in record.cases:
        families = [name.strip() for name in case["families"].split(",")]
        if case["model"] != model or family not in families or case["opened"] not in months:
            continue
        last = months.index(case["closed"]) if case["closed"] in months else len(months) - 1
        noted = case["acknowledged"]
        acknowledged = None
        if noted is not None:
            # Months are acknowledged after they are over: what comes after the last one stands in the last one.
            acknowledged = max((i for i, month in enumerate(months) if month <= noted[:7]), default=None)
        spans.append(CaseSpan(case["case_number"], months.index(case["opened"]), last, acknowledged))
    return spans
