import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from multisite.demo import serve_s3, staged_demo
from multisite.demo.s3_server import S3Server, find_rclone
from multisite.errors import StoreError
from multisite.storage.location import CredentialReference, StoreLocation
from multisite.storage.opening import open_store
from tests.unit.demo.small_demo import PLAN, SmallDemo


@pytest.fixture
def no_rclone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name, path=None: None)


def location(server: S3Server) -> StoreLocation:
    return StoreLocation(
        name="archive",
        url="s3://bucket",
        endpoint=server.endpoint,
        endpoint_env=None,
        region="us-east-1",
        credentials=CredentialReference(access_key_env="DEMO_TEST_ACCESS", secret_key_env="DEMO_TEST_SECRET"),
    )


@pytest.mark.s3
def test_a_folder_is_served_under_its_keys_while_the_context_lasts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bucket" / "a").mkdir(parents=True)
    (tmp_path / "bucket" / "a" / "one").write_bytes(b"content")
    with serve_s3(tmp_path) as server:
        monkeypatch.setenv("DEMO_TEST_ACCESS", server.access_key)
        monkeypatch.setenv("DEMO_TEST_SECRET", server.secret_key)
        store = open_store(location(server))
        assert [info.key for batch in store.list() for info in batch] == ["a/one"]
        assert store.read("a/one") == b"content"
        assert server.secret_key not in repr(server)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a", "bucket", "one"]


@pytest.mark.s3
def test_the_server_stops_with_the_context_even_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="inside"), serve_s3(tmp_path) as server:
        raise RuntimeError("inside")
    assert not answers(server.endpoint)


@pytest.mark.s3
def test_the_server_stops_when_the_demo_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from multisite.demo.s3_server import serve_s3\n"
        "with serve_s3(Path(sys.argv[1])) as server: print(server.endpoint, flush=True); time.sleep(60)"
    )
    demo = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    try:
        assert demo.stdout is not None
        endpoint = demo.stdout.readline().strip()
        assert answers(endpoint)
    finally:
        demo.kill()
        demo.wait()
    deadline = time.monotonic() + 10
    while answers(endpoint) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not answers(endpoint)


def answers(endpoint: str) -> bool:
    host, port = endpoint.removeprefix("http://").split(":")
    try:
        with socket.create_connection((host, int(port)), timeout=1):
            return True
    except OSError:
        return False


@pytest.mark.usefixtures("no_rclone")
def test_without_rclone_the_remedy_is_named() -> None:
    with pytest.raises(StoreError, match=r"multisite\[demo\]"):
        find_rclone()


@pytest.mark.usefixtures("no_rclone")
def test_without_rclone_the_site_is_read_from_a_folder_and_a_notice_says_so(small_demo: SmallDemo) -> None:
    with staged_demo(small_demo.out, PLAN) as staged:
        text = (staged.sites_folder / "harbour.yaml").read_text()
    assert staged.notice is not None
    assert "folder instead" in staged.notice
    assert "s3://imaging" not in text
