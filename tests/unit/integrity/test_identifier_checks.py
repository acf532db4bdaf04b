"""Checks of identifiers, and of what stands beside the image: over the index series, from markers."""

from collections.abc import Sequence

import polars as pl
import pytest

from multisite.integrity.check import CheckFrames, Claims, Outcome
from multisite.integrity.checks.identifiers import IDENTIFIER_CHECKS
from multisite.integrity.checks.markers import MARKER_CHECKS
from multisite.schemas.markers import MARKERS
from multisite.schemas.series import CONTENT_INCIDENTS, INSTANCE_INCIDENTS
from multisite.vocabulary import Severity, Verdict
from tests.lib.tables import table
from tests.unit.integrity.builders import series_rows

_CASES = """
case_id | series_instance_uid | reference_nodule
c1      | e1                  | true
c2      | e2                  | false
c3      | e3                  | true
c4      | -                   | true
"""
BY_ID = {check.id: check for check in (*IDENTIFIER_CHECKS, *MARKER_CHECKS)}
_CLAIM = "says that it was de-identified"
_NO_DATES = "says that its dates were removed or changed"
_ALL = ("e1", "e2", "e3")
_TRACES = {
    "identifiers_in_names": "PatientID in object key",
    "identifiers_in_text": "PatientName in SeriesDescription",
    "identifiers_left": "PatientAddress left",
    "private_tags_left": "private elements left",
    "embedded_dates": "date in ImageComments",
    "burned_in_annotation": "burned-in annotation",
    "overlays": "overlay",
    "secondary_captures": "secondary capture",
}
"""A marker that each check is about."""


def everywhere(*markers: str, series: Sequence[str] = _ALL) -> list[tuple[str, str]]:
    return [(one, marker) for one in series for marker in markers]


def outcome(check: str, marked: list[tuple[str, str]], *, cases: str = _CASES, series: int = 0) -> Outcome:
    """What a check says of series with markers, each in 4 objects; ``series`` adds as many index series."""
    further = [f"x{i}" for i in range(series)]
    cases += "".join(f"cx{one} | {one} | false\n" for one in further)
    rows = [("north", one, marker, 4) for one, marker in marked]
    known = "series_instance_uid\n" + "\n".join([*_ALL, "e9", *further])
    made = series_rows(_with_columns(known))
    return BY_ID[check].run(
        CheckFrames(
            included=table(cases, reference_nodule=pl.Boolean()),
            content_incidents=CONTENT_INCIDENTS.empty(),
            series=made,
            instance_incidents=INSTANCE_INCIDENTS.empty(),
            markers=MARKERS.conform(pl.DataFrame(rows, schema=MARKERS.schema, orient="row")),
            claims=Claims(),
            seed=20,
        )
    )


def _with_columns(series: str) -> str:
    head, *rows = series.splitlines()
    columns = "n_missing_slices | n_duplicate_slices | is_complete | geometry_gap | inconsistent_attributes"
    return "\n".join([f"{head} | {columns}", *(f"{row} | - | - | - | - | -" for row in rows)])


def sound(check: str) -> list[tuple[str, str]]:
    """Markers with which a check can look, and finds nothing."""
    return everywhere(_CLAIM, _NO_DATES, "no burned-in annotation")


@pytest.mark.parametrize(("check", "marker"), _TRACES.items())
def test_a_marker_of_an_index_series_is_found_once_with_its_objects(check: str, marker: str) -> None:
    found = outcome(check, [*sound(check), ("e2", marker)])
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 3)
    assert found.found.rows() == [("series", "e2", f"{marker} in 4 objects")]


@pytest.mark.parametrize("check", _TRACES)
def test_series_without_the_marker_pass(check: str) -> None:
    found = outcome(check, sound(check))
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.PASS, 0, 3)


