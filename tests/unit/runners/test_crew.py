import os
import time

import pytest

from multisite.errors import MachineError
from multisite.runners import local
from multisite.runners.crew import Crew
from multisite.runners.execution import Done, Fault
from multisite.runners.local import LocalExecutor
from tests.lib.killing import Killable, descendants, kill, running, wait_until_gone
from tests.unit.runners.work import Work, alone_or_die, die, double, sleep


def ended(crew: Crew[str], n: int) -> dict[str, tuple[object, str | None]]:
    """The first ``n`` tasks that end."""
    found: dict[str, tuple[object, str | None]] = {}
    deadline = time.monotonic() + 60
    while len(found) < n:
        assert time.monotonic() < deadline
        found |= {task.key: (task.result, task.lost) for task in crew.ended(timeout_s=0.2)}
    return found


def started(n: int) -> list[Killable]:
    """The crew's processes, once ``n`` of them can be told by their titles."""
    deadline = time.monotonic() + 60
    while True:
        found = [process for process in descendants(os.getpid()) if "spawn_main" in process.title]
        if len(found) >= n:
            return found
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.slow
def test_a_killed_process_loses_its_own_task_and_no_other() -> None:
    crew: Crew[str] = Crew(2)
    try:
        crew.give("slow", sleep, 60.0, within_s=60)
        (victim,) = started(1)
        crew.give("quick", double, Work(4), within_s=60)
        assert ended(crew, 1) == {"quick": (8, None)}
        assert kill(victim)
        assert ended(crew, 1) == {"slow": (None, "a worker process died")}
        crew.give("again", double, Work(5), within_s=60)
        assert ended(crew, 1) == {"again": (10, None)}
    finally:
        crew.leave()


@pytest.mark.slow
def test_a_task_past_its_deadline_is_lost_with_its_process() -> None:
    crew: Crew[str] = Crew(1)
    try:
        crew.give("endless", sleep, 3600.0, within_s=0.5)
        processes = started(1)
        assert ended(crew, 1) == {"endless": (None, "a task did not end before its deadline")}
        assert wait_until_gone(lambda: running(processes), within_s=10) == []
        assert crew.n_busy == 0
    finally:
        crew.leave()


@pytest.mark.slow
def test_an_item_that_takes_its_worker_along_fails_alone() -> None:
    executor = LocalExecutor(workers=2)
    try:
        outcomes = {item.number: outcome for item, outcome in executor.run(alone_or_die, [Work(n) for n in range(9)])}
    finally:
        executor.close()
    fault = outcomes.pop(3)
    assert outcomes == {n: Done(n) for n in range(9) if n != 3}
    assert isinstance(fault, Fault)
    assert isinstance(fault.error, MachineError)
    assert fault.retry
    assert "run the command again" in fault.error.remedy


@pytest.mark.slow
def test_a_machine_on_which_every_worker_dies_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "_LOST_IN_A_ROW", 3)
    executor = LocalExecutor(workers=2)
    try:
        with pytest.raises(MachineError, match="in a row") as raised:
            list(executor.run(die, [Work(n) for n in range(50)]))
    finally:
        executor.close()
    assert "run the command again" in raised.value.remedy
