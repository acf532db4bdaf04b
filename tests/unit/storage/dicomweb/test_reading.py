"""Reading a DICOMweb service by WADO-RS metadata: what a series costs, and what each fault becomes."""

import json
import logging
import time
from dataclasses import replace
from typing import Any

import pytest

from multisite.dicom import RawHeader, read_header
from multisite.errors import StoreError
from multisite.schemas.objects import RangeRequest
from multisite.storage.dicomweb import client, metadata
from multisite.storage.dicomweb.store import DicomwebStore
from multisite.storage.objects import ObjectMissingError, ReadFailure, ReadResult
from multisite.vocabulary import QuarantineReason
from tests.lib.faulty_dicomweb import Answer, FaultyDicomweb, faulty_dicomweb, instance
from tests.unit.storage.dicomweb.test_listing import BROKEN, NOW, a_store, keys, some

HASTY = replace(NOW, read_timeout_s=0.7)
READ_FAILED = ReadFailure(QuarantineReason.READ_FAILED)
VANISHED = ReadFailure(QuarantineReason.VANISHED)
SERIES = "studies/1.0/series/1.0.0/metadata"
JSON = {"Content-Type": "application/dicom+json"}


def read(store: DicomwebStore, wanted: list[str], length: int = 1 << 20, **options: Any) -> list[ReadResult]:
    return list(store.read_prefixes([RangeRequest(key, 0, length) for key in wanted], **options))


def reasons(results: list[ReadResult]) -> list[object]:
    return [None if isinstance(result, bytes) else result for result in results]


def one(series: str = "1.0.0", uid: str = "9.0.0") -> str:
    return f"studies/1.0/series/{series}/instances/{uid}"


def test_a_series_costs_one_request_however_often_its_objects_are_read() -> None:
    with faulty_dicomweb(FaultyDicomweb(some(3, 10))) as server:
        store = a_store(server)
        listed = keys(store)
        server.asked.clear()
        starts = read(store, listed, length=150)
        rests = list(store.read_prefixes([RangeRequest(key, 150, 1 << 20) for key in listed]))
        assert set(server.asked.values()) == {1}
        assert len(server.asked) == 6
    for start, rest, key in zip(starts, rests, listed, strict=True):
        assert isinstance(start, bytes)
        assert isinstance(rest, bytes)
        header = read_header(start + rest, object_size=len(start + rest))
        assert isinstance(header, RawHeader)
        assert key.rpartition("/")[2].encode() in start + rest


@pytest.mark.slow
@pytest.mark.parametrize("concurrency", [1, 3])
def test_series_are_read_side_by_side_within_the_bound(concurrency: int) -> None:
    with faulty_dicomweb(FaultyDicomweb(some(12), latency_s=0.03)) as server:
        store = a_store(server, concurrency=3)
        listed = keys(store)
        server.most_at_a_time = 0
        assert set(reasons(read(store, listed, concurrency=concurrency))) == {None}
        assert server.most_at_a_time == concurrency


