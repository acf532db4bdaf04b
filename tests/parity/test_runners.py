"""The same work, wherever it runs, gives the same bytes."""

from pathlib import Path

import pytest

from multisite.demo import StagedDemo
from tests.conftest import run_verb
from tests.lib.command import multisite
from tests.lib.workspaces import contents


def made(staged: StagedDemo, workspace: Path, *options: str) -> dict[str, str]:
    for verb in ("extract", "cohort", "check", "evaluate"):
        finished = run_verb(verb, staged, workspace, *options)
        assert finished.exit_code == 0, finished.err
    return contents(workspace)


@pytest.fixture(scope="module")
def in_process(hospitals: StagedDemo, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return made(hospitals, tmp_path_factory.mktemp("one"))


def test_two_processes_write_the_bytes_of_one(
    hospitals: StagedDemo, in_process: dict[str, str], tmp_path: Path
) -> None:
    assert made(hospitals, tmp_path, "--workers", "2") == in_process


@pytest.mark.ray
def test_ray_writes_the_bytes_of_the_local_runner(
    hospitals: StagedDemo, in_process: dict[str, str], tmp_path: Path
) -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    assert made(hospitals, tmp_path, "--runner", "ray", "--address", "local") == in_process


@pytest.mark.slow
@pytest.mark.ray
def test_drift_and_report_are_the_same_over_ray_but_for_evidently_s_documents(
    hospitals: StagedDemo, tmp_path: Path
) -> None:
    pytest.importorskip("ray", reason="Ray is not installed")
    found = []
    for name, options in (("local", ()), ("ray", ("--runner", "ray", "--address", "local"))):
        workspace = tmp_path / name
        made(hospitals, workspace)
        for verb in ("baseline", "monitor", "report"):
            assert run_verb(verb, hospitals, workspace, *options).exit_code == 0
        found.append(contents(workspace))
    assert found[0] == found[1]


def test_shards_of_another_size_give_the_same_cohort_and_estimates(
    hospitals: StagedDemo, in_process: dict[str, str], tmp_path: Path
) -> None:
    study = tmp_path / "study.yaml"
    text = hospitals.study_file.read_text(encoding="utf-8")
    study.write_text(text.replace("shard_objects: 1000", "shard_objects: 37"), encoding="utf-8")
    workspace = tmp_path / "workspace"
    for verb in ("extract", "cohort", "check", "evaluate"):
        finished = multisite(verb, study, "--sites", hospitals.sites_folder, "--workspace", workspace)
        assert finished.exit_code == 0, finished.err
    headers = [path for path in contents(workspace) if "/headers/part-" in path]
    assert len(headers) > 10
    tables = ("/series/part-", "/cohort/part-", "/flow/part-", "/estimates/part-", "/check_results/part-")
    for path, digest in contents(workspace).items():
        if any(name in path for name in tables):
            assert in_process[path] == digest, path
