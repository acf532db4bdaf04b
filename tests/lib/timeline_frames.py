"""Hand-made months of one site in routine use: a quiet year, a software change, a case, and a stopped feed."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from multisite.pack.timeline import TimelineParameters
from multisite.schemas import StageInputs
from multisite.schemas.drift import DRIFT_COMPARISON
from multisite.schemas.drift_baseline import DRIFT_BUDGET
from multisite.schemas.drift_feed import DRIFT_EVENTS
from multisite.schemas.drift_verdicts import DRIFT_CASES, DRIFT_MONITORS, DRIFT_VERDICTS

__all__ = ["HOSTILE", "MODEL", "OTHER", "PARAMETERS", "SITE", "months_of", "timeline_inputs"]

SEED = 20260530
SITE, MODEL, OTHER = "harbour", "lungscan", "lungscan-next"
PARAMETERS = TimelineParameters("LungScan for lung nodules", ((MODEL, "LungScan 2.3"), (OTHER, "LungScan 3.0")))
FIRST, SECOND = "a1b2c3d4e5f60718", "00ff11ee22dd33cc"
EVENT = "software 5.2 → 5.3 on GE Revolution CT"
HOSTILE = '<img src=x onerror=alert(1)> & "$x_1$"'
_FAMILIES = ("output", "acquisition", "population", "feed", "agreement", "subgroups")
WHO = "Dr Lee"
_CHANGED_AT = 4
"""Months before the last one in which the alert rate rose."""


def months_of(n: int, *, last: tuple[int, int] = (2026, 5)) -> tuple[str, ...]:
    """``n`` months up to ``last``."""
    end = last[0] * 12 + last[1] - 1
    return tuple(f"{m // 12:04d}-{m % 12 + 1:02d}" for m in range(end - n + 1, end + 1))


def timeline_inputs(
    *, n_months: int = 24, n_monitors: int = 12, models: Sequence[str] = (MODEL,), site: str = SITE
) -> StageInputs:
    """What the runner hands to the stage: a change in the fifth month from the end, a month without a judgement."""
    months = months_of(n_months)
    made = (
        (DRIFT_VERDICTS, _verdicts(months, models, n_monitors)),
        (DRIFT_MONITORS, pl.concat([_monitors(months, model, n_monitors) for model in models])),
        (DRIFT_CASES, _cases(months, models[:1]) if n_months > _CHANGED_AT else DRIFT_CASES.empty()),
        (DRIFT_EVENTS, _events(months)),
        (DRIFT_COMPARISON, _comparison(months[1:])),
        (DRIFT_BUDGET, _budget(models)),
    )
    return StageInputs(site=site, frames={a.name: a.conform(frame) for a, frame in made})


def _changed(months: Sequence[str], i: int) -> bool:
    return i >= len(months) - 1 - _CHANGED_AT


def _verdicts(months: Sequence[str], models: Sequence[str], n_monitors: int) -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    for model in models:
        for i, month in enumerate(months):
            changed = _changed(months, i) and model == MODEL
            since = i - (len(months) - 1 - _CHANGED_AT)
            state = ("AMBER-1", "AMBER-2", "RED", "AMBER-2", "RED")[since % 5] if changed else "GREEN"
            is_grey = i == 1
            sentence = f"{n_monitors} of {n_monitors} monitors were judged in {month}, and all are in range."
            if changed:
                sentence = f"AI alert rate for lung nodule rose from 6.1 % to 9.4 % after {EVENT} (12 Jan 2026)."
            rows.append(
                {
                    "site": SITE,
                    "month": month,
                    "model": model,
                    "state": "GREY" if is_grey else state,
                    "cause": EVENT if changed else "",
                    "sentence": f"{month} could not be judged: too few studies." if is_grey else sentence,
                    "reason": "too few studies" if is_grey else "",
                    "case_number": 1 if changed else None,
                    "n_studies": 4 if is_grey else 640 + 37 * (i % 5),
                    "n_monitors": n_monitors,
                    "n_signals": 2 if changed else 0,
                    "n_not_assessable": n_monitors if is_grey else 1,
                    "evidence": None if is_grey else (3.0 * 4 ** max(0, since + 1) if changed else 0.6 + 0.2 * (i % 4)),
                    "amber_line": 24.0,
                    "red_evidence": None if is_grey else (2.0 * 3 ** max(0, since + 1) if changed else 0.4),
                    "red_line": 60.0,
                    "ambers_last_year": int(changed),
                    "months_grey": int(is_grey),
                    "baseline": _baseline(months, i),
                    "overlap_state": "GREEN" if _is_first_of_second(months, i) else None,
                    "season": "not separable yet",
                    "is_shadow": i == 0,
                    "digest": f"{i:064x}",
                }
            )
    return pl.DataFrame(rows, schema=DRIFT_VERDICTS.schema)


def _is_first_of_second(months: Sequence[str], i: int) -> bool:
    return len(months) > 10 and i == len(months) // 2


def _baseline(months: Sequence[str], i: int) -> str:
    return SECOND if len(months) > 10 and i >= len(months) // 2 else FIRST


def _monitors(months: Sequence[str], model: str, n_monitors: int) -> pl.DataFrame:
    rng = np.random.default_rng(SEED)
    rows: list[dict[str, Any]] = []
    for k in range(n_monitors):
        family = _FAMILIES[k % len(_FAMILIES)]
        kind = "share" if k == 0 else ("share", "number", "category")[k % 3]
        usual = 0.061 if k == 0 else (0.3, 58.4, 0.42)[k % 3]
        spread = 11.0 if kind == "number" else (usual * (1 - usual)) ** 0.5
        title = "AI alert rate for lung nodule" if k == 0 else f"Monitor {k} of {family}"
        for i, month in enumerate(months):
            n = 4 if i == 1 else 640 + 37 * ((i + k) % 5) - 300 * (i % 7 == 3)
            half = 1.96 * spread * (1 / n + 1 / 2000) ** 0.5
            shown = usual + rng.normal(0, half / 2)
            status = "not assessable" if n < 10 or k == 5 else "in range"
            if k in (0, 7) and model == MODEL and _changed(months, i):
                shown, status = usual + 2.2 * half, "signal"
            if k == 2 and i == len(months) - 1:
                status = "planned change"
            if k == 3 and i >= len(months) - 3:
                status = "muted"
            rows.append(
                {
                    "site": SITE,
                    "month": month,
                    "model": model,
                    "baseline": _baseline(months, i),
                    "is_overlap": False,
                    "monitor": f"monitor_{k}",
                    "axis": "overall",
                    "level": "overall",
                    "title": title,
                    "family": family,
                    "kind": kind,
                    "n_studies": n,
                    "n_reference": 2000,
                    "cell": ("Siemens", "GE")[i // 5 % 2] if kind == "category" else "",
                    "value": None if k == 5 and i % 2 else max(0.0, shown),
                    "usual": usual,
                    "usual_low": max(0.0, usual - half),
                    "usual_high": usual + half,
                    "unit": "years" if kind == "number" else "share",
                    "change": shown - usual if kind != "number" else (shown - usual) / spread,
                    "change_unit": "share" if kind != "number" else "standard deviations",
                    "smallest_change": 0.02 if kind != "number" else 0.05,
                    "p_value": None if status == "not assessable" else 0.4,
                    "adjusted_p_value": None if status == "not assessable" else 0.6,
                    "evidence": None if status == "not assessable" else (90.0 if status == "signal" else 0.7),
                    "since": month if status == "signal" else None,
                    "detectable_change": 0.03,
                    "mix_axis": None,
                    "mix_change": None,
                    "within_change": None,
                    "event": EVENT if status == "signal" else None,
                    "status": status,
                    "reason": "fewer than 10 studies of the month have a value" if status == "not assessable" else None,
                }
            )
    return pl.DataFrame(rows, schema=DRIFT_MONITORS.schema)


def _cases(months: Sequence[str], models: Sequence[str]) -> pl.DataFrame:
    opened = months[len(months) - 1 - _CHANGED_AT]
    rows = [
        (
            SITE,
            model,
            1,
            EVENT,
            "output, acquisition",
            opened,
            months[-1],
            "RED",
            f"{months[-2]}-07T09:00:00Z",
            WHO,
            None,
        )
        for model in models
    ]
    return pl.DataFrame(rows, schema=DRIFT_CASES.schema, orient="row")


def _events(months: Sequence[str]) -> pl.DataFrame:
    def day(month: str, number: int) -> date:
        return date(int(month[:4]), int(month[5:]), number)

    changed = months[max(0, len(months) - 1 - _CHANGED_AT)]
    device = "d0c5f1e2a3b4c5d6e7f8091a2b3c4d5e"
    rows = [
        (SITE, day(changed, 12), changed, "software version", device, EVENT, "headers", False, None, ["monitor_1"], 96),
        (SITE, day(months[-1], 2), months[-1], "protocol", None, "low-dose protocol", "site table", True,
         day(months[-1], 28), ["monitor_2"], None),
        (SITE, day(months[-1], 3), months[-1], "value never seen before", None, "kernel Br40f", "headers", False, None,
         ["monitor_7"], 12),
    ]  # fmt: skip
    return pl.DataFrame(rows, schema=DRIFT_EVENTS.schema, orient="row")


def _comparison(months: Sequence[str]) -> pl.DataFrame:
    rows = [
        (SITE, month, "monitor_1", "number", 2000, 600, 0.0, 0.01, "K-S p_value", 0.2, 0.05, False, 58.4, 58.1, None)
        for month in months
    ]
    return pl.DataFrame(rows, schema=DRIFT_COMPARISON.schema, orient="row")


def _budget(models: Sequence[str]) -> pl.DataFrame:
    rows = [
        (SITE, model, size, 40, 100, 34, 6, 0.34, 0.47, 0.3, 0.6, 1.0, 1.0)
        for model in models
        for size in (50, 200, 800, 3000)
    ]
    return pl.DataFrame(rows, schema=DRIFT_BUDGET.schema, orient="row")
