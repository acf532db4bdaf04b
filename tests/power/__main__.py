"""``python -m tests.power --seeds 200``: how often planted faults are found, and how often clean cohorts fail.

Two tables; exit code 1 if a fault is found in fewer than 99 % of its cohorts, or a check fails in more than 5 % of the
clean ones. ``--json FILE`` keeps the counts. ``--verdicts`` asks the same of the verdicts on strata instead; exit code
1 if they fail falsely more often than their protocol lets them.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.power.campaign import try_seeds
from tests.power.summary import summarise
from tests.power.trial import try_seed
from tests.power.verdicts import judge_seed, summarise_verdicts


def main(arguments: Sequence[str] | None = None) -> int:
    """Run and tell."""
    options = argparse.ArgumentParser(prog="python -m tests.power", description=__doc__)
    options.add_argument("--seeds", type=int, default=200, help="how many")
    options.add_argument("--first", type=int, default=1, help="the first of them")
    options.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options.add_argument("--json", type=Path, help="where the counts are kept")
    options.add_argument("--verdicts", action="store_true", help="the verdicts on strata, in place of the checks")
    chosen = options.parse_args(arguments)
    seeds = range(chosen.first, chosen.first + chosen.seeds)
    if chosen.verdicts:
        judged = summarise_verdicts(try_seeds(seeds, judge_seed, processes=chosen.processes, say=_say))
        print("\n".join(judged.lines()))
        return 1 if judged.fails_too_often else 0
    trials = try_seeds(seeds, try_seed, processes=chosen.processes, say=_say)
    summary = summarise(trials)
    for line in summary.lines():
        print(line)
    if chosen.json:
        chosen.json.write_text(json.dumps(summary.to_json(), indent=2) + "\n", encoding="utf-8")
    return 1 if summary.missed or summary.cries_wolf else 0


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
