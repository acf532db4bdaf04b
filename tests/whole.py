"""``make test``: every test, in two runs of pytest.

Most tests share nothing but the processors, and servers on ports of their own, and run two at a time. Those that start
a cluster or a browser, or kill a run in its midst, follow one after another when the first run is over, so that nothing
competes with them. Their markers tell them: the first run takes all that the second does not. The second runs whatever
comes of the first. The last line counts the tests of both, and the exit code is 0 only if both runs ended well.

What is given on the command line goes to both runs instead of their folders: ``python -m tests.whole tests/unit``.
"""

import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

__all__ = ["ALONE", "FOLDERS", "RUNS", "Ended", "last_line", "main", "read_counts"]

ALONE = "alone or browser or cluster or ray"
"""The tests beside which nothing else runs, as pytest's ``-m`` says it."""

# A worker takes from the other what that has not begun, so that neither waits long for the other's end.
RUNS = (("-m", f"not ({ALONE})", "-n", "2", "--dist", "worksteal"), ("-m", ALONE))
"""The options of each run."""

FOLDERS = (("tests",), ("tests/functional", "tests/parity", "tests/unit/runners"))
"""Where each run looks for tests. No other folder has any of the second run: only to collect them all takes long."""

_OUTCOMES = ("failures", "errors", "skipped")


@dataclass(frozen=True, slots=True)
class Ended:
    """Exit code of a run of pytest, and its tests by outcome: none, if it ended before it could tell."""

    code: int
    counts: Counter[str]


def main(arguments: Sequence[str] = ()) -> int:
    """Run and tell."""
    start = time.monotonic()
    ended = [_run([*options, *(arguments or folders)]) for options, folders in zip(RUNS, FOLDERS, strict=True)]
    print(last_line(ended, time.monotonic() - start), flush=True)
    return 0 if all(run.code == 0 for run in ended) else 1


def last_line(ended: Sequence[Ended], seconds: float) -> str:
    """How many tests there were in all, by outcome, and what is wrong beside that."""
    counts = sum((run.counts for run in ended), Counter[str]())
    parts = [f"{counts[outcome]} {outcome}" for outcome in ("failed", "passed", "skipped", "errors") if counts[outcome]]
    # 1 says that tests failed, and those are counted; any other code, that not all has been run.
    parts += [f"run {place} ended early with code {run.code}" for place, run in enumerate(ended, 1) if run.code > 1]
    clock = timedelta(seconds=round(seconds))
    return f"===== both runs, {counts.total()} tests: {', '.join(parts)} in {seconds:.2f}s ({clock}) ====="


def read_counts(report: Path) -> Counter[str]:
    """The tests of a report in JUnit's XML by outcome; none, if there is no report."""
    if not report.exists():
        return Counter()
    # The file was written by the pytest that has just ended.
    suites = ElementTree.parse(report).getroot().iter("testsuite")
    counts: Counter[str] = Counter()
    for suite in suites:
        failures, errors, skipped = (int(suite.get(outcome, "0")) for outcome in _OUTCOMES)
        passed = int(suite.get("tests", "0")) - failures - errors - skipped
        counts.update(failed=failures, errors=errors, skipped=skipped, passed=passed)
    return counts


def _run(options: Sequence[str]) -> Ended:
    with tempfile.TemporaryDirectory(prefix="whole-") as folder:
        report = Path(folder) / "report.xml"
        done = subprocess.run([sys.executable, "-m", "pytest", f"--junit-xml={report}", *options], check=False)
        # A signal gives a negative code.
        return Ended(done.returncode if done.returncode >= 0 else 128 - done.returncode, read_counts(report))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
