"""What became of a set, on tables small enough to count by eye."""

import polars as pl
import pytest

from multisite.cohort.difference import CASE_CHANGES, CaseChange, CohortDifference, cohort_difference
from multisite.cohort.identity import set_digest
from multisite.errors import SchemaError, UsageError
from tests.lib.cohorts import cohort


def rows(difference: CohortDifference) -> list[tuple[str, str, str]]:
    """Case, change and why, in the order in which they are listed."""
    return difference.cases.select("case_id", "change", "why").rows()


def test_every_way_in_and_out_of_the_set_has_its_reason() -> None:
    before = cohort("""
    case_id | exclusion_rule | vendor
    c1      | -              | GE
    c2      | adult          | GE
    c3      | -              | GE
    c4      | -              | GE
    c5      | no_images      | GE
    c6      | no_images      | GE
    c7      | -              | GE
    c8      | adult          | GE
    """)
    after = cohort("""
    case_id | exclusion_rule | vendor
    c1      | -              | GE
    c2      | -              | GE
    c4      | adult          | GE
    c5      | no_prediction  | GE
    c6      | no_images      | Philips
    c7      | -              | Philips
    c9      | -              | GE
    c0      | adult          | GE
    """)
    difference = cohort_difference(before, after)
    assert rows(difference) == [
        ("c9", "entered", "new in the table"),
        ("c2", "entered", "was excluded: adult"),
        ("c3", "left", "no longer in the table"),
        ("c4", "left", "now excluded: adult"),
        ("c7", "changed", "vendor"),
        ("c5", "excluded otherwise", "was excluded: no_images, now: no_prediction"),
    ]
    assert difference.cases.schema == CASE_CHANGES
    assert (difference.before.n_cases, difference.before.n_excluded) == (4, 4)
    assert (difference.after.n_cases, difference.after.n_excluded) == (4, 4)
    assert [difference.n_cases(change) for change in CaseChange] == [2, 2, 1, 1]
    assert not difference.are_equal


def test_counts_are_of_cases_and_patients_and_the_most_frequent_reason_comes_first() -> None:
    before = cohort("""
    case_id | patient_id | exclusion_rule | vendor
    c1      | p1         | -              | GE
    c2      | p2         | -              | GE
    c3      | p2         | -              | GE
    c4      | p3         | -              | GE
    c5      | -          | no_patient     | GE
    """)
    after = cohort("""
    case_id | patient_id | exclusion_rule | vendor
    c1      | p1         | -              | Philips
    c2      | p2         | adult          | GE
    c3      | p2         | adult          | GE
    c5      | -          | no_images      | GE
    """)
    assert cohort_difference(before, after).counts.rows() == [
        ("left", "now excluded: adult", 2, 1),
        ("left", "no longer in the table", 1, 1),
        ("changed", "vendor", 1, 1),
        ("excluded otherwise", "was excluded: no_patient, now: no_images", 1, 0),
    ]


def test_a_changed_case_names_its_columns_sorted_and_each_column_is_counted() -> None:
    before = cohort("""
    case_id | patient_id | split | age_years | reference_nodule | stratum_age
    c1      | p1         | train | 39        | true             | <40
    c2      | p1         | train | 39        | true             | <40
    c3      | p2         | test  | 70        | -                | ≥40
    """)
    after = cohort("""
    case_id | patient_id | split | age_years | reference_nodule | stratum_age
    c1      | p1         | test  | 40        | true             | ≥40
    c2      | p1         | train | 40        | true             | ≥40
    c3      | p2         | test  | 70        | false            | ≥40
    """)
    difference = cohort_difference(before, after)
    assert rows(difference) == [
        ("c1", "changed", "age_years, split, stratum_age"),
        ("c2", "changed", "age_years, stratum_age"),
        ("c3", "changed", "reference_nodule"),
    ]
    assert difference.columns.rows() == [
        ("age_years", 2, 1),
        ("stratum_age", 2, 1),
        ("reference_nodule", 1, 1),
        ("split", 1, 1),
    ]


