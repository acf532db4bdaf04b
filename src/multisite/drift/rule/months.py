"""From judged segments to the months of a site and model: signals with their events, states, cases."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from multisite.drift.rule.causes import DriftEvent, event_of
from multisite.drift.rule.segment import Rules, Segment
from multisite.drift.rule.states import Case, MonthSignals, MonthState, follow
from multisite.drift.rule.told import Told
from multisite.schemas import AdoptedBaseline
from multisite.vocabulary import MonitorFamily, MonitorKind

__all__ = [
    "ORDER_OF_FAMILIES",
    "FoundSignal",
    "JudgedMonth",
    "cause_of",
    "follow_months",
    "signals_of_month",
    "spans_of",
]

ORDER_OF_FAMILIES = (
    MonitorFamily.PERFORMANCE,
    MonitorFamily.AGREEMENT,
    MonitorFamily.OUTPUT,
    MonitorFamily.FEED,
    MonitorFamily.SUBGROUPS,
    MonitorFamily.ACQUISITION,
    MonitorFamily.POPULATION,
)
"""Families in the order in which they matter to a patient."""


@dataclass(frozen=True, slots=True)
class FoundSignal:
    """A signal of a month: the monitor's place in its segment, since which month, and the event that goes with it."""

    place: int
    family: MonitorFamily
    since: str
    event: DriftEvent | None
    is_hard: bool


@dataclass(frozen=True, slots=True)
class JudgedMonth:
    """A month, the segment that judges it and its place there, its signals, the most telling first, and its state."""

    month: str
    segment: Segment
    at: int
    found: tuple[FoundSignal, ...]
    signals: MonthSignals
    state: MonthState


def signals_of_month(segment: Segment, at: int, events: Sequence[DriftEvent]) -> tuple[FoundSignal, ...]:
    """The signals of a month of a segment: those with an event first, then by family, then by strength."""
    month = segment.months[at]
    ranked = []
    for place, monitor in enumerate(segment.monitors):
        judged = segment.judged[place]
        stopped = monitor.kind is MonitorKind.SILENCE and segment.stopped[at] and not segment.muted[at, place]
        hard = bool(stopped or segment.outside[at, place])
        if not (hard or segment.signals.signal[0, at, place]):
            continue
        start = int(judged.since[0, at])
        lasting = not np.isnan(judged.evidence[0, at]) and judged.evidence[0, at] >= segment.lines.amber
        since = segment.months[start] if lasting and start >= 0 else month
        event = event_of(monitor, month=month, since=since, events=events)
        found = FoundSignal(place, monitor.family, since, event, hard)
        strength = float(np.nan_to_num(judged.evidence[0, at]))
        order = (not hard, event is None, ORDER_OF_FAMILIES.index(monitor.family), -strength, monitor.key)
        ranked.append((order, found))
    return tuple(found for _, found in sorted(ranked, key=lambda pair: pair[0]))


def follow_months(
    segments: Sequence[Segment],
    events: Sequence[DriftEvent],
    *,
    rules: Rules,
    told: Told,
    falls: Mapping[str, bool] | None = None,
    n_before: int = 0,
) -> tuple[list[JudgedMonth], list[Case]]:
    """The months of ``segments`` in order, each judged by the segment that it stands in, with states and cases.

    ``falls`` are the months at whose end labels say that the model does worse, and whether it is worse than it may be.
    ``n_before`` months of routine use came before the first.
    """
    gathered: list[tuple[Segment, int, tuple[FoundSignal, ...], MonthSignals]] = []
    for segment in segments:
        for at, month in enumerate(segment.months):
            found = signals_of_month(segment, at, events)
            signals = _month_signals(segment, at, found, fall=(falls or {}).get(month))
            signals = replace(signals, shadow=n_before + len(gathered) < rules.shadow_months)
            gathered.append((segment, at, found, signals))
    states, cases = follow([signals for *_, signals in gathered], closed_by_hand=told.closed)
    judged = [
        JudgedMonth(signals.month, segment, at, found, signals, state)
        for (segment, at, found, signals), state in zip(gathered, states, strict=True)
    ]
    return judged, cases


def cause_of(found: Sequence[FoundSignal]) -> DriftEvent | None:
    """The event that most signals of a month go with; of equally many, that of the most telling signal."""
    tally: Mapping[DriftEvent, int] = {
        one.event: sum(1 for other in found if other.event == one.event) for one in found if one.event is not None
    }
    return max(tally, key=lambda event: tally[event], default=None)


def _month_signals(segment: Segment, at: int, found: Sequence[FoundSignal], *, fall: bool | None) -> MonthSignals:
    cause = cause_of(found)
    hard = any(one.is_hard for one in found)
    performance = set() if fall is None else {MonitorFamily.PERFORMANCE}
    return MonthSignals(
        month=segment.months[at],
        families=frozenset(one.family for one in found) | performance,
        is_red=bool(segment.signals.is_red[0, at]) or hard or bool(fall),
        cause=cause.title if cause else "",
        reason="" if found or fall is not None else _why_not_judged(segment, at),
    )


def _why_not_judged(segment: Segment, at: int) -> str:
    """Why nothing of the model's output or input could be judged; empty where something could."""
    counted = [
        place
        for place, monitor in enumerate(segment.monitors)
        if monitor.kind not in (MonitorKind.VOLUME, MonitorKind.SILENCE)
    ]
    if any(not np.isnan(segment.judged[place].p_value[0, at]) for place in counted):
        return ""
    n = segment.feed[at].n_studies
    return "no study in the month" if n == 0 else f"too few to judge: {n} studies in the month" if n < 10 else (
        "nothing of the month can be held against the baseline"
    )  # fmt: skip


def spans_of(baselines: Sequence[AdoptedBaseline], months: Sequence[str]) -> list[tuple[AdoptedBaseline, list[str]]]:
    """Each baseline with the months that it alone decides."""
    spans = []
    for place, baseline in enumerate(baselines):
        end = baselines[place + 1].from_month if place + 1 < len(baselines) else "9999-99"
        own = [month for month in months if baseline.from_month <= month < end]
        if own:
            spans.append((baseline, own))
    return spans
