import polars as pl
import pytest

from multisite.integrity.check import CheckFrames, Claims, Outcome
from multisite.integrity.checks.series import SERIES_CHECKS
from multisite.schemas.series import CONTENT_INCIDENTS, INSTANCE_INCIDENTS
from multisite.vocabulary import Severity, Verdict
from tests.lib.tables import table
from tests.unit.integrity.builders import SOUND_SERIES, series_rows

_CASES = "case_id | series_instance_uid\nc1 | e1\nc2 | e2\nc3 | e3\nc4 | -\n"
_INCIDENTS = """
instance | series_instance_uid | n_series | n_contents | n_objects
a1       | e1                  | 1        | 2          | 3
a2       | e9                  | 2        | 1          | 2
"""
BY_ID = {check.id: check for check in SERIES_CHECKS}


def outcome(check: str, *, series: str = SOUND_SERIES, incidents: str | None = None, cases: str = _CASES) -> Outcome:
    found = INSTANCE_INCIDENTS.empty()
    if incidents is not None:
        counts = dict.fromkeys(("n_series", "n_contents", "n_objects"), pl.Int64())
        others = (pl.lit("north").alias("site"), pl.lit(1).cast(pl.Int64).alias("n_patients"))
        studies = pl.concat_list(pl.lit("s1")).alias("study_instance_uids")
        found = INSTANCE_INCIDENTS.conform(table(incidents, **counts).with_columns(*others, studies))
    frames = CheckFrames(
        included=table(cases),
        series=series_rows(series),
        instance_incidents=found,
        content_incidents=CONTENT_INCIDENTS.empty(),
        claims=Claims(),
        seed=20,
    )
    return BY_ID[check].run(frames)


def test_the_same_instance_with_other_content_is_a_critical_finding_that_names_it() -> None:
    found = outcome("same_instance_other_content", incidents=_INCIDENTS)
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 30)
    assert found.found.rows() == [("instance", "a1", "2 contents in 3 objects of 1 series")]
    assert BY_ID["same_instance_other_content"].severity is Severity.CRITICAL


def test_an_instance_with_one_content_in_two_series_is_no_finding_of_other_content() -> None:
    only_shared = "\n".join(line for line in _INCIDENTS.splitlines() if not line.startswith("a1"))
    assert outcome("same_instance_other_content", incidents=only_shared).verdict is Verdict.PASS


def test_a_series_with_two_kernels_is_a_finding() -> None:
    found = outcome("series_consistency", series=SOUND_SERIES.replace("rows", "kernel_class,vendor,convolution_kernel"))
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 3)
    assert found.found.rows() == [("series", "e2", "more than one convolution_kernel, vendor")]


def test_a_gap_among_the_slices_is_a_finding() -> None:
    row = "e1                  | 0                | 0                  | true "
    found = outcome("slice_gaps", series=SOUND_SERIES.replace(row, "e1 | 3 | 1 | false"))
    assert (found.verdict, found.n_found, found.n_examined) == (Verdict.FAIL, 1, 2)
    assert found.found.rows() == [("series", "e1", "3 slices missing and 1 there twice")]


@pytest.mark.parametrize("check", ["series_consistency", "slice_gaps"])
def test_only_series_of_included_cases_are_looked_at(check: str) -> None:
    faulty = SOUND_SERIES + "e8 | 3 | 1 | false | - | vendor\n"
    assert outcome(check, series=faulty).verdict is Verdict.PASS
    assert outcome(check, series=faulty, cases=_CASES + "c8 | e8\n").verdict is Verdict.FAIL


@pytest.mark.parametrize("check", ["series_consistency", "slice_gaps"])
def test_cases_without_images_leave_the_question_open(check: str) -> None:
    assert outcome(check, cases="case_id | series_instance_uid\nc1 | -").verdict is Verdict.INSUFFICIENT


def test_slices_that_cannot_be_put_in_a_row_leave_the_question_open() -> None:
    flat = SOUND_SERIES.replace("| true        | -        ", "| - | one slice")
    assert outcome("slice_gaps", series=flat).verdict is Verdict.INSUFFICIENT


def test_gaps_do_not_apply_where_no_series_is_a_stack() -> None:
    plain = "not a cross-sectional modality"
    projections = SOUND_SERIES.replace("| true        | -        ", f"| - | {plain}").replace("one slice", plain)
    assert outcome("slice_gaps", series=projections).verdict is Verdict.NOT_APPLICABLE


def test_series_that_were_not_made_from_headers_leave_the_question_open() -> None:
    bare = series_rows().with_columns(
        pl.lit(None, pl.Int64).alias("n_conflicting_instances"),
        pl.lit(None, pl.List(pl.String)).alias("inconsistent_attributes"),
        pl.lit(None, pl.Boolean).alias("is_complete"),
    )
    frames = CheckFrames(
        included=table(_CASES),
        series=bare,
        instance_incidents=INSTANCE_INCIDENTS.empty(),
        content_incidents=CONTENT_INCIDENTS.empty(),
        claims=Claims(),
        seed=20,
    )
    assert {check.run(frames).verdict for check in SERIES_CHECKS} == {Verdict.INSUFFICIENT}


def test_projections_beside_stacks_do_not_hide_the_stacks() -> None:
    mixed = SOUND_SERIES.replace("one slice", "not a cross-sectional modality")
    found = outcome("slice_gaps", series=mixed)
    assert (found.verdict, found.n_examined) == (Verdict.PASS, 2)
