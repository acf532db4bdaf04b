"""What the page says of looks at the test labels."""

import polars as pl

from multisite.pack import report_parameters
from multisite.pack.evidence import Evidence
from multisite.pack.sentences.looks import looks_caution
from multisite.pack.tables.looks import looks_table
from multisite.schemas.looks import LOOKS
from tests.lib.report_frames import report_inputs, study


def evidence(*rows: tuple[str, int, int, int | None]) -> Evidence:
    whole = Evidence.from_inputs(report_inputs(), report_parameters(study(), None))
    looks = pl.DataFrame(list(rows), schema=LOOKS.schema, orient="row")
    return Evidence(whole.parameters, {**whole.frames, LOOKS.name: looks}, whole.lineage)


def test_one_evaluation_needs_no_caution_however_many_runs_made_it() -> None:
    assert looks_caution(evidence(("amstel", 4, 1, None), ("borealis", 1, 1, None))) == ""


def test_sites_with_more_than_one_evaluation_are_named() -> None:
    text = looks_caution(evidence(("amstel", 2, 2, None), ("borealis", 1, 1, None), ("cordoba", 9, 5, None)))
    assert text.startswith("At amstel and cordoba the test labels were read for more than one combination")
    assert "takes the evaluation as the first one" in text
    assert "borealis" not in text


def test_a_broken_and_an_empty_ledger_do_not_pass_for_a_single_look() -> None:
    text = looks_caution(evidence(("amstel", 1, 1, 2), ("borealis", 0, 0, None), ("cordoba", 1, 1, None)))
    assert text.startswith("At amstel and borealis it is not known how often they were read.")


def test_the_table_has_a_row_per_site_and_tells_the_state_of_its_ledger() -> None:
    table = looks_table(evidence(("borealis", 1200, 2, None), ("amstel", 1, 1, 2), ("cordoba", 0, 0, None)))
    cells = [[cell.text for cell in row.cells] for row in table.groups[0].rows]
    assert cells == [
        ["amstel", "1", "1", "broken at entry 2"],
        ["borealis", "1,200", "2", "whole"],
        ["cordoba", "0", "0", "empty"],
    ]
