"""Killed without warning in mid-extraction, a run goes on where it stopped and ends with the same bytes."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from multisite.demo import StagedDemo
from tests.lib.workspaces import contents

_RUN = [sys.executable, "-c", "from multisite.cli.main import run; run()"]
_DEADLINE_S = 120


@pytest.fixture
def study(hospitals: StagedDemo, tmp_path: Path) -> Path:
    """The study with shards so small that a kill falls between many of them."""
    path = tmp_path / "study.yaml"
    text = hospitals.study_file.read_text(encoding="utf-8")
    path.write_text(text.replace("shard_objects: 2000", "shard_objects: 10"), encoding="utf-8")
    return path


def start(study: Path, staged: StagedDemo, workspace: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [
        *_RUN,
        "extract",
        str(study),
        "--sites",
        str(staged.sites_folder),
        "--workspace",
        str(workspace),
        *options,
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True)


def finish(process: subprocess.Popen[bytes]) -> str:
    out, _ = process.communicate(timeout=_DEADLINE_S)
    assert process.returncode == 0, out.decode()
    return out.decode()


def receipts(workspace: Path) -> int:
    return len(list(workspace.glob("*/*/_receipts/headers/*.json")))


def wait_for_receipts(process: subprocess.Popen[bytes], workspace: Path, n: int) -> None:
    deadline = time.monotonic() + _DEADLINE_S
    while receipts(workspace) < n:
        assert process.poll() is None, process.communicate()[0].decode()
        assert time.monotonic() < deadline, "no receipt was written"
        time.sleep(0.002)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_killed_extraction_resumes_and_equals_an_uninterrupted_one(
    hospitals: StagedDemo, study: Path, tmp_path: Path, workers: str
) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    finish(start(study, hospitals, whole))
    for after in (3, 20):
        process = start(study, hospitals, killed, "--workers", workers)
        wait_for_receipts(process, killed, after)
        # The whole session: workers of a pool would otherwise live on for a while.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=_DEADLINE_S)
        assert receipts(killed) < receipts(whole)
    done_before = receipts(killed)
    out = finish(start(study, hospitals, killed, "--workers", workers))
    line = next(line for line in out.splitlines() if line.startswith("Read DICOM headers  "))
    run, up_to_date = (int(word) for word in line.removeprefix("Read DICOM headers").split()[:2])
    assert up_to_date >= done_before - 1 > 0
    assert run + up_to_date == receipts(whole)
    assert contents(killed, without=[".tmp-"]) == contents(whole)


def test_a_run_that_is_asked_to_stop_says_how_to_go_on(hospitals: StagedDemo, study: Path, tmp_path: Path) -> None:
    process = start(study, hospitals, tmp_path / "stopped")
    wait_for_receipts(process, tmp_path / "stopped", 3)
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=_DEADLINE_S)
    assert process.returncode == 143
    assert "Run the same command again" in out.decode()
    assert "Traceback" not in out.decode()
