"""What the report says of the things that scores go with: sites, acquisition, headers."""

from dataclasses import replace

import polars as pl
import pytest

from multisite.pack.evidence import Evidence
from multisite.pack.exhibits.shift import shift_figure
from multisite.pack.figures.figure import MissingPanel, Panel
from multisite.pack.parameters import report_parameters
from multisite.pack.sentences.score_use import (
    agreement_title,
    furthest_shifts,
    p_words,
    score_use_concerns,
    shift_title,
    site_told_title,
)
from multisite.pack.sentences.shortcuts import shortcut_statement
from multisite.pack.tables.score_use import agreement_table, site_told_table
from multisite.pack.words import attribute_words
from multisite.schemas import Artefact
from multisite.schemas.shortcut_use import HEADER_AGREEMENT, SCORE_SHIFT, SITE_TOLD
from multisite.schemas.shortcuts import SHORTCUT_LADDER
from tests.lib.report_frames import FINDING, MODEL, SITES, report_inputs, study

USE = (SITE_TOLD, SCORE_SHIFT, HEADER_AGREEMENT)


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return Evidence.from_inputs(report_inputs(), report_parameters(study(), None))


def changed(evidence: Evidence, **frames: pl.DataFrame) -> Evidence:
    return replace(evidence, frames={**evidence.frames, **frames})


def alone(evidence: Evidence, kept: Artefact) -> Evidence:
    """With one of the three tables only."""
    return changed(evidence, **{artefact.name: artefact.empty() for artefact in USE if artefact is not kept})


def shifts(*rows: tuple[str, str, str, float, int, int, bool]) -> pl.DataFrame:
    """Rows of SCORE_SHIFT: attribute, level, site, AUC, patients, patients of the others, notable."""
    fixed = {"finding": FINDING, "model": MODEL, "ci_level": 0.95, "ci_method": "delong", "n_sites": 1, "status": "ok"}
    made = [
        fixed
        | {"attribute": attribute, "level": level, "site": site, "notable": notable, "n_comparisons": len(rows)}
        | {"estimate": area, "ci_low": area - 0.05, "ci_high": area + 0.05, "mean_difference": area - 0.5}
        | {"n_patients": n, "n_patients_others": others, "p_value": 0.0001, "p_adjusted": 0.001 if notable else 0.5}
        for attribute, level, site, area, n, others, notable in rows
    ]
    return SCORE_SHIFT.conform(pl.DataFrame(made, schema=SCORE_SHIFT.schema))


def test_a_site_with_raised_scores_is_named_with_its_area_and_p_value(evidence: Evidence) -> None:
    # Scores at cordoba are raised by 1.4 logits; danube, whose negatives are easier still, is left out.
    finding = evidence.parameters.findings[0]
    told = evidence.frame(SITE_TOLD).filter(pl.col("site") != "danube")
    sentence = score_use_concerns(changed(alone(evidence, SITE_TOLD), site_told=told), finding)[0]
    assert "tells the site among patients of the same label (p < 0.001): at cordoba" in sentence
    assert "score higher than at the other sites, AUC 0." in sentence
    assert site_told_title(evidence, finding) == "Given the label, the score tells the site"


def test_a_sure_but_small_difference_between_sites_is_no_concern(evidence: Evidence) -> None:
    finding = evidence.parameters.findings[0]
    small = evidence.frame(SITE_TOLD).with_columns(estimate=pl.lit(0.58), ci_low=pl.lit(0.55), ci_high=pl.lit(0.61))
    quiet = changed(alone(evidence, SITE_TOLD), site_told=small)
    assert score_use_concerns(quiet, finding) == ()
    assert site_told_title(quiet, finding) == "Given the label, the score hardly tells the site"


def test_sites_that_could_not_be_compared_are_said_to_be_so(evidence: Evidence) -> None:
    finding = evidence.parameters.findings[0]
    bare = changed(evidence, **{artefact.name: artefact.empty() for artefact in USE})
    assert site_told_title(bare, finding) == "Sites could not be compared by score"
    assert shift_title(bare, finding) == "No level of an acquisition attribute has enough patients to be compared"
    assert agreement_title(bare, finding) == "Cases could not be parted by what the headers say"
    assert [row.cells[0].text for row in site_told_table(bare, finding).groups[0].rows] == ["not compared"]
    assert [row.cells[0].text for row in agreement_table(bare, finding).groups[0].rows] == ["not compared"]
    assert all(isinstance(panel, MissingPanel) for panel in shift_figure(bare, finding).panels)


def test_a_site_of_few_patients_keeps_its_row_with_the_reason(evidence: Evidence) -> None:
    table = site_told_table(evidence, evidence.parameters.findings[0])
    rows = {row.cells[0].text: row for row in table.groups[0].rows}
    assert set(rows) == set(SITES)
    assert rows["danube"].cells[2].note in {"fewer than 10 patients", "no patient"}
    assert table.groups[0].remark == "p < 0.001"


def test_the_same_patients_are_shown_once_by_the_first_attribute_of_the_acquisition() -> None:
    rows = shifts(
        ("software_versions", "v1", "north", 0.7, 40, 60, True),
        ("vendor", "GE", "north", 0.7, 40, 60, True),
        ("vendor", "Canon", "north", 0.3, 60, 40, True),
        ("vendor", "GE", "south", 0.7, 40, 60, True),
    )
    assert furthest_shifts(rows).select("attribute", "level", "site").rows() == [
        ("vendor", "GE", "north"),
        ("vendor", "GE", "south"),
    ]


