"""One round: a run, ``kill -9`` at drawn moments, the same command again where that is needed, and a comparison."""

import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from multisite.demo import StagedDemo
from multisite.runners.private_cluster import PrivateCluster
from tests.lib.extraction import Extraction, lasting_receipts, objects_once, receipts, small_shards
from tests.lib.killing import Killable, descendants, in_session, kill, running, wait_until_gone
from tests.lib.ray_head import RayHead
from tests.lib.workspaces import contents

__all__ = ["KINDS", "Bench", "Kind", "Outcome", "Round"]

_RUN_S = 240
_FAULT_S = 120
_GONE_S = 20
_LINGER_S = 90
_WORKER_KILLS = 3
_SESSION_FOLDER = re.compile(r"--session-dir=(\S*/multisite-ray-[^/ ]+)")
# Only these outlive a raylet that was killed. Its agents try for a minute to tell the control store, gone like it;
# a worker that was just starting gives up on its raylet after half a minute.
_STRAGGLERS = ("ray::DashboardAgent", "ray::RuntimeEnvAgent", "default_worker.py")


@dataclass(frozen=True, slots=True)
class Kind:
    """Over which runner, what is killed, and the exit code of the run that it is killed in."""

    over: str
    victim: str
    exit_code: int

    def __str__(self) -> str:
        return f"{self.over} {self.victim}"


KINDS = (
    Kind("private", "worker", 0),
    Kind("private", "driver", -9),
    Kind("head", "raylet", 30),
    Kind("local", "worker", 0),
    Kind("local", "driver", -9),
    Kind("private", "raylet", 30),
    Kind("head", "worker", 0),
    Kind("head", "driver", -9),
)
"""``private``: a Ray cluster of the run's own. ``head``: one that was started by hand. ``local``: two processes."""


@dataclass(frozen=True, slots=True)
class Round:
    """What is killed, and after how many receipts; a worker is killed more than once."""

    number: int
    kind: Kind
    moments: tuple[int, ...]


@dataclass(slots=True)
class Outcome:
    """What a round showed. ``faults`` is empty when all is as it should be."""

    round: Round
    n_receipts: int = 0
    killed_at: list[int] = field(default_factory=list)
    killed_s: list[float] = field(default_factory=list)
    kept: dict[str, int] = field(default_factory=dict)
    last_kill: float = 0.0
    exit_code: int | None = 0
    ended_s: float = 0.0
    n_run_after: int = 0
    n_kept_after: int = 0
    n_again: int = 0
    identical: bool = False
    faults: list[str] = field(default_factory=list)

    def line(self) -> str:
        """The round in one line."""
        killed = " ".join(f"{n}@{s:.1f}s" for n, s in zip(self.killed_at, self.killed_s, strict=True))
        after = f"{self.n_run_after} run, {self.n_kept_after} kept" if self.round.kind.exit_code else "not needed"
        return (
            f"{self.round.number:>2}  {self.round.kind!s:<15} killed after {killed or 'nothing':<26} "
            f"exit {self.exit_code!s:>4} in {self.ended_s:>4.1f} s  "
            f"receipts {len(self.kept)} → {self.n_receipts}  resume: {after:<20} done again {self.n_again}  "
            f"identical {'yes' if self.identical else 'NO'}{''.join(f'  ! {fault}' for fault in self.faults)}"
        )


