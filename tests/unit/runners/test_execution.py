from dataclasses import dataclass
from pathlib import Path

import pytest

from multisite.errors import ConfigError
from multisite.runners.execution import Done, Fault, guarded
from multisite.runners.local import LocalExecutor


@dataclass(frozen=True)
class Work:
    number: int
    folder: str = ""

    @property
    def site(self) -> str:
        return "north"


def double(work: Work) -> int:
    return 2 * work.number


def quote_a_patient(work: Work) -> int:
    raise ValueError(f"PatientName=SMITH^JANE of case {work.number}")


def refuse(work: Work) -> int:
    raise ConfigError("no key", place="site north", remedy="set it")


def fail_twice(work: Work) -> int:
    """Succeeds in the third attempt; what was tried is on the disk, because attempts may be in other processes."""
    attempts = Path(work.folder) / str(work.number)
    attempts.write_text(attempts.read_text() + "x" if attempts.exists() else "x")
    if len(attempts.read_text()) < 3:
        raise ConnectionError("10.0.0.1 SMITH^JANE")
    return work.number


def always_offline(work: Work) -> int:
    raise TimeoutError("SMITH^JANE")


def test_a_result_is_done() -> None:
    assert guarded(double, Work(3)) == Done(6)


def test_the_text_of_an_unexpected_error_is_not_kept_and_its_place_is() -> None:
    fault = guarded(quote_a_patient, Work(3))
    assert isinstance(fault, Fault)
    assert not fault.retry
    assert "SMITH" not in str(fault.error)
    assert "ValueError" in fault.error.fact
    assert "test_execution.py:" in fault.error.place


def test_a_fault_of_the_set_up_keeps_its_three_parts_and_is_not_retried() -> None:
    fault = guarded(refuse, Work(3))
    assert isinstance(fault, Fault)
    assert (type(fault.error), fault.error.remedy, fault.retry) == (ConfigError, "set it", False)


@pytest.mark.slow
@pytest.mark.parametrize("workers", [1, 2])
def test_every_item_comes_back_once(workers: int) -> None:
    executor = LocalExecutor(workers=workers)
    try:
        found = {item.number: outcome for item, outcome in executor.run(double, [Work(n) for n in range(20)])}
    finally:
        executor.close()
    assert found == {n: Done(2 * n) for n in range(20)}


def test_a_fault_of_the_machine_is_tried_again(tmp_path: Path) -> None:
    outcomes = [outcome for _, outcome in LocalExecutor().run(fail_twice, [Work(n, str(tmp_path)) for n in range(2)])]
    assert outcomes == [Done(0), Done(1)]


def test_a_fault_that_stays_is_told_once_and_without_its_text() -> None:
    ((_, outcome),) = LocalExecutor().run(always_offline, [Work(1)])
    assert isinstance(outcome, Fault)
    assert outcome.retry
    assert "SMITH" not in str(outcome.error)
