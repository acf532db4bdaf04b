"""Volume and silence of a feed."""

from datetime import date, timedelta

from multisite.drift.rule.feed import judge_silence, judge_volume, read_feed
from tests.unit.drift.rule.builders import MONTHS


def feed(per_day: float, *, silent: tuple[date, date] | None = None, every: int = 1, holidays: tuple[date, ...] = ()):  # type: ignore[no-untyped-def]
    studies, day = {}, date(2026, 1, 1)
    while day <= date(2026, 8, 31):
        is_silent = silent is not None and silent[0] <= day <= silent[1]
        if day.weekday() < 5 and not is_silent and day.toordinal() % every == 0 and day not in holidays:
            studies[day] = int(per_day)
        day += timedelta(days=1)
    return read_feed(studies, months=MONTHS, holidays=holidays)


def test_a_silence_of_a_large_site_is_a_stopped_feed_in_the_months_that_it_touches() -> None:
    _, stopped = judge_silence(feed(10, silent=(date(2026, 5, 25), date(2026, 6, 5))), n_first=3, silent_days=3)
    assert stopped.tolist() == [False] * 4 + [True, True, False, False]


def test_a_gap_of_a_small_site_is_no_stopped_feed() -> None:
    judged, stopped = judge_silence(feed(1, every=5), n_first=3, silent_days=3)
    assert judged.change[0, 3:].max() > 3
    assert not stopped.any()


def test_holidays_are_no_silence() -> None:
    off = tuple(date(2026, 5, 4) + timedelta(days=n) for n in range(12))
    _, stopped = judge_silence(feed(10, holidays=off), n_first=3, silent_days=3)
    assert not stopped.any()


def test_a_halved_volume_is_judged_against_the_first_months_by_working_day() -> None:
    months = feed(10, silent=(date(2026, 6, 1), date(2026, 6, 15)))
    judged, ranges = judge_volume(months, n_first=3)
    assert judged.change[0, 5] < -0.4
    assert judged.p_value[0, 5] < 0.01 < judged.p_value[0, 4]
    assert ranges[5, 1] > months[5].n_studies


def test_the_first_months_are_not_judged_by_themselves() -> None:
    judged, _ = judge_volume(feed(10), n_first=3)
    assert (judged.p_value[0, :3] != judged.p_value[0, :3]).all()


def test_days_that_have_not_come_yet_are_no_silence() -> None:
    studies = {date(2026, 3, day): 5 for day in range(2, 7)}
    (over,) = read_feed(studies, months=["2026-03"])
    (running,) = read_feed(studies, months=["2026-03"], until=date(2026, 3, 6))
    assert (over.silence, running.silence) == (17, 0)
    assert running.n_working_days == 5


def test_a_feed_of_one_day_a_week_has_not_stopped_between_them() -> None:
    studies = {day: 15 for n in range(240) if (day := date(2026, 1, 1) + timedelta(days=n)).weekday() == 3}
    months = read_feed(studies, months=MONTHS)
    assert max(month.silence for month in months) == 4
    _, stopped = judge_silence(months, n_first=3, silent_days=3)
    assert not stopped.any()
    missed = read_feed({day: n for day, n in studies.items() if day != date(2026, 6, 11)}, months=MONTHS)
    assert judge_silence(missed, n_first=3, silent_days=3)[1].tolist() == [False] * 5 + [True] + [False] * 2


def test_the_volume_of_a_month_that_is_not_over_is_not_judged() -> None:
    studies = {date(2026, 1, 1) + timedelta(days=n): 10 for n in range(213)}
    months = read_feed(studies, months=MONTHS, until=max(studies))
    judged, ranges = judge_volume(months, n_first=3)
    assert (months[-1].is_over, months[-2].is_over) == (False, True)
    assert judged.p_value[0, -1] != judged.p_value[0, -1]
    assert judged.p_value[0, -2] == judged.p_value[0, -2]
    assert ranges[-1, 0] > 0
