"""Which event goes with a change."""

from datetime import date

from multisite.drift.rule.causes import DriftEvent, event_of, planned_event
from multisite.vocabulary import DriftEventKind, MonitorFamily
from tests.unit.drift.rule.builders import monitor

ALERT = monitor("alert_nodule_ai")
KERNEL = monitor("kernel", family=MonitorFamily.ACQUISITION)


def event(
    day: date,
    title: str = "software",
    *,
    kind: DriftEventKind = DriftEventKind.SOFTWARE,
    monitors: tuple[str, ...] = (),
    until: date | None = None,
    n: int = 50,
) -> DriftEvent:
    return DriftEvent(day, day.strftime("%Y-%m"), kind, title, frozenset(monitors), until is not None, until, n)


def test_an_event_goes_with_a_change_that_began_in_its_month_or_the_next() -> None:
    software = event(date(2026, 4, 8))
    for since, expected in (("2026-04", software), ("2026-05", software), ("2026-06", None)):
        assert event_of(ALERT, month="2026-08", since=since, events=[software]) == expected


def test_an_event_long_after_the_beginning_is_no_cause() -> None:
    assert event_of(ALERT, month="2026-08", since="2026-02", events=[event(date(2026, 6, 1))]) is None


def test_nothing_that_lies_in_the_future_is_a_cause() -> None:
    assert event_of(ALERT, month="2026-04", since="2026-04", events=[event(date(2026, 5, 1))]) is None


def test_an_event_that_changes_the_column_itself_comes_first() -> None:
    own, other = event(date(2026, 4, 20), "own", monitors=("kernel",)), event(date(2026, 4, 1), "other", n=500)
    assert event_of(KERNEL, month="2026-04", since="2026-04", events=[other, own]) == own


def test_an_input_is_not_put_down_to_an_event_that_does_not_change_it() -> None:
    assert event_of(KERNEL, month="2026-04", since="2026-04", events=[event(date(2026, 4, 1))]) is None


def test_studies_without_a_value_go_with_an_event_of_their_column() -> None:
    own = event(date(2026, 4, 20), monitors=("kernel",))
    absent = monitor("missing_kernel", family=MonitorFamily.FEED)
    assert event_of(absent, month="2026-04", since="2026-04", events=[own]) == own


def test_a_new_value_is_a_cause_only_where_no_other_event_is() -> None:
    value = event(date(2026, 4, 1), "value", kind=DriftEventKind.NEW_VALUE, n=500)
    software = event(date(2026, 4, 20))
    assert event_of(ALERT, month="2026-04", since="2026-04", events=[value, software]) == software
    assert event_of(ALERT, month="2026-04", since="2026-04", events=[value]) == value


def test_a_planned_change_covers_the_months_of_its_window_and_its_columns() -> None:
    planned = event(date(2026, 4, 8), monitors=("kernel",), until=date(2026, 5, 31))
    covered = [planned_event(KERNEL.id, month=f"2026-0{n}", events=[planned]) is planned for n in (3, 4, 5, 6)]
    assert covered == [False, True, True, False]
    assert planned_event(ALERT.id, month="2026-04", events=[planned]) is None
