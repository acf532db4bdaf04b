"""The same work, wherever it runs, gives the same bytes."""

import importlib.util
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from multisite.cli.running import workspace_location
from multisite.demo import StagedDemo
from multisite.pipeline import STAGES
from multisite.runners import Executor, LocalExecutor, Silent, run_stages
from multisite.runners.ray_cluster import RayExecutor
from multisite.schemas import Stage
from multisite.study import load_sites, load_study
from tests.lib.command import multisite
from tests.lib.workspaces import contents

WITHOUT_EVIDENTLY = tuple(
    stage for stage in STAGES if stage.verb in ("extract", "adjudicate", "cohort", "check", "evaluate")
)


@contextmanager
def closing(executor: Executor) -> Iterator[Executor]:
    try:
        yield executor
    finally:
        executor.close()


def made(staged: StagedDemo, workspace: Path, executor: Executor, stages: Sequence[Stage]) -> dict[str, str]:
    run_stages(
        stages,
        study=load_study(staged.study_file),
        sites=load_sites([staged.sites_folder]),
        workspace=workspace_location(str(workspace)),
        executor=executor,
        observer=Silent(),
        stop=threading.Event(),
        # The ledger names run and time, and is compared with everything else.
        run_id="run",
        clock=lambda: datetime(2026, 1, 2, tzinfo=UTC),
    )
    return contents(workspace)


@pytest.fixture(scope="module")
def in_process(hospitals: StagedDemo, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return made(hospitals, tmp_path_factory.mktemp("one"), LocalExecutor(), WITHOUT_EVIDENTLY)


def test_two_processes_write_the_bytes_of_one(
    hospitals: StagedDemo, in_process: dict[str, str], tmp_path: Path
) -> None:
    with closing(LocalExecutor(workers=2)) as executor:
        assert made(hospitals, tmp_path, executor, WITHOUT_EVIDENTLY) == in_process


@pytest.mark.slow
@pytest.mark.ray
def test_ray_writes_the_bytes_of_the_local_runner_evidently_s_documents_and_the_report_included(
    hospitals: StagedDemo, in_process: dict[str, str], tmp_path: Path
) -> None:
    # Looked for, not imported: Ray reads the lock of a cluster when it is imported.
    if importlib.util.find_spec("ray") is None:
        pytest.skip("Ray is not installed")
    with closing(RayExecutor(address="local", num_cpus=2)) as executor:
        over_ray = made(hospitals, tmp_path / "ray", executor, STAGES)
    assert {path: over_ray.get(path) for path in in_process} == in_process
    assert made(hospitals, tmp_path / "local", LocalExecutor(), STAGES) == over_ray


def test_shards_of_another_size_give_the_same_cohort_and_estimates(
    hospitals: StagedDemo, in_process: dict[str, str], tmp_path: Path
) -> None:
    study = tmp_path / "study.yaml"
    text = hospitals.study_file.read_text(encoding="utf-8")
    study.write_text(text.replace("shard_objects: 4000", "shard_objects: 37"), encoding="utf-8")
    workspace = tmp_path / "workspace"
    for verb in ("extract", "adjudicate", "cohort", "check", "evaluate"):
        finished = multisite(verb, study, "--sites", hospitals.sites_folder, "--workspace", workspace)
        assert finished.exit_code == 0, finished.err
    headers = [path for path in contents(workspace) if "/headers/part-" in path]
    assert len(headers) > 10
    tables = ("/series/part-", "/cohort/part-", "/flow/part-", "/estimates/part-", "/check_results/part-")
    for path, digest in contents(workspace).items():
        if any(name in path for name in tables):
            assert in_process[path] == digest, path
