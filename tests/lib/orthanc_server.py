"""A real Orthanc with its DICOMweb plugin on loopback, for tests: own configuration, own folder, no DICOM port."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3

from tests.lib.s3_servers import free_port

__all__ = ["PASSWORD", "USER", "OrthancServer", "orthanc_server"]

USER = "reader"
PASSWORD = "loopback:pässword"
_PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")
_ROOT = "/dicom-web"
_START_SECONDS = 30.0
_STOP_SECONDS = 5.0
_PORT_ATTEMPTS = 3
# A test run that is killed cannot stop its servers; the end of the pipe that it held does.
_UNTIL_STDIN_ENDS = 'exec 3<&0; "$@" 3<&- & server=$!; (read -r _ <&3; kill $server) & wait $server'


@dataclass(frozen=True, slots=True)
class OrthancServer:
    """A running server."""

    port: int

    @property
    def url(self) -> str:
        """What a site file would say."""
        return f"dicomweb+http://127.0.0.1:{self.port}{_ROOT}"

    def store(self, data: bytes) -> bool:
        """Whether the server has taken the object in; not where it already has one with this UID, or cannot read it."""
        answer = self._ask("POST", "/instances", data)
        if answer.status != 200:
            return False
        told = json.loads(answer.data)
        return isinstance(told, dict) and told["Status"] == "Success"

    def remove_instance(self, sop_instance_uid: str) -> None:
        """Remove an instance behind the back of whoever listed it."""
        (found,) = json.loads(self._ask("POST", "/tools/lookup", sop_instance_uid.encode()).data)
        assert self._ask("DELETE", found["Path"]).status == 200

    def answers(self) -> bool:
        """Whether the server is up, with its plugin."""
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            return self._ask("GET", f"{_ROOT}/studies?limit=1").status == 200
        return False

    def _ask(self, method: str, path: str, body: bytes | None = None) -> urllib3.BaseHTTPResponse:
        # Orthanc compares the credentials as UTF-8.
        headers = urllib3.make_headers(basic_auth=f"{USER}:{PASSWORD}".encode().decode("latin-1"))
        return urllib3.request(
            method, f"http://127.0.0.1:{self.port}{path}", body=body, headers=headers, timeout=20.0, retries=False
        )


@contextlib.contextmanager
def orthanc_server(folder: Path) -> Iterator[OrthancServer]:
    """Run a server that keeps its objects in ``folder``; the test is skipped where it is not installed."""
    program = shutil.which("Orthanc") or shutil.which("Orthanc", path="/usr/sbin:/usr/local/sbin")
    if program is None or not _PLUGIN.exists():
        pytest.skip("Orthanc with its DICOMweb plugin is not installed: install orthanc and orthanc-dicomweb")
    for _ in range(_PORT_ATTEMPTS):
        server = OrthancServer(free_port())
        configuration = folder / "orthanc.json"
        configuration.write_text(json.dumps(_configuration(folder, server.port)), encoding="utf-8")
        process = subprocess.Popen(
            ["sh", "-c", _UNTIL_STDIN_ENDS, "sh", program, str(configuration)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            if _comes_up(server, process):
                yield server
                return
        finally:
            _stop(process)
    raise RuntimeError(f"the server did not start in {_PORT_ATTEMPTS} attempts")


def _configuration(folder: Path, port: int) -> dict[str, object]:
    return {
        "Name": "loopback",
        "StorageDirectory": str(folder / "objects"),
        "IndexDirectory": str(folder / "objects"),
        "HttpPort": port,
        "SyncStorageArea": False,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": True,
        "RegisteredUsers": {USER: PASSWORD},
        "DicomServerEnabled": False,
        "Plugins": [str(_PLUGIN)],
        "DicomWeb": {"Enable": True, "Root": f"{_ROOT}/", "EnableWado": False},
    }


def _comes_up(server: OrthancServer, process: "subprocess.Popen[bytes]") -> bool:
    """Whether the server answers within the time allowed; False as soon as it has ended."""
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        if server.answers():
            return True
        time.sleep(0.1)
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
