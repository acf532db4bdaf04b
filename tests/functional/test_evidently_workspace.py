"""`multisite show evidently-workspace`: archived snapshots as Evidently's own folder."""

import json
from pathlib import Path

import pytest

from multisite.cli.running import workspace_location
from multisite.runners.work import open_artefacts
from multisite.schemas import FileArtefact
from multisite.schemas.drift import EVIDENTLY_BASELINE_SNAPSHOT, EVIDENTLY_MONTH_SNAPSHOT
from multisite.storage.artefacts import WHOLE
from multisite.storage.manifest import Manifest
from multisite.study import load_study
from multisite.vocabulary import Zone
from tests.lib.command import multisite

STUDY = Path("configs/demo.yaml").resolve()
SITE = "harbour"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    folder = tmp_path / "workspace"
    folder.mkdir()
    store = open_artefacts(workspace_location(str(folder)), load_study(STUDY), Zone.SITE)

    def archive(artefact: FileArtefact, *partitions: str) -> None:
        parts = [part for name in partitions for part in store.write_file(artefact, SITE, name, b'{"name": null}')]
        made = Manifest(artefact.name, 1, artefact.zone.value, SITE, "drawn", 1, "0", "", {}, tuple(parts))
        store.commit(artefact, made)

    archive(EVIDENTLY_BASELINE_SNAPSHOT, WHOLE)
    archive(EVIDENTLY_MONTH_SNAPSHOT, "2024-01", "2024-02")
    return folder


def test_a_project_with_a_run_for_the_baseline_and_each_month(workspace: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    command = ("show", "evidently-workspace", STUDY, "--site", SITE, "--workspace", workspace, "--to", runs)
    first = multisite(*command)
    assert first.exit_code == 0, first.err
    assert "3 runs of 1 site; drawn from rows, stays in the site" in first.out
    assert f"DO_NOT_TRACK=1 evidently ui --workspace {runs}" in first.out
    written = {path: path.read_bytes() for path in runs.rglob("*.json")}
    names = {json.loads(content)["name"] for path, content in written.items() if path.parent.name == "snapshots"}
    assert names == {"baseline", "2024-01", "2024-02"}
    assert multisite(*command).exit_code == 0
    assert {path: path.read_bytes() for path in runs.rglob("*.json")} == written


def test_a_site_without_a_picture_is_an_error_and_nothing_is_written(workspace: Path, tmp_path: Path) -> None:
    both = ("--site", SITE, "--site", "northgate")
    refused = multisite(
        "show", "evidently-workspace", STUDY, *both, "--workspace", workspace, "--to", tmp_path / "runs"
    )
    assert refused.exit_code != 0
    assert "there is no archived picture by Evidently" in refused.err
    assert not (tmp_path / "runs").exists()
