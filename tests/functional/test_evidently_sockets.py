"""A baseline and a month, drawn by Evidently in a fresh process that writes down every attempt to reach out.

The process runs twice, with different seeds of Python's string hashes: the results must be the same to the byte.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import hashlib, json, os, sys

# Evidently's usage reporting posts from a second process, so starting one counts as reaching out.
WATCHED = {"socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname",
           "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "os.forkpty"}
attempts = []
sys.addaudithook(lambda event, arguments: attempts.append(event) if event in WATCHED else None)

from tests.unit.drift.builders import baseline, compare, in_month, monitored

made = baseline(400)
month = compare(made, in_month(monitored(120, seed=7, shift=0.1), "2026-01"), "2026-01")
after_the_work = list(attempts)

# The hook must be able to see an attempt, or its silence would prove nothing.
import socket
try:
    socket.create_connection(("127.0.0.1", 9), timeout=1)
except OSError:
    pass

digests = {name: hashlib.sha256(content).hexdigest() for name, content in {**made.files, **month.files}.items()}
for name, frame in {**made.frames, **month.frames}.items():
    digests[name] = hashlib.sha256(frame.write_ndjson().encode()).hexdigest()
print(json.dumps({
    "attempts": after_the_work,
    "afterwards": attempts[len(after_the_work):],
    "digests": digests,
    "evidently": "evidently" in sys.modules,
}))
"""


def run(home: Path, hash_seed: str) -> dict[str, object]:
    inherited = {name: value for name, value in os.environ.items() if "DO_NOT_TRACK" not in name}
    environment = inherited | {
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "PYTHONHASHSEED": hash_seed,
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
    }
    finished = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, timeout=240, check=False
    )
    assert finished.returncode == 0, finished.stderr
    found: dict[str, object] = json.loads(finished.stdout)
    return found


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def runs(home: Path) -> list[dict[str, object]]:
    return [run(home, "0"), run(home, "1")]


def test_no_connection_is_attempted_and_no_process_started(runs: list[dict[str, object]]) -> None:
    assert [found["evidently"] for found in runs] == [True, True]
    assert [found["attempts"] for found in runs] == [[], []]


def test_an_attempt_would_have_been_seen(runs: list[dict[str, object]]) -> None:
    assert all("socket.connect" in found["afterwards"] for found in runs)


def test_no_usage_identity_is_written_to_the_home_folder(runs: list[dict[str, object]], home: Path) -> None:
    assert runs
    assert [path for path in home.rglob("*") if "telemetry" in path.name] == []


def test_two_processes_give_the_same_bytes(runs: list[dict[str, object]]) -> None:
    assert len(runs[0]["digests"]) == 13
    assert runs[0]["digests"] == runs[1]["digests"]
