"""One contract, four kinds of store: a folder, an fsspec store in memory, and two real S3 servers."""

import pickle
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from multisite.errors import StoreError
from multisite.schemas.objects import ObjectVersion, RangeRequest
from multisite.storage.location import StoreLocation
from multisite.storage.objects import ObjectMissingError, ObjectStore, ReadFailure
from multisite.storage.opening import open_store
from multisite.vocabulary import QuarantineReason
from tests.lib.s3_servers import ACCESS_KEY, SECRET_KEY, S3Server, moto_server, rclone_server

VANISHED = ReadFailure(QuarantineReason.VANISHED)
CHANGED = ReadFailure(QuarantineReason.CHANGED)

OpenPlace = Callable[[str], ObjectStore]
"""Opens the store of a kind whose bucket or folder is called as given; "missing" is never made."""


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MULTISITE_TEST_ACCESS_KEY", ACCESS_KEY)
    monkeypatch.setenv("MULTISITE_TEST_SECRET_KEY", SECRET_KEY)


@pytest.fixture(scope="module")
def moto() -> Iterator[S3Server]:
    with moto_server() as server:
        yield server


@pytest.fixture(scope="module")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with rclone_server(tmp_path_factory.mktemp("rclone")) as server:
        yield server


@pytest.fixture(
    params=[
        "folder",
        "memory",
        pytest.param("moto", marks=pytest.mark.s3),
        pytest.param("rclone", marks=pytest.mark.s3),
    ]
)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> OpenPlace:
    kind: str = request.param

    def open_place(bucket: str) -> ObjectStore:
        make = bucket != "missing"
        if kind == "folder":
            if make:
                (tmp_path / bucket).mkdir()
            return open_store(StoreLocation("site_store", str(tmp_path / bucket)))
        if kind == "memory":
            store = open_store(StoreLocation("site_store", f"memory://{uuid.uuid4().hex}/{bucket}"))
            if make:
                store._system.makedirs(store._root, exist_ok=True)  # type: ignore[attr-defined]  # memory only
            return store
        server: S3Server = request.getfixturevalue(kind)
        unique = bucket if bucket == "missing" else f"{bucket}-{uuid.uuid4().hex[:8]}"
        if make:
            server.create_bucket(unique)
        return open_store(server.location(f"s3://{unique}/images"))

    return open_place


@pytest.fixture
def store(place: OpenPlace) -> ObjectStore:
    return place("bucket")


def _listed(store: ObjectStore, prefix: str = "") -> dict[str, int | None]:
    return {info.key: info.size_bytes for batch in store.list(prefix) for info in batch}


def test_an_empty_store_lists_nothing_and_passes_its_check(store: ObjectStore) -> None:
    assert list(store.list()) in ([], [[]])
    store.check()


def test_a_store_is_empty_until_an_object_is_in_it(store: ObjectStore) -> None:
    assert store.is_empty()
    store.write("a/b.dcm", b"1")
    assert not store.is_empty()


def test_what_was_written_is_listed_sized_and_read_back(store: ObjectStore) -> None:
    store.write("a/one.dcm", b"12345")
    store.write("a/b/two.dcm", b"")
    assert _listed(store) == {"a/one.dcm": 5, "a/b/two.dcm": 0}
    assert (store.size("a/one.dcm"), store.size("a/b/two.dcm")) == (5, 0)
    assert (store.read("a/one.dcm"), store.read("a/b/two.dcm")) == (b"12345", b"")


def test_times_of_change_are_in_utc_and_alike_in_list_and_head(store: ObjectStore) -> None:
    store.write("a", b"1")
    [listed] = [info for batch in store.list() for info in batch]
    head = store.head("a")
    assert head is not None
    assert listed.modified_at is not None
    assert head.modified_at is not None
    assert listed.modified_at.utcoffset() == timedelta(0)
    assert abs(datetime.now(UTC) - listed.modified_at) < timedelta(minutes=1)
    assert abs(head.modified_at - listed.modified_at) < timedelta(seconds=1.5)


def test_writing_again_replaces_the_object(store: ObjectStore) -> None:
    store.write("a", b"first and longer")
    store.write("a", b"second")
    assert store.read("a") == b"second"
    assert _listed(store) == {"a": 6}


