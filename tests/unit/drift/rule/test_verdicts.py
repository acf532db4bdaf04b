"""The verdicts of a site, from hand-made tallies to rows."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from multisite.drift.rule.segment import Band
from multisite.schemas.drift_verdicts import DRIFT_CASES, DRIFT_MONITORS, DRIFT_VERDICTS
from tests.unit.drift.rule.builders import (
    ALERT,
    ALL_VALUES,
    CHANGED,
    FAILED,
    KVP,
    NONE_FAILED,
    RULES,
    SOFTWARE,
    USUAL,
    adopted,
    counted,
    days,
    events,
    frame,
    ledger,
    month_counts,
    row_of,
    states,
    verdicts,
)

SITE = {ALERT: USUAL, KVP: ALL_VALUES, FAILED: NONE_FAILED}
CHANGED_SITE = {**SITE, ALERT: CHANGED}


def test_usual_months_are_green_and_the_tables_are_as_declared() -> None:
    made = verdicts(SITE)
    assert states(made) == ["GREEN"] * 8
    DRIFT_MONITORS.conform(made.monitors)
    DRIFT_VERDICTS.conform(made.verdicts)
    DRIFT_CASES.conform(made.cases)


def test_a_changed_alert_rate_is_told_in_a_sentence_with_the_event_that_goes_with_it() -> None:
    made = verdicts(CHANGED_SITE, happened=events(SOFTWARE))
    verdict = made.verdicts.row(3, named=True)
    assert states(made) == [*["GREEN"] * 3, *["RED"] * 5]
    assert verdict["sentence"] == (
        "AI alert rate for nodule rose from 6.0 % to 20.0 % after software 5.2 → 5.3 on GE Revolution CT (8 Apr 2026)."
    )
    assert verdict["cause"] == SOFTWARE["title"]
    assert made.cases["cause"].to_list() == [SOFTWARE["title"]]


def test_a_changed_input_alone_is_never_red() -> None:
    held = adopted({ALERT: (60, 940), "weekend": (60, 940)})
    made = verdicts({ALERT: USUAL, "weekend": [(150, 50)] * 8, FAILED: NONE_FAILED}, baselines=[held])
    assert states(made) == ["AMBER-1", *["AMBER-2"] * 7]


def test_a_feed_that_stops_is_red_once_its_first_months_are_over() -> None:
    six = {name: pairs[:6] for name, pairs in SITE.items()}
    made = verdicts(six, feed=days(until="2026-06"))
    assert states(made)[6:] == ["RED", "RED"]
    assert "No study on 23 working days in a row" in made.verdicts.row(6, named=True)["sentence"]


def test_a_feed_that_stops_within_its_first_months_cannot_be_judged() -> None:
    made = verdicts({name: pairs[:1] for name, pairs in SITE.items()}, feed=days(until="2026-01"), through="2026-03")
    assert states(made) == ["GREEN", "GREY", "GREY"]
    assert made.verdicts["months_grey"].to_list() == [0, 1, 2]


def test_months_in_the_shadow_are_printed_and_alarm_nobody() -> None:
    made = verdicts({**SITE, ALERT: [(40, 160)] * 8}, rules=replace(RULES, shadow_months=2))
    assert states(made)[:3] == ["GREY", "GREY", "RED"]
    assert row_of(made, "2026-01", ALERT)["status"] == "signal"
    assert made.verdicts["months_grey"].to_list()[:3] == [0, 0, 0]
    assert made.cases["opened"].to_list() == ["2026-03"]


def test_a_site_without_a_baseline_is_grey_for_a_reason() -> None:
    made = verdicts(SITE, baselines=[adopted({ALERT: (60, 940)}, from_month="2026-03")])
    assert states(made)[:2] == ["GREY", "GREY"]
    assert made.verdicts["reason"][0] == "the site has no baseline: no validated study with the watched columns"
    assert made.verdicts["months_grey"].to_list()[:3] == [1, 2, 0]


def test_a_muted_monitor_is_printed_as_muted_and_does_not_signal() -> None:
    content = (
        f'{{"approver":"A","axis":"overall","level":"overall","model":"ai","monitor":"{ALERT}",'
        '"reason":"known","until":"2026-06-30"}'
    )
    made = verdicts(CHANGED_SITE, noted=ledger(("2026-05-04T08:00:00Z", "monitor muted", content)))
    told = [row_of(made, f"2026-0{n}", ALERT)["status"] for n in (4, 5, 6, 7)]
    assert told == ["signal", "muted", "muted", "signal"]
    assert states(made)[3:6] == ["RED", "AMBER-1", "GREEN"]


def test_acknowledged_and_closed_cases_say_so() -> None:
    noted = ledger(
        (
            "2026-05-02T08:00:00Z",
            "case acknowledged",
            '{"by":"Dr A","case_number":1,"model":"ai","opened":"2026-04","state":"RED"}',
        ),
        ("2026-06-02T08:00:00Z", "case closed", '{"by":"Dr A","case_number":1,"model":"ai","opened":"2026-04"}'),
    )
    made = verdicts(CHANGED_SITE, noted=noted)
    assert made.cases["acknowledged_by"].to_list() == ["Dr A", None]
    assert made.cases["closed"].to_list() == ["2026-05", None]
    assert made.cases["opened"].to_list() == ["2026-04", "2026-06"]


def test_an_alert_rate_outside_its_agreed_band_is_red_at_once() -> None:
    band = Band("nodule", "ai", 0.1, 0.3)
    made = verdicts(SITE, rules=replace(RULES, bands=(band,)), through="2026-01")
    assert states(made) == ["GREEN"]
    made = verdicts({**SITE, ALERT: [(2, 198)] * 8}, rules=replace(RULES, bands=(band,)), through="2026-01")
    assert states(made) == ["RED"]


def test_a_planned_change_is_no_signal_of_its_column_but_one_of_the_output() -> None:
    planned = {"date": date(2026, 4, 1), "title": "new tube", "is_planned": True, "window_end": date(2026, 8, 31),
               "monitors": ["tube_voltage_kv"], "source": "site table"}  # fmt: skip
    lacking = [*ALL_VALUES[:3], *[(100, 100)] * 5]
    made = verdicts({**CHANGED_SITE, KVP: lacking}, happened=events(planned))
    assert row_of(made, "2026-04", KVP)["status"] == "planned change"
    assert row_of(made, "2026-04", ALERT)["status"] == "signal"
    # A window in which nothing changes is nothing to tell.
    unchanged = verdicts(SITE, happened=events(planned))
    assert row_of(unchanged, "2026-04", KVP)["status"] == "in range"
    assert unchanged.verdicts["sentence"][3].endswith("all are in range.")
    alone = verdicts({**SITE, KVP: lacking}, happened=events(planned))
    assert states(alone)[3] == "GREEN"
    assert alone.verdicts["sentence"][3].endswith("all are in range, but for what was planned: new tube.")


def test_a_monitor_without_counts_is_a_row_and_the_others_are_judged() -> None:
    held = adopted({ALERT: (60, 940), KVP: (10, 990)})
    name = "drift_counts_baseline"
    held.frames[name] = held.frames[name].filter(pl.col("monitor") != "tube_voltage_kv")  # type: ignore[index]
    made = verdicts(CHANGED_SITE, baselines=[held])
    row = row_of(made, "2026-04", KVP)
    assert (row["status"], row["reason"]) == ("not assessable", "the baseline holds no counts of it")
    assert states(made)[3] == "RED"


def test_a_monitor_whose_limits_do_not_fit_is_a_row_and_the_others_are_judged() -> None:
    held = adopted({ALERT: (60, 940), KVP: (10, 990)})
    schema = held.frames["drift_limits"].schema
    torn = [
        {"monitor": KVP, "axis": "overall", "level": "overall", "statistic": "cells", "n_studies": n, "probability": p}
        for n, p in ((10, 0.1), (20, 0.1), (20, 0.01))
    ]
    held.frames["drift_limits"] = frame(torn, schema)  # type: ignore[index]
    made = verdicts(CHANGED_SITE, baselines=[held])
    row = row_of(made, "2026-04", KVP)
    assert (row["status"], row["reason"]) == ("not assessable", "its counts and limits do not fit each other")
    assert states(made)[3] == "RED"


def test_every_month_has_a_row_of_every_monitor() -> None:
    made = verdicts(SITE)
    assert made.monitors.height == 8 * 5
    first = row_of(made, "2026-02", FAILED)
    assert (first["status"], first["reason"]) == ("not assessable", "learning what is usual: month 2 of 3")


def test_the_first_month_of_a_new_baseline_is_judged_by_both() -> None:
    held = [adopted({ALERT: (60, 940)}), adopted({ALERT: (200, 800)}, name="b2", from_month="2026-05")]
    made = verdicts(CHANGED_SITE, baselines=held)
    verdict = made.verdicts.row(4, named=True)
    assert (verdict["baseline"], verdict["overlap_state"]) == ("b2", "RED")
    overlap = made.monitors.filter("is_overlap")
    assert overlap["month"].unique().to_list() == ["2026-05"]
    assert overlap["baseline"].unique().to_list() == ["b1"]


def test_the_overlap_of_a_later_baseline_is_in_no_shadow_of_its_own() -> None:
    held = [
        adopted({ALERT: (60, 940)}),
        adopted({ALERT: (60, 940)}, name="b2", from_month="2026-04"),
        adopted({ALERT: (200, 800)}, name="b3", from_month="2026-05"),
    ]
    made = verdicts(CHANGED_SITE, baselines=held, rules=replace(RULES, shadow_months=2))
    assert made.verdicts.row(4, named=True)["overlap_state"] == "RED"


def test_what_few_studies_say_while_others_learn_is_told_alike_later() -> None:
    few = {**SITE, ALERT: [(40, 160)] * 8, FAILED: [(0, 5)] * 8}
    january, august = (verdicts(few, through=month).verdicts.row(0, named=True) for month in ("2026-01", "2026-08"))
    assert january["evidence"] > 0
    assert (january["state"], january["evidence"]) == (august["state"], august["evidence"])


def test_a_new_baseline_keeps_what_was_learnt_from_the_first_months() -> None:
    held = [adopted({ALERT: (60, 940)}), adopted({ALERT: (60, 940)}, name="b2", from_month="2026-05")]
    failing = [*[(2, 198)] * 4, *[(60, 140)] * 4]
    made = verdicts({**SITE, FAILED: failing}, baselines=held, feed=days(until="2026-05"))
    row = row_of(made, "2026-05", FAILED)
    assert (row["status"], row["n_reference"]) == ("signal", 600)
    assert row_of(made, "2026-06", "silence_ai")["status"] == "signal"
    assert states(made)[5] == "RED"


@pytest.mark.parametrize(("season", "status"), [("by calendar month", "in range"), ("none seen", "signal")])
def test_a_monitor_with_a_season_is_judged_against_its_calendar_month(season: str, status: str) -> None:
    windows = {f"baseline-{n:02d}": {ALERT: (50, 200) if n == 4 else (10, 240)} for n in range(1, 13)}
    held = adopted({ALERT: (60, 940)}, windows=windows, season=season)
    made = verdicts({**SITE, ALERT: CHANGED}, baselines=[held], through="2026-04")
    row = row_of(made, "2026-04", ALERT)
    assert row["status"] == status
    assert row["n_reference"] == (250 if season == "by calendar month" else 1000)
    assert row["usual"] == pytest.approx(0.2 if season == "by calendar month" else 0.06)
    assert (row["evidence"] is None) == (season == "by calendar month")


def test_another_mix_of_images_is_told_apart_from_a_change_within_equal_images() -> None:
    held = adopted({ALERT: (60, 940)})
    name, axis = "drift_counts_baseline", "vendor"
    parts = [row for level, pair in (("A", (10, 790)), ("B", (50, 150))) for row in
             counted(ALERT, "baseline", "", pair, axis=axis, level=level)]  # fmt: skip
    held.frames[name] = pl.concat([held.frames[name], frame(parts, held.frames[name].schema)])  # type: ignore[index]
    counts = month_counts(CHANGED_SITE)
    now = [row for level, pair in (("A", (1, 39)), ("B", (39, 121))) for row in
           counted(ALERT, "2026-04", "b1", pair, axis=axis, level=level)]  # fmt: skip
    made = verdicts({}, baselines=[held], counts=pl.concat([counts, frame(now, counts.schema)]), through="2026-04")
    row = row_of(made, "2026-04", ALERT)
    assert row["mix_axis"] == "vendor"
    assert row["mix_change"] == pytest.approx(0.6 * (0.25 - 0.0125))
    assert abs(row["within_change"]) < 0.02


def test_months_before_the_first_study_of_a_model_are_none_of_its_own() -> None:
    later = days().filter(pl.col("date") >= date(2026, 3, 1))
    made = verdicts(SITE, feed=later)
    assert made.verdicts["month"].to_list()[0] == "2026-03"
    assert row_of(made, "2026-05", "silence_ai")["reason"] == "learning what is usual: month 3 of 3"


def test_a_month_in_which_something_is_learnt_names_no_reference() -> None:
    assert row_of(verdicts(SITE), "2026-02", "volume_ai")["n_reference"] == 0
