"""`python -m tests.benchmarks.peer_statistics PYTHON`: the same statistics here and by the packages of that Python."""

import json
import os
import subprocess
import sys
from pathlib import Path

for _variable in ("POLARS_MAX_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[_variable] = "1"


def main() -> int:
    """Print the table."""
    # After the numbers of threads are set: they are read when the libraries are imported.
    from tests.benchmarks.peer_statistics.ours import ours

    script = Path(__file__).parent / "theirs.py"
    told = subprocess.run(
        [sys.argv[1], "-W", "ignore", str(script)], check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    print(f"{'what':42}{'package':22}{'ours':>10}{'theirs':>10}{'ratio':>8}   first numbers, ours and theirs")
    for task, package, seconds, numbers in json.loads(told.stdout):
        own, found = ours(task)
        cells = f"{own:9.4f}s{seconds:9.4f}s{seconds / own:7.1f}x"
        print(f"{task:42}{package:22}{cells}   {found[0]:.6f}  {float(numbers[0]):.6f}")
    return 0


raise SystemExit(main())
