"""``make test`` leaves no test out, and its last line is true."""

import re
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests import whole
from tests.whole import ALONE, FOLDERS, RUNS, Ended, last_line, read_counts

ROOT = Path(__file__).resolve().parents[2]
MARKED = """
import pytest

def test_plain(): pass

@pytest.mark.browser
def test_marked(): pass

@pytest.mark.ray
@pytest.mark.slow
def test_marked_twice(): pass

def test_skipped(): pytest.skip("not here")

def test_wrong(): assert False
"""


def test_what_the_first_run_leaves_out_the_second_takes() -> None:
    assert [options[:2] for options in RUNS] == [("-m", f"not ({ALONE})"), ("-m", ALONE)]


def test_no_test_of_the_second_run_lies_where_that_does_not_look() -> None:
    marked = re.compile(rf"\bmark\.({ALONE.replace(' or ', '|')})\b|\badd_marker\b")
    files = [path for path in (ROOT / "tests").rglob("*.py") if marked.search(path.read_text(encoding="utf-8"))]
    looked_in = [ROOT / folder for folder in FOLDERS[1]]
    missed = {path for path in files if not any(folder in path.parents for folder in looked_in)}
    # Only this file writes marks that are not of its own tests.
    assert missed == {Path(__file__)}
    assert FOLDERS[0] == ("tests",)


def test_make_and_the_whole_are_one_command_and_the_last_of_ci() -> None:
    assert "$(BIN)/python -m tests.whole\n" in (ROOT / "Makefile").read_text(encoding="utf-8")
    assert (ROOT / ".ci/run").read_text(encoding="utf-8").endswith("\nmake test\n")


@pytest.mark.slow
def test_the_tests_of_both_runs_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    # Inherited by the inner runs, this would make them workers of the outer one.
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_XDIST_TESTRUNUID", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    made = tmp_path / "test_made.py"
    made.write_text(MARKED, encoding="utf-8")
    assert whole.main([str(made), "-c", str(ROOT / "pyproject.toml")]) == 1
    assert "both runs, 5 tests: 1 failed, 3 passed, 1 skipped in " in capfd.readouterr().out.splitlines()[-1]


@pytest.mark.parametrize(("first", "second", "code"), [(0, 0, 0), (1, 0, 1), (0, 1, 1), (0, 5, 1), (3, 0, 1)])
def test_either_run_can_fail(monkeypatch: pytest.MonkeyPatch, first: int, second: int, code: int) -> None:
    ended = iter([Ended(first, Counter(passed=1)), Ended(second, Counter(passed=1))])
    monkeypatch.setattr(whole, "_run", lambda options: next(ended))
    assert whole.main() == code


def test_a_run_that_ended_early_is_told() -> None:
    assert last_line([Ended(0, Counter(passed=7)), Ended(5, Counter())], 61.0) == (
        "===== both runs, 7 tests: 7 passed, run 2 ended early with code 5 in 61.00s (0:01:01) ====="
    )


def test_the_second_run_follows_whatever_comes_of_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def killed(command: list[str], *, check: bool) -> subprocess.CompletedProcess[bytes]:
        asked.append(command)
        return subprocess.CompletedProcess(command, -9)

    monkeypatch.setattr(subprocess, "run", killed)
    assert whole.main() == 1
    assert [(command[4], command[-1]) for command in asked] == [("-m", "tests"), ("-m", "tests/unit/runners")]


def test_a_report_that_was_not_written_counts_nothing(tmp_path: Path) -> None:
    assert read_counts(tmp_path / "none.xml") == Counter()