class Bench:
    """A site, ``whole``, which is what an uninterrupted run has made of it, and a folder for the rounds."""

    def __init__(self, staged: StagedDemo, whole: Path, folder: Path) -> None:
        self._sites = min(staged.sites_folder.glob("*.yaml"))
        self._folder = folder
        self._study = small_shards(staged.study_file, folder / "study.yaml")
        self._stragglers: list[Killable] = []
        self._ray_folders: set[str] = set()
        self._whole = contents(whole)
        self.n_receipts = len(receipts(whole))

    def round(self, number: int, kind: Kind, rng: random.Random) -> Round:
        """A round with moments drawn by ``rng``, early enough for the run not to be over."""
        n_kills = _WORKER_KILLS if kind.victim == "worker" else 1
        return Round(number, kind, tuple(sorted(rng.sample(range(self.n_receipts * 9 // 10), n_kills))))

    def play(self, planned: Round, rng: random.Random) -> Outcome:
        """Run, kill, run again if the run did not go on by itself, and compare."""
        outcome = Outcome(planned)
        workspace = self._folder / f"round-{planned.number}"
        with self._cluster(planned.kind, outcome) as head:
            run = self._start(planned.kind, workspace, head, "killed")
            try:
                self._kill(run, workspace, head, rng, outcome)
                self._end(run, outcome)
            except BaseException:
                run.abandon()
                raise
        if planned.kind.exit_code:
            with self._cluster(planned.kind, outcome) as head:
                self._resume(planned.kind, workspace, head, outcome)
        self._compare(workspace, outcome)
        return outcome

    def left_in_the_end(self, *, patiently: bool) -> list[str]:
        """Processes of killed raylets after their minute (without patience they are killed), and folders of Ray."""
        if not patiently:
            for process in self._stragglers:
                kill(process)
        left = wait_until_gone(lambda: running(self._stragglers), within_s=_LINGER_S)
        # The next private cluster sweeps what killed drivers have left.
        PrivateCluster().close()
        return [process.title for process in left] + [name for name in self._ray_folders if Path(name).exists()]

    def _start(self, kind: Kind, workspace: Path, head: RayHead | None, name: str) -> Extraction:
        options: dict[str, tuple[str, ...]] = {
            "local": ("--workers", "2"),
            "private": ("--runner", "ray", "--address", "local"),
            "head": ("--runner", "ray", "--address", head.address if head else ""),
        }
        return Extraction.start(
            self._study,
            self._sites,
            workspace,
            *options[kind.over],
            log=workspace.with_suffix(f".{name}.log"),
            environment=head.environment if head else None,
        )

    @contextmanager
    def _cluster(self, kind: Kind, outcome: Outcome) -> Iterator[RayHead | None]:
        head = RayHead() if kind.over == "head" else None
        try:
            yield head
        finally:
            if head:
                outcome.faults += [f"left behind by the head: {process.name}" for process in head.stop()]

    def _kill(
        self, run: Extraction, workspace: Path, head: RayHead | None, rng: random.Random, outcome: Outcome
    ) -> None:
        started = time.monotonic()
        for moment in outcome.round.moments:
            if not run.wait_for_receipts(workspace, moment, within_s=_RUN_S):
                break
            time.sleep(rng.uniform(0.0, 0.05))
            victim = self._victim(outcome.round.kind, run, head, rng)
            self._ray_folders |= _session_folders(run)
            outcome.kept |= lasting_receipts(workspace)
            if victim is None or not kill(victim):
                break
            outcome.killed_at.append(moment)
            outcome.killed_s.append(time.monotonic() - started)
        outcome.last_kill = time.monotonic()

    def _victim(self, kind: Kind, run: Extraction, head: RayHead | None, rng: random.Random) -> Killable | None:
        look: dict[str, Callable[[], list[Killable]]] = {
            "driver": lambda: [process for process in in_session(run.pid) if process.pid == run.pid],
            "raylet": lambda: [process for process in _family(run, head) if process.name == "raylet"],
            "worker": lambda: _workers(_family(run, head)),
        }
        deadline = time.monotonic() + _FAULT_S
        while run.process.poll() is None and time.monotonic() < deadline:
            found = look[kind.victim]()
            if found:
                return rng.choice(found)
            time.sleep(0.01)
        return None

    def _end(self, run: Extraction, outcome: Outcome) -> None:
        kind = outcome.round.kind
        if len(outcome.killed_at) < len(outcome.round.moments):
            outcome.faults.append("the run was over before the kill")
        outcome.exit_code = run.finish(within_s=_RUN_S if kind.exit_code == 0 else _FAULT_S)
        outcome.ended_s = time.monotonic() - outcome.last_kill
        if outcome.exit_code != kind.exit_code:
            outcome.faults.append(f"exit {outcome.exit_code} in place of {kind.exit_code}: {_end_of(run)}")
        if kind.victim == "raylet" and not _says_how_to_go_on(run.output()):
            outcome.faults.append(f"no word of how to go on: {_end_of(run)}")
        self._nothing_left(run, outcome)

    def _nothing_left(self, run: Extraction, outcome: Outcome) -> None:
        def others() -> list[Killable]:
            return [process for process in in_session(run.pid) if not _straggles(process)]

        left = wait_until_gone(others, within_s=_GONE_S)
        outcome.faults += [f"left behind: {process.title[:200]}" for process in left]
        for process in left:
            kill(process)
        self._stragglers += in_session(run.pid)

    def _resume(self, kind: Kind, workspace: Path, head: RayHead | None, outcome: Outcome) -> None:
        run = self._start(kind, workspace, head, "resumed")
        exit_code = run.finish(within_s=_RUN_S)
        if exit_code != 0:
            outcome.faults.append(f"the second run ended with {exit_code}: {_end_of(run)}")
        counts = run.planned().values()
        outcome.n_run_after = sum(n_run for n_run, _ in counts)
        outcome.n_kept_after = sum(n_kept for _, n_kept in counts)
        self._nothing_left(run, outcome)

    def _compare(self, workspace: Path, outcome: Outcome) -> None:
        now = lasting_receipts(workspace)
        outcome.n_receipts = len(now)
        outcome.n_again = sum(now.get(path) != written for path, written in outcome.kept.items())
        # The killed worker's task may have been complete, but for telling so.
        if outcome.n_again > (len(outcome.killed_at) if outcome.round.kind.victim == "worker" else 0):
            outcome.faults.append("complete tasks were done again")
        if outcome.round.kind.exit_code and outcome.n_run_after > len(now) - len(outcome.kept):
            outcome.faults.append("receipts were not honoured")
        differing = sorted(path for path, _ in contents(workspace, without=[".tmp-"]).items() ^ self._whole.items())
        outcome.identical = not differing
        if differing:
            outcome.faults.append(f"other bytes, for instance in {differing[0]} ({len(differing)} in all)")
        if not objects_once(workspace):
            outcome.faults.append("an object is missing, or twice")


def _family(run: Extraction, head: RayHead | None) -> list[Killable]:
    return head.processes() if head else descendants(run.pid)


def _workers(processes: list[Killable]) -> list[Killable]:
    """Those with a task; where that cannot be seen, all of them."""
    busy = [process for process in processes if process.title.startswith("ray::guarded")]
    return busy or [process for process in processes if "spawn_main" in process.title]


def _end_of(run: Extraction) -> str:
    return " / ".join(run.output().splitlines()[-6:])[-600:]


def _straggles(process: Killable) -> bool:
    return any(word in process.title for word in _STRAGGLERS)


def _session_folders(run: Extraction) -> set[str]:
    found = (_SESSION_FOLDER.search(process.title) for process in descendants(run.pid))
    return {match[1] for match in found if match}


def _says_how_to_go_on(output: str) -> bool:
    told = all(word in output for word in ("error: ", "do now: ", "hat is complete is safe"))
    return told and "Traceback" not in output
