"""A run that was killed or stopped in mid-extraction goes on where it was, and ends with the same bytes."""

import signal
from pathlib import Path

import pytest

from multisite.demo import StagedDemo
from tests.lib.extraction import Extraction, lasting_receipts, receipts, small_shards
from tests.lib.killing import in_session, wait_until_gone
from tests.lib.workspaces import contents

pytestmark = pytest.mark.alone

_DEADLINE_S = 120


@pytest.fixture
def study(hospitals: StagedDemo, tmp_path: Path) -> Path:
    """The study with shards so small that a kill falls between many of them."""
    return small_shards(hospitals.study_file, tmp_path / "study.yaml")


def start(study: Path, staged: StagedDemo, workspace: Path, *options: str) -> Extraction:
    log = workspace.with_suffix(".log")
    return Extraction.start(study, min(staged.sites_folder.glob("*.yaml")), workspace, *options, log=log)


def test_a_run_that_is_killed_again_and_again_ends_like_one_that_was_not(
    hospitals: StagedDemo, whole: Path, study: Path, tmp_path: Path
) -> None:
    killed = tmp_path / "killed"
    n_all = len(receipts(whole))
    for n in (n_all // 2, 3 * n_all // 4):
        run = start(study, hospitals, killed)
        assert run.wait_for_receipts(killed, n, within_s=_DEADLINE_S), run.output()
        run.process.kill()
        run.finish(within_s=_DEADLINE_S)
        assert len(receipts(killed)) < n_all
    done_before = lasting_receipts(killed)
    run = start(study, hospitals, killed)
    assert run.finish(within_s=_DEADLINE_S) == 0, run.output()
    n_run, n_kept = (sum(counts) for counts in zip(*run.planned().values(), strict=True))
    assert n_kept == len(done_before) > 0
    assert n_run + n_kept == len(lasting_receipts(whole))
    after = lasting_receipts(killed)
    assert {path: after[path] for path in done_before} == done_before
    assert contents(killed, without=[".tmp-"]) == contents(whole)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_run_that_is_asked_to_stop_says_how_to_go_on_and_leaves_no_process(
    hospitals: StagedDemo, study: Path, tmp_path: Path, workers: str
) -> None:
    workspace = tmp_path / "stopped"
    run = start(study, hospitals, workspace, "--workers", workers)
    assert run.wait_for_receipts(workspace, 3, within_s=_DEADLINE_S), run.output()
    run.process.send_signal(signal.SIGTERM)
    assert run.finish(within_s=_DEADLINE_S) == 143, run.output()
    assert "Run the same command again" in run.output()
    assert "Traceback" not in run.output()
    assert wait_until_gone(lambda: in_session(run.pid), within_s=10) == []
