"""``multisite extract`` as a process of its own session, watched through its receipts and its JSON lines."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from multisite.pipeline import STAGES
from tests.lib.killing import in_session, kill

__all__ = ["Extraction", "lasting_receipts", "objects_once", "receipts", "small_shards", "uninterrupted"]

_RUN = [sys.executable, "-c", "from multisite.cli.main import run; run()", "extract"]
_TICK_S = 0.002
_KILLED_S = 30
_WHOLE_S = 240
_ALWAYS = frozenset(stage.name for stage in STAGES if stage.always_runs)


@dataclass(frozen=True, slots=True)
class Extraction:
    """A started run; standard output and error are in ``log``."""

    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(
        cls,
        study: Path,
        sites: Path,
        workspace: Path,
        *options: str,
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> "Extraction":
        """Start it; ``environment`` is added to that of this process."""
        command = [*_RUN, str(study), "--sites", str(sites), "--workspace", str(workspace), "--json", *options]
        with log.open("wb") as out:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                env={**os.environ, **(environment or {})},
            )
        return cls(process, log)

    @property
    def pid(self) -> int:
        """Number of the process and of its session."""
        return self.process.pid

    def output(self) -> str:
        """What it has printed."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def wait_for_receipts(self, workspace: Path, n: int, *, within_s: float) -> bool:
        """Wait until there are ``n`` receipts; False when the run ends before."""
        deadline = time.monotonic() + within_s
        while len(receipts(workspace)) < n:
            if self.process.poll() is not None:
                return False
            assert time.monotonic() < deadline, f"fewer than {n} receipts after {within_s:g} s\n{self.output()}"
            time.sleep(_TICK_S)
        return self.process.poll() is None

    def finish(self, *, within_s: float) -> int | None:
        """Wait for its end; the exit code, negative for a signal. None when it had to be ended after ``within_s``."""
        try:
            return self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.abandon()
            return None

    def abandon(self) -> None:
        """Kill it with all that it has started."""
        for process in in_session(self.pid):
            kill(process)
        self.process.wait(_KILLED_S)

    def planned(self) -> dict[str, tuple[int, int]]:
        """Stage → tasks that it ran, or meant to run, and tasks whose receipts it took; lasting receipts only."""
        found = {}
        for event in self._events("stage started"):
            if event["stage"] not in _ALWAYS:
                found[event["stage"]] = (event["n_tasks"] - event["n_up_to_date"], event["n_up_to_date"])
        return found

    def _events(self, kind: str) -> list[dict[str, Any]]:
        lines = (line for line in self.output().splitlines() if line.startswith('{"event"') and line.endswith("}"))
        return [event for event in map(json.loads, lines) if event["event"] == kind]


def small_shards(study: Path, to: Path) -> Path:
    """The study with shards so small that a kill falls between many of them."""
    text, n = re.subn(r"shard_objects: \d+", "shard_objects: 10", study.read_text(encoding="utf-8"))
    if n != 1:
        raise RuntimeError("the study file does not say how large a shard is")
    to.write_text(text, encoding="utf-8")
    return to


def uninterrupted(study: Path, sites_folder: Path, folder: Path) -> Path:
    """The workspace of a run over the first site in small shards, to its end, in ``folder``."""
    whole = folder / "whole"
    small = small_shards(study, folder / "study.yaml")
    run = Extraction.start(small, min(sites_folder.glob("*.yaml")), whole, log=folder / "whole.log")
    if run.finish(within_s=_WHOLE_S) != 0 or not objects_once(whole):
        raise RuntimeError(f"the uninterrupted run failed\n{run.output()}")
    return whole


def receipts(workspace: Path) -> dict[str, int]:
    """Path below ``workspace`` → when it was written, in ns."""
    found = {}
    for path in workspace.glob("*/*/_receipts/*/*.json"):
        try:
            found[str(path.relative_to(workspace))] = path.stat().st_mtime_ns
        except FileNotFoundError:
            continue
    return found


def lasting_receipts(workspace: Path) -> dict[str, int]:
    """Receipts of stages that are not run again when they have one."""
    return {path: written for path, written in receipts(workspace).items() if Path(path).parts[-2] not in _ALWAYS}


def objects_once(workspace: Path) -> bool:
    """Whether every listed object has its row in the headers or in the quarantine, and none has two."""
    listed = _keys(workspace, "listing")
    read = pl.concat([_keys(workspace, "headers"), _keys(workspace, "quarantine")])
    return read.height > 0 and read.is_duplicated().sum() == 0 and listed.sort(pl.all()).equals(read.sort(pl.all()))


def _keys(workspace: Path, artefact: str) -> pl.DataFrame:
    parts = sorted(workspace.glob(f"*/*/{artefact}/part-*.parquet"))
    return pl.concat([pl.read_parquet(part, columns=["site", "store", "object_key"]) for part in parts])
