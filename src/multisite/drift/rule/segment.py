"""The months that one baseline is for, judged for one model: monitors, what each month says of them, and signals."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from multisite.drift.rule.calendar import last_day
from multisite.drift.rule.causes import DriftEvent, is_planned_change
from multisite.drift.rule.feed import FeedMonth, judge_silence, judge_volume, read_feed
from multisite.drift.rule.judged import MINIMUM_STUDIES, Judged, judge
from multisite.drift.rule.lines import Lines, lines_of
from multisite.drift.rule.reading import read_monitors, read_series
from multisite.drift.rule.series import Monitor, MonitorSeries, from_first_months
from multisite.drift.rule.signals import Signals, find_signals
from multisite.drift.rule.told import Told
from multisite.schemas import AdoptedBaseline
from multisite.schemas.drift import DRIFT_COUNTS_BASELINE
from multisite.schemas.drift_baseline import DRIFT_BASELINE_MONITORS, DRIFT_LIMITS
from multisite.stats import BooleanArray, FloatArray, proportion
from multisite.vocabulary import OVERALL, LearntFrom, MonitorKind

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
    rate left its agreed band. ``ranges`` are expected, low and high of the volume.
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
    planned: BooleanArray
    n_first: int


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
) -> Segment:
    """Every month of ``months`` on one baseline.

    Parameters
    ----------
    counts
        DRIFT_COUNTS on the bins of ``baseline``.
    days
        Studies of the model per day.
    """
    frames = baseline.frames
    registered = [m for m in read_monitors(frames[DRIFT_BASELINE_MONITORS.name]) if m.model in ("", model)]
    series = read_series(
        registered,
        baseline=frames[DRIFT_COUNTS_BASELINE.name],
        counts=counts,
        limits=frames[DRIFT_LIMITS.name],
        months=months,
    )
    learnt = [one if _is_validated(one) else from_first_months(one, rules.first_months) for one in series]
    by_key = {one.monitor.key: one for one in learnt}
    feed = read_feed(days, months=months, holidays=rules.holidays)
    volume, ranges = judge_volume(feed, n_first=rules.first_months)
    silence, stopped = judge_silence(feed, n_first=rules.first_months, silent_days=rules.silent_days)
    monitors, judged = [], []
    for monitor in registered:
        if monitor.key in by_key:
            found = judge(by_key[monitor.key])
        elif monitor.kind is MonitorKind.VOLUME:
            found = volume
        elif monitor.kind is MonitorKind.SILENCE:
            # It has a rule of its own, and takes no part in the correction for many tests.
            found = silence
        else:
            continue
        monitors.append(monitor)
        judged.append(found)
    lines = lines_of(
        false_ambers_per_year=rules.false_ambers_per_year,
        false_reds_per_five_years=rules.false_reds_per_five_years,
        families={monitor.family for monitor in monitors},
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
        series=by_key,
        judged=tuple(judged),
        signals=signals,
        lines=lines,
        feed=tuple(feed),
        ranges=ranges,
        stopped=stopped,
        outside=_outside_bands(monitors, by_key, months, rules.bands) & ~muted,
        muted=muted,
        planned=planned,
        n_first=rules.first_months,
    )


def _is_validated(series: MonitorSeries) -> bool:
    return series.monitor.learnt_from is LearntFrom.VALIDATED


def _untested(judged: Judged) -> Judged:
    nothing = np.full_like(judged.p_value, np.nan)
    return Judged(
        nothing, judged.change, judged.lasting_change, judged.cell, judged.evidence, judged.since, judged.n,
        judged.n_reference,
    )  # fmt: skip


def _left_out(
    monitors: Sequence[Monitor], months: Sequence[str], told: Told, events: Sequence[DriftEvent]
) -> tuple[BooleanArray, BooleanArray]:
    muted = np.zeros((len(months), len(monitors)), dtype=bool)
    planned = np.zeros_like(muted)
    for at, month in enumerate(months):
        for place, monitor in enumerate(monitors):
            muted[at, place] = told.muted(monitor.key, last_day(month)) is not None
            planned[at, place] = is_planned_change(monitor, month=month, events=events)
    return muted, planned


def _outside_bands(
    monitors: Sequence[Monitor],
    series: Mapping[tuple[str, str, str], MonitorSeries],
    months: Sequence[str],
    bands: Sequence[Band],
) -> BooleanArray:
    """Whether the 95 % interval of a month's alert rate lies wholly outside the band that was agreed for it."""
    outside = np.zeros((len(months), len(monitors)), dtype=bool)
    agreed = {(f"alert_{band.finding}_{band.model}", OVERALL, OVERALL): band for band in bands}
    for place, monitor in enumerate(monitors):
        band = agreed.get(monitor.key)
        if band is None:
            continue
        for at, counted in enumerate(series[monitor.key].months[0]):
            n = round(float(counted.sum()))
            if n >= MINIMUM_STUDIES:
                rate = proportion(round(float(counted[0])), n)
                if rate.ci_low is not None and rate.ci_high is not None:
                    outside[at, place] = rate.ci_high < band.low or rate.ci_low > band.high
    return outside
