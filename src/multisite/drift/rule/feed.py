"""Volume and silence of a feed, against the first months of routine use."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from multisite.drift.calendar import first_day, last_day, longest_silence, working_days
from multisite.drift.rule.judged import MINIMUM_STUDIES, Judged
from multisite.stats import FloatArray, silence_p_value, volume_p_value, volume_prediction

__all__ = ["FeedMonth", "judge_silence", "judge_volume", "read_feed"]

_RARE = 0.001
"""Chance of a silence, at the usual rate, below which it is a stopped feed and not a gap of a small site."""


@dataclass(frozen=True, slots=True)
class FeedMonth:
    """Studies of a month, its working days, the longest silence that touches it, the days it was sought in, and whether
    the month is over."""

    month: str
    n_studies: int
    n_working_days: int
    silence: int
    n_days: int
    is_over: bool = True


def read_feed(
    studies: Mapping[date, int],
    *,
    months: Sequence[str],
    holidays: Collection[date] = (),
    until: date | None = None,
) -> list[FeedMonth]:
    """The feed's months; the first of them begins with the first day that has a study.

    ``until`` is the last day that is known of, in a month that may not be over: what follows it is no silence.
    """
    since = min(studies, default=first_day(months[0]) if months else None)
    found = []
    for month in months:
        begin = max(first_day(month), since) if since else first_day(month)
        end = min(last_day(month), until) if until else last_day(month)
        days = sum(1 for _ in working_days(begin, end, holidays))
        silence, sought = longest_silence(studies, month=month, since=since or begin, until=end, holidays=holidays)
        total = sum(n for day, n in studies.items() if first_day(month) <= day <= end)
        found.append(FeedMonth(month, total, max(days, 1), silence, sought, end == last_day(month)))
    return found


def judge_volume(feed: Sequence[FeedMonth], *, n_first: int) -> tuple[Judged, FloatArray]:
    """Every month after the first against these; and expected studies with their range, shape (n_months, 3).

    A month that is not over has a range for its days so far, and is not judged: a day that has just begun counts whole.
    """
    learnt = feed[:n_first]
    counts = [month.n_studies for month in learnt]
    exposures = [month.n_working_days for month in learnt]
    ranges = np.full((len(feed), 3), np.nan)
    p, change = np.full(len(feed), np.nan), np.full(len(feed), np.nan)
    if sum(counts) >= MINIMUM_STUDIES and len(feed) > n_first:
        for at, month in enumerate(feed[n_first:], start=n_first):
            predicted = volume_prediction(counts, exposures, exposure=month.n_working_days)
            ranges[at] = predicted.expected, predicted.low, predicted.high
            if not month.is_over:
                continue
            p[at] = volume_p_value(month.n_studies, exposure=month.n_working_days, counts=counts, exposures=exposures)
            change[at] = month.n_studies / predicted.expected - 1
    return _judged(p, change, [month.n_studies for month in feed], sum(counts)), ranges


def judge_silence(feed: Sequence[FeedMonth], *, n_first: int, silent_days: int) -> tuple[Judged, np.ndarray]:
    """The longest silence of every month after the first, and whether the feed had stopped, shape (n_months,).

    A feed has stopped when it is silent for longer than ``silent_days``, than it ever was in the first months (one with
    a single day a week is silent for four), and than the usual rate allows.
    """
    learnt = feed[:n_first]
    rate = sum(month.n_studies for month in learnt) / max(1, sum(month.n_working_days for month in learnt))
    usual = max((month.silence for month in learnt), default=0)
    p, days = np.full(len(feed), np.nan), np.full(len(feed), np.nan)
    stopped = np.zeros(len(feed), dtype=bool)
    if rate > 0 and len(feed) > n_first:
        for at, month in enumerate(feed[n_first:], start=n_first):
            p[at] = silence_p_value(month.silence, rate_per_day=rate, n_days=month.n_days)
            days[at] = month.silence
            stopped[at] = month.silence > max(silent_days, usual) and p[at] < _RARE
    return _judged(p, days, [month.n_studies for month in feed], sum(m.n_studies for m in learnt)), stopped


def _judged(p: FloatArray, change: FloatArray, n: Sequence[int], n_reference: int) -> Judged:
    """As one run; neither has a cell or evidence over months."""
    shape = (1, p.size)
    return Judged(
        p_value=p[None],
        change=change[None],
        lasting_change=change[None],
        cell=np.full(shape, -1),
        evidence=np.full(shape, np.nan),
        since=np.full(shape, -1),
        n=np.asarray(n, dtype=np.float64)[None],
        n_reference=np.full(shape, float(n_reference)),
        holds=np.ones(shape, dtype=bool),
    )