def test_a_column_that_only_one_cohort_has_changes_the_hash_and_no_case() -> None:
    before = cohort("""
    case_id | stratum_sex
    c1      | F
    """)
    after = cohort("""
    case_id | stratum_age | stratum_vendor
    c1      | <40         | GE
    """)
    difference = cohort_difference(before, after)
    assert rows(difference) == []
    assert difference.columns_added == ("stratum_age", "stratum_vendor")
    assert difference.columns_removed == ("stratum_sex",)
    assert not difference.are_equal


@pytest.mark.parametrize(
    ("old", "new", "differs"),
    [
        (None, None, False),
        (float("nan"), float("nan"), False),
        (1.25, 1.25, False),
        (0.0, -0.0, True),
        (None, float("nan"), True),
        (None, 0.0, True),
        (1.25, float("nan"), True),
        (0.1 + 0.2, 0.3, True),
        (float("inf"), float("-inf"), True),
    ],
)
def test_numbers_are_compared_bit_by_bit_as_in_the_hash(old: float | None, new: float | None, differs: bool) -> None:
    before, after = (
        cohort("""
        case_id
        c1
        """).with_columns(pl.lit(value, pl.Float64).alias("slice_thickness_mm"))
        for value in (old, new)
    )
    difference = cohort_difference(before, after)
    assert rows(difference) == ([("c1", "changed", "slice_thickness_mm")] if differs else [])
    assert difference.are_equal is not differs


def test_the_hashes_are_those_of_the_included_cases() -> None:
    whole = cohort("""
    case_id | exclusion_rule
    c1      | -
    c2      | adult
    """)
    difference = cohort_difference(whole, whole[:1])
    assert difference.before.sha256 == difference.after.sha256 == set_digest(whole.filter("included"))
    assert difference.are_equal
    assert rows(difference) == []


def test_the_patient_of_a_row_is_the_one_in_the_set() -> None:
    before = cohort("""
    case_id | patient_id | exclusion_rule
    c1      | old        | -
    c2      | -          | no_patient
    c3      | old        | -
    """)
    after = cohort("""
    case_id | patient_id | exclusion_rule
    c1      | -          | no_patient
    c2      | new        | -
    c3      | new        | -
    """)
    patients = cohort_difference(before, after).cases.select("case_id", "patient_id").rows()
    assert dict(patients) == {"c1": "old", "c2": "new", "c3": "new"}


def test_cohorts_without_a_case_in_common_say_so_even_when_the_cases_are_excluded() -> None:
    one = cohort("""
    case_id | exclusion_rule
    c1      | -
    c2      | adult
    """)
    other = cohort("""
    case_id | exclusion_rule
    d1      | -
    c2      | adult
    """)
    assert cohort_difference(one[:1], other[:1]).have_no_case_in_common
    assert not cohort_difference(one, other).have_no_case_in_common
    assert not cohort_difference(one, one[:0]).have_no_case_in_common


def test_a_cohort_without_cases_compares_with_any() -> None:
    some = cohort("""
    case_id
    c1
    """)
    assert rows(cohort_difference(some[:0], some)) == [("c1", "entered", "new in the table")]
    nothing = cohort_difference(some[:0], some[:0])
    assert rows(nothing) == []
    assert nothing.are_equal
    assert nothing.sites == ()


def test_cohorts_of_different_sites_are_refused_without_naming_them() -> None:
    north = cohort("""
    case_id | site
    c1      | north
    """)
    both = cohort("""
    case_id | site
    c1      | north
    c2      | south
    """)
    with pytest.raises(UsageError, match="of different sites") as caught:
        cohort_difference(north, both)
    assert caught.value.remedy == "Compare two cohorts of one site."
    assert "south" not in str(caught.value)
    assert cohort_difference(both, both).sites == ("north", "south")


def test_a_case_that_is_included_and_excluded_is_refused() -> None:
    sound = cohort("""
    case_id
    c1
    """)
    unsound = sound.with_columns(pl.lit(False).alias("included"))
    with pytest.raises(SchemaError, match="contradict each other in 1 cases"):
        cohort_difference(sound, unsound)