def test_an_object_is_created_once_and_then_left_as_it_is(store: ObjectStore) -> None:
    assert store.create("a/b", b"first") is True
    assert store.create("a/b", b"second") is False
    assert store.create("a/b", b"first") is False
    assert store.read("a/b") == b"first"
    assert _listed(store) == {"a/b": 5}
    store.delete("a/b")
    assert store.create("a/b", b"third") is True
    assert store.read("a/b") == b"third"


def test_a_prefix_is_a_folder_and_not_the_beginning_of_a_name(store: ObjectStore) -> None:
    for key in ("p/1", "p/q/2", "pp/3", "r"):
        store.write(key, b"x")
    assert set(_listed(store, "p")) == {"p/1", "p/q/2"}
    assert set(_listed(store, "p/")) == {"p/1", "p/q/2"}
    assert set(_listed(store, "p/q")) == {"p/q/2"}
    assert _listed(store, "no such folder") == {}


def test_ranges_come_back_in_the_order_of_the_requests(store: ObjectStore) -> None:
    contents = {f"{index:02d}": bytes(range(index, index + 100)) for index in range(12)}
    for key, content in contents.items():
        store.write(key, content)
    requests = [RangeRequest(key, start, 7) for start in (0, 50, 95) for key in reversed(contents)]
    results = list(store.read_prefixes(requests, concurrency=5))
    assert results == [contents[key][start : start + 7] for key, start, *_ in requests]
    assert all(type(result) is bytes for result in results)


def test_a_range_gives_what_there_is_and_nothing_beyond_the_end(store: ObjectStore) -> None:
    store.write("short", b"0123456789")
    store.write("empty", b"")
    requests = [
        RangeRequest("short", 0, 99),
        RangeRequest("short", 8, 99),
        RangeRequest("short", 10, 5),
        RangeRequest("short", 99, 5),
        RangeRequest("empty", 0, 5),
    ]
    assert list(store.read_prefixes(requests)) == [b"0123456789", b"89", b"", b"", b""]
    assert list(store.read_prefixes([RangeRequest("short", 3, 0)])) == [b""]
    assert list(store.read_prefixes([])) == []


ORDERED = [
    "B",
    "a b",
    "a!",
    "a-b/y",
    "a.b",
    "a/0",
    "a/w/1",
    "a/w/2",
    "a/w.1",
    "a/x",
    "a0",
    "m",
    "zz/1",
    "é/1",
    "日/1",
    "𝒶",
]


def test_keys_come_in_rising_order_of_their_letters_and_not_of_their_folders(store: ObjectStore) -> None:
    for key in ORDERED:
        store.write(key, b"x")
    assert list(_listed(store)) == sorted(ORDERED)


@pytest.mark.parametrize("after", ["", "A", "a", "a.b", "a/", "a/w", "a/w/1", "zz/1", "𝒶", "\U0010ffff"])
def test_a_listing_holds_what_lies_in_its_range_and_nothing_else(store: ObjectStore, after: str) -> None:
    for key in ORDERED:
        store.write(key, b"x")
    for until in (None, "a/w.1", "a/w/", "a/w/1", "a0", "é", "zz/1"):
        expected = [key for key in sorted(ORDERED) if key > after and (until is None or key <= until)]
        assert [info.key for batch in store.list(after=after, until=until) for info in batch] == expected
        inside = [info.key for batch in store.list("a", after=after, until=until) for info in batch]
        assert inside == [key for key in expected if key.startswith("a/")]


def test_split_points_cut_a_store_into_ranges_that_are_alike_and_lose_nothing(store: ObjectStore) -> None:
    keys = [f"{patient:02}/{series}/{n}" for patient in range(12) for series in "ab" for n in (1, 2)]
    for key in keys:
        store.write(key, b"x")
    for parts in (1, 2, 5):
        points = store.split_points(parts)
        assert len(points) == parts - 1
        assert points == sorted(points)
        ranges = zip(["", *points], [*points, None], strict=True)
        found = [[i.key for batch in store.list(after=after, until=until) for i in batch] for after, until in ranges]
        assert [key for part in found for key in part] == sorted(keys)
        assert all(len(keys) / parts * 0.5 <= len(part) <= len(keys) / parts * 1.5 for part in found)


def test_a_store_without_folders_has_no_split_points(store: ObjectStore) -> None:
    assert store.split_points(8) == []
    for n in range(20):
        store.write(str(n), b"x")
    assert store.split_points(8) == []


