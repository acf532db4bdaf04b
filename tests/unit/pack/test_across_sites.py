"""Across sites in the report: what a new hospital should expect, which sites were in training, and the drawn means."""

import re
from typing import Any

import polars as pl
import pytest

from multisite.pack.across_sites import mean_of, new_site_of, roles
from multisite.pack.evidence import Evidence
from multisite.pack.exhibits.performance import sites_figure
from multisite.pack.figures.figure import Panel
from multisite.pack.parameters import report_parameters
from multisite.pack.sentences.across_sites import auc_beside, new_site, sites_in_training
from multisite.pack.tables.across_sites import across_sites_table
from multisite.pack.tables.performance import sites_table
from multisite.pack.tables.table import Cell, Table
from multisite.schemas.across_sites import ACROSS_SITES, POOLED_SITES
from multisite.schemas.shortcuts import SHORTCUT_LADDER
from multisite.vocabulary import Pool, SiteRole
from tests.lib.report_frames import SITES, report_inputs, study


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return Evidence.from_inputs(report_inputs(), report_parameters(study(), None))


def changed(evidence: Evidence, **frames: pl.DataFrame) -> Evidence:
    return Evidence(evidence.parameters, {**evidence.frames, **frames}, {})


def with_mean(evidence: Evidence, **values: Any) -> Evidence:
    """The means of all sites with other numbers."""
    chosen, frame = pl.col("pool") == Pool.ALL.value, evidence.frame(ACROSS_SITES)
    told = [pl.when(chosen).then(pl.lit(v, frame.schema[n])).otherwise(pl.col(n)).alias(n) for n, v in values.items()]
    return changed(evidence, across_sites=frame.with_columns(told))


def with_external(evidence: Evidence, *sites: str) -> Evidence:
    outside = pl.col("site").is_in(list(sites))
    frame = evidence.frame(POOLED_SITES).with_columns(
        pl.when(outside).then(pl.lit(SiteRole.EXTERNAL.value)).otherwise(pl.col("role")).alias("role"),
        pl.when(outside).then(0).otherwise(pl.col("n_development_cases")).alias("n_development_cases"),
    )
    return changed(evidence, pooled_sites=frame)


def cells(table: Table, label: str) -> tuple[Cell, ...]:
    return next(row.cells for group in table.groups for row in group.rows if row.cells[0].text == label)


def svg(evidence: Evidence, panel: int) -> str:
    found = sites_figure(evidence, evidence.endpoints[0]).panels[panel]
    assert isinstance(found, Panel)
    return found.svg


def test_a_new_hospital_is_told_what_to_expect_and_how_roughly(evidence: Evidence) -> None:
    told = with_mean(evidence, prediction_low=0.81, prediction_high=0.95, n_sites=4, tau=0.3)
    assert new_site(told, told.endpoints[0]) == (
        "In a new hospital like these, AUC is expected between 0.81 and 0.95, sensitivity between 0.81 and 0.95 and "
        "specificity between 0.81 and 0.95 (approximate 95\N{NARROW NO-BREAK SPACE}% prediction intervals from four "
        "sites). From so few sites this is rough, and hospitals unlike these are not covered."
    )
    many = with_mean(evidence, prediction_low=0.81, prediction_high=0.95, n_sites=12, tau=0.3)
    assert new_site(many, many.endpoints[0]).endswith("prediction intervals from 12 sites).")


def test_a_range_that_leaves_everything_open_says_so(evidence: Evidence) -> None:
    words = new_site(evidence, evidence.endpoints[0])
    assert (
        "Of sensitivity and specificity that says next to nothing: the sites differ too much, or are too few." in words
    )
    assert "three sites for AUC, three sites for sensitivity and four sites for specificity" in words


def test_sites_that_agree_do_not_prove_that_hospitals_do(evidence: Evidence) -> None:
    alike = with_mean(evidence, prediction_low=0.81, prediction_high=0.95, tau=0.0)
    assert "differ no more than chance lets them; that hospitals differ is not ruled out by this" in new_site(
        alike, alike.endpoints[0]
    )


def test_without_a_prediction_the_sentence_says_why_and_claims_nothing(evidence: Evidence) -> None:
    none = with_mean(evidence, prediction_low=None, prediction_high=None, prediction_reason="fewer than three sites")
    said = "What a new hospital should expect cannot be said: that needs at least 3 sites with an estimate."
    assert new_site(none, none.endpoints[0]) == said
    row = new_site_of(none, none.endpoints[0], "auc")
    assert row is not None
    assert (row.estimate, row.why) == (None, "fewer than three sites")
    assert {cell.note for cell in cells(across_sites_table(none, none.endpoints[0]), "Expected range")[1:]} == {
        "fewer than three sites"
    }
    assert ">fewer than three sites<" in svg(none, 0)


