"""Lines of the budget, correction for many tests, and signals of hand-made tallies."""

from dataclasses import replace

import numpy as np
import pytest

from multisite.drift.rule.judged import judge
from multisite.drift.rule.lines import Lines, adjusted_p_values, lines_of
from multisite.drift.rule.signals import Signals, find_signals
from multisite.vocabulary import MonitorFamily
from tests.unit.drift.rule.builders import Pair, monitor, shares

LINES = lines_of(false_ambers_per_year=1.0, false_reds_per_five_years=1.0)


def signals(*series, lines: Lines = LINES, left_out=None) -> Signals:  # type: ignore[no-untyped-def]
    judged = [judge(one) for one in series]
    return find_signals([one.monitor for one in series], judged, lines=lines, left_out=left_out)


def test_half_of_the_budget_goes_to_single_months_and_half_to_the_evidence() -> None:
    assert LINES.level == pytest.approx(0.5 / 12)
    assert (LINES.amber, LINES.red) == (24.0, 60.0)


def test_a_larger_budget_lowers_every_line() -> None:
    more = lines_of(false_ambers_per_year=2.0, false_reds_per_five_years=2.0)
    assert more.level > LINES.level
    assert more.amber < LINES.amber
    assert more.red < LINES.red


def test_adjusted_p_values_are_those_of_benjamini_and_hochberg() -> None:
    assert adjusted_p_values(np.array([0.01, 0.04, 0.03, 0.5])) == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])


def test_a_monitor_that_is_not_assessable_counts_in_no_number_of_tests() -> None:
    adjusted = adjusted_p_values(np.array([0.01, np.nan, 0.5]))
    assert adjusted[0] == pytest.approx(0.02)
    assert np.isnan(adjusted[1])
    assert np.isnan(adjusted_p_values(np.full(3, np.nan))).all()


def test_the_level_is_shared_by_the_families_that_the_month_can_judge() -> None:
    output = shares(monitor("a"), (60, 940), [(12, 188), (12, 188)])
    feed = shares(monitor("b", family=MonitorFamily.FEED), (60, 940), [(12, 188), (0, 2)])
    assert signals(output, feed).level[0] == pytest.approx([LINES.level / 2, LINES.level])


def test_one_month_with_a_large_change_signals() -> None:
    found = signals(shares(monitor("a"), (60, 940), [(12, 188), (40, 160)]))
    assert found.signal[0, :, 0].tolist() == [False, True]


def test_a_certain_change_below_the_floor_is_small_and_no_signal() -> None:
    series = shares(monitor("a", smallest_change=0.05), (6000, 94000), [(9000, 91000)])
    found = signals(series)
    assert found.adjusted[0, 0, 0] < 0.001
    assert not found.signal.any()
    assert found.small[0, 0, 0]
    assert found.evidence[0, 0] == 0.0


def test_a_small_change_signals_when_it_lasts() -> None:
    months: list[Pair] = [(18, 182)] * 12
    found = signals(shares(monitor("a"), (600, 9400), months))
    assert found.adjusted[0, 0, 0] > LINES.level
    assert found.evidence[0, -1] >= LINES.amber
    assert found.signal[0, -1, 0]


def test_a_change_of_one_month_is_no_signal_once_it_is_over() -> None:
    months: list[Pair] = [(2, 198), (120, 80), *[(2, 198)] * 6]
    found = signals(shares(monitor("a", family=MonitorFamily.FEED), (10, 990), months))
    assert found.signal[0, :, 0].tolist() == [False, True, *[False] * 6]
    assert found.is_red[0].tolist() == [False, True, *[False] * 6]


def test_a_change_that_ends_after_half_a_year_stops_signalling() -> None:
    months: list[Pair] = [*[(40, 160)] * 6, *[(12, 188)] * 3]
    found = signals(shares(monitor("a"), (60, 940), months))
    assert found.signal[0, :, 0].tolist() == [*[True] * 6, *[False] * 3]


@pytest.mark.parametrize("family", [MonitorFamily.ACQUISITION, MonitorFamily.POPULATION, MonitorFamily.SUBGROUPS])
def test_a_changed_input_is_never_red(family: MonitorFamily) -> None:
    months: list[Pair] = [(150, 50)] * 6
    found = signals(shares(monitor("a", family=family), (60, 940), months))
    assert found.signal.all()
    assert not found.is_red.any()


def test_a_lasting_change_of_the_output_is_red() -> None:
    months: list[Pair] = [(40, 160)] * 2
    assert signals(shares(monitor("a"), (60, 940), months)).is_red[0, -1]


def test_what_is_left_out_is_tested_and_never_signals() -> None:
    found = signals(shares(monitor("a"), (60, 940), [(40, 160)]), left_out=np.ones((1, 1, 1), dtype=bool))
    assert found.adjusted[0, 0, 0] < 0.001
    assert not found.signal.any()
    assert not found.is_red.any()


def test_too_few_studies_are_undefined_and_not_zero() -> None:
    judged = judge(shares(monitor("a"), (60, 940), [(3, 6), (12, 188)]))
    assert np.isnan(judged.p_value[0, 0])
    assert not np.isnan(judged.p_value[0, 1])
    assert np.isnan(judge(shares(monitor("a"), (1, 8), [(12, 188)])).evidence).all()


def test_repeated_patients_make_the_same_counts_less_telling() -> None:
    series = shares(monitor("a"), (60, 940), [(24, 176)])
    clustered = replace(series, monitor=monitor("a", design_effect=3.0))
    assert judge(clustered).p_value[0, 0] > judge(series).p_value[0, 0]
    assert judge(clustered).evidence[0, 0] < judge(series).evidence[0, 0]


def test_a_later_month_does_not_change_what_was_said_of_an_earlier_one() -> None:
    long = judge(shares(monitor("a"), (60, 940), [(12, 188), (30, 170), (60, 140)]))
    short = judge(shares(monitor("a"), (60, 940), [(12, 188), (30, 170)]))
    for name in ("p_value", "change", "lasting_change", "evidence", "since", "holds"):
        assert np.array_equal(getattr(long, name)[:, :2], getattr(short, name))
