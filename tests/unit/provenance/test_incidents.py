import polars as pl
import pytest

from multisite.provenance.holders import Holders
from multisite.provenance.incidents import find_incidents, repeated_digests
from multisite.provenance.series import combine_series
from multisite.provenance.series_parts import series_parts
from multisite.schemas.series import INSTANCE_INCIDENTS
from tests.lib.header_rows import header_rows, pseudonym


def incidents(text: str) -> list[tuple[object, ...]]:
    tables = combine_series(series_parts(header_rows(text), site="north"), site="north")
    found = INSTANCE_INCIDENTS.conform(tables.instance_incidents)
    return found.select("instance", "series_instance_uid", "n_series", "n_contents", "n_objects").rows()


def test_the_same_instance_with_other_content_is_one_incident() -> None:
    assert incidents("""
        sop_instance_uid | series_instance_uid | dataset_digest
        i1               | e1                  | a
        i1               | e1                  | b
        i1               | e1                  | b
        i2               | e1                  | c
    """) == [(pseudonym("i1")[:16], pseudonym("e1"), 1, 2, 3)]


def test_an_instance_in_two_series_is_an_incident_even_where_its_content_is_unknown() -> None:
    assert incidents("""
        sop_instance_uid | series_instance_uid | dataset_digest
        i1               | e1                  | -
        i1               | e2                  | -
    """) == [(pseudonym("i1")[:16], min(pseudonym("e1"), pseudonym("e2")), 2, 0, 2)]


def test_an_instance_under_two_patients_or_studies_is_an_incident_and_the_studies_are_named() -> None:
    tables = combine_series(
        series_parts(
            header_rows("""
                sop_instance_uid | series_instance_uid | dataset_digest | study_instance_uid | patient_id
                i1               | e1                  | -              | s1                 | p1
                i1               | e1                  | -              | s1                 | p2
                i2               | e2                  | a              | s1                 | p1
                i2               | e2                  | a              | s2                 | p1
                i3               | e3                  | b              | s3                 | p3
                i3               | e3                  | b              | s3                 | -
            """),
            site="north",
        ),
        site="north",
    )
    found = INSTANCE_INCIDENTS.conform(tables.instance_incidents).sort("n_patients")
    assert found.select("instance", "n_patients", "study_instance_uids").rows() == [
        (pseudonym("i2")[:16], 1, sorted([pseudonym("s1"), pseudonym("s2")])),
        (pseudonym("i1")[:16], 2, [pseudonym("s1")]),
    ]


@pytest.mark.parametrize("other", ["a", "-"])
def test_a_copy_sent_again_is_no_incident(other: str) -> None:
    text = f"sop_instance_uid | series_instance_uid | dataset_digest\ni1 | e1 | a\ni1 | e1 | {other}"
    assert incidents(text) == []


def test_repeated_digests_are_found_at_both_ends_of_their_range() -> None:
    ends = [0, 2**60 - 1, 2**60, 2**64 - 1]
    lists = pl.Series([[*ends, 5], ends[:2], [], ends[2:]], dtype=pl.List(pl.UInt64))
    assert repeated_digests(lists).tolist() == ends
    assert repeated_digests(lists[:1]).tolist() == []


def test_an_incident_names_the_instance_by_16_digits() -> None:
    repeats = pl.DataFrame(
        {"holder": [0, 0], "instance": [10, 10], "content": [1, 2]},
        schema={"holder": pl.UInt32, "instance": pl.UInt64, "content": pl.UInt64},
    )
    holders = Holders.of(series_parts(header_rows("sop_instance_uid | series_instance_uid\ni1 | e1"), site="north"))
    assert find_incidents(repeats, holders, site="north")["instance"].to_list() == ["000000000000000a"]
