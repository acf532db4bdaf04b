"""Models held against each other in the report: who was paired, what differs, and the page of many endpoints."""

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

import polars as pl
import pytest

from multisite.pack import REPORT_STAGE, report_parameters
from multisite.pack.evidence import Evidence
from multisite.pack.exhibits.model_comparison import differences_figure
from multisite.pack.figures.figure import MissingPanel, Panel
from multisite.pack.model_comparison import Comparison, comparisons
from multisite.pack.page import render_page
from multisite.pack.sentences.model_comparison import comparison_sentences, comparison_statement
from multisite.pack.tables.model_by_data import data_effects_table, data_values_table
from multisite.pack.tables.model_comparison import comparisons_overview, differences_table, strata_differences_table
from multisite.pack.tables.overview import overview_table
from multisite.pack.tables.table import Table
from multisite.performance.models.differences import Margins
from multisite.performance.models.pairs import ModelPair
from multisite.schemas import Artefact
from multisite.study import Study
from multisite.tallies import Thresholds
from tests.lib.report_frames import SITES, report_inputs, study
from tests.unit.performance.models.model_builders import by_date, compared, over_sites, pairs_parameters, site_frames

NEW, OLD = "lungscan-3", "lungscan"


def protocol(findings: int = 1, models: tuple[str, ...] = (OLD, NEW)) -> Study:
    content = study().model_dump(mode="json")
    content["findings"] = [
        {"id": _finding(i), "title": f"Finding {i}" if i else "Lung nodule"} for i in range(findings)
    ]
    content["models"] = [{"id": m, "title": "LungScan", "version": f"{2 + i}.0"} for i, m in enumerate(models)]
    return Study.model_validate(content)


def _finding(number: int) -> str:
    return f"finding-{number:02}" if number else "nodule"


@lru_cache(maxsize=4)
def made(kind: str) -> dict[str, pl.DataFrame]:
    """Three sites: one as it is, one where a model lacks some scores, one without the new model or where both agree."""
    pair = by_date(ModelPair(NEW, OLD, ("nodule",), Thresholds(0.5)))
    sites = []
    for number, site in enumerate(SITES[:3]):
        frames = site_frames(site, models=(OLD, NEW), seed=number)
        of_new = pl.col("model") == NEW
        if kind == "alike":
            old = frames["predictions"].filter(~of_new)
            frames["predictions"] = pl.concat([old, old.with_columns(model=pl.lit(NEW))])
        elif number:
            lost = pl.lit(True) if number == 2 else pl.col("case_id") < f"{site}-c00020"
            frames["predictions"] = frames["predictions"].filter(~(of_new & lost))
        sites.append(compared(frames, pairs_parameters(pair)))
    margins = Margins(NEW, OLD, ("auc", "sensitivity"), {"auc": 0.02, "specificity": 0.3})
    both = {name: pl.concat([site[name] for site in sites]) for name in sites[0]}
    return both | {"model_differences": over_sites(sites, margins)}


def evidence(kind: str = "plain") -> Evidence:
    inputs = report_inputs()
    inputs = replace(inputs, frames={**inputs.frames, **made(kind)})
    return Evidence.from_inputs(inputs, report_parameters(protocol(), None))


def only(held: Evidence) -> Comparison:
    (comparison,) = comparisons(held)
    return comparison


def cells(table: Table) -> list[list[Any]]:
    return [[cell.text.strip() for cell in row.cells] for group in table.groups for row in group.rows]


def test_who_was_paired_and_who_was_not_is_said_first() -> None:
    paired, *_ = comparison_sentences(only(evidence()))
    assert re.match(r"3\d\d test cases of 1\d\d patients at two sites have a score of both models\.", paired)
    assert "Not compared, for they have one score: " in paired
    assert "at cordoba of the old model only" in paired


def test_the_sentence_tells_the_change_apart_by_model_and_by_data() -> None:
    *_, data = comparison_sentences(only(evidence()))
    assert data.startswith("From the old model on old data to the new model on new data the AUC changed by ")
    assert "with the data, under the old model" in data


