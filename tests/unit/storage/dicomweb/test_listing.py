"""Listing a DICOMweb service by QIDO-RS, whatever a server makes of paging."""

import re
from typing import Any

import pytest

from multisite.errors import StoreError
from multisite.storage.dicomweb import queries
from multisite.storage.dicomweb.store import DicomwebStore
from multisite.storage.location import StoreLocation
from multisite.storage.retrying import Patience
from tests.lib.faulty_dicomweb import Answer, FaultyDicomweb, faulty_dicomweb, instance

NOW = Patience(connect_timeout_s=1.0, read_timeout_s=20.0, attempts=2, first_pause_s=0.01, throttled_pauses=2)
JSON = {"Content-Type": "application/dicom+json"}


def a_store(server: FaultyDicomweb, patience: Patience = NOW, **options: Any) -> DicomwebStore:
    return DicomwebStore(StoreLocation("pacs", server.url, **options), patience)


def keys(store: DicomwebStore, prefix: str = "", **bounds: Any) -> list[str]:
    return [info.key for batch in store.list(prefix, **bounds) for info in batch]


def some(n_studies: int = 5, n_instances: int = 3) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Studies 1.0, 1.1, … with two series each, the odd instances in the second."""
    uids = [(f"1.{s}", f"1.{s}.{i % 2}", f"9.{s}.{i}") for s in range(n_studies) for i in range(n_instances)]
    return {uid: instance(*uid) for uid in uids}


def expected(instances: dict[tuple[str, str, str], dict[str, Any]]) -> list[str]:
    return sorted(f"studies/{s}/series/{e}/instances/{i}" for s, e, i in instances)


@pytest.fixture
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "_LIMITS", (4, 2, None))


HABITS: list[dict[str, Any]] = [
    {},
    {"none_is_204": True},
    {"cap": 1},
    {"cap": 3, "tells_cap": True},
    {"tells_counts": False},
    {"tells_counts": False, "cap": 2, "none_is_204": True},
    {"knows_limit": False},
    {"knows_limit": False, "knows_offset": False},
    {"refuses_limit_above": 3},
    {"refuses_limit_above": 0},
    {"compresses": True},
]


@pytest.mark.slow
@pytest.mark.usefixtures("_small_pages")
@pytest.mark.parametrize("habit", HABITS, ids=str)
def test_whatever_a_server_makes_of_paging_everything_is_listed_once_in_order(habit: dict[str, Any]) -> None:
    instances = some(n_studies=7, n_instances=9)
    with faulty_dicomweb(FaultyDicomweb(instances, **habit)) as server:
        store = a_store(server)
        store.check()
        assert keys(store) == expected(instances)


@pytest.mark.usefixtures("_small_pages")
@pytest.mark.parametrize("habit", [{"cap": 3, "tells_cap": True}, {}], ids=["it says so", "the page is full"])
def test_a_server_that_holds_studies_back_is_an_error_and_no_short_listing(habit: dict[str, Any]) -> None:
    with (
        faulty_dicomweb(FaultyDicomweb(some(9), knows_offset=False, **habit)) as server,
        pytest.raises(StoreError, match="gives a part of its listing only") as raised,
    ):
        keys(a_store(server))
    assert raised.value.place == "store `pacs`"


@pytest.mark.parametrize("none_is_204", [False, True])
def test_an_empty_service_lists_nothing(none_is_204: bool) -> None:
    with faulty_dicomweb(FaultyDicomweb({}, none_is_204=none_is_204)) as server:
        store = a_store(server)
        store.check()
        assert store.is_empty()
        assert list(store.list()) == []
        assert store.split_points(8) == []


def test_a_study_costs_one_request_where_the_server_counts_its_instances() -> None:
    with faulty_dicomweb(FaultyDicomweb(some(4))) as server:
        keys(a_store(server))
    assert {path: n for path, n in server.asked.items() if path != "studies"} == {
        f"studies/1.{s}/instances": 1 for s in range(4)
    }


def test_only_the_uids_are_asked_for() -> None:
    with faulty_dicomweb(FaultyDicomweb(some(1))) as server:
        keys(a_store(server))
    fields = {field for query in server.queries for field in query.get("includefield", [])}
    assert fields == {"0020000E"}


@pytest.mark.slow
def test_no_more_requests_are_in_flight_than_the_site_allows() -> None:
    with faulty_dicomweb(FaultyDicomweb(some(24), latency_s=0.03)) as server:
        keys(a_store(server, concurrency=2))
        assert server.most_at_a_time == 2
        server.most_at_a_time = 0
        keys(a_store(server))
        assert server.most_at_a_time == 4


def test_keys_sort_as_text_also_where_a_uid_begins_with_another() -> None:
    instances = {uid: instance(*uid) for uid in [("1.2", "5.1", "7"), ("1.2.3", "5", "7"), ("1.2", "5", "8")]}
    with faulty_dicomweb(FaultyDicomweb(instances)) as server:
        listed = keys(a_store(server))
    assert listed == sorted(listed) == expected(instances)
    assert listed[0].startswith("studies/1.2.3/")


@pytest.mark.slow
def test_bounds_cut_the_listing_and_spare_the_studies_outside() -> None:
    instances = some(6)
    with faulty_dicomweb(FaultyDicomweb(instances)) as server:
        whole = keys(a_store(server))
        for cut in range(len(whole)):
            store = a_store(server)
            assert keys(store, until=whole[cut]) + keys(store, after=whole[cut]) == whole
        server.asked.clear()
        assert keys(a_store(server), after="studies/1.2/", until="studies/1.4/") == [
            key for key in whole if key.startswith(("studies/1.2/", "studies/1.3/"))
        ]
        # The bound itself begins like the keys of a study, so that study has to be looked at.
        assert set(server.asked) <= {"studies", *(f"studies/1.{s}/instances" for s in (2, 3, 4))}
        assert keys(a_store(server), "studies/1.5/series/1.5.1") == [key for key in whole if "series/1.5.1/" in key]


def test_a_listing_is_divided_at_studies_into_like_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("multisite.storage.dicomweb.store._STUDIES_OF_A_RANGE", 2)
    instances = {uid: value for uid, value in some(12, 4).items() if uid[0] != "1.0" or uid[2].endswith(".0")}
    with faulty_dicomweb(FaultyDicomweb(instances)) as server:
        store = a_store(server)
        points = store.split_points(4)
        asked = server.asked["studies"]
        bounds = [*zip(["", *points], [*points, None], strict=True)]
        ranges = [keys(store, after=after, until=until) for after, until in bounds]
        assert server.asked["studies"] == asked
        assert len(points) == 3
        assert [key for part in ranges for key in part] == expected(instances)
        # No range is more than a study of four instances away from a quarter.
        assert all(abs(len(part) - len(instances) / 4) <= 4 for part in ranges)
        assert store.split_points(1) == []
        assert len(store.split_points(100)) <= 5


def test_a_new_listing_sees_what_came_in_meanwhile() -> None:
    with faulty_dicomweb(FaultyDicomweb(some(1))) as server:
        store = a_store(server)
        before = keys(store)
        server.instances = some(2)
        assert len(keys(store)) == 2 * len(before)


def test_a_study_that_is_gone_has_no_instances() -> None:
    with faulty_dicomweb(FaultyDicomweb(some(2), always={"studies/1.0/instances": Answer(404)})) as server:
        assert {key.split("/")[1] for key in keys(a_store(server))} == {"1.1"}


BROKEN = [
    Answer(500),
    Answer(200, b"<html>", {"Content-Type": "text/html"}),
    Answer(200, b"[{", JSON),
    Answer(200, b'{"a": 1}', JSON),
    Answer(200, b"\xff[]", JSON),
    Answer(200, b'[{"00080018": {"vr": "UI", "Value": ["1"]}}]', JSON),
    Answer(200, b"[" * 200_000, JSON),
]


@pytest.mark.parametrize("broken", BROKEN, ids=range(len(BROKEN)))
def test_a_study_that_cannot_be_listed_stands_in_the_listing_as_one_object_that_cannot_be_read(broken: Answer) -> None:
    instances = some(3)
    with faulty_dicomweb(FaultyDicomweb(instances, always={"studies/1.1/instances": broken})) as server:
        store = a_store(server)
        listed = keys(store)
        assert listed == sorted([k for k in expected(instances) if "/1.1/" not in k] + ["studies/1.1/series"])
        assert keys(store, after=listed[2], until=listed[4]) == listed[3:5]


@pytest.mark.parametrize("broken", BROKEN, ids=range(len(BROKEN)))
def test_studies_that_cannot_be_listed_are_a_fault_of_the_store(broken: Answer) -> None:
    with (
        faulty_dicomweb(FaultyDicomweb(some(1), always={"studies": broken})) as server,
        pytest.raises(StoreError, match="does not answer as a DICOMweb service does"),
    ):
        keys(a_store(server))


def test_a_uid_that_is_no_uid_stays_inside_its_place_in_the_path() -> None:
    odd = {uid: instance(*uid) for uid in [("..", "a/b", "c d?e"), ("1", "ü", "%2F")]}
    with faulty_dicomweb(FaultyDicomweb(odd)) as server:
        listed = keys(a_store(server))
    assert len(listed) == 2
    assert all(re.fullmatch(r"studies/[^/]+/series/[^/]+/instances/[^/]+", key) for key in listed)
