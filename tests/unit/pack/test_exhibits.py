"""Figures with their words."""

import re
from dataclasses import replace

import polars as pl
import pytest

from multisite.pack.evidence import Evidence
from multisite.pack.exhibits.calibration import reliability_figure
from multisite.pack.exhibits.drift import drift_figures
from multisite.pack.exhibits.performance import sites_figure, strata_figure
from multisite.pack.figures.figure import MissingPanel, Panel
from multisite.pack.parameters import report_parameters
from multisite.schemas.drift import DRIFT_COMPARISON
from tests.lib.report_frames import LEVELS, SITES, report_inputs, study


def evidence() -> Evidence:
    return Evidence.from_inputs(report_inputs(), report_parameters(study(), None))


def headings(panel: Panel | MissingPanel) -> list[str]:
    assert isinstance(panel, Panel)
    return [words for style, words in re.findall(r'<text style="([^"]*)"[^>]*>([^<]*)<', panel.svg) if "700" in style]


def test_each_measure_has_a_panel_with_a_row_per_site() -> None:
    figure = sites_figure(evidence(), evidence().endpoints[0])
    assert [headings(panel)[0] for panel in figure.panels] == ["AUC", "Sensitivity", "Specificity"]
    for panel in figure.panels:
        assert isinstance(panel, Panel)
        assert all(re.search(rf">(▼ )?{site} · internal<", panel.svg) for site in SITES)


@pytest.mark.slow
def test_a_long_forest_is_cut_between_strata_and_loses_no_row() -> None:
    found = evidence()
    three_times = tuple(replace(s, title=f"{s.title} {i}") for i in range(3) for s in found.parameters.strata)
    long = replace(found, parameters=replace(found.parameters, strata=three_times))
    figure = strata_figure(long, found.endpoints[0])
    assert len(figure.panels) > 3
    assert len(figure.panels) % 3 == 0
    named = [word for panel in figure.panels[::3] for word in headings(panel)]
    assert all(any(word.startswith(stratum.title) for word in named) for stratum in three_times)
    rows = sum(panel.svg.count("font-size:12px") for panel in figure.panels[::3] if isinstance(panel, Panel))
    levels = 3 * sum(len(found.levels(stratum)) for stratum in found.parameters.strata)
    # Each level has a label and a number or a dash; each stratum a heading; and the row of all cases.
    assert rows == 2 * levels + len(three_times) + 2
    assert levels == 3 * sum(len(names) for names in LEVELS.values())


def test_a_site_without_enough_cases_has_a_panel_that_says_why() -> None:
    figure = reliability_figure(evidence(), evidence().endpoints[0])
    absent = [panel for panel in figure.panels if isinstance(panel, MissingPanel)]
    assert absent == [MissingPanel("danube", "No curve: fewer than 10 patients with a positive case.")]


def test_scores_come_first_and_a_site_without_months_is_shown_as_missing() -> None:
    figures = drift_figures(evidence())
    assert [figure.slug for figure in figures] == [
        "drift-score_nodule_lungscan",
        "drift-slice_thickness_mm",
        "drift-software_versions",
        "drift-kernel_class",
    ]
    assert all(figure.panels[-1] == MissingPanel("danube", "No later month was supplied.") for figure in figures)


def test_a_month_that_could_not_be_compared_is_told_with_its_number() -> None:
    panel = drift_figures(evidence())[0].panels[2]
    assert isinstance(panel, Panel)
    assert "2025-06: " in panel.svg
    assert "n 7." in panel.svg


def test_months_without_any_value_are_a_reason_and_not_an_empty_picture() -> None:
    found = evidence()
    empty = found.frame(DRIFT_COMPARISON).with_columns(
        pl.lit(None, pl.Float64).alias("mean_current"), pl.lit("no study of the month has a value").alias("reason")
    )
    panels = drift_figures(replace(found, frames={**found.frames, DRIFT_COMPARISON.name: empty}))[0].panels
    assert panels[0] == MissingPanel("amstel", "no study of the month has a value")
