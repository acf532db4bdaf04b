"""What several kinds of test start from: a small cohort of two simulated hospitals."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from multisite.demo import DemoPlan, StagedDemo, staged_demo
from tests.lib.command import Finished, multisite

# A busy machine is no failure.
settings.register_profile("unhurried", deadline=None)
# A fifth of the examples, for the fast lane: `--hypothesis-profile brief`.
settings.register_profile("brief", deadline=None, max_examples=20)
settings.load_profile("unhurried")

# A developer's own cluster, profile or colours must not reach the tests.
for _name in ("RAY_ADDRESS", "AWS_PROFILE", "AWS_ENDPOINT_URL", "FORCE_COLOR"):
    os.environ.pop(_name, None)


@pytest.fixture(scope="session")
def hospitals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StagedDemo]:
    """Two hospitals in folders, a hundred patients each and two later months."""
    plan = DemoPlan(patients_per_site=100, sites=2, months=2)
    with staged_demo(tmp_path_factory.mktemp("hospitals"), plan, s3=False) as staged:
        yield staged


@pytest.fixture(scope="session")
def evaluated(hospitals: StagedDemo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace in which everything up to the estimates has been made, in this process."""
    workspace = tmp_path_factory.mktemp("evaluated")
    for verb in ("extract", "adjudicate", "cohort", "evaluate"):
        finished = run_verb(verb, hospitals, workspace)
        assert finished.exit_code == 0, finished.err
    return workspace


def run_verb(verb: str, staged: StagedDemo, workspace: Path | str, *more: object) -> Finished:
    """``multisite <verb>`` over the staged hospitals."""
    return multisite(verb, staged.study_file, "--sites", staged.sites_folder, "--workspace", workspace, *more)
