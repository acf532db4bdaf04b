"""Running in this process, or in a few processes of this machine: the default for small work and for tests."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, TypeVar

from multisite.errors import MachineError
from multisite.runners.crew import Crew
from multisite.runners.execution import Done, Fault, Item, guarded

__all__ = ["LocalExecutor"]

Result = TypeVar("Result")

_ATTEMPTS = 3
_WAIT_S = 1.0
# One task that takes its worker along has three attempts; more than that in a row is not about a task.
_LOST_IN_A_ROW = 10


class LocalExecutor:
    """``workers=1`` runs in this process; more use as many fresh processes, started when first needed.

    Parameters
    ----------
    deadline_s : seconds after which a task's process is ended and the task tried again; without effect in this process
    """

    def __init__(self, *, workers: int = 1, deadline_s: float = 3600.0) -> None:
        self._workers = workers
        self._deadline_s = deadline_s
        self._crew: Crew[tuple[Any, int]] = Crew(workers)

    def run(
        self, function: Callable[[Item], Result], items: Sequence[Item]
    ) -> Iterator[tuple[Item, Done[Result] | Fault]]:
        """Every item with its outcome, as they complete.

        Raises
        ------
        MachineError
            When worker after worker dies and no task is done any more.
        """
        work = partial(guarded, function)
        if self._workers == 1 or len(items) < 2:
            for item in items:
                yield item, _persist(work, item)
            return
        waiting = deque((item, 1) for item in items)
        lost_in_a_row = 0
        try:
            while waiting or self._crew.n_busy:
                while waiting and self._crew.has_room:
                    item, attempt = waiting.popleft()
                    self._crew.give((item, attempt), work, item, within_s=self._deadline_s * attempt)
                for ended in self._crew.ended(timeout_s=_WAIT_S):
                    item, attempt = ended.key
                    outcome = Fault(_lost(ended.lost), retry=True) if ended.lost else ended.result
                    lost_in_a_row = lost_in_a_row + 1 if ended.lost else 0
                    if isinstance(outcome, Fault) and outcome.retry and attempt < _ATTEMPTS:
                        waiting.append((item, attempt + 1))
                    else:
                        yield item, outcome
                if lost_in_a_row >= _LOST_IN_A_ROW:
                    raise _lost(f"{lost_in_a_row} worker processes in a row were lost")
        finally:
            # Only when the run is given up: the next one is not to meet what is left of it.
            if self._crew.n_busy:
                self._crew.leave()

    def close(self) -> None:
        """Stop the processes; work that has not begun is dropped."""
        self._crew.leave()


def _persist(work: Callable[[Item], Done[Result] | Fault], item: Item) -> Done[Result] | Fault:
    outcome = work(item)
    for _ in range(_ATTEMPTS - 1):
        if isinstance(outcome, Done) or not outcome.retry:
            break
        outcome = work(item)
    return outcome


def _lost(fact: str) -> MachineError:
    return MachineError(
        fact,
        place="local runner",
        remedy="What is complete is safe; run the command again, with fewer workers if memory ran out.",
    )
