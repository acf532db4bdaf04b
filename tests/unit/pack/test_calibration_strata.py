"""Calibration by level in the report: what departs, why, and what a recalibration would change."""

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from multisite.pack.evidence import Evidence
from multisite.pack.exhibits.calibration_strata import ratios_figure
from multisite.pack.figures.figure import MissingPanel, Panel
from multisite.pack.figures.forest import ForestRow
from multisite.pack.figures.ratios import ratio_reach
from multisite.pack.metrics import OBSERVED_EXPECTED
from multisite.pack.numbers import per_cent
from multisite.pack.parameters import report_parameters
from multisite.pack.sentences.calibration_strata import calibration_strata_sentences
from multisite.pack.tables.calibration_strata import calibration_levels_tables, recalibration_table
from multisite.pack.tables.table import Table
from multisite.schemas import Artefact
from multisite.schemas.calibration_strata import CALIBRATION_BY_LEVEL, CALIBRATION_CAUSES, RECALIBRATION
from multisite.schemas.performance import ESTIMATES
from multisite.vocabulary import ALL_SITES
from tests.lib.report_frames import SITES, report_inputs, study


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return Evidence.from_inputs(report_inputs(), report_parameters(study(), None))


def changed(evidence: Evidence, artefact: Artefact, rows: pl.Expr, **values: Any) -> Evidence:
    frame = evidence.frame(artefact)
    told = [pl.when(rows).then(pl.lit(v, frame.schema[n])).otherwise(pl.col(n)).alias(n) for n, v in values.items()]
    return Evidence(evidence.parameters, {**evidence.frames, artefact.name: frame.with_columns(told)}, {})


def said(evidence: Evidence) -> str:
    return " ".join(calibration_strata_sentences(evidence, evidence.endpoints[0]))


def labels(table: Table) -> dict[str, list[str]]:
    return {group.heading: [row.cells[0].text for row in group.rows] for group in table.groups}


CORDOBA = (pl.col("stratum") == "site") & (pl.col("level") == "cordoba")


def test_the_site_that_departs_is_named_with_its_shrunken_numbers_and_its_cause(evidence: Evidence) -> None:
    text = said(evidence)
    assert "depart from their ideal at cordoba (intercept −1.2 (−1.5 to −0.9))" in text
    assert "cordoba: not explained by prevalence (the prevalence leaves a part" in text
    assert "danube: insufficient evidence (fewer than 10 patients with a positive case)" in text
    assert (
        "The intercept differs by site and vendor; the slope differs by vendor (Holm over the strata of each)." in text
    )
    slopes = changed(evidence, CALIBRATION_BY_LEVEL, pl.col("metric") == "calibration_slope", q_p_adjusted=0.04)
    sexes = changed(slopes, CALIBRATION_BY_LEVEL, pl.col("stratum") != "sex", q_p_adjusted=0.4)
    assert "The slope differs by sex (Holm over the strata of each)." in said(sexes)


def test_where_nothing_departs_or_differs_that_is_said_as_not_shown(evidence: Evidence) -> None:
    everything = pl.lit(True)
    quiet = changed(evidence, CALIBRATION_BY_LEVEL, everything, state="insufficient evidence", q_p_adjusted=0.4)
    assert "neither intercept nor slope is shown to depart from its ideal at any site" in said(quiet)
    assert "That intercept or slope differ by site or by any stratum is not shown" in said(quiet)


def test_a_shift_that_prevalence_explains_is_told_with_both_prevalences(evidence: Evidence) -> None:
    told = changed(
        evidence,
        CALIBRATION_CAUSES,
        CORDOBA,
        cause="explained by prevalence",
        reason="x",
        prevalence=0.1,
        tuning_prevalence=0.3,
        shift=-1.35,
        shift_low=-1.6,
        shift_high=-1.1,
    )
    assert f"cordoba: explained by prevalence, {per_cent(10)} with the finding and {per_cent(30)} among" in said(told)
    assert "by −1.4 (−1.6 to −1.1)" in said(told)


def test_advice_tells_the_fit_its_gain_and_that_nothing_is_applied(evidence: Evidence) -> None:
    text = said(evidence)
    assert "On cordoba's own tuning cases, the intercept is −1.09 and the slope 0.70; " in text
    assert "on its test cases the Brier score would fall by 0.022 (0.010–0.034)" in text
    assert text.endswith("No result of this report is recalibrated.")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (
            {"fall": -0.02, "fall_low": -0.03, "fall_high": -0.01},
            "would rise by 0.020 (0.010–0.030): it is not advised",
        ),
        ({"fall": 0.0, "fall_low": -0.01, "fall_high": 0.01}, "a change of the Brier score is not shown"),
        ({"fall": None, "reason": "no case"}, "no recalibration can be suggested over all sites: no case."),
    ],
)
def test_a_fit_that_does_not_help_is_not_advised(evidence: Evidence, values: dict[str, Any], words: str) -> None:
    over_all = (pl.col("site") == ALL_SITES) & (pl.col("method") == "intercept and slope")
    assert words in said(changed(evidence, RECALIBRATION, over_all, **values))