def test_where_new_data_have_no_value_the_sentence_says_that_the_change_is_not_known() -> None:
    comparison = only(evidence())
    nothing = {"estimate": None, "ci_low": None, "ci_high": None, "reason": "no positive case in a set of data"}
    gone = {k: {**r, **(nothing if k[1] != "new minus old" else {})} for k, r in comparison.differences.items()}
    *_, data = comparison_sentences(replace(comparison, differences=gone))
    assert data == (
        "Whether a change of the AUC is of the model or of the data is not known: no positive case in a set of data."
    )


def test_the_table_of_the_differences_has_every_site_and_the_mean_for_every_metric() -> None:
    table = differences_table(evidence(), only(evidence()))
    assert [group.heading for group in table.groups] == ["AUC", "Sensitivity", "Specificity", "Brier"]
    assert [row[0] for row in cells(table)[:4]] == [*SITES[:3], "mean of 2 sites"]
    assert table.groups[0].remark == "largest acceptable loss 0.02"
    assert table.groups[2].remark == "cases without it; largest acceptable loss 0.3"
    without = table.groups[0].rows[2]
    assert without.cells[4].note == "no case has a score of both models"
    assert without.cells[6].text == "insufficient evidence"
    assert re.fullmatch(r"\d+ and \d+", cells(table)[4][5])
    assert "by Holm" in table.groups[1].rows[3].cells[4].note


def test_old_and_new_data_have_their_values_and_their_effects() -> None:
    held = evidence()
    values, effects = data_values_table(held, only(held)), data_effects_table(held, only(held))
    assert [column.head for column in values.columns][1:] == [
        "Old model, old data",
        "New model, old data",
        "Old model, new data",
        "New model, new data",
    ]
    assert [group.heading for group in effects.groups] == ["Mean over sites", *SITES[:3]]
    assert cells(effects)[2][0] == "New model and new data"
    assert all(len(group.rows) == 6 for group in effects.groups)


def test_models_that_score_alike_are_said_to_differ_by_zero_without_an_interval() -> None:
    held = evidence("alike")
    comparison = only(held)
    assert cells(differences_table(held, comparison))[0][4] == "0"
    statement = comparison_statement(held, comparison)
    assert (statement.mark.word, statement.anchor) == ("no evidence", "comparison")
    assert (
        "AUC not known (no site has a difference with an interval: the difference shows no variance" in statement.text
    )
    assert "AUC (0.02): insufficient evidence" in statement.text


def declared_as(comparison: Comparison, **verdicts: str | None) -> Comparison:
    """Every measure with a difference that is not shown; margins, and their verdicts, of the named ones only."""
    nothing = {"estimate": -0.01, "ci_low": -0.05, "ci_high": 0.03, "status": "ok", "standard_error": 0.02}
    nothing |= {"superiority": "not shown", "detectable": 0.0561}
    rows = {}
    for key, row in comparison.differences.items():
        verdict = verdicts.get(key[0])
        bound = {"verdict": verdict, "margin": None if verdict is None else 0.06}
        rows[key] = {**row, **(nothing | bound if key[1] == "new minus old" else {})}
    return replace(comparison, differences=rows)


def test_a_difference_that_is_not_shown_and_has_no_margin_is_not_said_to_be_fine() -> None:
    held = evidence()
    statement = comparison_statement(held, declared_as(only(held)))
    assert statement.mark.word == "no evidence"
    assert "does not say that they are alike" in statement.text
    assert "a difference of AUC 0.06, sensitivity 0.06 and specificity 0.06." in statement.text


def test_the_tone_is_quiet_only_where_every_declared_margin_is_met() -> None:
    held = evidence()
    comparison = only(held)
    met, missed = "meets", "insufficient evidence"
    assert comparison_statement(held, declared_as(comparison, auc=met)).mark.word == "nothing seen"
    assert comparison_statement(held, declared_as(comparison, auc=met, brier=missed)).mark.word == "no evidence"
    assert comparison_statement(held, declared_as(comparison, auc="fails")).mark.word == "look here"


