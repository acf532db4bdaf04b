"""No socket is opened but to the configured stores and the cluster: seen by the kernel, not promised by a setting.

`strace` follows every process of a whole run (S3 server, Ray, Evidently) and records each `connect` and each send.
"""

import re
import shutil
import subprocess
import sys
from ipaddress import ip_address
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

# Ray's runtime-environment agent (C++) learns its own address by connecting an unconnected-protocol socket towards a
# public one. A connect of UDP sends nothing; that nothing is sent to it later is part of the test.
_ASKED_FOR_ROUTE = "8.8.8.8"

_ADDRESS = re.compile(r'(?:sin_addr=inet_addr\("|inet_pton\(AF_INET6, ")([^"]+)"')


def addresses(trace: Path) -> set[str]:
    """Every internet address that a process connected or sent to."""
    return set(_ADDRESS.findall(trace.read_text(encoding="utf-8", errors="replace")))


def loopback(address: str) -> bool:
    plain = ip_address(address.split("%")[0])
    return (getattr(plain, "ipv4_mapped", None) or plain).is_loopback


def sent_to(trace: Path, address: str) -> list[str]:
    """Calls that name ``address``, but for connects of UDP sockets to a name server's port."""
    lines = trace.read_text(encoding="utf-8", errors="replace").splitlines()
    quiet = re.compile(r"connect\(\d+, \{sa_family=AF_INET, sin_port=htons\(53\), ")
    return [line for line in lines if address in line and not quiet.search(line)]


def traced(trace: Path, *command: str) -> subprocess.CompletedProcess[str]:
    calls = "trace=connect,sendto,sendmsg,sendmmsg"
    return subprocess.run(
        [
            "strace",
            "--follow-forks",
            "--seccomp-bpf",
            "-qq",
            "-e",
            "signal=none",
            "-e",
            calls,
            "-o",
            str(trace),
            *command,
        ],
        capture_output=True,
        text=True,
        timeout=280,
        check=False,
    )


@pytest.fixture(autouse=True)
def _strace() -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed (Debian package strace)")


def test_the_trace_would_show_a_call(tmp_path: Path) -> None:
    code = "import socket; s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.connect(('127.1.2.3', 9))"
    done = traced(tmp_path / "trace", sys.executable, "-c", code)
    if "ptrace" in done.stderr:
        pytest.skip("this machine does not let processes be traced")
    assert addresses(tmp_path / "trace") == {"127.1.2.3"}


@pytest.mark.ray
@pytest.mark.s3
@pytest.mark.timeout(300)
@pytest.mark.parametrize("runner", ["local", "ray"])
def test_a_whole_run_connects_to_this_machine_only(tmp_path: Path, runner: str) -> None:
    command = "from multisite.cli.main import run; run()"
    size = ["--patients", "100", "--sites", "2", "--months", "1", "--out", str(tmp_path / "demo"), "--runner", runner]
    done = traced(tmp_path / "trace", sys.executable, "-c", command, "demo", *size)
    assert "planted faults found" in done.stdout, done.stdout + done.stderr
    found = addresses(tmp_path / "trace")
    # The S3 server of the second hospital was asked, so the trace has seen real traffic.
    assert "127.0.0.1" in found
    elsewhere = {address for address in found if not loopback(address)}
    if runner == "ray":
        assert sent_to(tmp_path / "trace", _ASKED_FOR_ROUTE) == []
        elsewhere.discard(_ASKED_FOR_ROUTE)
    assert elsewhere == set()
