from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from multisite.errors import StoreError
from multisite.provenance.headers import ShardRows
from multisite.schemas import ObjectVersion, RangeRequest
from multisite.schemas.provenance import HEADERS, QUARANTINE
from multisite.vocabulary import QuarantineReason
from tests.lib.examples import examples
from tests.lib.instances import instance
from tests.lib.shelf import Shelf
from tests.unit.provenance.reading import read, reasons

MIXED = {
    "s/a": instance(1, pixels=3000),
    "s/b": b"",
    "s/c": b"not an image at all" * 20,
    "s/d": instance(2)[:200],
    "s/e": instance(3, padding=9000),
}


def same(one: ShardRows, other: ShardRows) -> None:
    assert_frame_equal(one.headers, other.headers)
    assert_frame_equal(one.quarantine, other.quarantine)
    assert one.settled == other.settled


def counts(rows: ShardRows) -> dict[str, dict[str, int]]:
    return {row["outcome"]: row for row in rows.counts.iter_rows(named=True)}


def test_every_object_is_a_header_row_or_a_quarantine_row_and_never_both() -> None:
    rows = read(Shelf(MIXED))
    assert rows.headers["object_key"].to_list() == ["s/a", "s/e"]
    assert reasons(rows) == {"s/b": "empty object", "s/c": "not DICOM", "s/d": "truncated header"}
    assert rows.settled


def test_a_header_row_names_the_state_of_the_object_that_was_listed() -> None:
    shelf = Shelf({"s/a": MIXED["s/a"]})
    listed, row = shelf.shard().row(0, named=True), read(shelf).headers.row(0, named=True)
    for column in ("site", "store", "object_key", "size_bytes", "etag", "modified_at"):
        assert row[column] == listed[column]
    assert row["member_name"] is None


def test_every_request_names_the_state_of_the_object_that_is_meant() -> None:
    shelf = Shelf({"s/e": MIXED["s/e"]})
    read(shelf, first=1024)
    listed = shelf.shard().row(0, named=True)
    version = ObjectVersion(listed["size_bytes"], listed["etag"], listed["modified_at"])
    assert len(shelf.requests) == 2
    assert {request.version for request in shelf.requests} == {version}


def test_a_header_longer_than_the_first_read_is_finished_with_one_more_without_reading_a_byte_twice() -> None:
    shelf = Shelf({"a": instance(1, padding=9000, pixels=100_000)})
    assert read(shelf, first=1024).headers["kvp"].to_list() == [120.0]
    first, second = shelf.requests
    assert (first.start, first.length, second.start) == (0, 1024, 1024)


def test_a_header_longer_than_the_limit_is_quarantined_and_not_read_on() -> None:
    shelf = Shelf({"a": instance(1, padding=50_000)})
    assert reasons(read(shelf, first=1024, longest=8192)) == {"a": "header longer than the limit"}
    assert max(request.start + request.length for request in shelf.requests) <= 8192


@pytest.mark.parametrize("reason", [QuarantineReason.VANISHED, QuarantineReason.CHANGED, QuarantineReason.READ_FAILED])
def test_an_object_that_cannot_be_read_is_quarantined_and_the_shard_is_not_settled(reason: QuarantineReason) -> None:
    shelf = Shelf({"a": instance(1), "b": instance(2)})
    shelf.answer = lambda request: reason if request.key == "a" else shelf.objects["b"][: request.length]
    rows = read(shelf)
    assert reasons(rows) == {"a": reason.value}
    assert rows.headers["object_key"].to_list() == ["b"]
    assert not rows.settled


def test_an_object_that_changes_between_two_requests_gives_no_row_of_mixed_bytes() -> None:
    whole = instance(1, padding=9000)
    shelf = Shelf({"a": whole}, lambda r: whole[: r.length] if r.start == 0 else QuarantineReason.CHANGED)
    assert reasons(read(shelf, first=1024)) == {"a": "object changed after listing"}


