"""Running in this process, or in a few processes of this machine: the default for small work and for tests."""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from typing import TypeVar

from multisite.errors import MachineError
from multisite.runners.execution import Done, Fault, Item, guarded

__all__ = ["LocalExecutor"]

Result = TypeVar("Result")

_ATTEMPTS = 3
_IN_FLIGHT_PER_WORKER = 2


class LocalExecutor:
    """``workers=1`` runs in this process; more use as many fresh processes, started when first needed."""

    def __init__(self, *, workers: int = 1) -> None:
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def run(
        self, function: Callable[[Item], Result], items: Sequence[Item]
    ) -> Iterator[tuple[Item, Done[Result] | Fault]]:
        """Every item with its outcome, as they complete."""
        work = partial(_persist, function)
        if self._workers == 1 or len(items) < 2:
            for item in items:
                yield item, work(item)
            return
        pool = self._started()
        queue = iter(items)
        running: dict[Future[Done[Result] | Fault], Item] = {}
        for item in queue:
            running[pool.submit(work, item)] = item
            if len(running) >= self._workers * _IN_FLIGHT_PER_WORKER:
                yield from _completed(running)
        while running:
            yield from _completed(running)

    def close(self) -> None:
        """Stop the processes; work that has not begun is dropped."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # Workers read it when they import Polars; each would otherwise start a thread per core.
            os.environ.setdefault("POLARS_MAX_THREADS", str(max(1, (os.cpu_count() or 1) // self._workers)))
            # A forked worker would inherit the threads of Polars and obstore in an unknown state.
            self._pool = ProcessPoolExecutor(self._workers, mp_context=multiprocessing.get_context("spawn"))
        return self._pool


def _persist(function: Callable[[Item], Result], item: Item) -> Done[Result] | Fault:
    outcome = guarded(function, item)
    for _ in range(_ATTEMPTS - 1):
        if isinstance(outcome, Done) or not outcome.retry:
            break
        outcome = guarded(function, item)
    return outcome


def _completed(
    running: dict[Future[Done[Result] | Fault], Item],
) -> Iterator[tuple[Item, Done[Result] | Fault]]:
    finished, _ = wait(running, return_when=FIRST_COMPLETED)
    for future in finished:
        item = running.pop(future)
        try:
            yield item, future.result()
        except BrokenProcessPool:
            yield (
                item,
                Fault(
                    MachineError(
                        "a worker process died",
                        place="local runner",
                        remedy="What is complete is safe; run the command again, with fewer workers if memory ran out.",
                    ),
                    retry=True,
                ),
            )
