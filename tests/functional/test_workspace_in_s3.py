"""Artefacts kept in a bucket are the same as in a folder."""

from pathlib import Path

import pytest

from multisite.cli.running import workspace_location
from multisite.demo import StagedDemo
from multisite.storage.opening import open_store
from tests.conftest import run_verb
from tests.lib.command import multisite
from tests.lib.s3_servers import moto_server

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
        for verb in ("extract", "adjudicate", "cohort", "evaluate"):
            finished = run_verb(verb, hospitals, "s3://results/here")
            assert finished.exit_code == 0, finished.err
        store = open_store(workspace_location("s3://results/here"))
        held = {info.key: store.read(info.key) for batch in store.list() for info in batch}
    on_disk = {str(path.relative_to(evaluated)): path.read_bytes() for path in evaluated.rglob("*") if path.is_file()}
    # A ledger names the run and its time, which are others.
    ledgers = [{path for path in found if "/_ledger/" in path} for found in (held, on_disk)]
    assert ledgers[0] == ledgers[1] != set()
    assert {path: held[path] for path in held if path not in ledgers[0]} == {
        path: content for path, content in on_disk.items() if path not in ledgers[1]
    }


def test_a_cohort_in_s3_is_compared_with_one_in_a_folder(evaluated: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = min(evaluated.glob("*/*/cohort"))
    with moto_server() as server:
        server.create_bucket("results")
        monkeypatch.setenv("MULTISITE_WORKSPACE_ENDPOINT", str(server.location("s3://results").endpoint))
        monkeypatch.setenv("MULTISITE_WORKSPACE_REGION", "us-east-1")
        for name in ("ACCESS_KEY", "SECRET_KEY"):
            monkeypatch.setenv(f"MULTISITE_WORKSPACE_{name}", "testing")
        store = open_store(workspace_location("s3://results"))
        for path in folder.iterdir():
            store.write(f"chest/north/cohort/{path.name}", path.read_bytes())
        for place in ("chest/north", "chest/north/cohort/", "chest/north/cohort/part-all.parquet"):
            finished = multisite("cohort", "diff", folder, f"s3://results/{place}")
            assert finished.exit_code == 0, finished.err
            assert "The hashes are equal." in finished.out
        assert multisite("cohort", "diff", folder, "s3://results/chest").exit_code == 13
        assert multisite("cohort", "diff", folder, "s3://results/none.parquet").exit_code == 11


def test_missing_keys_are_told_by_the_name_of_their_variable(
    hospitals: StagedDemo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MULTISITE_WORKSPACE_ACCESS_KEY", raising=False)
    finished = run_verb("extract", hospitals, "s3://results")
    assert finished.exit_code == 10
    assert "MULTISITE_WORKSPACE_ACCESS_KEY" in finished.err