def test_an_object_that_ends_before_its_listed_size_has_changed() -> None:
    whole = instance(1)
    shelf = Shelf({"a": whole}, lambda r: whole[:150][r.start : r.start + r.length])
    assert reasons(read(shelf)) == {"a": "object changed after listing"}


def test_a_server_that_gives_a_byte_at_a_time_does_not_hold_the_shard_for_ever() -> None:
    whole = instance(1, padding=100_000)
    shelf = Shelf({"a": whole}, lambda r: whole[r.start : r.start + 1])
    rows = read(shelf)
    assert rows.headers.height + rows.quarantine.height == 1
    assert len(shelf.requests) <= 8


def test_a_store_that_no_longer_answers_stops_the_shard() -> None:
    def dead(request: RangeRequest) -> bytes:
        raise StoreError("the store does not answer")

    with pytest.raises(StoreError):
        read(Shelf({"a": instance(1)}, dead))


def test_objects_of_unknown_size_give_the_rows_of_those_of_known_size() -> None:
    known, unknown = read(Shelf(MIXED)), read(Shelf(MIXED, sizes_known=False))
    sized = ["size_bytes", "dataset_digest"]
    assert_frame_equal(unknown.headers.drop(sized), known.headers.drop(sized))
    assert_frame_equal(unknown.quarantine.drop("size_bytes"), known.quarantine.drop("size_bytes"))
    assert unknown.headers["size_bytes"].null_count() == unknown.headers.height
    assert counts(unknown)["scanner"]["n_bytes_total"] == 0


@pytest.mark.parametrize("first", [1024, 1 << 20])
def test_an_object_of_unknown_size_has_no_digest_whether_or_not_its_end_was_seen(first: int) -> None:
    rows = read(Shelf(MIXED, sizes_known=False), first=first).headers
    assert rows["dataset_digest"].null_count() == rows.height == 2


def test_an_object_of_unknown_size_that_ends_where_the_read_does_is_asked_once_more() -> None:
    whole = instance(1)
    shelf = Shelf({"a": whole}, sizes_known=False)
    assert read(shelf, first=len(whole)).headers.height == 1
    assert len(shelf.requests) <= 2


def test_an_empty_shard_gives_empty_tables() -> None:
    rows = read(Shelf({}))
    assert rows.headers.schema == HEADERS.schema
    assert rows.quarantine.schema == QUARANTINE.schema
    assert rows.counts.is_empty()
    assert rows.settled


def test_counts_say_what_became_of_the_objects_and_what_that_took() -> None:
    shelf = Shelf(MIXED)
    found = counts(read(shelf, first=1024))
    assert {outcome: row["n_objects"] for outcome, row in found.items()} == {
        "scanner": 2,
        "empty object": 1,
        "not DICOM": 1,
        "truncated header": 1,
    }
    assert found["scanner"]["n_bytes_total"] == len(MIXED["s/a"]) + len(MIXED["s/e"])
    assert found["empty object"]["n_requests"] == 0
    assert sum(row["n_requests"] for row in found.values()) == len(shelf.requests)
    assert sum(row["n_bytes_read"] for row in found.values()) == shelf.n_bytes
    assert found["scanner"]["n_one_request"] == 1
    assert found["not DICOM"]["n_bytes_header"] == 0


