"""`multisite looks`, and what the ledger and the report say after runs that read the test labels."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from multisite.demo import StagedDemo
from tests.conftest import run_verb
from tests.lib.command import Finished, multisite


@pytest.fixture
def workspace(evaluated: Path, tmp_path: Path) -> Path:
    """A copy of one in which `evaluate` was run once."""
    return Path(shutil.copytree(evaluated, tmp_path / "workspace"))


def looks(staged: StagedDemo, workspace: Path, *more: object) -> Finished:
    return run_verb("looks", staged, workspace, *more)


def rows(finished: Finished, table: str) -> list[dict[str, str]]:
    found = [json.loads(line) for line in finished.out.splitlines()]
    return [row for row in found if row.get("table") == table]


def sites(workspace: Path) -> list[str]:
    return sorted(path.parent.name for path in workspace.glob("*/[a-z]*/_ledger"))


def test_each_look_is_listed_with_what_it_evaluated(hospitals: StagedDemo, workspace: Path) -> None:
    assert run_verb("check", hospitals, workspace).exit_code == 0
    finished = looks(hospitals, workspace, "--json")
    assert finished.exit_code == 0, finished.err
    listed = rows(finished, "Looks at the test labels")
    assert [(row["site"], row["entry"]) for row in listed] == [(s, n) for s in sites(workspace) for n in "12"]
    assert [row["stages"] for row in listed[:2]] == [
        "performance, level_moments, recalibration_gain, truth_sensitivity, agreement_by_stratum, failure_modes",
        "integrity, consequences, shortcuts",
    ]
    assert len({row["run"] for row in listed}) == 2
    assert {row["chain"] for row in listed} == {"✓ whole"}
    assert len({row["protocol"] for row in listed}) == 1
    assert all(len(row["evaluated"]) == 64 for row in listed)
    for row in rows(finished, "Ledgers"):
        assert (row["runs"], row["different evaluations"], row["chain"]) == ("2", "1", "✓ whole: 2 entries")


def test_a_second_run_with_nothing_to_do_and_a_verb_that_reads_no_label_are_no_look(
    hospitals: StagedDemo, workspace: Path
) -> None:
    before = looks(hospitals, workspace).out
    for verb in ("extract", "adjudicate", "cohort", "evaluate"):
        assert run_verb(verb, hospitals, workspace).exit_code == 0
    assert looks(hospitals, workspace).out == before
    assert "✓ whole: 1 entry" in before


def test_a_table_for_people_cuts_digests(hospitals: StagedDemo, workspace: Path) -> None:
    out = looks(hospitals, workspace).out
    entry = json.loads(min(workspace.glob("*/[a-z]*/_ledger/*.json")).read_bytes())
    assert entry["content"]["evaluated"][:8] in out
    assert entry["content"]["evaluated"] not in out


def test_a_broken_ledger_is_shown_in_full_and_has_an_exit_code_of_its_own(
    hospitals: StagedDemo, workspace: Path
) -> None:
    run_verb("check", hospitals, workspace)
    site = sites(workspace)[0]
    first = next(workspace.glob(f"*/{site}/_ledger/000001.json"))
    first.write_bytes(first.read_bytes().replace(b'"performance"', b'"integrity"'))
    finished = looks(hospitals, workspace)
    assert finished.exit_code == 22
    assert "✗ broken at entry 2" in finished.out
    assert "✓ whole: 2 entries" in finished.out
    assert f"site {site}" in finished.err
    assert "Restore the folder from a backup" in finished.err


def test_a_site_whose_labels_were_never_read_has_no_entry(hospitals: StagedDemo, tmp_path: Path) -> None:
    (tmp_path / "workspace").mkdir()
    finished = looks(hospitals, tmp_path / "workspace")
    assert finished.exit_code == 0
    assert "✓ whole: 0 entries" in finished.out
    assert (
        multisite(
            "looks", hospitals.study_file, "--sites", hospitals.sites_folder, "--workspace", tmp_path / "no"
        ).exit_code
        == 11
    )


@pytest.mark.slow
def test_the_report_counts_runs_and_evaluations_and_is_not_written_again_for_nothing(
    hospitals: StagedDemo, workspace: Path, tmp_path: Path
) -> None:
    run_verb("check", hospitals, workspace)
    assert run_verb("report", hospitals, workspace).exit_code == 0
    page = next(workspace.glob("*/_study/report/part-all.html"))
    assert "more than one combination" not in page.read_text(encoding="utf-8")
    written = page.stat().st_mtime_ns
    again = run_verb("report", hospitals, workspace, "--json")
    assert {row["n_run"] for row in rows(again, "Stages")} == {0}
    assert page.stat().st_mtime_ns == written

    study = tmp_path / "study.yaml"
    text = hospitals.study_file.read_text(encoding="utf-8")
    study.write_text(text.replace("threshold: 0.35", "threshold: 0.5"), encoding="utf-8")
    for verb in ("check", "evaluate", "report"):
        finished = multisite(verb, study, "--sites", hospitals.sites_folder, "--workspace", workspace)
        assert finished.exit_code == 0, finished.err
    counted = pl.concat(pl.read_parquet(path) for path in sorted(workspace.glob("*/*/looks/part-all.parquet")))
    assert counted.select("n_runs", "n_evaluations", "broken_at").unique().rows() == [(4, 2, None)]
    assert "the test labels were read for more than one combination" in page.read_text(encoding="utf-8")
