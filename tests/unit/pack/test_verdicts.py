"""What the report says of declared margins, and that it says nothing of them where none is declared."""

import re

import pytest

from multisite.pack.evidence import Evidence
from multisite.pack.exhibits.shrinkage import shrinkage_figures
from multisite.pack.marks import CONCERN
from multisite.pack.page import render_page
from multisite.pack.parameters import report_parameters
from multisite.pack.sentences.verdicts import verdict_statement
from multisite.pack.tables.verdicts import verdicts_table
from tests.lib.report_frames import report_inputs, study


@pytest.fixture(scope="module")
def judged() -> Evidence:
    return Evidence.from_inputs(report_inputs(judged=True), report_parameters(study(judged=True), None))


@pytest.fixture(scope="module")
def unjudged() -> Evidence:
    return Evidence.from_inputs(report_inputs(), report_parameters(study(), None))


def test_without_margins_there_is_neither_sentence_nor_table(unjudged: Evidence) -> None:
    (endpoint,) = unjudged.endpoints
    assert verdict_statement(unjudged, endpoint) is None
    assert verdicts_table(unjudged, endpoint) is None
    assert "No margin of acceptable performance is declared" in render_page(unjudged)


def test_the_sentence_counts_verdicts_and_names_each_failure(judged: Evidence) -> None:
    statement = verdict_statement(judged, judged.endpoints[0])
    assert statement is not None
    assert statement.mark is CONCERN
    assert statement.text.startswith("Of 15 primary comparisons: ")
    assert "1 fails" in statement.text
    assert "Vendor Canon fails: Sensitivity" in statement.text
    assert statement.text.count(" fails: ") == 1


def test_primary_rows_come_first_and_say_their_verdict_in_words(judged: Evidence) -> None:
    table = verdicts_table(judged, judged.endpoints[0])
    assert table is not None
    remarks = [group.remark for group in table.groups]
    assert remarks == sorted(remarks, key=lambda remark: not remark.startswith("primary; margin: "))
    assert any(remark.startswith("exploratory: no verdict") for remark in remarks)
    marks = {
        row.cells[0].text: row.cells[1].mark
        for group in table.groups
        for row in group.rows
        if group.heading == "Sensitivity"
    }
    assert marks["Vendor Canon"] is not None
    assert marks["Vendor Canon"].word == "fails"
    assert marks["Sex unknown"] is not None
    assert marks["Sex unknown"].word == "insufficient evidence"


def test_a_level_that_is_not_shown_says_what_it_lacks_and_needs(judged: Evidence) -> None:
    table = verdicts_table(judged, judged.endpoints[0])
    assert table is not None
    sensitivity = next(group for group in table.groups if group.heading == "Sensitivity")
    (row,) = (row for row in sensitivity.rows if row.cells[0].text == "Sex unknown")
    assert row.cells[1].note == "needs 10 patients to be shown"
    assert row.cells[2].text == "—"
    assert row.cells[2].note == "fewer than 10 patients with a positive case"


def test_the_page_holds_the_table_and_no_longer_denies_margins(judged: Evidence) -> None:
    page = render_page(judged)
    assert 'id="table-verdicts-' in page
    assert "No margin of acceptable performance" not in page
    assert "Verdicts hold for the margins and the primary strata" in page


def test_the_lowest_exploratory_levels_are_drawn_as_seen_and_shrunken(judged: Evidence) -> None:
    for figure in shrinkage_figures(judged, judged.endpoints[0]):
        assert len(figure.panels) == 2
        assert re.search(r"as seen, .* shrunken$", figure.title)
        drawn = [row.cells[0].text for group in figure.data.groups for row in group.rows]
        assert len(drawn) == 10
        # Vendor and sex are primary.
        assert not any(level.startswith(("Vendor", "Sex")) for level in drawn)
