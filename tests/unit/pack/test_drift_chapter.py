"""The report's chapter on later months: verdicts first, Evidently's picture second."""

import re
from dataclasses import replace

import polars as pl
import pytest

from multisite.pack import REPORT_STAGE
from multisite.pack.evidence import Evidence
from multisite.pack.marks import CONCERN, NO_EVIDENCE, QUIET
from multisite.pack.parameters import report_parameters
from multisite.pack.sentences.drift_verdicts import budget_lines, verdicts_statement
from multisite.pack.tables.drift_verdicts import drift_cases_table, verdict_grids
from multisite.schemas.drift_verdicts import DRIFT_VERDICTS
from multisite.schemas.report import REPORT
from tests.lib.report_frames import report_inputs, study


def evidence(*, where: pl.Expr | None = None, **columns: pl.Expr) -> Evidence:
    found = Evidence.from_inputs(report_inputs(), report_parameters(study(), None))
    frame = found.frame(DRIFT_VERDICTS).with_columns(**columns)
    kept = frame if where is None else frame.filter(where)
    return replace(found, frames={**found.frames, DRIFT_VERDICTS.name: kept})


def test_the_worst_site_is_told_with_its_sentence_and_sites_without_months_are_named() -> None:
    said = verdicts_statement(evidence())
    assert said is not None
    assert said.mark is CONCERN
    assert said.text.startswith("In their last month, two sites and models were judged: one is amber or red.")
    assert "Worst is borealis (RED, May\N{NO-BREAK SPACE}2026): AI alert rate for lung nodule rose" in said.text
    assert said.text.endswith("Nothing is known of cordoba and danube.")


def test_green_everywhere_is_quiet_grey_everywhere_no_evidence_and_no_month_nothing() -> None:
    green, grey = evidence(state=pl.lit("GREEN")), evidence(state=pl.lit("GREY"))
    quiet, unknown = verdicts_statement(green), verdicts_statement(grey)
    assert quiet is not None
    assert unknown is not None
    assert (quiet.mark, unknown.mark) == (QUIET, NO_EVIDENCE)
    assert verdicts_statement(evidence(where=pl.lit(False))) is None


def test_the_grid_has_the_latest_months_first_six_to_a_table_and_the_worst_site_on_top() -> None:
    latest, earlier = verdict_grids(evidence())
    assert [column.head for column in latest.columns][1:] == [f"20{m}" for m in
        ("25-12", "26-01", "26-02", "26-03", "26-04", "26-05")]  # fmt: skip
    assert len(earlier.columns) == 3
    assert [row.cells[0].text for row in latest.groups[0].rows] == ["borealis", "amstel"]
    mark = latest.groups[0].rows[0].cells[-1].mark
    assert mark is not None
    assert (mark.word, mark.shape) == ("RED", "■")


def test_a_case_has_the_sentence_of_its_worst_month_and_not_who_acknowledged_it() -> None:
    table = drift_cases_table(evidence())
    assert table is not None
    (row,) = table.groups[0].rows
    assert row.cells[0].text == "borealis, case 1"
    assert row.cells[2].text.startswith("AI alert rate for lung nodule rose from 6.1 % to 9.4 %")
    assert "Lee" not in str(row)
    assert "Lee" not in table.csv


def test_the_budget_is_told_at_the_size_nearest_to_the_sites_own_months() -> None:
    lines = budget_lines(evidence())
    assert [line.split(":")[0] for line in lines] == ["amstel", "borealis"]
    assert "0.34 false cases a year (95 % sure: at most 0.47; allowed 1)" in lines[0]
    assert lines[0].endswith("in 100 simulated years of 800 studies a month.")


@pytest.mark.slow
def test_verdicts_stand_before_the_picture_which_is_folded() -> None:
    page = REPORT_STAGE.run(report_inputs(), report_parameters(study(), None)).files[REPORT.name].decode()
    chapter = re.findall(r'<section id="drift".*?</section>', page, flags=re.S)[0]
    assert chapter.index("Verdicts, ") < chapter.index("One case per cause") < chapter.index("a picture, not an alarm")
    assert chapter.index("<summary>Evidently's picture of the same months") < chapter.index("<figure")
    assert "is not part of this version" not in chapter
