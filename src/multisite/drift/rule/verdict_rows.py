"""Months of a site and model as rows, with state, sentence, evidence and digest."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from multisite.drift.calendar import months_apart
from multisite.drift.rule.causes import DriftEvent, planned_event
from multisite.drift.rule.months import JudgedMonth, cause_of
from multisite.drift.rule.sentences import sentence_of
from multisite.schemas.drift_baseline import DRIFT_BASELINE_MONITORS
from multisite.storage.canonical import digest_of
from multisite.vocabulary import DriftState, MonitorFamily, MonitorStatus

__all__ = ["verdict_rows", "without_baseline"]

_YEAR = 12


def verdict_rows(
    judged: Sequence[JudgedMonth],
    rows: Sequence[dict[str, Any]],
    *,
    site: str,
    model: str,
    overlaps: Mapping[str, JudgedMonth],
    events: Sequence[DriftEvent],
) -> list[dict[str, Any]]:
    """Rows of DRIFT_VERDICTS of ``judged`` months, of which ``rows`` are those of DRIFT_MONITORS.

    ``overlaps`` holds, by the first month of a later baseline, what the one before says of it.
    """
    by_month: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        by_month.setdefault(row["month"], []).append(row)
    made = []
    opened: list[str] = []
    grey = 0
    for month in judged:
        own, segment, at = by_month.get(month.month, []), month.segment, month.at
        opened += [month.month] if month.state.opened else []
        # A shadow month could be judged: it is grey because nobody is alarmed yet.
        grey = grey + 1 if month.state.state is DriftState.GREY and not month.signals.shadow else 0
        cause = cause_of(month.found)
        keys = [segment.monitors[one.place].key for one in month.found]
        by_key = {(row["monitor"], row["axis"], row["level"]): row for row in own}
        n_judged = sum(row["status"] != MonitorStatus.NOT_ASSESSABLE.value for row in own)
        in_use = [row for row in own if row["family"] == MonitorFamily.PERFORMANCE.value]
        fallen = [row for row in in_use if row["status"] == MonitorStatus.SIGNAL.value]
        reason = "nobody is alarmed in the first months" if month.signals.shadow else month.signals.reason
        overlap = overlaps.get(month.month)
        registry = segment.baseline.frames[DRIFT_BASELINE_MONITORS.name]
        row = {
            "site": site,
            "month": month.month,
            "model": model,
            "state": month.state.state.value,
            "cause": cause.title if cause else "",
            "sentence": sentence_of(
                month.state.state,
                month=month.month,
                rows=[] if month.signals.shadow else [*fallen, *(by_key[key] for key in keys)],
                cause=cause,
                reason=reason,
                n_monitors=len(own),
                n_judged=n_judged,
                planned=_planned(own, month.month, events),
            ),
            "reason": reason if month.state.state is DriftState.GREY else "",
            "case_number": month.state.case_number,
            "n_studies": segment.feed[at].n_studies,
            "n_monitors": len(own),
            "n_signals": len(month.found) + len(fallen),
            "n_not_assessable": len(own) - n_judged,
            "evidence": _rounded(segment.signals.evidence[0, at]),
            "amber_line": segment.lines.amber,
            "red_evidence": _rounded(segment.signals.red_evidence[0, at]),
            "red_line": segment.lines.red,
            "ambers_last_year": sum(months_apart(one, month.month) < _YEAR for one in opened),
            "months_grey": grey,
            "baseline": segment.baseline.name,
            "overlap_state": overlap.state.state.value if overlap else None,
            "season": _season(registry),
            "is_shadow": month.signals.shadow,
        }
        made.append({**row, "digest": digest_of([row, own])})
    return made


def _planned(rows: Sequence[dict[str, Any]], month: str, events: Sequence[DriftEvent]) -> tuple[str, ...]:
    seen = [row["monitor"] for row in rows if row["status"] == MonitorStatus.PLANNED.value]
    found = [planned_event(monitor, month=month, events=events) for monitor in seen]
    return tuple(dict.fromkeys(event.title for event in found if event is not None))


def _season(registry: pl.DataFrame) -> str:
    seasons = set(registry["season"])
    return "season not separable yet" if seasons <= {"not separable yet"} else "season taken into account"


def without_baseline(site: str, model: str, month: str, *, months_grey: int) -> dict[str, Any]:
    """The row of a month that no baseline is for: GREY."""
    reason = "the site has no baseline: no validated study with the watched columns"
    row: dict[str, Any] = {
        "site": site, "month": month, "model": model, "state": DriftState.GREY.value, "cause": "",
        "sentence": f"{month} could not be judged: {reason}.", "reason": reason, "case_number": None, "n_studies": 0,
        "n_monitors": 0, "n_signals": 0, "n_not_assessable": 0, "evidence": None, "amber_line": 0.0,
        "red_evidence": None, "red_line": 0.0, "ambers_last_year": 0, "months_grey": months_grey, "baseline": "",
        "overlap_state": None, "season": "season not separable yet", "is_shadow": False,
    }  # fmt: skip
    return {**row, "digest": digest_of(row)}


def _rounded(value: float) -> float | None:
    return float(f"{value:.9g}") if np.isfinite(value) else None
