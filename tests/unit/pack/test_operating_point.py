"""The operating point in the report: the rule beside the declared threshold, what it does elsewhere, and per 1,000."""

from typing import Any

import polars as pl
import pytest

from multisite.pack.evidence import Evidence
from multisite.pack.exhibits.decision_curve import benefit_figure
from multisite.pack.figures.figure import MissingPanel, Panel
from multisite.pack.parameters import report_parameters
from multisite.pack.sentences.operating_point import operating_point, rule_words
from multisite.pack.tables.operating_point import operating_points_table, outcomes_table, transfer_table
from multisite.pack.tables.table import Table
from multisite.schemas import Artefact
from multisite.schemas.operating_points import DECISION_CURVES, OPERATING_POINTS, THRESHOLD_TRANSFER
from multisite.vocabulary import ALL_SITES
from tests.lib.report_frames import SITES, report_inputs, study


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return Evidence.from_inputs(report_inputs(), report_parameters(study(), None))


def changed(evidence: Evidence, artefact: Artefact, rows: pl.Expr, **values: Any) -> Evidence:
    frame = evidence.frame(artefact)
    told = [pl.when(rows).then(pl.lit(v, frame.schema[n])).otherwise(pl.col(n)).alias(n) for n, v in values.items()]
    return Evidence(evidence.parameters, {**evidence.frames, artefact.name: frame.with_columns(told)}, {})


def first(evidence: Evidence) -> str:
    return operating_point(evidence, evidence.endpoints[0])[0]


def labels(table: Table) -> list[str]:
    return [row.cells[0].text for group in table.groups for row in group.rows]


OVER_ALL = pl.col("site") == ALL_SITES


def test_the_rules_threshold_is_told_beside_the_declared_one(evidence: Evidence) -> None:
    told = changed(
        evidence,
        OPERATING_POINTS,
        OVER_ALL,
        threshold=0.33,
        ci_low=0.3,
        ci_high=0.37,
        agreement="differs",
        share_above=0.02,
    )
    assert (
        "it gives 0.33 (0.3–0.37); the study file declares 0.5, which differs and lies outside that interval"
        in first(told)
    )
    assert first(told).endswith("All results are at the declared threshold.")
    inside = changed(told, OPERATING_POINTS, OVER_ALL, ci_high=0.6)
    assert "lies inside that interval" in first(inside)
    same = changed(told, OPERATING_POINTS, OVER_ALL, agreement="agrees", threshold=0.5)
    assert first(same).endswith("which is the threshold that the study file declares.")


def test_no_threshold_and_no_rule_are_two_things(evidence: Evidence) -> None:
    none = changed(evidence, OPERATING_POINTS, OVER_ALL, threshold=None, reason="no case", status="undefined")
    assert "gives no threshold (no case); the study file declares 0.5." in first(none)
    without = changed(evidence, OPERATING_POINTS, OVER_ALL, rule=None, threshold=None)
    assert first(without).startswith("The study file declares the threshold 0.5 and no rule")


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            ("sensitivity", "lower_bound"),
            "the highest threshold at which the lower bound of sensitivity is at least 0.9",
        ),
        (("specificity", "estimate"), "the lowest threshold at which specificity is at least 0.9"),
        (("youden", None), "the lowest threshold at which sensitivity + specificity is greatest"),
        (("net_benefit", None), "the lowest threshold of greatest net benefit, acting from a probability of 0.2 on"),
    ],
)
def test_a_rule_is_told_in_words(row: tuple[str, str | None], words: str) -> None:
    assert rule_words({"rule": row[0], "judged_by": row[1], "at_least": 0.9, "act_from": 0.2}) == words


def test_the_sites_are_named_by_what_they_show(evidence: Evidence) -> None:
    own = (pl.col("metric") == "sensitivity") & (pl.col("place") == "declared") & (pl.col("stratum") == "overall")
    told = changed(evidence, THRESHOLD_TRANSFER, own, verdict="holds")
    told = changed(told, THRESHOLD_TRANSFER, own & (pl.col("site") == "danube"), verdict="insufficient evidence")
    sentence = operating_point(told, told.endpoints[0])[1]
    assert "a sensitivity of 0.8 holds over all sites" in sentence
    assert "It holds at amstel, borealis and cordoba and can be neither shown nor ruled out at danube." in sentence
    assert sentence.endswith("Software version not declared as a stratum.")


def test_a_thousand_cases_are_told_with_misses_and_false_alarms(evidence: Evidence) -> None:
    sentence = operating_point(evidence, evidence.endpoints[0])[2]
    assert sentence.startswith("Of 1,000 cases of whom exactly ")
    assert "of the test cases themselves" in sentence
    assert "misses " in sentence
    assert "false alarms" in sentence


def test_the_tables_have_a_row_for_all_that_was_looked_at(evidence: Evidence) -> None:
    endpoint = evidence.endpoints[0]
    assert labels(operating_points_table(evidence, endpoint)) == [*SITES, ALL_SITES]
    assert labels(outcomes_table(evidence, endpoint)) == [*SITES, ALL_SITES]
    found = transfer_table(evidence, endpoint)
    assert [group.heading for group in found.groups] == ["Sites", "Vendor", "Over all sites at other thresholds"]
    assert labels(found)[:5] == [*SITES, ALL_SITES]
    assert labels(found)[-3:] == ["The rule's threshold", "Lower end of its interval", "Upper end of its interval"]
    assert "Software version not declared as a stratum." in found.method


def test_a_verdict_is_a_word_with_a_shape(evidence: Evidence) -> None:
    table = transfer_table(evidence, evidence.endpoints[0])
    marks = [row.cells[-1].mark for row in table.groups[0].rows]
    assert all(mark is not None and mark.word in ("holds", "does not hold", "insufficient evidence") for mark in marks)


def test_each_site_has_its_curve_or_the_reason_why_not(evidence: Evidence) -> None:
    panels = benefit_figure(evidence, evidence.endpoints[0]).panels
    assert isinstance(panels[0], Panel)
    assert "net benefit" in panels[0].svg
    assert isinstance(panels[-1], MissingPanel)
    assert panels[-1].title == "danube"
    nothing = changed(
        evidence, DECISION_CURVES, pl.lit(True), estimate=None, ci_low=None, ci_high=None, reason="no case"
    )
    figure = benefit_figure(nothing, nothing.endpoints[0])
    assert figure.title == "What acting on the score is worth cannot be said"
    assert all(isinstance(panel, MissingPanel) for panel in figure.panels)
