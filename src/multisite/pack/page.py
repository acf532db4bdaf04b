"""The page: every chapter's text, tables and figures, rendered to one self-contained HTML document."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from multisite.pack.evidence import Endpoint, Evidence
from multisite.pack.exhibits.calibration import reliability_figure
from multisite.pack.exhibits.calibration_strata import ratios_figure
from multisite.pack.exhibits.decision_curve import benefit_figure
from multisite.pack.exhibits.drift import drift_figures
from multisite.pack.exhibits.flow import flow_figure
from multisite.pack.exhibits.ladder import ladder_figure
from multisite.pack.exhibits.measures import measure_figure
from multisite.pack.exhibits.model_comparison import differences_figure
from multisite.pack.exhibits.performance import sites_figure, strata_figure
from multisite.pack.exhibits.shift import shift_figure
from multisite.pack.exhibits.shrinkage import shrinkage_figures
from multisite.pack.figures.figure import Figure
from multisite.pack.glossary import glossary
from multisite.pack.measures import Measured, measured
from multisite.pack.method import limits, notes
from multisite.pack.model_comparison import Comparison, comparisons
from multisite.pack.reference_chapter import reference_chapter
from multisite.pack.rendering import rendered
from multisite.pack.sentences.across_sites import auc_beside, new_site, sites_in_training
from multisite.pack.sentences.calibration import calibration_statement
from multisite.pack.sentences.calibration_strata import calibration_strata_sentences
from multisite.pack.sentences.drift import PICTURE_NOT_ALARM, drift_statement, sites_without_months
from multisite.pack.sentences.drift_verdicts import budget_lines, verdicts_statement
from multisite.pack.sentences.failure_modes import failure_sentences
from multisite.pack.sentences.headline import answer, test_set
from multisite.pack.sentences.integrity import blocking_failures, integrity_statement
from multisite.pack.sentences.label_errors import label_caution
from multisite.pack.sentences.looks import looks_caution
from multisite.pack.sentences.measures import measure_sentences, measure_statement
from multisite.pack.sentences.missing import missing_statement
from multisite.pack.sentences.model_comparison import comparison_sentences, comparison_statement
from multisite.pack.sentences.operating_point import operating_point
from multisite.pack.sentences.reader_bias import reader_bias_statement
from multisite.pack.sentences.shortcuts import shortcut_statement
from multisite.pack.sentences.statement import Statement
from multisite.pack.sentences.strata import strata_statement
from multisite.pack.sentences.verdicts import verdict_statement
from multisite.pack.standing import StudyStanding, study_standing
from multisite.pack.tables import composition, flow, lineage, representation
from multisite.pack.tables.across_sites import across_sites_table
from multisite.pack.tables.calibration import calibration_table
from multisite.pack.tables.calibration_strata import calibration_levels_tables, recalibration_table
from multisite.pack.tables.consequences import consequences_table
from multisite.pack.tables.drift import deployment_tables
from multisite.pack.tables.drift_verdicts import drift_cases_table, verdict_grids
from multisite.pack.tables.failure_modes import failure_modes_table
from multisite.pack.tables.headline import headline_table
from multisite.pack.tables.integrity import failures_table, scorecard
from multisite.pack.tables.looks import looks_table
from multisite.pack.tables.measures import measure_counts_table, measure_levels_table, measure_sites_table
from multisite.pack.tables.model_by_data import data_effects_table, data_values_table
from multisite.pack.tables.model_comparison import (
    comparisons_overview,
    differences_table,
    strata_differences_table,
)
from multisite.pack.tables.operating_point import operating_points_table, outcomes_table, transfer_table
from multisite.pack.tables.overview import overview_table
from multisite.pack.tables.performance import decisions_table, site_strata_tables, sites_table
from multisite.pack.tables.score_use import agreement_table, site_told_table
from multisite.pack.tables.standings import deviations_table, standings_table, time_forward_table
from multisite.pack.tables.table import Table
from multisite.pack.tables.verdicts import verdicts_table

__all__ = ["CHAPTERS", "page_content", "render_page"]

CHAPTERS = (
    ("answer", "The answer"),
    ("use", "Intended use"),
    ("flow", "From objects to cases"),
    ("who", "Who was tested"),
    ("integrity", "Integrity"),
    ("reference", "Reference standard"),
    ("performance", "Performance"),
    ("calibration", "Calibration"),
    ("drift", "After deployment"),
    ("exclusions", "Exclusions"),
    ("method", "Method and limits"),
    ("protocol", "Protocol and deviations"),
    ("hashes", "Hashes and versions"),
    ("glossary", "Glossary"),
)
"""Anchor and heading of each chapter, in order."""


@dataclass(frozen=True, slots=True)
class EndpointChapters:
    """What the chapters on performance and calibration show of one endpoint."""

    endpoint: Endpoint
    sites_figure: Figure
    across_sites: tuple[str, ...]
    sites_table: Table
    across_sites_table: Table
    decisions_table: Table
    operating_point: tuple[str, ...]
    operating_points_table: Table
    transfer_table: Table
    outcomes_table: Table
    benefit_figure: Figure
    verdicts: str
    verdicts_table: Table | None
    strata_figure: Figure
    shrinkage_figures: tuple[Figure, ...]
    site_strata_tables: tuple[Table, ...]
    failures: tuple[str, ...]
    failures_table: Table | None
    reliability_figure: Figure
    calibration_table: Table
    calibration_sentences: tuple[str, ...]
    ratios_figure: Figure
    calibration_levels_tables: tuple[Table, Table]
    recalibration_table: Table


@dataclass(frozen=True, slots=True)
class ComparisonExhibits:
    """What is shown of two models for one finding; ``data`` only where old and new data were told apart."""

    comparison: Comparison
    sentences: tuple[str, ...]
    figure: Figure
    differences: Table
    strata: Table
    data: tuple[Table, ...]


@dataclass(frozen=True, slots=True)
class MeasureExhibits:
    """What is shown of one continuous endpoint."""

    measured: Measured
    sentences: tuple[str, ...]
    figure: Figure
    sites: Table
    levels: Table
    counts: Table


def render_page(evidence: Evidence) -> str:
    """The whole document. The same evidence gives the same bytes."""
    return rendered(
        "report.html.j2",
        chapters=CHAPTERS,
        parts=(),
        kind="validation report",
        **page_content(evidence, study_standing(evidence)),
    )


def page_content(evidence: Evidence, standing: StudyStanding) -> dict[str, Any]:
    """What the templates of the chapters are filled with."""
    compared = comparisons(evidence)
    return dict(
        study=evidence.parameters,
        standing=standing,
        standings=standings_table(evidence),
        deviations=deviations_table(evidence),
        time_forward=time_forward_table(evidence),
        sites=evidence.sites,
        overview=overview_table(evidence),
        comparisons=[_comparison_exhibits(evidence, comparison) for comparison in compared],
        comparisons_overview=comparisons_overview(evidence, compared),
        measures=[_measure_exhibits(evidence, held) for held in measured(evidence)],
        endpoints=[_endpoint_chapters(evidence, endpoint) for endpoint in evidence.endpoints],
        warning=blocking_failures(evidence),
        answers=[(answer(evidence, e), test_set(evidence, e)) for e in evidence.endpoints],
        headline=headline_table(evidence),
        label_cautions=list(filter(None, (label_caution(evidence, e) for e in evidence.endpoints))),
        statements=_statements(evidence, compared),
        flow_figure=flow_figure(evidence),
        flow_tables=(flow.objects_table(evidence), flow.sites_table(evidence)),
        splits=composition.splits_table(evidence),
        who=[t for f in evidence.parameters.findings for t in composition.strata_tables(evidence, f)],
        likeness=representation.likeness_table(evidence),
        coverage=[representation.coverage_table(evidence, f) for f in evidence.parameters.findings],
        failures=failures_table(evidence),
        scorecard=scorecard(evidence),
        consequences=consequences_table(evidence),
        shortcuts=[
            (
                ladder_figure(evidence, f),
                shift_figure(evidence, f),
                site_told_table(evidence, f),
                agreement_table(evidence, f),
            )
            for f in evidence.parameters.findings
        ],
        references=[reference_chapter(evidence, f) for f in evidence.parameters.findings],
        drift_verdicts=verdicts_statement(evidence),
        drift_grids=verdict_grids(evidence),
        drift_cases=drift_cases_table(evidence),
        drift_budget=budget_lines(evidence),
        drift_figures=drift_figures(evidence),
        drift_notice=PICTURE_NOT_ALARM,
        drift_absent=sites_without_months(evidence),
        deployment=deployment_tables(evidence),
        exclusions=flow.exclusion_tables(evidence),
        notes=notes(evidence.parameters),
        limits=limits(evidence.parameters),
        looks=looks_table(evidence),
        looks_caution=looks_caution(evidence),
        cohorts=lineage.cohorts_table(evidence),
        inputs=lineage.inputs_table(evidence),
        glossary=glossary(),
    )


def _endpoint_chapters(evidence: Evidence, endpoint: Endpoint) -> EndpointChapters:
    across = new_site(evidence, endpoint), sites_in_training(evidence), auc_beside(evidence, endpoint)
    return EndpointChapters(
        endpoint=endpoint,
        sites_figure=sites_figure(evidence, endpoint),
        across_sites=tuple(filter(None, across)),
        sites_table=sites_table(evidence, endpoint),
        across_sites_table=across_sites_table(evidence, endpoint),
        decisions_table=decisions_table(evidence, endpoint),
        operating_point=operating_point(evidence, endpoint),
        operating_points_table=operating_points_table(evidence, endpoint),
        transfer_table=transfer_table(evidence, endpoint),
        outcomes_table=outcomes_table(evidence, endpoint),
        benefit_figure=benefit_figure(evidence, endpoint),
        verdicts=verdicts.text if (verdicts := verdict_statement(evidence, endpoint)) else "",
        verdicts_table=verdicts_table(evidence, endpoint),
        strata_figure=strata_figure(evidence, endpoint),
        shrinkage_figures=shrinkage_figures(evidence, endpoint),
        site_strata_tables=site_strata_tables(evidence, endpoint),
        failures=failure_sentences(evidence, endpoint),
        failures_table=failure_modes_table(evidence, endpoint),
        reliability_figure=reliability_figure(evidence, endpoint),
        calibration_table=calibration_table(evidence, endpoint),
        calibration_sentences=calibration_strata_sentences(evidence, endpoint),
        ratios_figure=ratios_figure(evidence, endpoint),
        calibration_levels_tables=calibration_levels_tables(evidence, endpoint),
        recalibration_table=recalibration_table(evidence, endpoint),
    )


def _comparison_exhibits(evidence: Evidence, comparison: Comparison) -> ComparisonExhibits:
    tables = (data_effects_table(evidence, comparison), data_values_table(evidence, comparison))
    return ComparisonExhibits(
        comparison=comparison,
        sentences=comparison_sentences(comparison),
        figure=differences_figure(evidence, comparison),
        differences=differences_table(evidence, comparison),
        strata=strata_differences_table(evidence, comparison),
        data=tables if comparison.has_data_effects else (),
    )


def _measure_exhibits(evidence: Evidence, held: Measured) -> MeasureExhibits:
    return MeasureExhibits(
        measured=held,
        sentences=measure_sentences(held),
        figure=measure_figure(evidence, held),
        sites=measure_sites_table(evidence, held),
        levels=measure_levels_table(evidence, held),
        counts=measure_counts_table(evidence, held),
    )


def _statements(evidence: Evidence, compared: Sequence[Comparison]) -> list[tuple[str, list[Statement]]]:
    """What a reviewer must know: of the whole study first, then of each endpoint."""
    blocks = [("", [integrity_statement(evidence)])]
    findings = evidence.parameters.findings
    for finding in findings:
        of_finding = [reader_bias_statement(evidence, finding), shortcut_statement(evidence, finding)]
        heading = finding.title if len(findings) > 1 else ""
        blocks.append((heading, [statement for statement in of_finding if statement is not None]))
    for endpoint in evidence.endpoints:
        heading = endpoint.title if len(evidence.endpoints) > 1 else ""
        of_endpoint = [
            verdict_statement(evidence, endpoint),
            strata_statement(evidence, endpoint),
            calibration_statement(evidence, endpoint),
        ]
        blocks.append((heading, [statement for statement in of_endpoint if statement is not None]))
    blocks += [(comparison.title, [comparison_statement(evidence, comparison)]) for comparison in compared]
    for held in measured(evidence):
        said = measure_statement(held)
        blocks.append((held.title, [said] if said is not None else []))
    blocks.append(("", [verdicts_statement(evidence) or drift_statement(evidence)]))
    for endpoint in evidence.endpoints:
        blocks.append((endpoint.title if len(evidence.endpoints) > 1 else "", [missing_statement(evidence, endpoint)]))
    return blocks
