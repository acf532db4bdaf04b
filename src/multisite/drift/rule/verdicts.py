"""The verdicts of a site: every model, every month, every case, from tallies and the ledger alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import partial
from itertools import pairwise
from typing import Any

import polars as pl

from multisite.drift.rule.case_rows import case_rows
from multisite.drift.rule.causes import read_events
from multisite.drift.rule.in_use import falls_of, performance_rows
from multisite.drift.rule.monitor_rows import monitor_rows, read_moments
from multisite.drift.rule.months import JudgedMonth, follow_months, spans_of
from multisite.drift.rule.segment import Rules, Segment, judge_segment
from multisite.drift.rule.states import Case
from multisite.drift.rule.told import Told, read_told
from multisite.drift.rule.verdict_rows import verdict_rows, without_baseline
from multisite.schemas import AdoptedBaseline
from multisite.schemas.drift import DRIFT_COUNTS_BASELINE
from multisite.schemas.drift_performance import DRIFT_PERFORMANCE
from multisite.schemas.drift_verdicts import DRIFT_CASES, DRIFT_MONITORS, DRIFT_VERDICTS

__all__ = ["SiteTallies", "Verdicts", "judge_site"]


@dataclass(frozen=True, slots=True)
class SiteTallies:
    """What a site's verdicts are made from: DRIFT_COUNTS, DRIFT_MOMENTS, DEPLOYMENT_DAYS, DRIFT_EVENTS,
    DRIFT_PERFORMANCE, and the ledger (LEDGER_ROWS).
    """

    counts: pl.DataFrame
    moments: pl.DataFrame
    days: pl.DataFrame
    events: pl.DataFrame
    performance: pl.DataFrame = field(default_factory=DRIFT_PERFORMANCE.empty)
    ledger: pl.DataFrame | None = None


@dataclass(frozen=True, slots=True)
class Verdicts:
    """DRIFT_MONITORS, DRIFT_VERDICTS and DRIFT_CASES."""

    monitors: pl.DataFrame
    verdicts: pl.DataFrame
    cases: pl.DataFrame

    def tables(self) -> dict[str, pl.DataFrame]:
        """By name of the artefact."""
        return {DRIFT_MONITORS.name: self.monitors, DRIFT_VERDICTS.name: self.verdicts, DRIFT_CASES.name: self.cases}


def judge_site(
    tallies: SiteTallies,
    baselines: Sequence[AdoptedBaseline],
    *,
    site: str,
    models: Sequence[str],
    months: Sequence[str],
    rules: Rules,
    until: date | None = None,
) -> Verdicts:
    """Every month of ``months`` (YYYY-MM, rising and without a gap) for every model.

    ``until`` is the last day that is known of where the last month may not be over.

    Months before the first study of a model are no months of its routine use. A month without a baseline is GREY. The
    first month of a later baseline is judged by the one before it, too.
    """
    monitor_table: list[dict[str, Any]] = []
    verdict_table: list[dict[str, Any]] = []
    case_table: list[dict[str, Any]] = []
    events = read_events(tallies.events)
    by_baseline = {one.name: tallies.counts.filter(baseline=one.name) for one in baselines}
    frames = {one.name: one.frames[DRIFT_COUNTS_BASELINE.name] for one in baselines}
    moments = read_moments(tallies.moments)
    for model in models:
        told = read_told(tallies.ledger, model=model)
        days = _days(tallies.days, model)
        begin = min(days).strftime("%Y-%m") if days else ""
        own_months = [month for month in months if month >= begin]

        def segment(
            baseline: AdoptedBaseline,
            of: Sequence[str],
            model: str = model,
            told: Told = told,
            days: Mapping[date, int] = days,
            own_months: Sequence[str] = tuple(own_months),
        ) -> Segment:
            return judge_segment(
                baseline,
                by_baseline[baseline.name],
                days,
                months=of,
                model=model,
                rules=rules,
                told=told,
                events=events,
                before=[month for month in own_months if month < of[0]],
                everything=tallies.counts,
                until=until,
            )

        spans = spans_of(baselines, own_months)
        segments = [segment(baseline, of) for baseline, of in spans]
        falls = falls_of(tallies.performance, model=model, told=told)
        judged, cases = follow_months(segments, events, rules=rules, told=told, falls=falls)
        follow = partial(
            follow_months,
            events=events,
            rules=rules,
            told=replace(told, closed={}),
            falls=falls,
        )  # cases of an overlap have other numbers, which nobody has closed
        overlaps = _overlaps(spans, segment, follow, own_months)
        rows = monitor_rows(
            judged, site=site, model=model, moments=moments, counts=by_baseline, baselines=frames, rules=rules,
            is_overlap=False,
        )  # fmt: skip
        rows += performance_rows(
            tallies.performance,
            model=model,
            baseline_of={month.month: month.segment.baseline.name for month in judged},
            titles=dict(rules.titles),
            told=told,
        )
        monitor_table += rows
        for month in overlaps.values():
            monitor_table += monitor_rows(
                [month], site=site, model=model, moments=moments, counts=by_baseline, baselines=frames, rules=rules,
                is_overlap=True,
            )  # fmt: skip
        verdict_table += verdict_rows(judged, rows, site=site, model=model, overlaps=overlaps, events=events)
        judged_months = {month.month for month in judged}
        verdict_table += [
            without_baseline(site, model, month, months_grey=number)
            for number, month in enumerate((m for m in own_months if m not in judged_months), start=1)
        ]
        case_table += case_rows(cases, told, site=site, model=model)
    return Verdicts(
        pl.DataFrame(monitor_table, schema=DRIFT_MONITORS.schema).sort(*DRIFT_MONITORS.key),
        pl.DataFrame(verdict_table, schema=DRIFT_VERDICTS.schema).sort(*DRIFT_VERDICTS.key),
        pl.DataFrame(case_table, schema=DRIFT_CASES.schema).sort(*DRIFT_CASES.key),
    )


def _days(frame: pl.DataFrame, model: str) -> dict[date, int]:
    return dict(frame.filter(model=model).select("date", "n_studies").rows())


def _overlaps(
    spans: Sequence[tuple[AdoptedBaseline, list[str]]],
    segment: Callable[[AdoptedBaseline, Sequence[str]], Segment],
    follow: Callable[..., tuple[list[JudgedMonth], list[Case]]],
    months: Sequence[str],
) -> dict[str, JudgedMonth]:
    """The first month of each later baseline, judged by the one before, with that one's own months before it."""
    found = {}
    for (before, own), (_, later) in pairwise(spans):
        judged, _ = follow([segment(before, [*own, later[0]])], n_before=months.index(own[0]))
        found[later[0]] = judged[-1]
    return found
