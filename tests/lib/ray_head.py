"""A Ray head on loopback, started as hospital IT starts it: with its token on, and its own folder and ports."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.lib.killing import Killable, descendants, in_session, kill, wait_until_gone

__all__ = ["RayHead"]

_SCRIPT = Path(__file__).resolve().parents[2] / "cluster/local/start-head.sh"
_START_S = 120
_STOP_S = 30
_ADDRESS = re.compile(r"--address='([\d.]+:\d+)'")


class RayHead:
    """Starts when it is made; to be stopped whatever happens."""

    def __init__(self) -> None:
        # Sockets lie below it, and a socket's path has at most 107 bytes: pytest's folders are too deep.
        self._folder = Path(tempfile.mkdtemp(prefix="head-"))
        self._log = self._folder / "head.log"
        self.environment = {
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN_PATH": str(self._folder / "token"),
        }
        own = {"HOME": str(self._folder), "RAY_TMPDIR": str(self._folder)}
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [str(_SCRIPT), str(_free_port())],
                env={**os.environ, **self.environment, **own},
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            self.address = self._wait_for_address()
        except BaseException:
            self.stop()
            raise

    def processes(self) -> list[Killable]:
        """All that the head has started."""
        return descendants(self._process.pid)

    def stop(self) -> list[Killable]:
        """End it if it still runs, and remove its folder; what was left after that, and is now killed."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(_STOP_S)
        left = wait_until_gone(lambda: in_session(self._process.pid), within_s=_STOP_S)
        for process in left:
            kill(process)
        shutil.rmtree(self._folder, ignore_errors=True)
        return left

    def _wait_for_address(self) -> str:
        deadline = time.monotonic() + _START_S
        while True:
            log = self._log.read_text(encoding="utf-8", errors="replace")
            found = _ADDRESS.search(log)
            if found:
                return found[1]
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"the head did not start\n{log}")
            time.sleep(0.1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
