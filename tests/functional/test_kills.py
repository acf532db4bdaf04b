"""A worker, a driver and a raylet are killed without warning: the artefacts are those of a run that met nothing.

Ten rounds with every kind of kill: ``python -m tests.functional.kill_rounds``.
"""

import importlib.util
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from multisite.demo import StagedDemo
from tests.lib.extraction import Extraction
from tests.lib.kill_bench import Bench, Kind

pytestmark = pytest.mark.alone

_SEED = 3


@pytest.fixture(scope="module")
def bench(hospitals: StagedDemo, whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    bench = Bench(hospitals, whole, tmp_path_factory.mktemp("kills"))
    yield bench
    # The command waits the minute that the last of Ray's processes need to leave by themselves.
    assert bench.left_in_the_end(patiently=False) == []


def assert_goes_on(bench: Bench, number: int, kind: Kind) -> None:
    rng = random.Random(_SEED + number)
    outcome = bench.play(bench.round(number, kind, rng), rng)
    assert outcome.identical, outcome.line()
    assert not outcome.faults, outcome.line()


@pytest.mark.parametrize(("number", "victim", "exit_code"), [(1, "worker", 0), (2, "driver", -9)])
def test_two_processes_of_this_machine_go_on_after_a_kill(
    bench: Bench, number: int, victim: str, exit_code: int
) -> None:
    assert_goes_on(bench, number, Kind("local", victim, exit_code))


@pytest.mark.slow
@pytest.mark.ray
def test_a_cluster_that_is_gone_is_told_at_once_and_not_waited_for(
    hospitals: StagedDemo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray is not installed")
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    options = ("--runner", "ray", "--address", "127.0.0.1:9")
    log = tmp_path / "run.log"
    run = Extraction.start(hospitals.study_file, hospitals.sites_folder, tmp_path / "workspace", *options, log=log)
    assert run.finish(within_s=60) == 30, run.output()
    assert "no Ray cluster could be reached" in run.output()
    assert "Traceback" not in run.output()


@pytest.mark.slow
@pytest.mark.ray
@pytest.mark.parametrize(
    ("number", "over", "victim", "exit_code"),
    [(3, "private", "worker", 0), (4, "private", "driver", -9), (5, "head", "raylet", 30)],
)
def test_ray_goes_on_after_a_kill(bench: Bench, number: int, over: str, victim: str, exit_code: int) -> None:
    # Looked for, not imported: Ray reads the lock of a cluster when it is imported.
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray is not installed")
    assert_goes_on(bench, number, Kind(over, victim, exit_code))
