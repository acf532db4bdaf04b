"""The stage that judges every month of a site."""

import polars as pl

from multisite.drift.rule.stage import DRIFT_VERDICTS_STAGE, VerdictParameters
from multisite.schemas import StageInputs
from multisite.schemas.drift_baseline import DRIFT_MOMENTS
from multisite.schemas.drift_performance import DRIFT_PERFORMANCE
from tests.unit.drift.rule.builders import ALERT, MONTHS, RULES, adopted, days, events, frame, month_counts


def test_the_stage_reads_tallies_events_and_the_ledger_and_no_row_of_a_study() -> None:
    names = {artefact.name for artefact in DRIFT_VERDICTS_STAGE.reads}
    assert names == {"drift_counts", "drift_moments", "deployment_days", "drift_events", "drift_performance"}
    assert not DRIFT_VERDICTS_STAGE.reads_objects
    assert not DRIFT_VERDICTS_STAGE.tables


def test_the_stage_judges_up_to_the_month_that_was_asked_for_also_without_studies() -> None:
    frames = {
        "drift_counts": month_counts({ALERT: [(12, 188)] * 4}),
        "drift_moments": frame([], DRIFT_MOMENTS.schema),
        "deployment_days": days(until="2026-04"),
        "drift_events": events(),
        "drift_performance": frame([], DRIFT_PERFORMANCE.schema),
    }
    inputs = StageInputs(site="north", frames=frames, baselines=(adopted({ALERT: (60, 940)}),), through="2026-06")
    made = DRIFT_VERDICTS_STAGE.run(inputs, VerdictParameters(("ai",), RULES))
    table = made.frames["drift_verdicts"]
    assert isinstance(table, pl.DataFrame)
    assert table["month"].to_list() == MONTHS[:6]
    assert table["state"].to_list()[4:] == ["RED", "RED"]
