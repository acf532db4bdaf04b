"""What stores do while headers are read: nothing of it is blamed on the wrong one, and nothing stops the rest."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace

import pytest

from multisite.errors import StoreError
from multisite.schemas.objects import ObjectVersion, RangeRequest
from multisite.storage.location import CredentialReference, StoreLocation
from multisite.storage.objects import ReadFailure, ReadResult
from multisite.storage.retrying import Patience
from multisite.storage.s3.store import S3
from multisite.vocabulary import QuarantineReason
from tests.lib.faulty_s3 import Faults, faulty_s3

pytestmark = pytest.mark.s3

VANISHED = ReadFailure(QuarantineReason.VANISHED)
CHANGED = ReadFailure(QuarantineReason.CHANGED)
READ_FAILED = ReadFailure(QuarantineReason.READ_FAILED)
QUICK = Patience(
    connect_timeout_s=1.0,
    read_timeout_s=0.3,
    attempts=3,
    first_pause_s=0.01,
    longest_pause_s=0.05,
    throttled_pauses=6,
)
# For tests that count requests: an answer that a busy machine delays is not asked for again.
CALM = replace(QUICK, connect_timeout_s=20.0, read_timeout_s=20.0)
NAMES = [f"{n:02}" for n in range(40)]
BODIES = {name: bytes([int(name)]) * 1000 for name in NAMES}


@contextmanager
def served(faults: Faults, objects: dict[str, bytes] | None = None, patience: Patience = QUICK) -> Iterator[S3]:
    """A store on a server with ``faults`` that holds ``objects``; taking from or adding to them changes the store."""
    objects = {f"ct/{name}": body for name, body in BODIES.items()} if objects is None else objects
    with faulty_s3(objects, faults) as endpoint:
        anyone = CredentialReference(anonymous=True)
        yield S3(StoreLocation("site_store", "s3://ct", endpoint=endpoint, credentials=anyone), patience)


def read(store: S3, requests: Sequence[RangeRequest], concurrency: int = 8) -> list[ReadResult]:
    return list(store.read_prefixes(requests, concurrency=concurrency))


def begins(names: Sequence[str], length: int = 10) -> list[RangeRequest]:
    return [RangeRequest(name, 0, length) for name in names]


def versions(store: S3) -> dict[str, ObjectVersion]:
    return {
        info.key: ObjectVersion(info.size_bytes, info.etag, info.modified_at)
        for batch in store.list()
        for info in batch
    }


# Objects


@pytest.mark.parametrize("ignores_ranges", [False, True])
def test_objects_smaller_than_the_range_and_empty_ones_give_what_they_have(ignores_ranges: bool) -> None:
    objects = {"ct/empty": b"", "ct/one": b"1", "ct/exact": b"0123456789", "ct/long": b"0123456789A"}
    with served(Faults(ignores_ranges=ignores_ranges), objects) as store:
        seen = versions(store)
        requests = [RangeRequest(key, 0, 10, seen[key]) for key in ("empty", "one", "exact", "long")]
        assert read(store, requests) == [b"", b"1", b"0123456789", b"0123456789"]
        assert read(store, [RangeRequest("exact", 10, 5, seen["exact"])]) == [b""]


@pytest.mark.parametrize("ignores_ranges", [False, True])
def test_an_object_that_vanishes_after_listing_is_named_among_the_others(ignores_ranges: bool) -> None:
    objects = {f"ct/{name}": body for name, body in BODIES.items()}
    with served(Faults(ignores_ranges=ignores_ranges), objects) as store:
        seen = versions(store)
        del objects["ct/07"]
        results = read(store, [RangeRequest(name, 0, 10, seen[name]) for name in NAMES])
    assert results == [VANISHED if name == "07" else BODIES[name][:10] for name in NAMES]


@pytest.mark.parametrize("ignores_ranges", [False, True])
@pytest.mark.parametrize("hides_etags", [False, True])
@pytest.mark.parametrize("new", [b"\x07" * 999, b"\x07" * 1001, b"", b"\x08" * 1000])
def test_an_object_that_changes_after_listing_is_not_read(ignores_ranges: bool, hides_etags: bool, new: bytes) -> None:
    objects = {f"ct/{name}": body for name, body in BODIES.items()}
    faults = Faults(ignores_ranges=ignores_ranges, hides_etags=hides_etags)
    with served(faults, objects) as store:
        seen = versions(store)
        objects["ct/07"] = new
        results = read(store, [RangeRequest(name, 0, 10, seen[name]) for name in NAMES])
    # Without an entity tag, and of the same size and second, nothing tells the states apart.
    is_told = not hides_etags or len(new) != 1000
    assert results[7] == (CHANGED if is_told else new[:10])
    assert [result for index, result in enumerate(results) if index != 7] == [
        BODIES[name][:10] for name in NAMES if name != "07"
    ]


def test_a_store_that_is_gone_is_not_blamed_on_objects_however_it_fails() -> None:
    faults = Faults()
    with served(faults) as store:
        assert read(store, begins(NAMES[:2]))[0] == BODIES["00"][:10]
        faults.is_dead = True
        begin = time.monotonic()
        for way in (lambda: read(store, begins(NAMES)), lambda: list(store.list()), lambda: store.read("07")):
            with pytest.raises(StoreError, match="does not answer"):
                way()
    # Four attempts at reading and listing, and three of each check, of at most 1.3 s each.
    assert time.monotonic() - begin < 20


# Throttling


@pytest.mark.parametrize("ignores_ranges", [False, True])
def test_a_store_that_throttles_for_a_while_is_read_in_full_and_more_slowly(ignores_ranges: bool) -> None:
    faults = Faults(slow_downs=26, ignores_ranges=ignores_ranges)
    with served(faults) as store:
        assert read(store, begins(NAMES)) == [BODIES[name][:10] for name in NAMES]
        assert 2 <= store.pace.n_pauses <= QUICK.throttled_pauses
        assert faults.n_throttled == 26


def test_a_store_that_allows_few_requests_at_a_time_is_asked_fewer_at_a_time() -> None:
    faults = Faults(throttled_above=2)
    with served(faults) as store:
        assert read(store, begins(NAMES) * 5, concurrency=16) == [BODIES[name][:10] for name in NAMES] * 5
        assert faults.most_at_a_time > 2
        faults.most_at_a_time = faults.n_throttled = 0
        assert read(store, begins(NAMES), concurrency=16) == [BODIES[name][:10] for name in NAMES]
    # What was learned holds for the next objects.
    assert faults.most_at_a_time < 8


def test_a_store_that_throttles_for_ever_is_an_error_that_says_so() -> None:
    faults = Faults(is_throttling=True)
    with served(faults) as store:
        for requests in (begins(NAMES), begins(NAMES[:1])):
            with pytest.raises(StoreError, match=r"keeps asking for fewer requests \(SlowDown\)") as raised:
                read(store, requests)
            assert "07" not in str(raised.value)
        with pytest.raises(StoreError, match=r"keeps asking for fewer requests \(SlowDown\)"):
            store.read("07")
    assert faults.n_throttled < 100


def test_one_object_that_is_throttled_for_ever_does_not_stop_the_others() -> None:
    with served(Faults(throttled={"ct/07"})) as store:
        results = read(store, begins(NAMES))
    assert results == [READ_FAILED if name == "07" else BODIES[name][:10] for name in NAMES]


# Answers that do not come, or not whole


@pytest.mark.parametrize("ignores_ranges", [False, True])
@pytest.mark.parametrize(
    "faults",
    [
        {"cut_bodies_per_object": 2},
        {"server_errors_per_object": 2},
        {"silences_per_object": 1},
        {"hang_ups_per_object": 2},
        {"slow_downs_per_object": 2},
    ],
    ids=lambda fault: next(iter(fault)),
)
def test_a_fault_that_passes_leaves_no_trace(ignores_ranges: bool, faults: dict[str, int]) -> None:
    with served(Faults(ignores_ranges=ignores_ranges, **faults)) as store:
        assert read(store, begins(NAMES[:6], 1000)) == [BODIES[name] for name in NAMES[:6]]


@pytest.mark.parametrize("way", ["silent", "trickling"])
def test_an_object_that_never_comes_costs_bounded_time_and_is_the_only_one_blamed(way: str) -> None:
    faults = Faults()
    getattr(faults, way).add("ct/07")
    begin = time.monotonic()
    with served(faults) as store:
        results = read(store, begins(NAMES))
    assert results == [READ_FAILED if name == "07" else BODIES[name][:10] for name in NAMES]
    assert time.monotonic() - begin < 8


def test_a_broken_object_is_the_only_one_blamed() -> None:
    faults = Faults(broken={"ct/07", "ct/21"})
    with served(faults, patience=CALM) as store:
        results = read(store, begins(NAMES))
    assert results == [READ_FAILED if name in ("07", "21") else BODIES[name][:10] for name in NAMES]
    # obstore once, and s3fs as often as patience allows.
    assert faults.requests["ct/07"] == 1 + QUICK.attempts
    assert max(faults.requests[f"ct/{name}"] for name in NAMES if name not in ("07", "21")) == 1


@pytest.mark.parametrize("extra", [-5, 7])
@pytest.mark.parametrize("ignores_ranges", [False, True])
def test_an_answer_whose_length_is_wrong_is_never_taken_for_more_or_less_than_the_object(
    extra: int, ignores_ranges: bool
) -> None:
    faults = Faults()
    with served(faults) as store:
        seen = versions(store)
        faults.extra_length, faults.ignores_ranges = extra, ignores_ranges
        results = read(store, [RangeRequest(name, 0, 1000, seen[name]) for name in NAMES[:2]])
    # The bytes are all there when more are announced than come, and cannot be when fewer are.
    assert results == ([READ_FAILED] * 2 if extra < 0 else [BODIES[name] for name in NAMES[:2]])


def test_the_listing_goes_on_after_faults_and_where_the_fast_client_cannot() -> None:
    objects = {f"ct/{n:04}": b"x" for n in range(25)} | {"ct/0007//odd": b"x", "ct/0012/../odd": b"x"}
    faults = Faults(page_keys=4)
    with served(faults, objects) as store:
        keys = [info.key for batch in store.list() for info in batch]
        assert keys == sorted(key.removeprefix("ct/") for key in objects)
        later = [info.key for batch in store.list(after="0007//odd", until="0012/../odd") for info in batch]
    assert later == [key for key in keys if "0007//odd" < key <= "0012/../odd"]


def test_a_listing_out_of_order_is_put_in_order() -> None:
    objects = {f"ct/{key}": b"x" for key in ("b/2", "b/1", "b.c", "a", "b-", "c/d/2", "c/d/1", "é")}
    with served(Faults(lists_backwards=True, page_keys=3), objects) as store:
        keys = [info.key for batch in store.list() for info in batch]
        assert keys == ["a", "b-", "b.c", "b/1", "b/2", "c/d/1", "c/d/2", "é"]
        assert [info.key for batch in store.list(after="b.c", until="c/d/1") for info in batch] == keys[3:6]
        assert [info.key for batch in store.list("c") for info in batch] == keys[5:7]