@pytest.mark.parametrize(("check", "marker"), _TRACES.items())
def test_other_series_of_the_stores_are_counted_and_no_finding(check: str, marker: str) -> None:
    found = outcome(check, [*sound(check), *everywhere(_CLAIM, _NO_DATES, marker, series=["e9"])])
    assert (found.verdict, found.n_examined) == (Verdict.PASS, 3)
    assert "Of the 1 other series of the stores, 1 do." in found.sentence


@pytest.mark.parametrize("check", _TRACES)
def test_cases_without_images_leave_the_question_open(check: str) -> None:
    found = outcome(check, sound(check), cases="case_id | series_instance_uid | reference_nodule\nc1 | - | true\n")
    assert found.verdict is Verdict.INSUFFICIENT


@pytest.mark.parametrize("check", ["identifiers_left", "private_tags_left", "embedded_dates"])
def test_what_a_header_does_not_claim_is_not_asked_of_it(check: str) -> None:
    found = outcome(check, [("e2", _TRACES[check]), *everywhere("no burned-in annotation")])
    assert found.verdict is Verdict.NOT_APPLICABLE
    some = outcome(check, everywhere(_CLAIM, _NO_DATES, series=["e1"]))
    assert (some.verdict, some.n_examined) == (Verdict.PASS, 1)


def test_several_markers_of_a_series_are_one_finding() -> None:
    found = outcome("identifiers_left", [*sound(""), ("e1", "PatientName left"), ("e1", "PatientAddress left")])
    assert found.n_found == 1
    assert found.found["detail"].to_list() == ["PatientAddress left in 4 objects; PatientName left in 4 objects"]


def test_a_sentence_names_the_commonest_markers_only() -> None:
    left = ("PatientName", "PatientBirthDate", "PatientAddress", "OtherPatientIDs", "ImageComments", "StudyComments")
    marked = [*everywhere(*(f"{keyword} left" for keyword in left)), *sound("")]
    assert outcome("identifiers_left", marked).sentence.endswith(", 1 more.")


@pytest.mark.parametrize(("n_dated", "n_series", "verdict"), [(2, 0, "pass"), (3, 0, "fail"), (3, 400, "pass")])
def test_a_date_in_a_uid_counts_where_it_is_too_common_for_chance(n_dated: int, n_series: int, verdict: str) -> None:
    claimed = everywhere(_NO_DATES, series=[*_ALL, *(f"x{i}" for i in range(n_series))])
    dated = everywhere("date in SeriesInstanceUID", series=_ALL[:n_dated])
    assert outcome("embedded_dates", [*claimed, *dated], series=n_series).verdict.value == verdict


def test_a_tag_that_is_nowhere_leaves_open_whether_text_is_burned_in() -> None:
    assert outcome("burned_in_annotation", []).verdict is Verdict.INSUFFICIENT
    some = outcome("burned_in_annotation", [("e1", "no burned-in annotation")])
    assert (some.verdict, some.n_examined) == (Verdict.PASS, 1)
    assert "2 index series say nothing about it." in some.sentence


def test_headers_that_end_before_overlays_leave_the_question_open() -> None:
    assert outcome("overlays", everywhere("overlay not looked for")).verdict is Verdict.INSUFFICIENT
    both = outcome("overlays", [*everywhere("overlay not looked for"), ("e1", "overlay")])
    assert (both.verdict, both.n_found, both.n_examined) == (Verdict.FAIL, 1, 1)


@pytest.mark.parametrize("check", ["burned_in_annotation", "overlays", "secondary_captures"])
def test_the_sentence_says_whether_a_marker_goes_with_the_label(check: str) -> None:
    found = outcome(check, [*sound(check), ("e1", _TRACES[check])])
    assert "nodule: 1 of 3 cases with it, 0 of 1 without." in found.sentence


def test_privacy_that_was_promised_is_major_and_the_rest_minor() -> None:
    major = {name for name, check in BY_ID.items() if check.severity is Severity.MAJOR}
    assert major == {"identifiers_left", "private_tags_left", "embedded_dates"}
