"""Extraction over a store that takes no room: two workers against one, a million objects against ten thousand."""

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass

from tests.benchmarks.ratio import Ratio

__all__ = ["bench"]

_FEW, _SOME, _MANY = 10_000, 60_000, 1_000_000
_GIB = 1 << 30


@dataclass(frozen=True, slots=True)
class _Run:
    """Seconds of a stage by name, and the greatest memory of the driver and of a worker."""

    seconds: dict[str, float]
    driver_kib: int
    worker_kib: int


def bench() -> list[Ratio]:
    """Ratios of seconds per object, and of memory to a GiB."""
    # In turn, and the better of two, so that both meet the same machine.
    rounds = [(_extract(_SOME, 1), _extract(_SOME, 2)) for _ in range(2)]
    one, two = (min(run.seconds["headers"] for run in runs) for runs in zip(*rounds, strict=True))
    few, many = _extract(_FEW, 1), _extract(_MANY, 2)
    # Ten thousand objects are too few shards to share; what one process takes for them is halved.
    read = [1e6 * run.seconds["headers"] / n for run, n in ((few, 2 * _FEW), (many, _MANY))]
    listed = [1e6 * run.seconds["listing"] / n for run, n in ((few, 2 * _FEW), (many, _MANY))]
    rolled_up = [1e6 * run.seconds["series"] / n for run, n in ((few, _FEW), (many, _MANY))]
    two_workers = f"reading {_SOME:,} headers, two workers against one"
    of = f"of {_MANY:,} objects against of {_FEW:,}"
    memory = f"memory at {_MANY:,} objects, against 1 GiB:"
    return [
        Ratio(two_workers, two, one, 1.8),
        Ratio(f"reading a header, {of}", read[1], read[0], 1.25, "µs", at_most=True),
        Ratio(f"listing an object, {of}", listed[1], listed[0], None, "µs", at_most=True),
        Ratio(f"rolling up an object, {of}", rolled_up[1], rolled_up[0], None, "µs", at_most=True),
        Ratio(f"{memory} driver", many.driver_kib * 1024, _GIB, 1, "B", at_most=True),
        Ratio(f"{memory} a worker", many.worker_kib * 1024, _GIB, 1, "B", at_most=True),
    ]


def _extract(n: int, workers: int) -> _Run:
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "tests.benchmarks.extract_synthetic", str(n), str(workers), folder]
        finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return _Run(**json.loads(finished.stdout.splitlines()[-1]))