CORDOBA_FITS = (pl.col("site") == "cordoba") & (pl.col("fitted_on") == "cordoba")


def test_a_fit_of_a_site_that_is_shown_to_harm_is_told_apart_from_one_not_shown_to_help(evidence: Evidence) -> None:
    harmed = said(changed(evidence, RECALIBRATION, CORDOBA_FITS, fall=-0.02, fall_low=-0.03, fall_high=-0.01))
    assert "would rise at amstel by" in harmed
    assert "at cordoba by 0.020 (0.010–0.030): it is not advised." in harmed
    assert "On cordoba's own tuning cases" not in harmed
    assert "At one other site with tuning cases a fit of its own is not shown to help." in harmed


def test_a_site_whose_own_fit_helps_is_told_where_none_is_suggested_over_all_sites(evidence: Evidence) -> None:
    over_all = (pl.col("site") == ALL_SITES) & (pl.col("method") == "intercept and slope")
    text = said(changed(evidence, RECALIBRATION, over_all, fall=None, reason="no case"))
    assert "no recalibration can be suggested over all sites: no case. On cordoba's own tuning cases" in text
    assert text.endswith("No result of this report is recalibrated.")


def test_scores_that_are_no_probabilities_get_no_advice(evidence: Evidence) -> None:
    ranks = replace(evidence.parameters, not_probabilities=(evidence.endpoints[0].model.id,))
    assert said(Evidence(ranks, evidence.frames, {})) == ""


def test_sites_come_first_and_every_stratum_is_folded_away(evidence: Evidence) -> None:
    first, rest = calibration_levels_tables(evidence, evidence.endpoints[0])
    assert labels(first) == {"": ["All test cases"], "Site": list(SITES)}
    assert set(labels(rest)) == {"Vendor", "Age, years", "Sex", "Slice thickness, mm", "Kernel", "Smoking"}
    marks = {row.cells[0].text: row.cells[1].mark for group in first.groups for row in group.rows}
    assert marks["cordoba"] is not None
    assert marks["cordoba"].word == "not explained by prevalence"
    assert first.groups[1].remark.startswith("test of any difference: intercept p < 0.001 (τ ")


def test_fits_that_are_missing_say_why_beside_the_site(evidence: Evidence) -> None:
    table = recalibration_table(evidence, evidence.endpoints[0])
    remarks = {group.heading: group.remark for group in table.groups}
    assert "isotonic: fewer than 200 patients with a positive tuning case" in remarks[ALL_SITES]
    assert not next(group for group in table.groups if group.heading == "danube").rows
    notes = [row.cells[4].note for group in table.groups for row in group.rows]
    assert all(note.startswith("before ") for note in notes)


def test_the_forest_has_the_sites_first_and_a_title_that_names_who_is_off(evidence: Evidence) -> None:
    figure = ratios_figure(evidence, evidence.endpoints[0])
    assert figure.title == "Scores do not add up to the cases observed at cordoba"
    assert all(isinstance(panel, Panel) for panel in figure.panels)
    none = changed(evidence, ESTIMATES, pl.col("metric") == OBSERVED_EXPECTED, estimate=None, status="undefined")
    missing = ratios_figure(none, none.endpoints[0])
    assert isinstance(missing.panels[0], MissingPanel)
    assert missing.title == "No site has enough cases for O:E"


def test_the_axis_holds_every_interval_up_to_a_factor_of_five(evidence: Evidence) -> None:
    endpoint = evidence.endpoints[0]
    row = ForestRow("a", evidence.estimate(endpoint, OBSERVED_EXPECTED, site="amstel"))
    assert ratio_reach([row]) == 1.25
    assert ratio_reach([ForestRow("b")]) == 1.25
    wide = changed(evidence, ESTIMATES, pl.col("metric") == OBSERVED_EXPECTED, ci_low=0.01)
    assert ratio_reach([ForestRow("c", wide.estimate(endpoint, OBSERVED_EXPECTED))]) == 5.0
    drawn = ratios_figure(wide, endpoint).panels[0]
    assert isinstance(drawn, Panel)
