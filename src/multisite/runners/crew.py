"""A few processes of this machine, each with one task at a time and a pipe of its own.

So it is known whose task was lost when a process dies, only that process is replaced, and nothing that the others hold
(a queue, its lock) is left in an unknown state, as it would be in a pool that shares one queue.
"""

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from typing import Any, Generic, TypeVar

__all__ = ["Crew", "Ended"]

Key = TypeVar("Key")

_LEAVE_S = 30.0
_KILLED_S = 10.0


@dataclass(frozen=True, slots=True)
class Ended(Generic[Key]):
    """What became of one task: its result, or why there is none."""

    key: Key
    result: Any
    lost: str | None


@dataclass(slots=True)
class _Worker(Generic[Key]):
    process: SpawnProcess
    pipe: Any
    key: Key | None = None
    until: float = 0.0


class Crew(Generic[Key]):
    """At most ``size`` processes, started when there is work for them; a lost one is replaced when it is needed."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._idle: list[_Worker[Key]] = []
        self._busy: list[_Worker[Key]] = []

    @property
    def n_busy(self) -> int:
        """Processes with a task."""
        return len(self._busy)

    @property
    def has_room(self) -> bool:
        """Whether a task that is given now begins now."""
        return len(self._busy) < self._size

    def give(self, key: Key, function: Callable[[Any], Any], argument: object, *, within_s: float) -> None:
        """Have ``function(argument)`` run, and known as ``key``; only while there is room.

        The function is one that does not raise: an exception would end the process.
        """
        worker = self._idle.pop() if self._idle else self._start()
        worker.key, worker.until = key, time.monotonic() + within_s
        self._busy.append(worker)
        try:
            worker.pipe.send((function, argument))
        except OSError:
            # It died while it had nothing to do; `ended` finds that its pipe is closed.
            return

    def ended(self, *, timeout_s: float) -> list[Ended[Key]]:
        """Tasks that ended, by themselves or with their process; waits at most ``timeout_s`` for the first."""
        ready = wait([worker.pipe for worker in self._busy], timeout_s)
        now = time.monotonic()
        found = []
        for worker in list(self._busy):
            if worker.pipe in ready:
                found.append(self._received(worker))
            elif now > worker.until:
                found.append(self._lost(worker, "a task did not end before its deadline"))
        return found

    def leave(self) -> None:
        """End all processes. A task that is running may end first, but not for long."""
        workers = [*self._idle, *self._busy]
        self._idle, self._busy = [], []
        for worker in workers:
            worker.pipe.close()
        until = time.monotonic() + _LEAVE_S
        for worker in workers:
            worker.process.join(max(0.0, until - time.monotonic()))
            _end(worker.process)

    def _start(self) -> _Worker[Key]:
        # Workers read it when they import Polars; each would otherwise start a thread per core.
        os.environ.setdefault("POLARS_MAX_THREADS", str(max(1, (os.cpu_count() or 1) // self._size)))
        # A forked worker would inherit the threads of Polars and obstore in an unknown state.
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=_serve, args=(theirs,), daemon=True)
        process.start()
        # Only the worker holds its end now, so that its death closes the pipe.
        theirs.close()
        return _Worker(process, ours)

    def _received(self, worker: _Worker[Key]) -> Ended[Key]:
        try:
            result = worker.pipe.recv()
        except (EOFError, OSError):
            return self._lost(worker, "a worker process died")
        key = worker.key
        assert key is not None
        worker.key = None
        self._busy.remove(worker)
        self._idle.append(worker)
        return Ended(key, result, None)

    def _lost(self, worker: _Worker[Key], fact: str) -> Ended[Key]:
        self._busy.remove(worker)
        worker.pipe.close()
        _end(worker.process)
        assert worker.key is not None
        return Ended(worker.key, None, fact)


def _end(process: SpawnProcess) -> None:
    process.kill()
    process.join(_KILLED_S)


def _serve(pipe: Connection) -> None:
    """The worker's whole life: task after task, until the pipe closes or the process that started it is gone."""
    # Ctrl-C reaches the whole group; the driver decides what is still to be ended.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_leave_with_driver, daemon=True).start()
    while True:
        try:
            function, argument = pipe.recv()
        except (EOFError, OSError):
            return
        result = function(argument)
        try:
            pipe.send(result)
        except OSError:
            return


def _leave_with_driver() -> None:
    driver = multiprocessing.parent_process()
    if driver is not None:
        driver.join()
        os._exit(1)
