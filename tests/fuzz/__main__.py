"""``python -m tests.fuzz --minutes 10 --seed 1``: spoilt headers for some minutes; exit code 1 if one is misread.

``--again FOLDER`` reads the kept failures of an earlier run once more instead.
"""

import argparse
import sys
from pathlib import Path
from random import Random

from tests.fuzz.campaign import Campaign, check
from tests.fuzz.judging import judge


def main() -> int:
    """Run and tell."""
    options = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    options.add_argument("--minutes", type=float, default=10.0)
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--failures", type=Path, default=Path("fuzz-failures"), help="where misread headers are kept")
    options.add_argument("--again", type=Path, help="a folder of kept headers to read once more")
    chosen = options.parse_args()
    if chosen.again:
        return _again(chosen.again)
    campaign = Campaign(chosen.seed, chosen.failures, say=lambda line: print(line, flush=True))
    campaign.run(chosen.minutes * 60)
    return 1 if campaign.failures else 0


def _again(folder: Path) -> int:
    failed = 0
    for path in sorted(folder.glob("*.bin")):
        reading, wrong = check(path.read_bytes(), Random(0), measured=True)
        wrong += judge(reading.data) if reading else []
        failed += bool(wrong)
        print(f"{path.name}: {'; '.join(wrong)[:300] or 'well'}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
