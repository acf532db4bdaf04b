"""``kill -9`` at random points, round after round: the artefacts end up as if nothing had happened.

    python -m tests.functional.kill_rounds --rounds 10 --seed 1

A line per round, and one at the end; exit code 1 when any round ended otherwise than it should.
"""

import argparse
import importlib.util
import os
import random
import sys
import tempfile
from pathlib import Path

from multisite.demo import DemoPlan, staged_demo
from tests.lib.extraction import uninterrupted
from tests.lib.kill_bench import KINDS, Bench


def main() -> int:
    """The rounds that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    rng = random.Random(options.seed)
    os.environ.pop("RAY_ADDRESS", None)
    # Looked for, not imported: Ray reads the lock of a cluster when it is imported.
    with_ray = importlib.util.find_spec("ray") is not None
    kinds = [kind for kind in KINDS if with_ray or kind.over == "local"]
    if not with_ray:
        print("Ray is not installed: rounds of the local runner only")
    shared_before = _shared_memory()
    n_bad = 0
    with tempfile.TemporaryDirectory(prefix="kills-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with staged_demo(folder / "hospitals", DemoPlan(patients_per_site=100, sites=2, months=2), s3=False) as staged:
            whole = uninterrupted(staged.study_file, staged.sites_folder, folder)
            bench = Bench(staged, whole, folder)
            for number in range(options.rounds):
                planned = bench.round(number + 1, kinds[number % len(kinds)], rng)
                outcome = bench.play(planned, rng)
                n_bad += bool(outcome.faults)
                print(outcome.line(), flush=True)
            left = bench.left_in_the_end(patiently=True)
    left += sorted(_shared_memory() - shared_before)
    print(
        f"{options.rounds} rounds, seed {options.seed}: {n_bad} not as they should be; "
        f"left behind: {', '.join(left) or 'no process, folder or object store'}"
    )
    return 1 if n_bad or left else 0


def _shared_memory() -> set[str]:
    folder = Path("/dev/shm")
    return {path.name for path in folder.glob("plasma*")} if folder.is_dir() else set()


if __name__ == "__main__":
    sys.exit(main())
