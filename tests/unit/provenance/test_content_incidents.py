import polars as pl
import pytest

from multisite.provenance.series import combine_series
from multisite.provenance.series_parts import series_parts
from multisite.schemas.series import CONTENT_INCIDENTS
from tests.lib.header_rows import header_rows, pseudonym

_HEAD = "sop_instance_uid | series_instance_uid | study_instance_uid | patient_id | content_fingerprint\n"


def pairs(*rows: str) -> list[tuple[set[str], int]]:
    """The series of each pair, by name, and what ties them."""
    headers = header_rows(_HEAD + "\n".join(rows))
    found = CONTENT_INCIDENTS.conform(
        combine_series(series_parts(headers, site="north"), site="north").content_incidents
    )
    names = {pseudonym(f"e{i}"): f"e{i}" for i in range(10)}
    return sorted(
        (
            ({names[first], names[other]}, n)
            for first, other, n in found.select(pl.col("^.*series_.*$"), "n_fingerprints").rows()
        ),
        key=str,
    )


def test_a_series_that_stands_again_under_new_uids_is_one_pair_with_its_acquisitions_counted() -> None:
    found = pairs(
        "i1|e1|s1|p1|f1", "i2|e1|s1|p1|f2", "i3|e1|s1|p1|f3", "i4|e2|s1|p1|f1", "i5|e2|s1|p1|f2", "i6|e2|s1|p1|f6"
    )
    assert found == [({"e1", "e2"}, 2)]


def test_the_pair_has_study_and_patient_of_both() -> None:
    headers = header_rows(_HEAD + "i1|e1|s1|p1|f1\ni2|e2|s2|-|f1")
    found = combine_series(series_parts(headers, site="north"), site="north").content_incidents
    # Who has no known patient comes last.
    assert found.select(pl.exclude("site")).rows() == [
        (pseudonym("e1"), pseudonym("s1"), pseudonym("p1"), pseudonym("e2"), pseudonym("s2"), None, 1)
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "rows",
    [
        ("i1|e1|s1|p1|f1", "i1|e2|s1|p1|f1"),
        ("i1|e1|s1|p1|f1", "i1|e1|s1|p2|f1"),
        ("i1|e1|s1|p1|f1", "i1|e1|s1|p1|f1"),
        ("i1|e1|s1|p1|f1", "i2|e1|s1|p1|f1"),
        ("i1|e1|s1|p1|-", "i2|e2|s1|p1|-"),
    ],
    ids=["instance in two series", "instance of two patients", "copy", "twice within a series", "no fingerprint"],
)
def test_what_is_no_pair(rows: tuple[str, ...]) -> None:
    assert pairs(*rows) == []


def test_a_series_that_stands_under_two_patients_with_other_instances_is_a_pair_with_itself() -> None:
    assert pairs("i1|e1|s1|p1|f1", "i2|e1|s1|p2|f1") == [({"e1"}, 1)]


def test_places_are_tied_within_study_and_patient_first_and_n_of_them_by_one_less() -> None:
    rows = [f"i{i}|e{i}|s{i // 2}|p{i // 4}|f1" for i in range(8)]
    found = pairs(*rows)
    assert len(found) == 7
    series_of = [tuple(int(name[1]) for name in pair) for pair, _ in found]
    kinship = sorted("study" if a // 2 == b // 2 else "patient" if a // 4 == b // 4 else "nobody" for a, b in series_of)
    assert kinship == ["nobody", "patient", "patient", "study", "study", "study", "study"]


@pytest.mark.slow
def test_an_acquisition_in_many_series_gives_one_pair_less_than_there_are_series() -> None:
    headers = pl.concat(
        [
            header_rows(_HEAD + "i|e|s|p|f").with_columns(
                pl.lit(pseudonym(f"{name}{i}")).alias(column)
                for name, column in (
                    ("i", "sop_instance_uid"),
                    ("e", "series_instance_uid"),
                    ("s", "study_instance_uid"),
                    ("p", "patient_id"),
                )
            )
            for i in range(200)
        ]
    )
    found = combine_series(series_parts(headers, site="north"), site="north").content_incidents
    assert found.height == 199
    assert found["patient_id"].n_unique() == 1
