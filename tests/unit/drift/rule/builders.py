"""Tallies of small sites for the tests of the decision rule."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from multisite.drift.calendar import first_day, last_day, months_between
from multisite.drift.rule.segment import Rules
from multisite.drift.rule.series import Monitor, MonitorSeries
from multisite.drift.rule.verdicts import SiteTallies, Verdicts, judge_site
from multisite.schemas import AdoptedBaseline
from multisite.schemas.drift import DRIFT_COUNTS, DRIFT_COUNTS_BASELINE
from multisite.schemas.drift_baseline import DRIFT_BASELINE_MONITORS, DRIFT_LIMITS, DRIFT_MOMENTS
from multisite.schemas.drift_feed import DEPLOYMENT_DAYS, DRIFT_EVENTS
from multisite.schemas.looks import LEDGER_ROWS
from multisite.vocabulary import LearntFrom, MonitorFamily, MonitorKind

MONTHS = months_between("2026-01", "2026-08")
RULES = Rules(
    false_ambers_per_year=1.0,
    false_reds_per_five_years=1.0,
    first_months=3,
    shadow_months=0,
    silent_days=3,
    bands=(),
    titles=(("nodule", "Nodule"),),
)
ALERT, FAILED, KVP = "alert_nodule_ai", "failed_ai", "missing_tube_voltage_kv"
_FAMILIES = {"alert": MonitorFamily.OUTPUT, "failed": MonitorFamily.FEED, "missing": MonitorFamily.FEED}

Pair = tuple[int, int]


def monitor(
    name: str,
    *,
    family: MonitorFamily = MonitorFamily.OUTPUT,
    kind: MonitorKind = MonitorKind.SHARE,
    learnt_from: LearntFrom = LearntFrom.VALIDATED,
    smallest_change: float = 0.02,
    design_effect: float = 1.0,
) -> Monitor:
    """A monitor of the whole site."""
    return Monitor(
        id=name,
        axis="overall",
        level="overall",
        family=family,
        kind=kind,
        learnt_from=learnt_from,
        finding="",
        model="",
        unit="",
        design_effect=design_effect,
        mean=None,
        standard_deviation=None,
        smallest_change=smallest_change,
        change_unit="share",
    )


def shares(of: Monitor, reference: Pair, months: Sequence[Pair]) -> MonitorSeries:
    """A share's series: (yes, no) of the reference and of each month."""
    return MonitorSeries(of, ("yes", "no"), np.array(reference, float), np.array(months, float)[None], {})


def frame(rows: Sequence[Mapping[str, Any]], schema: pl.Schema) -> pl.DataFrame:
    """``rows`` with every column of ``schema``; what they lack is missing."""
    return pl.DataFrame([{name: row.get(name) for name in schema} for row in rows], schema=schema)


def counted(name: str, window: str, baseline: str, pair: Pair, *, axis: str = "overall", level: str = "overall") -> Any:
    """Rows of counts of a share, or of studies without a value (first) and with one."""
    of = name.removeprefix("missing_")
    yes_kind = "missing" if name.startswith("missing_") else "category"
    kinds = [("category", "no", pair[1]), ("missing", "missing", pair[0])]
    if yes_kind == "category":
        kinds = [("category", "yes", pair[0]), ("category", "no", pair[1]), ("missing", "missing", 0)]
    return [
        {
            "site": "north",
            "window": window,
            "baseline": baseline,
            "monitor": of,
            "axis": axis,
            "level": level,
            "kind": "category",
            "bin": place,
            "bin_kind": kind,
            "label": label,
            "n_studies": n,
        }
        for place, (kind, label, n) in enumerate(kinds)
    ]


def registered(name: str, *, season: str = "not separable yet") -> dict[str, Any]:
    """A row of the registry: volume, silence, a share, or studies without a value."""
    first = name.partition("_")[0]
    kind = {"volume": MonitorKind.VOLUME, "silence": MonitorKind.SILENCE}.get(first, MonitorKind.SHARE)
    learnt = LearntFrom.FIRST_MONTHS if first in ("failed", "volume", "silence") else LearntFrom.VALIDATED
    units = {MonitorKind.VOLUME: "volume", MonitorKind.SILENCE: "days"}
    return {
        "site": "north",
        "monitor": name,
        "axis": "overall",
        "level": "overall",
        "family": _FAMILIES.get(
            first, MonitorFamily.FEED if kind is not MonitorKind.SHARE else MonitorFamily.POPULATION
        ),
        "kind": kind,
        "learnt_from": learnt,
        "finding": "nodule" if first == "alert" else "",
        "model": "ai" if first in ("alert", "failed", "volume", "silence") else "",
        "unit": "share",
        "n_studies": 0,
        "n_patients": 0,
        "design_effect": 1.0,
        "smallest_change": {MonitorKind.VOLUME: 0.3, MonitorKind.SILENCE: 3.0}.get(kind, 0.02),
        "change_unit": units.get(kind, "share"),
        "season": season,
    }


