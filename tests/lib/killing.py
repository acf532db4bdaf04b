"""Finding and killing processes by number, start time and session, so that only what a test started is touched."""

import os
import signal
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Killable", "descendants", "in_session", "kill", "running", "wait_until_gone"]

_PROC = Path("/proc")
_TICK_S = 0.02


@dataclass(frozen=True, slots=True)
class Killable:
    """A process. The start time (clock ticks since boot) tells it from a later one with the same number."""

    pid: int
    parent: int
    session: int
    started: int
    state: str
    name: str
    title: str


def descendants(pid: int) -> list[Killable]:
    """Children, their children and so on, in the order of their numbers."""
    everything = _everything()
    found = {pid}
    while more := {process.pid for process in everything if process.parent in found} - found:
        found |= more
    return [process for process in everything if process.pid in found - {pid}]


def in_session(leader: int) -> list[Killable]:
    """What still runs of all that was started in the session of ``leader``, even when that is gone."""
    return [process for process in _everything() if process.session == leader and process.state != "Z"]


def running(processes: Iterable[Killable]) -> list[Killable]:
    """Those that still run; one that only waits to be reaped does not."""
    found = []
    for process in processes:
        now = _read(process.pid)
        if now is not None and now.started == process.started and now.state != "Z":
            found.append(now)
    return found


def kill(process: Killable) -> bool:
    """``kill -9``; whether it was still there."""
    if not running([process]):
        return False
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
        return True
    return False


def wait_until_gone(look: Callable[[], list[Killable]], *, within_s: float) -> list[Killable]:
    """Look until nothing is found; what is still found in the end."""
    deadline = time.monotonic() + within_s
    while (left := look()) and time.monotonic() < deadline:
        time.sleep(_TICK_S)
    return left


def _everything() -> list[Killable]:
    numbers = sorted(int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())
    return [process for process in map(_read, numbers) if process is not None]


def _read(pid: int) -> Killable | None:
    try:
        stat = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace")
        title = (_PROC / str(pid) / "cmdline").read_text(encoding="utf-8", errors="replace").replace("\0", " ")
    except OSError:
        return None
    # The name may hold blanks and brackets; the fields after the last bracket do not.
    name, _, rest = stat.partition("(")[2].rpartition(")")
    state, parent, _, session, *more = rest.split()
    return Killable(pid, int(parent), int(session), int(more[15]), state, name, title.strip())
