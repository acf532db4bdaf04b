"""A job as hospital IT submits it: a head with its token on, `ray job submit`, and Parquet at the end."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from multisite.demo import StagedDemo

pytestmark = pytest.mark.cluster

ROOT = Path(__file__).resolve().parents[2]
_DEADLINE_S = 90


@dataclass(frozen=True)
class Head:
    address: str
    environment: dict[str, str]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(address: str, token: str | None) -> int:
    request = urllib.request.Request(f"{address}/api/version")
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@pytest.fixture(scope="module")
def head(hospitals: StagedDemo) -> Iterator[Head]:
    if shutil.which("ray", path=str(Path(sys.executable).parent)) is None:
        pytest.skip("Ray is not installed")
    # Sockets lie below it, and a socket's path has at most 107 bytes: pytest's folders may be too deep.
    port, folder = free_port(), Path(tempfile.mkdtemp(prefix="head-"))
    token = folder / "token"
    address = f"http://127.0.0.1:{port}"
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(folder),
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(token),
        "RAY_TMPDIR": str(folder),
    }
    log = (folder / "head.log").open("wb")
    process = subprocess.Popen(
        [str(ROOT / "cluster/local/start-head.sh"), str(port)],
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + _DEADLINE_S
        while not token.exists() or answers(address, token.read_text()) != 200:
            assert process.poll() is None, (folder / "head.log").read_text()
            assert time.monotonic() < deadline, (folder / "head.log").read_text()
            time.sleep(0.5)
        yield Head(address, environment)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        log.close()
        shutil.rmtree(folder, ignore_errors=True)


def submit(head: Head, *entrypoint: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["ray", "job", "submit", "--address", head.address, "--", *entrypoint],
        env=head.environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_without_the_token_the_door_is_shut(head: Head) -> None:
    assert answers(head.address, None) == 401
    assert answers(head.address, "wrong") in (401, 403)


def test_the_token_file_is_readable_by_its_owner_only(head: Head) -> None:
    mode = Path(head.environment["RAY_AUTH_TOKEN_PATH"]).stat().st_mode
    assert mode & 0o077 == 0


def test_a_submitted_extraction_leaves_parquet_that_anybody_can_read(
    head: Head, hospitals: StagedDemo, evaluated: Path, tmp_path: Path
) -> None:
    workspace = tmp_path / "workspace"
    arguments = [str(hospitals.study_file), "--sites", str(hospitals.sites_folder), "--workspace", str(workspace)]
    finished = submit(head, "exec", sys.executable, "jobs/extract.py", *arguments)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    for site in ("northgate", "harbour"):
        rows, expected = (
            pl.read_parquet(sorted(folder.glob(f"*/{site}/series/part-*.parquet"))) for folder in (workspace, evaluated)
        )
        assert rows.equals(expected)
    secrets = [head.environment[name] for name in head.environment if name.startswith("MULTISITE_KEY_")]
    assert secrets
    assert not any(secret in finished.stdout + finished.stderr for secret in secrets)


def test_a_job_that_fails_is_a_failed_job(head: Head, tmp_path: Path) -> None:
    finished = submit(
        head, "exec", sys.executable, "jobs/extract.py", str(tmp_path / "none.yaml"), "--sites", str(tmp_path)
    )
    assert finished.returncode == 1
    assert "cannot be read" in finished.stdout