def adopted(
    references: Mapping[str, Pair],
    *,
    name: str = "b1",
    from_month: str = "",
    windows: Mapping[str, Mapping[str, Pair]] | None = None,
    season: str = "not separable yet",
) -> AdoptedBaseline:
    """A baseline with volume, silence, failures and the shares of ``references``; ``windows`` are other windows."""
    counts = [row for of, pair in references.items() for row in counted(of, "baseline", "", pair)]
    for window, pairs in (windows or {}).items():
        counts += [row for of, pair in pairs.items() for row in counted(of, window, "", pair)]
    counts += counted(FAILED, "baseline", "", (0, 0))
    names = [*references, FAILED, "volume_ai", "silence_ai"]
    registry = [registered(of, season=season if of in references else "not separable yet") for of in names]
    return AdoptedBaseline(
        name,
        from_month,
        {
            DRIFT_COUNTS_BASELINE.name: frame(counts, DRIFT_COUNTS_BASELINE.schema),
            DRIFT_BASELINE_MONITORS.name: frame(registry, DRIFT_BASELINE_MONITORS.schema),
            DRIFT_LIMITS.name: frame([], DRIFT_LIMITS.schema),
        },
    )


def month_counts(months: Mapping[str, Sequence[Pair]], *, baselines: Sequence[str] = ("b1",)) -> pl.DataFrame:
    """DRIFT_COUNTS of the shares of ``months``, one pair per month of MONTHS, on each of ``baselines``."""
    rows = [
        row
        for baseline in baselines
        for name, pairs in months.items()
        for month, pair in zip(MONTHS, pairs, strict=False)
        for row in counted(name, month, baseline, pair)
    ]
    return frame(rows, DRIFT_COUNTS.schema)


def days(*, per_day: int = 10, until: str = "2026-08", model: str = "ai") -> pl.DataFrame:
    """DEPLOYMENT_DAYS with as many studies each working day, from the first month to the end of ``until``."""
    day, rows = first_day(MONTHS[0]), []
    while day <= last_day(until):
        if day.weekday() < 5:
            rows.append({"site": "north", "model": model, "date": day, "n_studies": per_day})
        day += timedelta(days=1)
    return frame([{**row, "n_failed": 0, "n_abstained": 0} for row in rows], DEPLOYMENT_DAYS.schema)


def events(*rows: Mapping[str, Any]) -> pl.DataFrame:
    """DRIFT_EVENTS."""
    plain = {"site": "north", "kind": "software version", "source": "headers", "is_planned": False, "monitors": []}
    dated = [{**plain, "month": row["date"].strftime("%Y-%m"), **row} for row in rows]
    return frame(dated, DRIFT_EVENTS.schema)


def ledger(*rows: tuple[str, str, str], holds: bool = True) -> pl.DataFrame:
    """LEDGER_ROWS of (time, event, content)."""
    entries = [
        {"number": n, "holds": holds, "time": time, "event": event, "content": content}
        for n, (time, event, content) in enumerate(rows, start=1)
    ]
    return frame(entries, LEDGER_ROWS)


def verdicts(
    months: Mapping[str, Sequence[Pair]],
    *,
    baselines: Sequence[AdoptedBaseline] | None = None,
    rules: Rules = RULES,
    through: str = "2026-08",
    feed: pl.DataFrame | None = None,
    happened: pl.DataFrame | None = None,
    noted: pl.DataFrame | None = None,
    counts: pl.DataFrame | None = None,
    site: str = "north",
) -> Verdicts:
    """The verdicts of a site whose reference alerts in 60 of 1,000 and lacks the tube voltage in 10 of 1,000."""
    held = baselines or [adopted({ALERT: (60, 940), KVP: (10, 990)})]
    made = month_counts(months, baselines=[one.name for one in held]) if counts is None else counts
    tallies = SiteTallies(
        counts=made,
        moments=frame([], DRIFT_MOMENTS.schema),
        days=days() if feed is None else feed,
        events=events() if happened is None else happened,
        ledger=noted,
    )
    wanted = months_between(MONTHS[0], through)
    return judge_site(tallies, held, site=site, models=("ai",), months=wanted, rules=rules)


def states(made: Verdicts) -> list[str]:
    """The state of every month."""
    return made.verdicts.sort("month")["state"].to_list()


def row_of(made: Verdicts, month: str, name: str) -> dict[str, Any]:
    """The row of a monitor and month."""
    rows = made.monitors.filter(pl.col("month") == month, pl.col("monitor") == name, ~pl.col("is_overlap"))
    return rows.row(0, named=True)


USUAL: Sequence[Pair] = [(12, 188)] * 8
CHANGED: Sequence[Pair] = [*[(12, 188)] * 3, *[(40, 160)] * 5]
NONE_FAILED: Sequence[Pair] = [(2, 198)] * 8
ALL_VALUES: Sequence[Pair] = [(2, 198)] * 8
DAY = date(2026, 4, 8)
SOFTWARE = {"date": DAY, "title": "software 5.2 → 5.3 on GE Revolution CT", "n_studies": 90}
