import polars as pl
import pytest

from multisite.pack.evidence import Evidence
from multisite.pack.parameters import report_parameters
from multisite.pack.tables.representation import coverage_table, likeness_table
from multisite.pack.tables.table import Cell, Table
from multisite.schemas.representation import COVERAGE, REPRESENTATION
from tests.lib.report_frames import report_inputs, study


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return Evidence.from_inputs(report_inputs(), report_parameters(study(), None))


def row(table: Table, head: str) -> tuple[Cell, ...]:
    return next(r.cells for group in table.groups for r in group.rows if r.cells[0].text == head)


def test_the_vendors_of_the_small_site_are_marked_and_splits_drawn_by_chance_are_not(evidence: Evidence) -> None:
    _, train, tune, sites, target = row(likeness_table(evidence), "Vendor")
    assert "▲" not in train.interval + tune.interval
    assert sites.interval.rstrip().endswith("▲")
    assert sites.note.startswith("danube: ")
    assert (target.text, target.note) == ("—", "not compared")


def test_a_stratum_with_a_target_shows_its_distance_and_the_source_stands_below(evidence: Evidence) -> None:
    table = likeness_table(evidence)
    assert row(table, "Sex")[4].text.strip().startswith("0.")
    assert "Target population: A national register, 2023." in table.method


def test_without_rows_or_without_numbers_the_reason_is_shown(evidence: Evidence) -> None:
    apart = evidence.frame(REPRESENTATION).with_columns(
        pl.lit(None, pl.Float64).alias("difference"),
        pl.lit(None, pl.Float64).alias("floor"),
        pl.lit("the two sides share no level").alias("reason"),
    )
    bare = Evidence(evidence.parameters, {**evidence.frames, REPRESENTATION.name: apart}, {})
    assert row(likeness_table(bare), "Vendor")[1].note == "the two sides share no level"


def test_only_levels_with_too_few_patients_are_listed_with_how_many_there_are(evidence: Evidence) -> None:
    finding = evidence.parameters.findings[0]
    lacking = evidence.frame(COVERAGE).filter(~pl.col("enough"))
    table = coverage_table(evidence, finding)
    assert [r.cells[0].text for group in table.groups for r in group.rows] == lacking["level"].to_list()
    assert f"{lacking.height} of {evidence.frame(COVERAGE).height} levels" in table.method


def test_a_set_that_covers_every_level_says_so(evidence: Evidence) -> None:
    whole = evidence.frame(COVERAGE).with_columns(pl.lit(True).alias("enough"))
    full = Evidence(evidence.parameters, {**evidence.frames, COVERAGE.name: whole}, {})
    table = coverage_table(full, evidence.parameters.findings[0])
    assert row(table, "none")
    assert table.method.startswith("0 of ")
