"""Many ranges read at a time, and faults of the store told from faults of its objects."""

import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from multisite.errors import StoreError
from multisite.schemas.objects import RangeRequest
from multisite.storage.objects import ReadFailure, ReadResult
from multisite.storage.pacing import Pace
from multisite.storage.retrying import Fault
from multisite.vocabulary import QuarantineReason

__all__ = ["read_paced"]

ReadOne = Callable[[RangeRequest], ReadResult | Fault]
"""Reads one range; PASSING when its own attempts are used up, THROTTLED to be asked again later."""

_READ_FAILED = ReadFailure(QuarantineReason.READ_FAILED)


def read_paced(
    requests: Sequence[RangeRequest],
    read: ReadOne,
    *,
    pace: Pace,
    concurrency: int,
    check: Callable[[], None],
    throttled: Callable[[], StoreError],
) -> Sequence[ReadResult]:
    """Results in the order of ``requests``, read by at most ``concurrency`` threads.

    Each object that stays without an answer stops the rest until ``check`` has asked the store: when the store is gone,
    that ends the work at once instead of after every object's own attempts.

    Raises
    ------
    StoreError
        Of ``check``; and ``throttled()``, when the store was given all the rests that patience allows and still answers
        nothing else, unless it is one object that it throttles and it has answered for others.
    """
    pace.begin(concurrency)
    results: list[ReadResult | None] = [None] * len(requests)
    while missing := [index for index, result in enumerate(results) if result is None]:
        _read_missing(requests, results, missing, read, pace=pace, concurrency=concurrency)
        if pace.is_exhausted:
            culprits = pace.throttled_since_an_answer
            if len(culprits) > 1 or all(result is None for result in results):
                raise throttled()
            for index in culprits:
                results[index] = _READ_FAILED
            pace.begin(concurrency)
        elif None in results:
            check()
    return [result for result in results if result is not None]


def _read_missing(
    requests: Sequence[RangeRequest],
    results: "list[ReadResult | None]",
    missing: Sequence[int],
    read: ReadOne,
    *,
    pace: Pace,
    concurrency: int,
) -> None:
    """Fill ``results`` at ``missing``; leave gaps behind an object without an answer and an exhausted pace."""
    waiting = deque(missing)
    stop = threading.Event()

    def work() -> None:
        while waiting and not stop.is_set():
            with pace.turn() as moment:
                try:
                    index = waiting.popleft()
                except IndexError:
                    return
                outcome = read(requests[index])
            if outcome is Fault.THROTTLED:
                waiting.append(index)
                pace.throttled(index, moment)
                if pace.is_exhausted:
                    stop.set()
            elif isinstance(outcome, Fault):
                results[index] = _READ_FAILED
                stop.set()
            else:
                results[index] = outcome
                pace.answered()

    n_threads = min(concurrency, len(missing))
    if n_threads == 1:
        work()
        return
    with ThreadPoolExecutor(n_threads, thread_name_prefix="ranged-read") as pool:
        try:
            for ended in [pool.submit(work) for _ in range(n_threads)]:
                ended.result()
        finally:
            stop.set()