def test_a_bounded_number_of_series_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    with faulty_dicomweb(FaultyDicomweb(some(4))) as server:
        store = a_store(server)
        listed = keys(store)
        size = len(store.read(listed[0]))
        monkeypatch.setattr(metadata, "_KEPT_BYTES", 3 * size + size // 2)
        server.asked.clear()
        for key in (*listed, *listed):
            assert isinstance(read(store, [key])[0], bytes)
        assert set(server.asked.values()) == {2}
        assert store._metadata._kept_bytes <= 3 * size + size // 2
        monkeypatch.setattr(metadata, "_KEPT_BYTES", 1)
        read(store, listed)
        assert len(store._metadata._kept) == 1


@pytest.mark.parametrize("start_length", [(0, 0), (0, -1), (1 << 20, 10)], ids=str)
def test_a_range_without_bytes_is_empty(start_length: tuple[int, int]) -> None:
    with faulty_dicomweb(FaultyDicomweb(some(1))) as server:
        assert list(a_store(server).read_prefixes([RangeRequest(one(), *start_length)])) == [b""]


@pytest.mark.slow
@pytest.mark.parametrize("status", [429, 503])
def test_a_throttled_request_is_made_again_after_the_time_the_server_wishes(status: int) -> None:
    slow = Answer(status, headers={"Retry-After": "1" if status == 429 else "0"})
    soon = Answer(status, headers={"Retry-After": "Fri, 01 Jan 2100 00:00:00 GMT"})
    with faulty_dicomweb(FaultyDicomweb(some(1), faults={SERIES: [soon, slow]})) as server:
        begin = time.monotonic()
        assert reasons(read(a_store(server), [one()])) == [None]
        assert (time.monotonic() - begin >= 1.0) is (status == 429)
        assert server.asked == {SERIES: 3}


@pytest.mark.slow
@pytest.mark.parametrize("passing", [Answer(502), Answer(504), Answer(delay_s=1.5), Answer(is_cut=True, body=b"[{}]")])
def test_a_passing_fault_is_tried_again(passing: Answer) -> None:
    with faulty_dicomweb(FaultyDicomweb(some(1), faults={SERIES: [passing]})) as server:
        assert reasons(read(a_store(server, HASTY), [one()])) == [None]
        assert server.asked == {SERIES: 2}


@pytest.mark.parametrize("broken", [*BROKEN, Answer(404), Answer(413)], ids=range(len(BROKEN) + 2))
def test_a_series_that_cannot_be_had_is_read_instance_by_instance(broken: Answer) -> None:
    with faulty_dicomweb(FaultyDicomweb(some(1, 6), always={SERIES: broken})) as server:
        store = a_store(server)
        wanted = [one(uid=f"9.0.{i}") for i in (0, 2, 4)]
        assert reasons(read(store, wanted)) == [None] * 3
        assert server.asked[SERIES] == 1
        assert sum(path.endswith("metadata") for path in server.asked) == 4


def test_an_instance_that_is_broken_in_the_answer_for_its_series_does_not_harm_the_others() -> None:
    instances = some(1, 4)
    instances["1.0", "1.0.0", "9.0.2"] = instance("1.0", "1.0.0", "9.0.2") | {"00100010": "no element"}
    with faulty_dicomweb(FaultyDicomweb(instances)) as server:
        results = read(a_store(server), [one(), one(uid="9.0.2")])
    assert reasons(results) == [None, READ_FAILED]


@pytest.mark.slow
@pytest.mark.parametrize("broken", BROKEN, ids=range(len(BROKEN)))
def test_an_instance_that_stays_unreadable_is_a_result_among_the_others(broken: Answer) -> None:
    single = f"{one()}/metadata"
    with faulty_dicomweb(FaultyDicomweb(some(1, 6), always={SERIES: broken, single: broken})) as server:
        store = a_store(server)
        assert reasons(read(store, [one(), one(uid="9.0.2")])) == [READ_FAILED, None]
        with pytest.raises(StoreError, match="An object of a store cannot be read") as raised:
            store.read(one())
        assert "9.0.0" not in str(raised.value)


@pytest.mark.parametrize("status", [404, 410])
def test_an_instance_that_is_gone_has_vanished(status: int) -> None:
    gone = one(uid="9.9")
    with faulty_dicomweb(FaultyDicomweb(some(1), always={f"{gone}/metadata": Answer(status)})) as server:
        store = a_store(server)
        assert reasons(read(store, [gone, one()])) == [VANISHED, None]
        assert (store.exists(gone), store.exists(one())) == (False, True)
        with pytest.raises(ObjectMissingError):
            store.read(gone)


def test_a_key_that_names_no_instance_cannot_be_read() -> None:
    with faulty_dicomweb(FaultyDicomweb(some(1))) as server:
        assert read(a_store(server), ["studies/1.0/series", "a", ""]) == [READ_FAILED] * 3


def test_an_answer_is_bounded_also_when_it_was_small_on_its_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_LARGEST_ANSWER", 1 << 20)
    huge = Answer(200, b"[" + b" " * (6 << 20) + b"]", JSON)
    with faulty_dicomweb(FaultyDicomweb(some(1), compresses=True, always={SERIES: huge})) as server:
        assert reasons(read(a_store(server), [one()])) == [None]
        assert server.asked[SERIES] == 1


def test_an_answer_that_trickles_in_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "_LONGEST_ANSWER_S", -1.0)
    with faulty_dicomweb(FaultyDicomweb(some(1))) as server, pytest.raises(StoreError, match=r"not answer \(too slow"):
        a_store(server).check()


