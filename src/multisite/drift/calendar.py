"""Months and working days: which months are judged, and how long a feed was silent."""

import calendar
from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta

__all__ = ["first_day", "last_day", "longest_silence", "months_apart", "months_between", "working_days"]

_WEEKEND = 5
_MONTHS_A_YEAR = 12


def months_between(first: str, last: str) -> list[str]:
    """Every month (YYYY-MM) from ``first`` to ``last``, both included; none where ``last`` is earlier."""
    year, month = map(int, first.split("-"))
    found = []
    while f"{year:04d}-{month:02d}" <= last:
        found.append(f"{year:04d}-{month:02d}")
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found


def months_apart(first: str, last: str) -> int:
    """Months from ``first`` to ``last`` (YYYY-MM)."""
    (year, month), (later_year, later_month) = (map(int, value.split("-")) for value in (first, last))
    return (later_year - year) * _MONTHS_A_YEAR + later_month - month


def first_day(month: str) -> date:
    """First day of a month."""
    year, number = map(int, month.split("-"))
    return date(year, number, 1)


def last_day(month: str) -> date:
    """Last day of a month."""
    year, number = map(int, month.split("-"))
    return date(year, number, calendar.monthrange(year, number)[1])


def working_days(first: date, last: date, holidays: Collection[date] = ()) -> Iterator[date]:
    """Mondays to Fridays from ``first`` to ``last`` that are no holidays."""
    day = first
    while day <= last:
        if day.weekday() < _WEEKEND and day not in holidays:
            yield day
        day += timedelta(days=1)


def longest_silence(
    studies: Mapping[date, int],
    *,
    month: str,
    since: date,
    until: date | None = None,
    holidays: Collection[date] = (),
) -> tuple[int, int]:
    """The longest run of working days without a study that touches the month, and the working days it was sought in.

    A run that began before the month, at the earliest on ``since``, is counted whole; one that reaches ``until``, or
    else the end of the month, so far. Studies of a weekend or holiday end a run as any others do.
    """
    longest = run = considered = 0
    begin = first_day(month)
    day = since
    end = until or last_day(month)
    while day <= end:
        if studies.get(day, 0) > 0:
            run = 0
        elif day.weekday() < _WEEKEND and day not in holidays:
            run += 1
        if day >= begin:
            longest = max(longest, run)
            considered += day.weekday() < _WEEKEND and day not in holidays
        day += timedelta(days=1)
    return longest, max(considered, longest)