def test_notable_shifts_come_first_and_the_furthest_of_them_is_told(evidence: Evidence) -> None:
    finding = evidence.parameters.findings[0]
    rows = shifts(
        ("vendor", "GE", "amstel", 0.8, 11, 90, False),
        ("modality", "CT", "borealis", 0.35, 60, 40, True),
        ("kernel_class", "sharp", "all sites", 0.62, 90, 80, True),
    )
    found = changed(alone(evidence, SCORE_SHIFT), score_shift=rows)
    assert furthest_shifts(rows)["level"].to_list() == ["CT", "sharp", "GE"]
    # Over all sites before one site, though that lies further off.
    assert score_use_concerns(found, finding) == (
        "Patients without the finding score higher with LungScan where the kernel class is sharp (within sites, AUC "
        "0.62 (0.57–0.67)); 2 of 3 comparisons are notable.",
    )
    panels = shift_figure(found, finding).panels
    assert isinstance(panels[1], Panel)
    assert "▲ borealis, modality CT" in panels[1].svg
    assert ">amstel, vendor GE<" in panels[1].svg


def test_shifts_of_which_none_is_notable_are_no_concern(evidence: Evidence) -> None:
    finding = evidence.parameters.findings[0]
    quiet = changed(alone(evidence, SCORE_SHIFT), score_shift=shifts(("vendor", "GE", "amstel", 0.8, 11, 90, False)))
    assert score_use_concerns(quiet, finding) == ()
    assert shift_title(quiet, finding) == "No acquisition attribute moves the scores of patients without the finding"


def with_gap(evidence: Evidence, low: float, *, headers: float = 0.65) -> Evidence:
    """The sensitivity is lower by ``low`` or more, and headers tell the finding with an AUC of ``headers`` or more."""
    rungs = evidence.frame(SHORTCUT_LADDER)
    of_headers = (pl.col("kind") == "headers") & (pl.col("scope") == "within sites")
    told = rungs.with_columns(pl.when(of_headers).then(pl.lit(headers)).otherwise("ci_low").alias("ci_low"))
    rows = evidence.frame(HEADER_AGREEMENT)
    moved = {"ci_low": low, "difference": low + 0.04, "ci_high": low + 0.08}
    of_sensitivity = pl.col("metric") == "sensitivity"
    others = {"ci_low": -0.04, "difference": 0.0, "ci_high": 0.04}
    gap = rows.with_columns(
        pl.when(of_sensitivity).then(pl.lit(moved[name])).otherwise(pl.lit(others[name])).alias(name) for name in moved
    )
    return changed(alone(evidence, HEADER_AGREEMENT), header_agreement=gap, shortcut_ladder=told)


def test_the_largest_gap_where_headers_point_away_is_the_headline(evidence: Evidence) -> None:
    finding = evidence.parameters.findings[0]
    wide = with_gap(evidence, 0.11)
    assert agreement_title(wide, finding) == "Where the headers point away from the label, sensitivity is 0.15 lower"
    assert score_use_concerns(wide, finding) == (
        "Where the headers point away from the label, the sensitivity of LungScan is 0.15 (0.11–0.19) lower.",
    )


def test_a_gap_that_may_be_small_is_no_concern_and_one_that_may_be_none_no_headline(evidence: Evidence) -> None:
    finding = evidence.parameters.findings[0]
    assert score_use_concerns(with_gap(evidence, 0.02), finding) == ()
    title = agreement_title(with_gap(evidence, -0.02), finding)
    assert title == "Where the headers point away from the label, no metric is clearly lower"


def test_where_headers_hardly_tell_the_finding_a_gap_says_nothing(evidence: Evidence) -> None:
    finding = evidence.parameters.findings[0]
    chance = with_gap(evidence, 0.11, headers=0.55)
    assert score_use_concerns(chance, finding) == ()
    assert agreement_title(chance, finding).startswith("The headers hardly tell the finding")


def test_each_metric_has_a_row_with_both_parts_and_their_difference(evidence: Evidence) -> None:
    table = agreement_table(evidence, evidence.parameters.findings[0])
    rows = {row.cells[0].text: row for row in table.groups[0].rows}
    assert set(rows) == {"AUC", "Sensitivity", "Specificity"}
    assert all(cell.interval for row in rows.values() for cell in row.cells[1:4])


def test_an_attribute_that_tells_the_finding_by_what_other_sites_know_is_named(evidence: Evidence) -> None:
    rungs = evidence.frame(SHORTCUT_LADDER)
    learnt = (pl.col("scope") == "learnt at other sites") & (pl.col("site") == "all sites")
    moved = {"ci_low": 0.64, "estimate": 0.68, "ci_high": 0.72}
    told = rungs.with_columns(pl.when(learnt).then(pl.lit(v)).otherwise(pl.col(k)).alias(k) for k, v in moved.items())
    statement = shortcut_statement(changed(evidence, shortcut_ladder=told), evidence.parameters.findings[0])
    assert "As learnt at the other sites, the vendor alone reaches 0.68 (0.64–0.72) within a site" in statement.text


def test_a_p_value_is_written_with_the_digits_it_bears() -> None:
    assert [p_words(p) for p in (0.0004, 0.0123, 1.0)] == ["p < 0.001", "p = 0.012", "p = 1.000"]


def test_an_attribute_is_written_as_words_with_its_unit_and_the_scanner_is_no_index_test() -> None:
    names = ("vendor", "model", "slice_thickness_mm", "tube_voltage_kv")
    written = ["vendor", "scanner model", "slice thickness (mm)", "tube voltage (kV)"]
    assert [attribute_words(name) for name in names] == written
