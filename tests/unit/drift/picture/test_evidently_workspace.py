"""Evidently's own workspace, opened by Evidently itself."""

import json
from functools import lru_cache
from pathlib import Path

import pytest

from multisite.drift.picture.evidently_workspace import BASELINE_RUN, workspace_files
from tests.unit.drift.builders import baseline, compare, in_month, monitored

MONTHS = ("2026-01", "2026-02")


@lru_cache(maxsize=1)
def snapshots() -> dict[str, bytes]:
    made = baseline(200)
    months = {m: compare(made, in_month(monitored(60, seed=i), m), m) for i, m in enumerate(MONTHS)}
    found = {BASELINE_RUN: made.files["evidently_baseline_snapshot"]}
    return found | {month: outputs.files["evidently_month_snapshot"] for month, outputs in months.items()}


def write(folder: Path, site: str, of: dict[str, bytes]) -> None:
    for name, content in workspace_files(of, study="lung", site=site, title="Lung nodules").items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


@pytest.mark.slow
def test_evidently_opens_the_workspace_and_lists_the_runs(tmp_path: Path) -> None:
    from evidently.ui.workspace import Workspace

    for site in ("north", "south"):
        write(tmp_path, site, snapshots())
    workspace = Workspace(str(tmp_path))
    projects = {project.name: project for project in workspace.list_projects()}
    assert set(projects) == {"Lung nodules: north", "Lung nodules: south"}
    north = projects["Lung nodules: north"]
    runs = [workspace.get_run(north.id, run) for run in workspace.list_runs(north.id)]
    assert {run.name for run in runs if run is not None} == {BASELINE_RUN, *MONTHS}


@pytest.mark.slow
def test_the_server_of_evidently_loads_every_run(tmp_path: Path) -> None:
    from evidently.ui.service.storage.local.base import LocalState

    write(tmp_path, "north", snapshots())
    state = LocalState.load(str(tmp_path), None)
    assert [len(runs) for runs in state.snapshots.values()] == [3]


@pytest.mark.slow
def test_the_definition_of_the_baseline_is_one_of_evidently() -> None:
    from evidently import DataDefinition

    read = DataDefinition(**json.loads(baseline(200).files["evidently_definition"]))
    assert sorted(read.numerical_columns) == ["age years", "score nodule ai"]
    assert read.categorical_columns == ["vendor"]


def test_the_same_runs_give_the_same_files_and_a_revised_month_takes_the_place_of_the_one_before() -> None:
    def files(content: bytes) -> dict[str, bytes]:
        return workspace_files({"2026-01": content}, study="lung", site="north", title="Lung")

    first, again, revised = files(b'{"name": null}'), files(b'{"name": null}'), files(b'{"name": null, "n": 2}')
    assert first == again
    assert list(first) == list(revised)
    assert first != revised


def test_a_site_without_a_snapshot_has_no_project() -> None:
    assert workspace_files({}, study="lung", site="north", title="Lung") == {}
