"""What labels say of routine use, as monitors and as months that are amber or red."""

from datetime import date
from typing import Any

import polars as pl

from multisite.drift.rule.in_use import falls_of, performance_rows
from multisite.drift.rule.told import Mute, Told
from multisite.schemas.drift_performance import DRIFT_PERFORMANCE


def told(*rows: dict[str, Any]) -> pl.DataFrame:
    usual = {
        "site": "north", "month": "2026-03", "finding": "nodule", "model": "ai", "axis": "overall",
        "level": "overall", "measure": "sensitivity", "method": "labels", "n_studies": 900, "n_labelled": 90,
        "estimate": 0.88, "lower": 0.8, "upper": 0.94, "ci_method": "anytime", "reference": 0.9, "margin": 0.05,
        "verdict": "holds", "n_backtested": 0,
    }  # fmt: skip
    return pl.DataFrame([{**usual, **row} for row in rows], schema=DRIFT_PERFORMANCE.schema)


SINCE = {"axis": "since", "level": "2026-01", "estimate": 0.7, "verdict": "breached"}


def test_a_breach_is_red_and_a_fall_is_not() -> None:
    rows = told(
        {"month": "2026-01"}, {"month": "2026-02", "verdict": "fallen"}, {"month": "2026-03", "verdict": "fallen"},
        SINCE, {"month": "2026-04", "verdict": "breached", "axis": "software_versions", "level": "A"},
        {"month": "2026-05", "verdict": "breached", "method": "audit"},
    )  # fmt: skip
    assert falls_of(rows, model="ai") == {"2026-02": False, "2026-03": True}
    assert falls_of(rows, model="other") == {}


def test_the_monitor_shows_the_stretch_that_says_worst_and_since_when() -> None:
    (row,) = performance_rows(
        told({"verdict": "insufficient evidence"}, SINCE), model="ai", baseline_of={"2026-03": "b"}, titles={}
    )
    assert (row["value"], row["since"], row["status"]) == (0.7, "2026-01", "signal")
    (row,) = performance_rows(told({}), model="ai", baseline_of={"2026-03": "b"}, titles={})
    assert (row["value"], row["since"], row["status"]) == (0.88, None, "in range")


def test_a_muted_measure_turns_no_month_red_and_says_so() -> None:
    mute = Mute(("sensitivity_nodule_ai", "overall", "overall"), date(2026, 3, 1), date(2026, 3, 31), "update")
    muted = Told({}, {}, (mute,))
    rows = told(SINCE, {**SINCE, "month": "2026-04"})
    assert falls_of(rows, model="ai", told=muted) == {"2026-04": True}
    (row,) = performance_rows(rows, model="ai", baseline_of={"2026-03": "b"}, titles={}, told=muted)
    assert row["status"] == "muted"


def test_a_month_without_a_baseline_has_no_such_monitor() -> None:
    assert performance_rows(told({}), model="ai", baseline_of={}, titles={}) == []
