"""Continuous endpoints in the report: tables, sentences and the figure."""

from dataclasses import replace
from functools import lru_cache

import polars as pl
import pytest

from multisite.pack import report_parameters
from multisite.pack.evidence import OPTIONAL_EVIDENCE, Evidence
from multisite.pack.exhibits.measures import measure_figure
from multisite.pack.figures.figure import Panel
from multisite.pack.figures.measures import measure_axis
from multisite.pack.marks import CONCERN, QUIET
from multisite.pack.measures import Measured, measured
from multisite.pack.page import render_page
from multisite.pack.sentences.measures import measure_sentences, measure_statement
from multisite.pack.tables.measures import measure_counts_table, measure_levels_table, measure_sites_table
from multisite.pack.tables.table import Table
from multisite.performance.measures.evaluation import MeasureParameters
from multisite.schemas.cohort import COMPOSITION
from multisite.study import Study
from tests.lib.report_frames import MODEL, SITES, report_inputs, study
from tests.unit.performance.measures.measure_builders import DICE, HD95, VOLUME, at_site, over_sites

RULES = tuple(replace(rules, models=(MODEL,)) for rules in (DICE, HD95, replace(VOLUME, margin=4.0)))
LEVELS = [("vendor", "GE"), ("vendor", "Canon"), ("sex", "F"), ("sex", "M"), ("sex", "unknown")]
PARAMETERS = MeasureParameters(RULES, ci_level=0.95, minimum_denominator=10)


def protocol() -> Study:
    content = study().model_dump(mode="json")
    content["measures"] = [
        {
            "id": rules.id,
            "title": rules.id.upper(),
            "kind": rules.kind,
            "unit": {"volume": "ml", "hd95": "mm"}.get(rules.id),
            "better": None if rules.paired else "higher" if rules.higher_is_better else "lower",
            "bounds": rules.bounds,
            "top_coded": rules.top_coded,
            "case_limit": rules.case_limit,
            "margin": rules.margin,
        }
        for rules in RULES
    ]
    return Study.model_validate(content)


@lru_cache(maxsize=1)
def evidence() -> Evidence:
    sites = [at_site(site, PARAMETERS, model=MODEL) for site in SITES[:3]]
    # The last site brings no table.
    sites.append(at_site(SITES[3], PARAMETERS, measurements=None))
    frames = over_sites(sites, PARAMETERS)
    frames["measure_counts"] = pl.concat([site.frames["measure_counts"] for site in sites])
    frames[COMPOSITION.name] = (
        COMPOSITION.empty()
        .clear(len(LEVELS))
        .with_columns(
            pl.Series("stratum", [s for s, _ in LEVELS]),
            pl.Series("level", [lv for _, lv in LEVELS]),
            split=pl.lit("test"),
        )
    )
    return Evidence(report_parameters(protocol(), None), frames, {})


def held(measure: str) -> Measured:
    return next(found for found in measured(evidence()) if found.measure.id == measure)


def texts(table: Table) -> list[list[str]]:
    return [[cell.text.strip() for cell in row.cells] for group in table.groups for row in group.rows]


def test_without_measures_the_report_has_no_such_section() -> None:
    plain = Evidence(report_parameters(study(), None), {a.name: a.empty() for a in OPTIONAL_EVIDENCE}, {})
    assert measured(plain) == ()


def test_measures_come_in_the_order_of_the_study_file() -> None:
    assert [found.slug for found in measured(evidence())] == [f"{m}-{MODEL}" for m in ("dice", "hd95", "volume")]


@pytest.mark.parametrize(("measure", "n_columns"), [("dice", 5), ("hd95", 4), ("volume", 7)])
def test_a_row_per_site_and_what_they_show_together(measure: str, n_columns: int) -> None:
    table = measure_sites_table(evidence(), held(measure))
    rows = texts(table)
    assert [row[0] for row in rows] == [*SITES, "all sites, pooled", "mean of the sites", "a new site"]
    assert {len(row) for row in rows} == {n_columns}
    # A site without a table keeps its row, with the reason once.
    assert rows[3][1:] == ["—"] * (n_columns - 1)
    assert table.groups[0].rows[3].cells[1].note == "no case"


