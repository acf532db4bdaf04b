import pytest

from multisite.pack.evidence import Evidence
from multisite.pack.parameters import report_parameters
from multisite.pack.tables.consequences import consequences_table
from multisite.schemas.consequences import CONSEQUENCES
from tests.lib.report_frames import report_inputs, study


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return Evidence.from_inputs(report_inputs(), report_parameters(study(), None))


def test_each_metric_says_what_the_named_patients_did_to_it(evidence: Evidence) -> None:
    (group,) = consequences_table(evidence).groups
    assert group.heading == "No patient is in more than one split"
    read = [(row.cells[0].text, row.cells[1].text, row.cells[5].text) for row in group.rows]
    assert read == [
        ("borealis, AUC", "3 of 600", "flattered by them"),
        ("borealis, Sensitivity", "3 of 200", "no change seen"),
        ("borealis, Specificity", "3 of 3", "cannot be judged"),
    ]
    assert group.rows[2].cells[4].note == "no case is left"


def test_without_a_consequence_the_table_says_that_nobody_is_named(evidence: Evidence) -> None:
    bare = Evidence(evidence.parameters, {**evidence.frames, CONSEQUENCES.name: CONSEQUENCES.empty()}, {})
    (group,) = consequences_table(bare).groups
    assert group.rows[0].cells[0].text == "no failed check names a tested patient"