def test_what_has_not_changed_since_it_was_listed_is_read_and_what_has_is_not(store: ObjectStore) -> None:
    for key in ("a", "b", "empty"):
        store.write(key, b"" if key == "empty" else b"0123456789")
    requests = [
        RangeRequest(info.key, 0, 12, ObjectVersion(info.size_bytes, info.etag, info.modified_at))
        for batch in store.list()
        for info in batch
    ]
    assert list(store.read_prefixes(requests)) == [b"0123456789", b"0123456789", b""]
    store.write("b", b"01234567")
    assert list(store.read_prefixes(requests)) == [b"0123456789", CHANGED, b""]


def test_a_vanished_object_is_a_result_among_the_others(store: ObjectStore) -> None:
    for key in ("a", "b", "c"):
        store.write(key, key.encode())
    store.delete("b")
    assert list(store.read_prefixes([RangeRequest("a", 0, 9), RangeRequest("b", 0, 9), RangeRequest("c", 0, 9)])) == [
        b"a",
        VANISHED,
        b"c",
    ]


def test_a_missing_object_is_told_from_a_missing_store(store: ObjectStore) -> None:
    assert store.head("patient-4711") is None
    assert store.size("patient-4711") is None
    assert not store.exists("patient-4711")
    store.delete("patient-4711")
    with pytest.raises(ObjectMissingError) as raised:
        store.read("patient-4711")
    assert "4711" not in str(raised.value)
    assert "site_store" in str(raised.value)


def test_a_folder_is_not_an_object(store: ObjectStore) -> None:
    store.write("a/b", b"x")
    assert not store.exists("a")
    with pytest.raises(ObjectMissingError):
        store.read("a")


def test_a_missing_bucket_or_folder_is_named_as_such(place: OpenPlace) -> None:
    store = place("missing")
    for attempt in (store.check, lambda: list(store.list())):
        with pytest.raises(StoreError, match="does not exist") as raised:
            attempt()
        assert raised.value.place == "store `site_store`"
        assert raised.value.remedy
        assert store.location.url not in str(raised.value)


@pytest.mark.parametrize("kind", ["folder", pytest.param("moto", marks=pytest.mark.s3)])
def test_of_several_who_create_one_object_at_the_same_time_one_succeeds(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    location = StoreLocation("site_store", str(tmp_path))
    if kind == "moto":
        server: S3Server = request.getfixturevalue("moto")
        server.create_bucket("race")
        location = server.location("s3://race")
    stores = [open_store(location) for _ in range(6)]
    for key in ("a", "b", "c"):
        with ThreadPoolExecutor(len(stores)) as pool:
            said = list(pool.map(lambda n, key=key: stores[n].create(key, b"%d" % n), range(len(stores))))
        assert said.count(True) == 1
        assert stores[0].read(key) == b"%d" % said.index(True)


def test_a_missing_bucket_or_folder_is_not_blamed_on_its_objects(place: OpenPlace) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        list(place("missing").read_prefixes([RangeRequest("a", 0, 1), RangeRequest("b", 0, 1)]))


@pytest.mark.parametrize(
    "key",
    [
        "sp ace #1%.dcm",
        "%41.dcm",
        "umläut~(x)!.dcm",
        "a+b&c=d@e,f;g.dcm",
        "[1]/{2}.dcm",
        "日本/語.dcm",
        "back\\slash\\x41",
    ],
)
def test_a_key_of_any_letters_is_taken_as_it_is(store: ObjectStore, key: str) -> None:
    store.write(key, b"0123456789")
    assert _listed(store) == {key: 10}
    assert store.read(key) == b"0123456789"
    assert list(store.read_prefixes([RangeRequest(key, 2, 3)])) == [b"234"]
    store.delete(key)
    assert not store.exists(key)


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "../a", "a/./b", "a/..", "a\0b", "a/.tmp-1"])
def test_a_key_that_could_leave_the_store_or_hide_is_not_written(store: ObjectStore, key: str) -> None:
    for put in (store.write, store.create):
        with pytest.raises(ValueError, match="a key to write"):
            put(key, b"x")
    assert _listed(store) == {}


def test_a_pickled_store_is_opened_anew_and_carries_no_secret(store: ObjectStore) -> None:
    store.write("a", b"1")
    pickled = pickle.dumps(store)
    assert ACCESS_KEY.encode() not in pickled
    assert SECRET_KEY.encode() not in pickled
    reopened = pickle.loads(pickled)
    assert reopened is not store
    assert reopened.location == store.location
    assert reopened.read("a") == b"1"
    assert SECRET_KEY not in repr(store)