def test_a_verdict_stands_under_the_number_it_is_of() -> None:
    cells = measure_sites_table(evidence(), held("dice")).groups[0].rows[4].cells
    assert [cell.note for cell in cells[1:]] == ["meets", "", "", ""]
    limits = measure_sites_table(evidence(), held("volume")).groups[0].rows[4].cells[2:4]
    assert {cell.note for cell in limits} <= {"fails", "insufficient evidence"}


def test_levels_stand_under_their_stratum() -> None:
    rows = texts(measure_levels_table(evidence(), held("volume")))
    assert [row[0] for row in rows] == ["All test cases", "Canon", "GE", "F", "M", "unknown"]


def test_every_row_that_does_not_count_is_told() -> None:
    rows = texts(measure_counts_table(evidence(), held("hd95")))
    assert [row[0] for row in rows] == [
        "In the numbers",
        "Of these, above the upper bound and counted as it",
        "Included test case without a row",
        "Row without an included test case",
    ]
    assert rows[0][-1] == "0"


def test_the_sentences_tell_the_number_the_verdict_and_what_is_missing() -> None:
    dice, volume = (measure_sentences(held(measure)) for measure in ("dice", "volume"))
    assert dice[0].startswith("DICE: a mean of 0.8")
    assert dice[0].endswith("The protocol accepts a mean of 0.6 or more: meets.")
    assert "of differences expected from" in volume[0]
    assert "The protocol accepts limits of agreement within ±4\N{NO-BREAK SPACE}ml: fails." in volume[0]
    assert "102 rows of test cases, or test cases without a row, are not in" in dice[1]
    statement = measure_statement(held("volume"))
    assert statement is not None
    assert statement.mark.word == "look here"
    assert measure_statement(held("hd95")) is None


def test_a_site_that_fails_its_margin_is_named_and_takes_the_quiet_from_a_pooled_number_that_meets_it() -> None:
    dice = held("dice")
    quiet = measure_statement(dice)
    assert quiet is not None
    assert quiet.mark is QUIET
    key = (SITES[0], "overall", "overall", "mean")
    failing = replace(dice, rows={**dice.rows, key: {**dice.rows[key], "verdict": "fails"}})
    concern = measure_statement(failing)
    assert concern is not None
    assert concern.mark is CONCERN
    for said in (concern.text, measure_sentences(failing)[0]):
        assert said.endswith(f"or more: meets. It fails at {SITES[0]}.")


@pytest.mark.parametrize("measure", ["dice", "hd95", "volume"])
def test_the_figure_has_a_panel_of_sites_and_one_of_strata(measure: str) -> None:
    figure = measure_figure(evidence(), held(measure))
    assert all(isinstance(panel, Panel) for panel in figure.panels)
    assert len(figure.panels) == 2


@pytest.mark.parametrize(
    ("values", "about_zero", "expected"),
    [
        ([0.71, 0.88], False, (0.7, 0.9, 2)),
        ([-3.0, 7.2], True, (-10.0, 10.0, 0)),
        ([412.0, 1290.0], False, (250.0, 1500.0, 0)),
        ([], False, (0.0, 1.0, 2)),
        ([2.0, 2.0], False, (1.5, 2.5, 2)),
    ],
)
def test_an_axis_ends_at_round_numbers(
    values: list[float], about_zero: bool, expected: tuple[float, float, int]
) -> None:
    axis = measure_axis(values, about_zero=about_zero)
    assert (axis.low, axis.high) == pytest.approx(expected[:2])
    assert axis.decimals == expected[2]


@pytest.mark.slow
def test_the_page_has_the_section_and_unique_ids() -> None:
    inputs = report_inputs()
    whole = replace(inputs, frames={**evidence().frames, **inputs.frames})
    page = render_page(Evidence.from_inputs(whole, evidence().parameters))
    for measure in ("dice", "hd95", "volume"):
        assert page.count(f'id="measure-{measure}-{MODEL}"') == 1
    assert 'id="measurements"' in page