@pytest.mark.slow
def test_a_server_that_answers_nothing_any_more_is_a_fault_of_the_store() -> None:
    silent = Answer(delay_s=1.5)
    with faulty_dicomweb(FaultyDicomweb(some(1), always={SERIES: silent, "studies": silent})) as server:
        with pytest.raises(StoreError, match=r"A store does not answer \(ReadTimeoutError\)"):
            read(a_store(server, HASTY), [one()])
        assert not any("instances" in path for path in server.asked)


def test_a_series_whose_requests_are_never_answered_is_given_up_where_the_store_is_well() -> None:
    instances = some(1, 12)
    silent = {f"{one(uid=f'9.0.{i}')}/metadata": Answer(504) for i in range(0, 12, 2)}
    with faulty_dicomweb(FaultyDicomweb(instances, always={SERIES: Answer(504), **silent})) as server:
        wanted = [one(uid=f"9.0.{i}") for i in range(0, 12, 2)]
        assert read(a_store(server), wanted) == [READ_FAILED] * 6
        assert sum("instances" in path for path in server.asked) == 3


def test_a_server_that_stays_throttled_is_a_fault_of_the_store() -> None:
    busy = Answer(503)
    with (
        faulty_dicomweb(FaultyDicomweb(some(1), always={SERIES: busy, "studies": busy})) as server,
        pytest.raises(StoreError, match=r"too many requests \(503\)") as raised,
    ):
        read(a_store(server), [one()])
    assert "concurrency" in raised.value.remedy


def test_no_identifier_is_logged_or_told(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with faulty_dicomweb(FaultyDicomweb(some(1), faults={SERIES: [Answer(503), Answer(302)]})) as server:
        store = a_store(server)
        read(store, [*keys(store), one(uid="9.9")])
        server.always["studies"] = Answer(500)
        with pytest.raises(StoreError) as raised:
            store.check()
    assert raised.value.__suppress_context__
    text = caplog.text + str(raised.value) + repr(store)
    assert not any(uid in text for uid in ("1.0.0", "9.9", "studies/"))


def test_other_requests_of_the_library_are_logged_as_before(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with faulty_dicomweb(FaultyDicomweb(some(1))) as server:
        a_store(server).check()
        logging.getLogger("urllib3.connectionpool").debug("another request")
    assert [record.message for record in caplog.records if record.name.endswith("connectionpool")] == [
        "another request"
    ]


def test_the_bytes_are_those_of_the_metadata_and_of_nothing_else() -> None:
    instances = {("1.0", "1.0.0", "9.0.0"): instance("1.0", "1.0.0", "9.0.0", x00080060=("CS", "CT"))}
    bulk = {"vr": "OW", "BulkDataURI": "http://127.0.0.1:9/pixels"}
    instances["1.0", "1.0.0", "9.0.0"]["7FE00010"] = bulk
    with faulty_dicomweb(FaultyDicomweb(instances)) as server:
        data = a_store(server).read(one())
        assert set(server.asked) == {f"{one()}/metadata"}
    assert b"CT" in data
    assert len(data) < len(json.dumps(instances["1.0", "1.0.0", "9.0.0"])) + 200
