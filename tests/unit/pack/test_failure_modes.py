"""What the report says of slices of errors, and that it says nothing of them where none were searched."""

from dataclasses import replace

import polars as pl
import pytest

from multisite.pack.evidence import Evidence
from multisite.pack.page import render_page
from multisite.pack.parameters import report_parameters
from multisite.pack.sentences.failure_modes import failure_sentences
from multisite.pack.tables.failure_modes import failure_modes_table
from multisite.schemas.failure_modes import FAILURE_MODES, SLICE_COUNTS, SLICE_SUMS
from tests.lib.report_frames import FINDING, MODEL, report_inputs, study


def row(**changed: object) -> dict[str, object]:
    return {
        "site": "all sites",
        "finding": FINDING,
        "model": MODEL,
        "kind": "miss",
        "rank": 1,
        "slice": "vendor Philips and age_band ≥75",
        "axes": ["vendor", "age_band"],
        "levels": ["Philips", "≥75"],
        "found_by": "counts",
        "first_n_patients": 30,
        "first_n_cases": 30,
        "first_n_errors": 14,
        "first_rest_cases": 300,
        "first_rest_errors": 30,
        "first_gap": 0.37,
        "first_z": 3.0,
        "n_patients": 29,
        "n_cases": 29,
        "n_errors": 9,
        "rest_patients": 300,
        "rest_cases": 300,
        "rest_errors": 36,
        "gap": 0.19,
        "ci_low": 0.04,
        "ci_high": 0.33,
        "ci_level": 0.95,
        "ci_method": "made",
        "p_value": 0.004,
        "p_holm": 0.02,
        "shrunken_gap": 0.14,
        "shrunken_low": 0.01,
        "shrunken_high": 0.27,
        "outcome": "confirmed",
        "reason": None,
    } | changed


def evidence(*rows: dict[str, object]) -> Evidence:
    found = Evidence.from_inputs(report_inputs(), report_parameters(study(), None))
    frame = FAILURE_MODES.conform(pl.DataFrame(list(rows), schema=FAILURE_MODES.schema))
    return replace(found, frames={**found.frames, FAILURE_MODES.name: frame})


def with_searched(found: Evidence, *, misses: int, false_alarms: int) -> Evidence:
    """The first half, all of its cases at one site."""
    names = {"site": "amstel", "finding": FINDING, "model": MODEL}
    overall = dict.fromkeys(("stratum", "level", "other_stratum", "other_level"), "overall")
    numbers = {"miss": misses, "false alarm": false_alarms}
    rows = [
        names | overall | {"kind": kind, "half": half} | dict.fromkeys(SLICE_SUMS, n if half == 1 else 500)
        for kind, n in numbers.items()
        for half in (1, 2)
    ]
    frame = SLICE_COUNTS.conform(pl.DataFrame(rows, schema=SLICE_COUNTS.schema))
    return replace(found, frames={**found.frames, SLICE_COUNTS.name: frame})


@pytest.fixture(scope="module")
def found() -> Evidence:
    nothing = {"gap": None, "ci_low": None, "ci_high": None, "ci_method": None, "p_value": None, "p_holm": None}
    bare = nothing | {"shrunken_gap": None, "shrunken_low": None, "shrunken_high": None}
    return evidence(
        row(),
        row(rank=2, outcome="not confirmed", p_holm=0.4),
        row(rank=3, outcome="insufficient", reason="too few", **bare),
        row(site="amstel", kind="false alarm", axes=["view_position"], levels=["AP"], p_holm=0.0001),
    )


def test_a_confirmed_slice_is_told_with_counts_gap_shrunken_gap_and_p(found: Evidence) -> None:
    searched, together = failure_sentences(found, found.endpoints[0])
    assert searched.startswith("Of four slices in which one half of the patients points to more misses")
    assert "the other half confirms two." in searched
    assert "For one slice it has too few patients." in searched
    assert "Vendor Philips and age ≥75" in together
    assert "missed 31\N{NARROW NO-BREAK SPACE}% (9 of 29) where the others are missed" in together
    assert together.startswith("Vendor Philips and age ≥75 years: +14 points (+1 to +27), shrunken. As counted, which")
    assert "flatters a slice that was confirmed: +19 points (+4 to +33), missed" in together
    assert together.endswith("; Holm p = 0.020.")
    assert "amstel" not in together


def test_the_table_holds_confirmed_slices_only_all_sites_first(found: Evidence) -> None:
    table = failure_modes_table(found, found.endpoints[0])
    assert table is not None
    assert [group.heading for group in table.groups] == ["All sites together", "amstel"]
    assert sum(len(group.rows) for group in table.groups) == 2
    assert table.groups[1].rows[0].cells[0].text == "view position AP"
    assert "rank" in table.csv


def test_a_slice_alone_is_told_without_a_shrunken_gap() -> None:
    alone = evidence(row(shrunken_gap=None, shrunken_low=None, shrunken_high=None))
    said = failure_sentences(alone, alone.endpoints[0])[1]
    assert "no shrunken gap, for it is the only slice. As counted" in said


def test_the_caption_says_what_gaps_are_drawn_to_and_that_differences_between_sites_are_not_counted(
    found: Evidence,
) -> None:
    table = failure_modes_table(found, found.endpoints[0])
    assert table is not None
    assert "all slices of the same place and kind of error, confirmed or not" in table.method
    assert "neither intervals nor p-values count how sites differ" in table.method
    inside = evidence(row(site="amstel"))
    table = failure_modes_table(inside, inside.endpoints[0])
    assert table is not None
    assert "how sites differ" not in table.method


def test_nothing_confirmed_and_nothing_found_are_told_apart_and_have_no_table() -> None:
    unsure = evidence(row(outcome="not confirmed"))
    assert "the other half confirms no." not in failure_sentences(unsure, unsure.endpoints[0])[0]
    assert "confirms none" in failure_sentences(unsure, unsure.endpoints[0])[0]
    assert failure_modes_table(unsure, unsure.endpoints[0]) is None
    nothing = with_searched(evidence(), misses=40, false_alarms=40)
    said = failure_sentences(nothing, nothing.endpoints[0])
    assert said[0].endswith("no slice of 20 patients or more stands out (z of 1.645 or more).")


def test_too_few_patients_to_search_are_not_told_as_a_search_without_result() -> None:
    none = with_searched(evidence(), misses=39, false_alarms=0)
    (said,) = failure_sentences(none, none.endpoints[0])
    assert "there are too few patients to search misses and false alarms" in said
    assert "stands out" not in said
    some = with_searched(evidence(), misses=39, false_alarms=40)
    (said,) = failure_sentences(some, some.endpoints[0])
    assert said.endswith("stands out (z of 1.645 or more). There are too few patients to search misses.")


def test_where_errors_were_not_searched_nothing_is_said(found: Evidence) -> None:
    without = replace(found, parameters=replace(found.parameters, slice_minimum_patients=None))
    assert failure_sentences(without, without.endpoints[0]) == ()


@pytest.mark.slow
def test_the_page_has_a_part_on_where_it_fails(found: Evidence) -> None:
    page = render_page(found)
    assert "Where it fails" in page
    assert "multisite show error_cases" in page
    assert "Slices in which errors are commoner" in page
