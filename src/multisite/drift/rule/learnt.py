"""What the months of a baseline are held against where that is not the whole reference: first months, calendar months.

What is learnt from the first months of routine use stays so when a site adopts another baseline: the first months of
that baseline are judged like any others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
import polars as pl

from multisite.drift.rule.judged import Judged, judge
from multisite.drift.rule.reading import DO_NOT_FIT, read_series, without_counts
from multisite.drift.rule.series import Monitor, MonitorSeries, from_first_months
from multisite.stats import FloatArray
from multisite.vocabulary import LearntFrom

__all__ = ["JudgedSeries", "from_month", "judge_series", "learn", "with_first_months"]

_CALENDAR = "baseline-"


@dataclass(frozen=True, slots=True)
class JudgedSeries:
    """A series, what is said of its months, and its reference in each of them, shape (n_months, n_cells)."""

    series: MonitorSeries
    judged: Judged
    usual: FloatArray


def with_first_months(
    counts: pl.DataFrame, everything: pl.DataFrame, *, monitors: Sequence[Monitor], before: Sequence[str]
) -> pl.DataFrame:
    """``counts`` of a baseline, and of the months ``before`` it those, on any baseline, of what is learnt from months.

    These are shares, whose cells are the same on every baseline.
    """
    names = sorted({m.id for m in monitors if m.learnt_from is LearntFrom.FIRST_MONTHS})
    earlier = everything.filter(pl.col("window").is_in(list(before)) & pl.col("monitor").is_in(names))
    later = counts.filter(~pl.col("window").is_in(list(before)))
    key = ("window", "monitor", "axis", "level", "bin")
    return pl.concat([earlier.sort("baseline").unique(key, keep="first", maintain_order=True), later])


def learn(series: MonitorSeries, *, n_before: int, n_first: int) -> MonitorSeries:
    """``series``, which begins ``n_before`` months before its baseline, from the first month of the baseline on.

    What is learnt from first months is held against the first ``n_first`` of routine use, which are not judged.
    """
    own = replace(series, months=series.months[:, n_before:])
    if series.fault or series.monitor.learnt_from is LearntFrom.VALIDATED:
        return own
    whole = from_first_months(series, n_first)
    return replace(whole, months=whole.months[:, n_before:])


def judge_series(series: MonitorSeries, *, months: Sequence[str], season: str, baseline: pl.DataFrame) -> JudgedSeries:
    """What each month says; of a monitor with a season, against the same calendar month and those beside it.

    What a season does is no change, so that its evidence over months is undefined. A monitor that cannot be judged is
    a series without studies: no other one suffers.
    """
    try:
        if season == "by calendar month":
            return _by_calendar(series, months, baseline)
        return JudgedSeries(series, judge(series), np.broadcast_to(series.references[0], series.months.shape[1:]))
    except (ArithmeticError, LookupError, TypeError, ValueError):
        nothing = without_counts(series.monitor, len(months), fault=DO_NOT_FIT)
        return JudgedSeries(nothing, judge(nothing), np.zeros((len(months), 1)))


def from_month(judged: Judged, start: int) -> Judged:
    """``judged`` from the month at ``start`` on; no evidence of it may begin before."""
    return Judged(*(getattr(judged, field.name)[:, start:] for field in fields(judged)))


def _by_calendar(series: MonitorSeries, months: Sequence[str], baseline: pl.DataFrame) -> JudgedSeries:
    calendar: dict[str, FloatArray] = {}
    for number in sorted({month[5:] for month in months}):
        (near,) = read_series(
            [series.monitor],
            baseline=baseline,
            counts=baseline.clear(),
            limits=_NO_LIMITS,
            months=(),
            window=f"{_CALENDAR}{number}",
        )
        calendar[number] = series.references[0] if near.fault else near.reference
    usual = np.stack([calendar[month[5:]] for month in months])
    singly = [
        judge(replace(series, reference=usual[at], months=series.months[:, at : at + 1])) for at in range(len(months))
    ]
    joined = Judged(*(np.concatenate([getattr(one, f.name) for one in singly], axis=1) for f in fields(Judged)))
    undefined = np.full(joined.evidence.shape, np.nan)
    return JudgedSeries(series, replace(joined, evidence=undefined, since=np.full(undefined.shape, -1)), usual)


_NO_LIMITS = pl.DataFrame(schema={name: pl.String for name in ("monitor", "axis", "level")})