@pytest.mark.slow
@examples(12)
@given(st.integers(1, 20_000), st.integers(0, 2**32 - 1), st.lists(st.tuples(st.integers(0, 600), st.integers(0, 255))))
def test_rows_do_not_depend_on_what_is_asked_for_first(first: int, seed: int, damage: list[tuple[int, int]]) -> None:
    damaged = bytearray(instance(4, padding=seed % 3000 // 2 * 2, pixels=500))
    for place, byte in damage:
        damaged[place % len(damaged)] = byte
    objects = MIXED | {"s/f": bytes(damaged), "t/a": instance(5, padding=seed % 7000 // 2 * 2), "t/b": bytes(damaged)}
    same(read(Shelf(objects), first=first), read(Shelf(objects), first=1 << 20))


class Later:
    """A shelf read once, and again after ``change`` was done to it, with the first rows at hand."""

    def __init__(self, shelf: Shelf, change: Callable[[Shelf], None] = lambda shelf: None) -> None:
        first = read(shelf)
        change(shelf)
        shelf.requests.clear()
        self.anew = read(shelf)
        shelf.requests.clear()
        self.rows = read(shelf, earlier={"headers": first.headers, "quarantine": first.quarantine})
        self.read_keys = sorted({request.key for request in shelf.requests})
        self.n_carried = self.rows.counts["n_carried"].sum()


def put(**objects: bytes) -> Callable[[Shelf], None]:
    return lambda shelf: shelf.objects.update(objects)


def test_unchanged_objects_are_not_asked_for_again() -> None:
    later = Later(Shelf(MIXED))
    assert later.read_keys == []
    assert later.n_carried == len(MIXED)
    same(later.rows, later.anew)


def test_new_and_changed_objects_alone_are_read_and_the_rows_are_those_of_a_full_reading() -> None:
    later = Later(Shelf({"a": instance(1), "c": instance(3), "d": b"text" * 90}), put(b=instance(2), c=instance(9)))
    assert later.read_keys == ["b", "c"]
    assert later.n_carried == 2
    assert later.rows.headers["object_key"].to_list() == ["a", "b", "c"]
    same(later.rows, later.anew)


def test_rows_of_objects_that_are_gone_are_not_carried() -> None:
    later = Later(Shelf({"a": instance(1), "b": instance(2)}), lambda shelf: shelf.objects.__delitem__("a"))
    assert later.rows.headers["object_key"].to_list() == ["b"]


@pytest.mark.parametrize(
    "changed",
    [
        {"size_bytes": pl.lit(1, pl.Int64)},
        {"etag": pl.lit("other")},
        {"etag": pl.lit(None, pl.String)},
        {"modified_at": pl.lit(datetime(2024, 1, 1, tzinfo=UTC)).cast(pl.Datetime("us", "UTC"))},
    ],
)
def test_an_object_of_which_the_listing_says_anything_else_is_read_again(changed: dict[str, pl.Expr]) -> None:
    shelf = Shelf({"a": instance(1)})
    first = read(shelf)
    shelf.requests.clear()
    read(shelf, earlier={"headers": first.headers.with_columns(**changed), "quarantine": first.quarantine})
    assert len(shelf.requests) == 1


def test_objects_of_which_nothing_is_known_are_carried_by_their_key() -> None:
    shelf = Shelf({"a": instance(1)}, sizes_known=False, versions_known=False)
    later = Later(shelf)
    assert later.read_keys == []
    same(later.rows, later.anew)


def test_what_failed_in_passing_is_read_again_and_what_is_broken_is_not() -> None:
    shelf = Shelf({"a": instance(1), "b": b"text" * 90})
    shelf.answer = lambda r: QuarantineReason.READ_FAILED if r.key == "a" else shelf.objects["b"][: r.length]

    def mend(shelf: Shelf) -> None:
        shelf.answer = None

    later = Later(shelf, mend)
    assert later.read_keys == ["a"]
    assert later.rows.headers["object_key"].to_list() == ["a"]
    assert later.rows.settled


def test_an_object_that_is_there_twice_in_the_earlier_rows_is_read_again() -> None:
    shelf = Shelf({"a": instance(1)})
    first = read(shelf)
    shelf.requests.clear()
    rows = read(shelf, earlier={"headers": pl.concat([first.headers, first.headers])})
    assert len(shelf.requests) == 1
    same(rows, replace(first))


def test_rows_come_in_the_order_of_their_keys_whether_carried_or_read() -> None:
    later = Later(Shelf({"b": instance(1), "d": instance(2)}), put(a=instance(3), c=instance(4), e=b"", f=instance(5)))
    assert later.rows.headers["object_key"].to_list() == ["a", "b", "c", "d", "f"]