def test_which_sites_were_in_training_is_said(evidence: Evidence) -> None:
    assert sites_in_training(evidence).startswith(
        "All testing is internal: amstel, borealis, cordoba and danube have cases for "
    )
    mixed = with_external(evidence, "cordoba")
    assert sites_in_training(mixed) == (
        "Internal testing at amstel, borealis and danube, which have cases for training or tuning; external testing at "
        "cordoba."
    )
    assert sites_in_training(with_external(evidence, *SITES)).startswith(
        "All testing is external, as far as the sites' tables "
    )
    assert roles(mixed)["cordoba"] == (SiteRole.EXTERNAL, 0)
    table = sites_table(mixed, mixed.endpoints[0])
    assert cells(table, "cordoba")[0].note == "external testing"
    assert re.fullmatch(r"internal testing, \d+ cases for training or tuning", cells(table, "amstel")[0].note)


def test_pooled_within_sites_and_mean_auc_stand_side_by_side(evidence: Evidence) -> None:
    words = auc_beside(evidence, evidence.endpoints[0])
    number = r"0\.\d+ \(0\.\d+–0\.\d+\)"
    assert re.fullmatch(
        rf"The AUC is {number} with the cases of all sites pooled, {number} within sites and {number} as the mean of "
        r"the sites\.",
        words,
    )
    alone = changed(evidence, across_sites=ACROSS_SITES.empty(), shortcut_ladder=SHORTCUT_LADDER.empty())
    assert auc_beside(alone, alone.endpoints[0]) == ""


def test_the_figure_draws_sites_with_their_role_the_mean_and_a_new_site(evidence: Evidence) -> None:
    area, sensitivity, specificity = (svg(with_external(evidence, "cordoba"), panel) for panel in range(3))
    assert ">amstel · internal<" in area
    assert ">cordoba · external<" in area
    assert ">mean of 3 sites<" in area
    assert ">mean of 4 sites<" in specificity
    assert all(">a new site<" in panel for panel in (area, sensitivity, specificity))
    assert ">within sites<" in area
    assert ">within sites<" not in sensitivity
    assert "a new site: 0.81–0.98." in area


def test_a_range_beyond_the_axis_ends_in_an_arrow_and_does_not_widen_the_axis(evidence: Evidence) -> None:
    far = with_mean(evidence, prediction_low=0.02, prediction_high=0.97)
    near = with_mean(evidence, prediction_low=0.81, prediction_high=0.97)
    axis = [re.findall(r">(\d\.\d)<", svg(told, 0)) for told in (far, near)]
    assert axis[0] == axis[1]
    # A polygon more than the near one: the head of the arrow.
    closed = [len(re.findall(r'd="[^"]*[zZ]\s*"', svg(told, 0))) for told in (far, near)]
    assert closed[0] == closed[1] + 1


def test_without_means_the_figure_and_the_table_say_so_and_keep_the_sites(evidence: Evidence) -> None:
    none = changed(evidence, across_sites=ACROSS_SITES.empty(), pooled_sites=POOLED_SITES.empty())
    drawn = svg(none, 0)
    assert ">amstel<" in drawn
    assert "mean of" not in drawn
    assert "a new site" not in drawn
    assert sites_in_training(none) == ""
    table = across_sites_table(none, none.endpoints[0])
    assert {cell.note for cell in cells(table, "All sites")[1:]} == {"not computed"}
    assert [group.heading for group in table.groups] == ["Mean over sites", "A new site", "How much the sites differ"]


def test_the_table_leaves_out_each_site_marks_what_matters_and_names_who_is_missing(evidence: Evidence) -> None:
    table = across_sites_table(evidence, evidence.endpoints[0])
    assert [group.heading for group in table.groups][-1] == "Mean without one site"
    assert [row.cells[0].text for row in table.groups[-1].rows] == [f"Without {site}" for site in SITES]
    area, _, specificity = cells(table, "Without danube")[1:]
    assert (area.text, area.note) == ("—", "was not pooled")
    assert specificity.text.startswith("0.9")
    assert cells(table, "Without borealis")[1].note == "moves the mean much"
    assert cells(table, "All sites")[1].note == "3 sites"
    assert (
        "Left out of the means: AUC of danube (fewer than 10 patients with a positive case); "
        "Sensitivity of danube (fewer than 10 patients with a positive case)." in table.method
    )
    assert "calibration_slope" in table.csv


def test_the_mean_of_one_site_is_shown_as_thin_evidence(evidence: Evidence) -> None:
    why = "one site: its own estimate, and no interval of a mean over sites"
    none = dict.fromkeys(
        ("ci_low", "ci_high", "prediction_low", "prediction_high", "tau", "tau_low", "tau_high", "i2", "q_p_value")
    )
    reasons = {"prediction_reason": "fewer than three sites", "tau_note": "one site shows no variance between sites"}
    one = with_mean(evidence, n_sites=1, status="insufficient", reason=why, **none, **reasons)
    row = mean_of(one, one.endpoints[0], "auc")
    assert row is not None
    assert not row.sound
    table = across_sites_table(one, one.endpoints[0])
    assert cells(table, "All sites")[1].quiet
    assert cells(table, "All sites")[1].note == why
    assert cells(table, "I²")[1].note == "one site shows no variance between sites"
    assert ">mean of the sites<" in svg(one, 0)