def test_the_figure_has_a_panel_per_measure_and_tells_why_a_site_has_no_bar() -> None:
    held = evidence()
    comparison = only(held)
    figure = differences_figure(held, comparison)
    assert re.fullmatch(r"Sensitivity of the new model is 0\.\d+ higher", figure.title)
    shown = {"estimate": -0.31, "ci_low": -0.4, "ci_high": -0.2}
    lower = {key: {**row, **(shown if key[0] == "auc" else {})} for key, row in comparison.differences.items()}
    assert (
        differences_figure(held, replace(comparison, differences=lower)).title == "AUC of the new model is 0.31 lower"
    )
    auc, _, specificity = figure.panels
    assert isinstance(auc, Panel)
    assert isinstance(specificity, Panel)
    assert f"{SITES[2]}: no case has a score of both models" in auc.svg
    assert "A loss of up to 0.020 is shaded." in auc.svg
    assert "mean of 2 sites" in auc.svg
    assert "cases of 2 sites" in specificity.svg


def test_the_figure_of_models_that_score_alike_says_so_instead_of_drawing() -> None:
    held = evidence("alike")
    figure = differences_figure(held, only(held))
    assert figure.title == "No difference between the models is shown"
    auc, *calls = figure.panels
    assert isinstance(auc, MissingPanel)
    # Agreement in every call bounds the difference over sites; at a site it has no interval.
    assert all(isinstance(panel, Panel) for panel in calls)


def test_levels_stand_with_their_differences() -> None:
    held = evidence()
    table = strata_differences_table(held, only(held))
    assert [group.heading for group in table.groups] == ["", "Vendor", "Sex"]
    assert cells(table)[0][0] == "All test cases"


def test_without_a_comparison_nothing_is_shown() -> None:
    held = Evidence.from_inputs(report_inputs(), report_parameters(study(), None))
    assert comparisons(held) == ()
    assert overview_table(held) is None


def of_many(findings: int, models: tuple[str, ...]) -> Evidence:
    """Every finding and model has the estimates of the one that there is, and every pair its comparison."""
    inputs, settings = report_inputs(), report_parameters(protocol(findings, models), None)
    frames = dict(inputs.frames)
    for artefact in REPORT_STAGE.reads:
        assert isinstance(artefact, Artefact)
        frame = frames[artefact.name]
        for name, ids in (("finding", [_finding(i) for i in range(findings)]), ("model", list(models))):
            if name in frame.columns and artefact.name != "consequences":
                frame = pl.concat([frame.with_columns(pl.lit(value).alias(name)) for value in ids])
        frames[artefact.name] = frame
    pairs = [(new, old) for i, old in enumerate(models) for new in models[i + 1 :]]
    for name, frame in made("plain").items():
        copies = [
            frame.with_columns(finding=pl.lit(_finding(i)), new_model=pl.lit(new), old_model=pl.lit(old))
            for i in range(findings)
            for new, old in pairs
        ]
        frames[name] = pl.concat(copies)
    return Evidence.from_inputs(replace(inputs, frames=frames), settings)


def test_fourteen_findings_and_three_models_stand_in_two_overviews_with_headings_that_tell_them_apart() -> None:
    held = of_many(14, (OLD, NEW, "lungscan-4"))
    overview = overview_table(held)
    assert overview is not None
    assert [group.heading for group in overview.groups] == [f.title for f in held.parameters.findings]
    assert [len(group.rows) for group in overview.groups] == [3] * 14
    found = comparisons(held)
    assert len({comparison.title for comparison in found}) == len({c.slug for c in found}) == 42
    assert len(cells(comparisons_overview(held, found))) == 42


@pytest.mark.slow
def test_the_page_repeats_no_id_and_opens_the_chapter_with_the_overview(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("multisite.pack.tables.overview.MOST_WITHOUT_OVERVIEW", 0)
    page = render_page(evidence())
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))
    chapter = page[page.index('<section id="performance"') :]
    assert chapter.index("table-overview") < chapter.index("performance-nodule-lungscan")
    assert chapter.index("performance-nodule-lungscan") < chapter.index("table-models-nodule-lungscan-3-lungscan")
    assert page.count("New against old model</strong>") == 1
    heads = re.findall(r"<thead>.*?</thead>", page, flags=re.S)
    assert max(head.count("<th ") for head in heads) <= 7
