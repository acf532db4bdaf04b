"""Lookups of the timeline."""

from dataclasses import replace

import polars as pl
import pytest

from multisite.pack.timeline.exhibits import chart_of
from multisite.pack.timeline.record import SiteRecord, letters
from multisite.schemas.drift_verdicts import DRIFT_MONITORS
from tests.lib.timeline_frames import MODEL, OTHER, PARAMETERS, timeline_inputs


def record(**settings: object) -> SiteRecord:
    return SiteRecord.from_inputs(timeline_inputs(**settings), PARAMETERS)  # type: ignore[arg-type]  # passed on


@pytest.mark.parametrize(("place", "name"), [(0, "A"), (25, "Z"), (26, "AA"), (51, "AZ"), (52, "BA"), (702, "AAA")])
def test_events_are_lettered_in_order(place: int, name: str) -> None:
    assert letters(place) == name


def test_a_column_judged_for_two_models_is_shown_once_with_the_row_that_has_most_to_say() -> None:
    both = record(models=(OTHER, MODEL))
    assert len(both.watched) == len(record().watched) == 12
    last = both.months[-1]
    assert {one.rows[last]["model"] for one in both.watched if one.last_signal} == {MODEL}


def test_signals_come_first_and_muted_and_planned_before_the_quiet() -> None:
    ids = [one.key[1] for one in record().watched]
    assert set(ids[:2]) == {"monitor_0", "monitor_7"}
    assert set(ids[2:4]) == {"monitor_2", "monitor_3"}


def test_rows_of_the_overlap_are_not_drawn_twice() -> None:
    inputs = timeline_inputs()
    rows = inputs.frames[DRIFT_MONITORS.name]
    beside = rows.filter(month="2025-06").with_columns(is_overlap=pl.lit(True), baseline=pl.lit("a1b2c3d4e5f60718"))
    doubled = replace(inputs, frames={**inputs.frames, DRIFT_MONITORS.name: pl.concat([beside, rows])})
    found = SiteRecord.from_inputs(doubled, PARAMETERS).watched
    assert [one.rows for one in found] == [one.rows for one in record().watched]


def test_a_new_value_flags_its_own_monitor_only_and_other_events_flag_all() -> None:
    last = record().months[-1]
    assert record().events_of("monitor_7")[last] == ("B", "C")
    assert record().events_of("monitor_1")[last] == ("B",)


def test_a_case_spans_from_its_opening_with_its_acknowledgement_on_monitors_that_signalled() -> None:
    charts = {one.key[1]: chart_of(record(), one) for one in record().watched}
    (span,) = charts["monitor_0"].cases
    assert (span.number, span.first, span.last, span.acknowledged) == (1, 19, 23, 22)
    assert charts["monitor_6"].cases == ()


def test_an_acknowledgement_after_the_last_month_stands_in_the_last_month() -> None:
    inputs = timeline_inputs()
    later = inputs.frames["drift_cases"].with_columns(acknowledged=pl.lit("2026-09-01T00:00:00Z"))
    found = SiteRecord.from_inputs(replace(inputs, frames={**inputs.frames, "drift_cases": later}), PARAMETERS)
    (span,) = chart_of(found, found.watched[0]).cases
    assert span.acknowledged == len(found.months) - 1
