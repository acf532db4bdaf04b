import polars as pl
import pytest

from multisite.pack.evidence import Evidence
from multisite.pack.exhibits.ladder import ladder_figure
from multisite.pack.figures.figure import Panel
from multisite.pack.marks import CONCERN, NO_EVIDENCE, QUIET
from multisite.pack.parameters import report_parameters
from multisite.pack.sentences.shortcuts import ladder_title, shortcut_statement
from multisite.schemas.shortcut_use import HEADER_AGREEMENT, SCORE_SHIFT, SITE_TOLD
from multisite.schemas.shortcuts import SHORTCUT_LADDER
from tests.lib.report_frames import MODEL, report_inputs, study


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return Evidence.from_inputs(report_inputs(), report_parameters(study(), None))


def changed(evidence: Evidence, frame: pl.DataFrame) -> Evidence:
    return Evidence(evidence.parameters, {**evidence.frames, SHORTCUT_LADDER.name: frame}, {})


def without_use(evidence: Evidence) -> Evidence:
    """As if scores went with nothing but the label."""
    empty = {artefact.name: artefact.empty() for artefact in (SITE_TOLD, SCORE_SHIFT, HEADER_AGREEMENT)}
    return Evidence(evidence.parameters, {**evidence.frames, **empty}, {})


def with_area(evidence: Evidence, low: float, *, source: str, scope: str) -> Evidence:
    """The ladder with one rung moved to an interval from ``low``."""
    chosen = (pl.col("source") == source) & (pl.col("scope") == scope)
    moved = {"ci_low": low, "estimate": low + 0.02, "ci_high": low + 0.04}
    return changed(
        evidence,
        evidence.frame(SHORTCUT_LADDER).with_columns(
            pl.when(chosen).then(pl.lit(value)).otherwise(pl.col(name)).alias(name) for name, value in moved.items()
        ),
    )


def test_headers_at_chance_are_nothing_to_look_at(evidence: Evidence) -> None:
    quiet = with_area(without_use(evidence), 0.48, source="headers", scope="pooled")
    quiet = with_area(quiet, 0.49, source="site", scope="pooled")
    statement = shortcut_statement(quiet, evidence.parameters.findings[0])
    assert (statement.mark, statement.topic) == (QUIET, "Shortcuts")
    assert statement.text.startswith("Without the image the AUC is 0.51 (0.49–0.53) by the site alone and 0.50 ")


def test_headers_that_tell_the_finding_need_an_explanation(evidence: Evidence) -> None:
    told = with_area(evidence, 0.7, source="headers", scope="pooled")
    statement = shortcut_statement(told, evidence.parameters.findings[0])
    assert statement.mark is CONCERN
    assert "needs an explanation" in statement.text
    assert ladder_title(told, evidence.parameters.findings[0]) == "Headers alone reach an AUC of 0.72 (0.70–0.74)"


def test_a_model_that_ranks_sites_rather_than_patients_is_named_with_the_difference(evidence: Evidence) -> None:
    inflated = with_area(evidence, 0.90, source=MODEL, scope="pooled")
    inflated = with_area(inflated, 0.80, source=MODEL, scope="within sites")
    statement = shortcut_statement(inflated, evidence.parameters.findings[0])
    assert statement.mark is CONCERN
    assert "Of the pooled AUC of LungScan, 0.10 lie between sites" in statement.text


def test_without_rungs_there_is_no_evidence_and_the_figure_still_stands(evidence: Evidence) -> None:
    bare = changed(evidence, evidence.frame(SHORTCUT_LADDER).filter(kind="model"))
    finding = evidence.parameters.findings[0]
    assert shortcut_statement(bare, finding).mark is NO_EVIDENCE
    assert ladder_figure(bare, finding).title == "The finding was not looked for in the headers alone"
    assert ladder_figure(changed(evidence, SHORTCUT_LADDER.empty()), finding).panels


def test_all_panels_have_the_same_rows_and_say_why_the_site_has_no_rank_within_itself(evidence: Evidence) -> None:
    figure = ladder_figure(evidence, evidence.parameters.findings[0])
    assert len(figure.panels) == 3
    for panel in figure.panels:
        assert isinstance(panel, Panel)
        for label in ("Without the image", "Site alone", "vendor", "All headers", "With the image", "LungScan"):
            assert label in panel.svg, label
    assert "no pair to rank" in figure.panels[1].svg
    assert "learnt inside each site only" in figure.panels[2].svg
