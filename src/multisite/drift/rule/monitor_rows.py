"""What the rule says of every monitor and month, as rows: found beside usual, change, chance, evidence, status."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl

from multisite.drift.rule.judged import MINIMUM_STUDIES
from multisite.drift.rule.mixture import mixture_of
from multisite.drift.rule.months import JudgedMonth
from multisite.drift.rule.segment import Rules, Segment
from multisite.drift.rule.series import Monitor
from multisite.drift.rule.words import in_words
from multisite.stats import detectable_location_change, detectable_share_change, usual_share_range
from multisite.vocabulary import OVERALL, LearntFrom, MonitorKind, MonitorStatus

__all__ = ["Moments", "monitor_rows", "read_moments"]

Moments = Mapping[tuple[str, ...], float | None]
"""(baseline, month, monitor, axis, level) → mean of a number."""

_TWO_SIDED = 1.959964


def read_moments(frame: pl.DataFrame) -> Moments:
    """DRIFT_MOMENTS by baseline, month and monitor."""
    keys = ("baseline", "window", "monitor", "axis", "level")
    return {tuple(row[name] for name in keys): row["mean"] for row in frame.iter_rows(named=True)}


def monitor_rows(
    months: Sequence[JudgedMonth],
    *,
    site: str,
    model: str,
    moments: Moments,
    counts: Mapping[str, pl.DataFrame],
    baselines: Mapping[str, pl.DataFrame],
    rules: Rules,
    is_overlap: bool,
) -> list[dict[str, Any]]:
    """Rows of DRIFT_MONITORS, one per month and monitor.

    ``counts`` and ``baselines`` are DRIFT_COUNTS and DRIFT_COUNTS_BASELINE by name of the baseline.
    """
    rows = []
    for month in months:
        segment, at = month.segment, month.at
        found = {one.place: one for one in month.found}
        tests = _tests_per_family(segment, at)
        for place, monitor in enumerate(segment.monitors):
            signal = found.get(place)
            name = segment.baseline.name
            row: dict[str, Any] = {
                "site": site,
                "month": month.month,
                "model": model,
                "baseline": name,
                "is_overlap": is_overlap,
                "monitor": monitor.id,
                "axis": monitor.axis,
                "level": monitor.level,
                "title": in_words(monitor, dict(rules.titles)),
                "family": monitor.family.value,
                "kind": monitor.kind.value,
                "change_unit": monitor.change_unit,
                "smallest_change": monitor.smallest_change,
                **_found(segment, at, place, moments),
                **_tested(segment, at, place, tests.get(monitor.family, 1)),
                "since": signal.since if signal else None,
                "event": signal.event.title if signal and signal.event else None,
                **_status(segment, at, place, is_signal=signal is not None),
            }
            mixed = None
            if signal and monitor.kind is MonitorKind.SHARE and monitor.axis == OVERALL:
                mixed = mixture_of(monitor.id, counts=counts[name], baseline=baselines[name], month=month.month)
            row |= {
                "mix_axis": mixed.axis if mixed else None,
                "mix_change": mixed.mix if mixed else None,
                "within_change": mixed.within if mixed else None,
            }
            rows.append(row)
    return rows


def _tests_per_family(segment: Segment, at: int) -> dict[Any, int]:
    tests: dict[Any, int] = {}
    for monitor, judged in zip(segment.monitors, segment.judged, strict=True):
        if monitor.kind is not MonitorKind.SILENCE and not np.isnan(judged.p_value[0, at]):
            tests[monitor.family] = tests.get(monitor.family, 0) + 1
    return tests


def _found(segment: Segment, at: int, place: int, moments: Moments) -> dict[str, Any]:
    """What was found, beside what is usual at this number of studies."""
    monitor, judged = segment.monitors[place], segment.judged[place]
    n, n_reference = int(judged.n[0, at]), int(judged.n_reference[0, at])
    if _is_learning(segment, at, monitor):
        # What is learnt so far is no reference yet, and would change what is said of this month as others come.
        n_reference = 0
    base: dict[str, Any] = {
        "n_studies": n,
        "n_reference": n_reference,
        "cell": "",
        "value": None,
        "usual": None,
        "usual_low": None,
        "usual_high": None,
        "unit": monitor.unit,
    }
    if monitor.kind is MonitorKind.VOLUME:
        expected, low, high = (_rounded(value) for value in segment.ranges[at])
        return {**base, "value": float(n), "usual": expected, "usual_low": low, "usual_high": high, "unit": "studies"}
    if monitor.kind is MonitorKind.SILENCE:
        return {**base, "value": float(segment.feed[at].silence), "unit": "days"}
    if n == 0:
        return base
    if monitor.kind is MonitorKind.NUMBER:
        mean = moments.get((segment.baseline.name, segment.months[at], *monitor.key))
        return {**base, **_usual_mean(monitor, n, n_reference), "value": mean}
    series = segment.series[monitor.key]
    cell = max(0, int(judged.cell[0, at]))
    x, before = float(series.months[0, at, cell]), float(segment.usual[monitor.key][at, cell])
    label = series.cells[cell] if monitor.kind is MonitorKind.CATEGORY else ""
    low, high = usual_share_range(before, n_reference, n=n, design_effect=monitor.design_effect)
    usual = before / n_reference if n_reference else None
    return {
        **base,
        "cell": label,
        "value": _rounded(x / n),
        "usual": _rounded(usual),
        "usual_low": _rounded(low),
        "usual_high": _rounded(high),
        "unit": "share",
    }


def _usual_mean(monitor: Monitor, n: int, n_reference: int) -> dict[str, Any]:
    """The range about the mean of the reference, normal, with the error of the reference."""
    if monitor.mean is None or monitor.standard_deviation is None or n_reference == 0:
        return {}
    half = _TWO_SIDED * monitor.standard_deviation * np.sqrt(monitor.design_effect * (1 / n + 1 / n_reference))
    return {
        "usual": monitor.mean,
        "usual_low": _rounded(monitor.mean - half),
        "usual_high": _rounded(monitor.mean + half),
    }


def _tested(segment: Segment, at: int, place: int, tests: int) -> dict[str, Any]:
    monitor, judged = segment.monitors[place], segment.judged[place]
    return {
        "change": _rounded(judged.change[0, at]),
        "p_value": _rounded(judged.p_value[0, at]),
        "adjusted_p_value": _rounded(segment.signals.adjusted[0, at, place]),
        "evidence": _rounded(judged.evidence[0, at]),
        "detectable_change": _rounded(
            _detectable(segment, at, place, monitor, alpha=float(segment.signals.level[0, at]) / tests)
        ),
    }


def _detectable(segment: Segment, at: int, place: int, monitor: Monitor, *, alpha: float) -> float | None:
    """The change that this month would show in 80 of 100 cases, if it alone of its family had changed.

    None where no change would do so by itself: among many monitors of a family the level of one may lie below the
    least probability that its limits know.
    """
    judged = segment.judged[place]
    n, m = judged.n[0, at] / monitor.design_effect, judged.n_reference[0, at] / monitor.design_effect
    if n < 1 or m < 1 or monitor.kind in (MonitorKind.VOLUME, MonitorKind.SILENCE):
        return None
    if alpha < _least_p(segment, monitor):
        return None
    if monitor.kind is MonitorKind.NUMBER:
        found = detectable_location_change(n=n, n_reference=m, alpha=alpha)
    else:
        cell = max(0, int(judged.cell[0, at]))
        usual = segment.usual[monitor.key][at]
        share = float(usual[cell] / usual.sum())
        found = detectable_share_change(share, n=n, n_reference=m, alpha=alpha)
    return None if found is None else max(found, monitor.smallest_change)


def _least_p(segment: Segment, monitor: Monitor) -> float:
    tables = segment.series[monitor.key].limits.values()
    least = min((float(one.probabilities.min()) for one in tables), default=0.0)
    # A number is asked for its location and for its shape.
    return 2 * least if monitor.kind is MonitorKind.NUMBER else least


def _status(segment: Segment, at: int, place: int, *, is_signal: bool) -> dict[str, Any]:
    judged = segment.judged[place]
    if is_signal:
        return {"status": MonitorStatus.SIGNAL.value, "reason": None}
    if segment.muted[at, place]:
        return {"status": MonitorStatus.MUTED.value, "reason": "muted, as the ledger says"}
    if np.isnan(judged.p_value[0, at]):
        return {"status": MonitorStatus.NOT_ASSESSABLE.value, "reason": _why_not(segment, at, place)}
    if segment.signals.held_back[0, at, place]:
        return {"status": MonitorStatus.PLANNED.value, "reason": "a planned change, in its acceptance window"}
    if segment.signals.small[0, at, place]:
        return {"status": MonitorStatus.SMALL.value, "reason": None}
    return {"status": MonitorStatus.IN_RANGE.value, "reason": None}


def _why_not(segment: Segment, at: int, place: int) -> str:
    monitor, judged = segment.monitors[place], segment.judged[place]
    series = segment.series.get(monitor.key)
    if series is not None and series.fault:
        return series.fault
    if _is_learning(segment, at, monitor):
        return f"learning what is usual: month {at + 1} of {segment.n_first}"
    if judged.n_reference[0, at] < MINIMUM_STUDIES:
        return f"fewer than {MINIMUM_STUDIES} reference studies have a value"
    if judged.n[0, at] == 0:
        return "no study of the month has a value"
    if judged.n[0, at] < MINIMUM_STUDIES:
        return f"fewer than {MINIMUM_STUDIES} studies of the month have a value"
    return "one and the same value in all studies of the reference"


def _is_learning(segment: Segment, at: int, monitor: Monitor) -> bool:
    return monitor.learnt_from is LearntFrom.FIRST_MONTHS and at < segment.n_first


def _rounded(value: float | None) -> float | None:
    if value is None or not np.isfinite(value):
        return None
    # Nine digits: the last ones depend on the order of summation, and equal inputs must give equal bytes.
    return float(f"{value:.9g}")
