"""States and cases from the signals of months."""

import pytest

from multisite.drift.rule.states import MonthSignals, follow
from multisite.vocabulary import DriftState, MonitorFamily

OUTPUT, FEED, POPULATION = MonitorFamily.OUTPUT, MonitorFamily.FEED, MonitorFamily.POPULATION
GREEN, GREY, ONE, TWO, RED = DriftState


def month(number: int, *families: MonitorFamily, red: bool = False, cause: str = "", reason: str = "") -> MonthSignals:
    return MonthSignals(f"2026-{number:02d}", frozenset(families), red, cause, reason)


def states(*months: MonthSignals) -> list[DriftState]:
    return [one.state for one in follow(months)[0]]


def test_a_month_without_a_signal_is_green() -> None:
    assert states(month(1)) == [GREEN]


def test_one_signal_is_amber_1_and_two_months_running_amber_2() -> None:
    assert states(month(1, OUTPUT), month(2, OUTPUT)) == [ONE, TWO]


def test_two_families_in_one_month_are_amber_2() -> None:
    assert states(month(1, OUTPUT, POPULATION)) == [TWO]


def test_a_month_that_could_not_be_judged_breaks_the_run() -> None:
    assert states(month(1, OUTPUT), month(2, reason="no study"), month(3, OUTPUT)) == [ONE, GREY, ONE]


def test_an_amber_1_closes_after_one_clean_month() -> None:
    found, cases = follow([month(1, OUTPUT), month(2)])
    assert [one.state for one in found] == [ONE, GREEN]
    assert cases[0].closed == "2026-02"


@pytest.mark.parametrize("red", [True, False])
def test_a_worse_case_closes_after_two_clean_months(red: bool) -> None:
    months = [month(1, OUTPUT, FEED, red=red), month(2), month(3)]
    found, cases = follow(months)
    assert [one.state for one in found] == [RED if red else TWO, ONE, GREEN]
    assert cases[0].closed == "2026-03"


def test_a_later_month_of_the_same_cause_joins_the_open_case() -> None:
    months = [month(1, OUTPUT, cause="software"), month(2, POPULATION, cause="software")]
    found, cases = follow(months)
    assert [one.case_number for one in found] == [1, 1]
    assert [one.opened for one in found] == [True, False]
    assert cases[0].families == {OUTPUT, POPULATION}


def test_the_same_event_comes_before_the_same_family() -> None:
    months = [month(1, OUTPUT, FEED), month(2, POPULATION, cause="software"), month(3, OUTPUT, cause="software")]
    assert [one.case_number for one in follow(months)[0]] == [1, 2, 2]


def test_a_closed_case_is_not_opened_again() -> None:
    found, cases = follow([month(1, OUTPUT), month(2), month(3, OUTPUT)])
    assert [one.case_number for one in found] == [1, None, 2]
    assert len(cases) == 2


def test_a_case_that_someone_closed_takes_no_later_month() -> None:
    months = [month(1, OUTPUT), month(2, OUTPUT), month(3, OUTPUT)]
    found, cases = follow(months, closed_by_hand={"2026-01": "2026-02"})
    assert [one.case_number for one in found] == [1, 1, 2]
    assert cases[0].closed == "2026-02"


def test_nobody_is_alarmed_in_a_shadow_month() -> None:
    shadow = MonthSignals("2026-01", frozenset({OUTPUT}), is_red=True, shadow=True)
    found, cases = follow([shadow])
    assert found[0].state is GREY
    assert not cases
