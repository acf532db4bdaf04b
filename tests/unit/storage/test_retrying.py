"""How pauses grow, how chance spreads them, and when asking ends; how a pace slows down and recovers."""

from random import Random

import pytest

from multisite.errors import StoreError
from multisite.schemas.objects import RangeRequest
from multisite.storage.objects import ReadFailure, ReadResult
from multisite.storage.paced_reading import read_paced
from multisite.storage.pacing import Pace
from multisite.storage.retrying import Fault, Patience, Retries
from multisite.vocabulary import QuarantineReason

READ_FAILED = ReadFailure(QuarantineReason.READ_FAILED)
QUICK = Patience(first_pause_s=0.001, longest_pause_s=0.002, throttled_pauses=3)
REQUESTS = [RangeRequest(str(n), 0, 1) for n in range(20)]


def test_pauses_grow_and_differ_between_seeds_and_never_between_runs() -> None:
    patience = Patience(first_pause_s=1.0, longest_pause_s=8.0)
    series = []
    for seed in (1, 1, 2):
        rng = Random(seed)
        series.append([patience.pause_s(n, rng) for n in range(1, 7)])
    assert series[0] == series[1] != series[2]
    for n, pause in enumerate(series[0]):
        assert min(2.0**n, 8.0) / 2 <= pause <= min(2.0**n, 8.0)


def test_each_kind_of_fault_has_its_own_number_of_attempts() -> None:
    patience = Patience(attempts=3, throttled_pauses=5)

    def pauses(*faults: Fault) -> list[bool]:
        retries = Retries(patience, Random(0))
        return [retries.pause_after(fault) is not None for fault in faults]

    assert pauses(Fault.FINAL) == [False]
    assert pauses(*[Fault.PASSING] * 3) == [True, True, False]
    assert pauses(*[Fault.THROTTLED] * 6) == [True] * 5 + [False]
    assert pauses(Fault.THROTTLED, Fault.PASSING, Fault.PASSING, Fault.THROTTLED) == [True] * 4


def test_turns_that_were_throttled_together_count_once_and_halve_the_pace() -> None:
    pace = Pace(QUICK, Random(0))
    pace.begin(8)
    with pace.turn() as first, pace.turn() as second:
        pace.throttled(0, first)
        pace.throttled(1, second)
    assert pace.n_pauses == 1
    assert pace.at_a_time == 4
    assert pace.throttled_since_an_answer == {0, 1}
    for _ in range(100):
        pace.answered()
    assert pace.at_a_time == 8
    assert pace.throttled_since_an_answer == set()


def test_a_store_that_answers_the_others_is_not_blamed_for_one_object() -> None:
    def read(request: RangeRequest) -> ReadResult | Fault:
        return Fault.THROTTLED if request.key == "7" else request.key.encode()

    results = read_paced(
        REQUESTS, read, pace=Pace(QUICK, Random(0)), concurrency=4, check=_fail, throttled=lambda: StoreError("slow")
    )
    assert results == [READ_FAILED if request.key == "7" else request.key.encode() for request in REQUESTS]


@pytest.mark.parametrize("n", [1, 20])
def test_a_store_that_only_throttles_is_blamed_for_it(n: int) -> None:
    with pytest.raises(StoreError, match="slow"):
        read_paced(
            REQUESTS[:n],
            lambda _: Fault.THROTTLED,
            pace=Pace(QUICK, Random(0)),
            concurrency=4,
            check=_fail,
            throttled=lambda: StoreError("slow"),
        )


def test_each_object_without_an_answer_has_the_store_asked_before_the_rest_is_read() -> None:
    checks = []

    def read(request: RangeRequest) -> ReadResult | Fault:
        return Fault.PASSING if request.key in ("3", "11") else request.key.encode()

    results = read_paced(
        REQUESTS, read, pace=Pace(QUICK, Random(0)), concurrency=1, check=lambda: checks.append(1), throttled=_fail
    )
    assert results == [READ_FAILED if r.key in ("3", "11") else r.key.encode() for r in REQUESTS]
    assert len(checks) == 2


def test_what_reading_raises_is_raised_and_ends_the_rest() -> None:
    read: list[str] = []

    def broken(request: RangeRequest) -> ReadResult | Fault:
        read.append(request.key)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        read_paced(REQUESTS, broken, pace=Pace(QUICK, Random(0)), concurrency=4, check=_fail, throttled=_fail)
    assert len(read) <= 4


def _fail() -> StoreError:
    raise AssertionError("not to be asked")
