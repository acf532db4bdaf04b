"""``python -m tests.power.drift``: false alarms of the monthly verdict, and how soon it sees what changes.

``--years`` sites of a year each without change, and ``--sites`` with each change, at 50, 200, 800 and 3,000 studies a
month, beside Evidently's defaults and a chart of mean ± 3 standard deviations. Exit code 1 if the false alarms are not
compatible with the budget. ``--changes`` and ``--sizes`` take a part of it; ``--json FILE`` keeps every trial.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from tests.power.campaign import try_seeds
from tests.power.drift_changes import CHANGES
from tests.power.drift_summary import false_alarms, lines
from tests.power.drift_trial import METHODS, NO_CHANGE, DriftTrial, try_site

__all__ = ["SIZES", "main", "try_numbered"]

SIZES = (50, 200, 800, 3000)
_EVERYTHING = (NO_CHANGE, *CHANGES)
_SEEDS = 100_000


def try_numbered(number: int) -> DriftTrial:
    """A trial by one number, which the pool of processes hands on: change, size and seed."""
    what, seed = divmod(number, _SEEDS)
    change, size = divmod(what, len(SIZES))
    return try_site(_EVERYTHING[change], SIZES[size], seed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and tell."""
    options = argparse.ArgumentParser(prog="python -m tests.power.drift", description=__doc__)
    options.add_argument("--years", type=int, default=300, help="site-years without change, for each size")
    options.add_argument("--sites", type=int, default=50, help="sites with each change, for each size")
    options.add_argument("--sizes", type=int, nargs="+", choices=SIZES, default=SIZES, help="studies a month")
    options.add_argument("--changes", nargs="*", choices=list(CHANGES), default=list(CHANGES))
    options.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options.add_argument("--json", type=Path, help="where the trials are kept")
    chosen = options.parse_args(arguments)
    numbers = [
        (place * len(SIZES) + SIZES.index(n)) * _SEEDS + seed
        for place, change in enumerate(_EVERYTHING)
        if change == NO_CHANGE or change in chosen.changes
        for n in chosen.sizes
        for seed in range(chosen.years if change == NO_CHANGE else chosen.sites)
    ]
    trials = try_seeds(numbers, try_numbered, processes=chosen.processes, say=_say)
    print("\n".join(lines(trials)))
    if chosen.json:
        chosen.json.write_text(json.dumps([asdict(trial) for trial in trials]) + "\n", encoding="utf-8")
    kept = all(found.within_budget for found in false_alarms(trials, METHODS[0]).values())
    print(f"\nfalse alarms of multisite: {'compatible with the budget' if kept else 'MORE THAN THE BUDGET'}")
    return 0 if kept else 1


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
