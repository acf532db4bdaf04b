"""Artefacts kept in a bucket are the same as in a folder."""

from pathlib import Path

import pytest

from multisite.cli.running import workspace_location
from multisite.demo import StagedDemo
from multisite.storage.opening import open_store
from tests.conftest import run_verb
from tests.lib.s3_servers import moto_server
from tests.lib.workspaces import contents

pytestmark = pytest.mark.s3


def test_a_workspace_in_s3_holds_the_bytes_of_a_workspace_on_disk(
    hospitals: StagedDemo, evaluated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with moto_server() as server:
        server.create_bucket("results")
        location = server.location("s3://results/here")
        monkeypatch.setenv("MULTISITE_WORKSPACE_ENDPOINT", str(location.endpoint))
        monkeypatch.setenv("MULTISITE_WORKSPACE_REGION", "us-east-1")
        for name in ("ACCESS_KEY", "SECRET_KEY"):
            monkeypatch.setenv(f"MULTISITE_WORKSPACE_{name}", "testing")
        for verb in ("extract", "cohort", "evaluate"):
            finished = run_verb(verb, hospitals, "s3://results/here")
            assert finished.exit_code == 0, finished.err
        store = open_store(workspace_location("s3://results/here"))
        held = {info.key: store.read(info.key) for batch in store.list() for info in batch}
    on_disk = {path: (evaluated / path).read_bytes() for path in contents(evaluated)}
    assert held == on_disk


def test_missing_keys_are_told_by_the_name_of_their_variable(
    hospitals: StagedDemo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MULTISITE_WORKSPACE_ACCESS_KEY", raising=False)
    finished = run_verb("extract", hospitals, "s3://results")
    assert finished.exit_code == 10
    assert "MULTISITE_WORKSPACE_ACCESS_KEY" in finished.err
