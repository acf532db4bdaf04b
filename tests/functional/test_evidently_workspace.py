"""`multisite show evidently-workspace`: archived snapshots as Evidently's own folder."""

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from multisite.cli.running import workspace_location
from multisite.drift.picture.evidently_report import compare_with_evidently
from multisite.runners.work import open_artefacts
from multisite.schemas import FileArtefact
from multisite.schemas.drift import EVIDENTLY_BASELINE_SNAPSHOT, EVIDENTLY_MONTH_SNAPSHOT
from multisite.storage.artefacts import WHOLE
from multisite.storage.manifest import Manifest
from multisite.study import load_study
from multisite.vocabulary import Zone
from tests.lib.command import multisite
from tests.lib.s3_servers import free_port

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


@pytest.mark.slow
def test_evidentlys_own_server_shows_the_runs(workspace: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    before, now = (pl.DataFrame({"number_age_years": rng.normal(60, 10, n)}) for n in (200, 60))
    drawn = compare_with_evidently(
        before, now, columns=["number_age_years"], site=SITE, window="2024-02", left_out={}
    ).snapshot
    assert drawn is not None
    for part in workspace.rglob("evidently_*_snapshot/part-*"):
        part.unlink()
    store = open_artefacts(workspace_location(str(workspace)), load_study(STUDY), Zone.SITE)
    for artefact, name in ((EVIDENTLY_BASELINE_SNAPSHOT, WHOLE), (EVIDENTLY_MONTH_SNAPSHOT, "2024-02")):
        parts = tuple(store.write_file(artefact, SITE, name, drawn))
        store.commit(artefact, Manifest(artefact.name, 1, artefact.zone.value, SITE, "d", 1, "0", "", {}, parts))
    runs, port = tmp_path / "runs", free_port()
    made = multisite("show", "evidently-workspace", STUDY, "--site", SITE, "--workspace", workspace, "--to", runs)
    assert made.exit_code == 0, made.err
    command = [Path(sys.executable).parent / "evidently", "ui", "--workspace", runs, "--port", str(port)]
    environment = {**os.environ, "DO_NOT_TRACK": "1"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as server:
        try:
            [project] = asked(port, "projects", patience_s=60.0)
            assert project["name"].endswith(f": {SITE}")
            names = [report["name"] for report in asked(port, f"projects/{project['id']}/reports", patience_s=10.0)]
            assert "2024-02" in names
        finally:
            server.terminate()
            server.wait(20)


def asked(port: int, path: str, *, patience_s: float) -> list[dict[str, str]]:
    """What the server answers, once it is up."""
    until = time.monotonic() + patience_s
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/{path}", timeout=5) as answer:
                found: list[dict[str, str]] = json.load(answer)
                return found
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.3)
