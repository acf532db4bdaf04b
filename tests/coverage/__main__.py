"""``python -m tests.coverage``: how often each interval holds the truth, printed as a table.

Exit code 1 if one keeps its word too rarely, or too often. ``--only TEXT`` runs those whose name holds the text.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor

from tests.coverage.scenario import Coverage, Scenario, tried
from tests.coverage.scenarios import SCENARIOS

_SEED = 20_261_127


def _try(number: int, n_replicates: int) -> Coverage:
    return tried(SCENARIOS[number], n_replicates=n_replicates, seed=_SEED)


def _line(scenario: Scenario, found: Coverage) -> str:
    verdict = "" if found.keeps(scenario.expected) else "  <- not as promised"
    none = found.n_replicates - found.n_with_interval
    low, high = scenario.expected
    return (
        f"{scenario.statistic:<32} {scenario.method:<28} {scenario.setting:<44} {100 * found.covered:5.1f} %"
        f"  ({100 * low:.3g}-{100 * high:.3g})  too low {found.n_too_low:>4}, too high {found.n_too_high:>4},"
        f" none {none:>4}, width {found.mean_width:.3f}{verdict}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and tell."""
    options = argparse.ArgumentParser(prog="python -m tests.coverage", description=__doc__)
    options.add_argument("--replicates", type=int, default=2_000)
    options.add_argument("--only", default="", help="a part of a scenario's name")
    options.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    chosen = options.parse_args(arguments)
    numbers = [n for n, scenario in enumerate(SCENARIOS) if chosen.only in scenario.name]
    failed = 0
    with ProcessPoolExecutor(chosen.processes) as pool:
        for number, found in zip(numbers, pool.map(_try, numbers, [chosen.replicates] * len(numbers)), strict=True):
            print(_line(SCENARIOS[number], found), flush=True)
            failed += not found.keeps(SCENARIOS[number].expected)
    print(f"{len(numbers)} intervals over {chosen.replicates:,} data sets each: {failed} not as promised.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
