"""The months that one baseline is for, judged for one model: monitors, what each month says of them, and signals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from multisite.drift.calendar import last_day
from multisite.drift.rule.causes import DriftEvent, planned_event
from multisite.drift.rule.feed import FeedMonth, judge_silence, judge_volume, read_feed
from multisite.drift.rule.judged import MINIMUM_STUDIES, Judged
from multisite.drift.rule.learnt import JudgedSeries, from_month, judge_series, learn, with_first_months
from multisite.drift.rule.lines import Lines, lines_of
from multisite.drift.rule.reading import read_monitors, read_series
from multisite.drift.rule.series import Monitor, MonitorSeries
from multisite.drift.rule.signals import Signals, find_signals
from multisite.drift.rule.told import Told
from multisite.schemas import AdoptedBaseline
from multisite.schemas.drift import DRIFT_COUNTS_BASELINE
from multisite.schemas.drift_baseline import DRIFT_BASELINE_MONITORS, DRIFT_LIMITS
from multisite.stats import BooleanArray, FloatArray, proportion
from multisite.vocabulary import OVERALL, MonitorKind

__all__ = ["Band", "Rules", "Segment", "judge_segment"]


@dataclass(frozen=True, slots=True)
class Band:
    """The share of alerts between which use is agreed to be safe."""

    finding: str
    model: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Rules:
    """What the study file and the site file declare of the decision.

    ``titles`` are those of the findings, as pairs of id and title.
    """

    false_ambers_per_year: float
    false_reds_per_five_years: float
    first_months: int
    shadow_months: int
    silent_days: int
    bands: tuple[Band, ...]
    titles: tuple[tuple[str, str], ...]
    holidays: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """Judged months of a baseline; arrays have the shape (n_months, n_monitors).

    ``stopped`` says of each month whether the feed had stopped, ``outside`` of each month and monitor whether an alert
    rate left its agreed band. ``ranges`` are expected, low and high of the volume. ``usual`` holds the reference of
    each monitor that counts studies, shape (n_months, n_cells): with a season, it is that of the calendar month.
    """

    baseline: AdoptedBaseline
    months: tuple[str, ...]
    monitors: tuple[Monitor, ...]
    series: Mapping[tuple[str, str, str], MonitorSeries]
    judged: tuple[Judged, ...]
    signals: Signals
    lines: Lines
    feed: tuple[FeedMonth, ...]
    ranges: FloatArray
    stopped: BooleanArray
    outside: BooleanArray
    muted: BooleanArray
    n_first: int
    usual: Mapping[tuple[str, str, str], FloatArray]


def judge_segment(
    baseline: AdoptedBaseline,
    counts: pl.DataFrame,
    days: Mapping[date, int],
    *,
    months: Sequence[str],
    model: str,
    rules: Rules,
    told: Told,
    events: Sequence[DriftEvent],
    before: Sequence[str] = (),
    everything: pl.DataFrame | None = None,
    until: date | None = None,
) -> Segment:
    """Every month of ``months`` on one baseline.

    Parameters
    ----------
    counts
        DRIFT_COUNTS on the bins of ``baseline``.
    until
        The last day that is known of; None where the months are over.
    days
        Studies of the model per day.
    before, everything
        Months of routine use before the first of ``months``, and DRIFT_COUNTS on the bins of every baseline: what is
        learnt from the first months is learnt from these.
    """
    frames = baseline.frames
    registry = frames[DRIFT_BASELINE_MONITORS.name]
    # In the order of their keys: sums and digests must not depend on the order of rows.
    own = [m for m in read_monitors(registry) if m.model in ("", model)]
    registered = sorted(own, key=lambda monitor: monitor.key)
    if before and everything is not None:
        counts = with_first_months(counts, everything, monitors=registered, before=before)
    reference = frames[DRIFT_COUNTS_BASELINE.name]
    series = read_series(
        registered, baseline=reference, counts=counts, limits=frames[DRIFT_LIMITS.name], months=(*before, *months)
    )
    seasons = {(r["monitor"], r["axis"], r["level"]): r["season"] for r in registry.iter_rows(named=True)}
    n_before = len(before)
    by_key = {
        one.monitor.key: judge_series(
            learn(one, n_before=n_before, n_first=rules.first_months),
            months=months,
            season=seasons[one.monitor.key],
            baseline=reference,
        )
        for one in series
    }
    feed = read_feed(days, months=(*before, *months), holidays=rules.holidays, until=until)
    volume, ranges = judge_volume(feed, n_first=rules.first_months)
    silence, stopped = judge_silence(feed, n_first=rules.first_months, silent_days=rules.silent_days)
    monitors, judged = [], []
    for monitor in registered:
        if monitor.key in by_key:
            found = by_key[monitor.key].judged
        elif monitor.kind is MonitorKind.VOLUME:
            found = from_month(volume, n_before)
        elif monitor.kind is MonitorKind.SILENCE:
            # It has a rule of its own, and takes no part in the correction for many tests.
            found = from_month(silence, n_before)
        else:
            continue
        monitors.append(monitor)
        judged.append(found)
    lines = lines_of(
        false_ambers_per_year=rules.false_ambers_per_year,
        false_reds_per_five_years=rules.false_reds_per_five_years,
    )
    muted, planned = _left_out(monitors, months, told, events)
    tested = [
        one if monitor.kind is not MonitorKind.SILENCE else _untested(one)
        for monitor, one in zip(monitors, judged, strict=True)
    ]
    signals = find_signals(monitors, tested, lines=lines, left_out=(muted | planned)[None])
    return Segment(
        baseline=baseline,
        months=tuple(months),
        monitors=tuple(monitors),
        series={key: one.series for key, one in by_key.items()},
        judged=tuple(judged),
        signals=signals,
        lines=lines,
        feed=tuple(feed[n_before:]),
        ranges=ranges[n_before:],
        stopped=stopped[n_before:],
        outside=_outside_bands(monitors, by_key, months, rules.bands) & ~muted,
        muted=muted,
        n_first=max(0, rules.first_months - n_before),
        usual={key: one.usual for key, one in by_key.items()},
    )


def _untested(judged: Judged) -> Judged:
    nothing = np.full_like(judged.p_value, np.nan)
    return replace(judged, p_value=nothing)


def _left_out(
    monitors: Sequence[Monitor], months: Sequence[str], told: Told, events: Sequence[DriftEvent]
) -> tuple[BooleanArray, BooleanArray]:
    muted = np.zeros((len(months), len(monitors)), dtype=bool)
    planned = np.zeros_like(muted)
    for at, month in enumerate(months):
        for place, monitor in enumerate(monitors):
            muted[at, place] = told.muted(monitor.key, last_day(month)) is not None
            planned[at, place] = planned_event(monitor.id, month=month, events=events) is not None
    return muted, planned


def _outside_bands(
    monitors: Sequence[Monitor],
    series: Mapping[tuple[str, str, str], JudgedSeries],
    months: Sequence[str],
    bands: Sequence[Band],
) -> BooleanArray:
    """Whether the 95 % interval of a month's alert rate lies wholly outside the band that was agreed for it."""
    outside = np.zeros((len(months), len(monitors)), dtype=bool)
    agreed = {(f"alert_{band.finding}_{band.model}", OVERALL, OVERALL): band for band in bands}
    for place, monitor in enumerate(monitors):
        band = agreed.get(monitor.key)
        if band is None or series[monitor.key].series.fault:
            continue
        for at, counted in enumerate(series[monitor.key].series.months[0]):
            n = round(float(counted.sum()))
            if n >= MINIMUM_STUDIES:
                rate = proportion(round(float(counted[0])), n)
                if rate.ci_low is not None and rate.ci_high is not None:
                    outside[at, place] = rate.ci_high < band.low or rate.ci_low > band.high
    return outside
