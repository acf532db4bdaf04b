"""Every verb as a user calls it, on two small hospitals."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest

from multisite.demo import StagedDemo
from tests.conftest import run_verb
from tests.lib.command import multisite
from tests.lib.workspaces import contents


def artefact(workspace: Path, site: str, name: str) -> pl.DataFrame:
    return pl.read_parquet(sorted(workspace.glob(f"*/{site}/{name}/part-*.parquet")))


def sites_of(workspace: Path) -> list[str]:
    return sorted(path.name for path in next(workspace.iterdir()).iterdir() if path.name != "_study")


def test_extract_gives_a_row_or_a_reason_for_every_object(evaluated: Path) -> None:
    for site in sites_of(evaluated):
        listed = artefact(evaluated, site, "listing").height
        read, lost = artefact(evaluated, site, "headers").height, artefact(evaluated, site, "quarantine").height
        assert listed == read + lost > 300
        assert artefact(evaluated, site, "header_counts")["n_objects"].sum() == listed


def test_a_second_run_does_nothing_and_changes_no_byte(hospitals: StagedDemo, evaluated: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "again"
    shutil.copytree(evaluated, workspace)
    before = contents(workspace)
    finished = run_verb("cohort", hospitals, workspace, "--json")
    rows = [json.loads(line) for line in finished.out.splitlines()]
    summary = next(row for row in rows if row.get("table") == "Stages")
    assert (summary["n_run"], summary["n_skipped"]) == (0, 2)
    assert contents(workspace) == before


def test_a_changed_table_is_noticed_and_only_what_depends_on_it_runs_again(
    hospitals: StagedDemo, evaluated: Path, tmp_path: Path
) -> None:
    data = tmp_path / "copy"
    shutil.copytree(hospitals.study_file.parents[1], data, copy_function=shutil.copy2)
    workspace = tmp_path / "workspace"
    shutil.copytree(evaluated, workspace)
    table = next(path for path in sorted(data.rglob("*.csv")) if "cases" in path.name)
    lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
    table.write_text("".join(lines[:-1]), encoding="utf-8")
    study = data / hospitals.study_file.relative_to(hospitals.study_file.parents[1])
    finished = multisite("cohort", study, "--sites", study.parent / "sites", "--workspace", workspace, "--json")
    summary = next(json.loads(line) for line in finished.out.splitlines() if '"Stages"' in line)
    assert (summary["n_run"], summary["n_skipped"]) == (1, 1)


def test_check_prints_a_scorecard_and_its_exit_code_tells_of_a_blocking_failure(
    hospitals: StagedDemo, evaluated: Path, tmp_path: Path
) -> None:
    workspace = tmp_path / "checked"
    shutil.copytree(evaluated, workspace)
    finished = run_verb("check", hospitals, workspace)
    assert "patient_overlap" in finished.out
    assert "✗ fail" in finished.out
    assert finished.exit_code == 0

    study = tmp_path / "study.yaml"
    text = hospitals.study_file.read_text(encoding="utf-8")
    study.write_text(text.replace("blocking: []", "blocking: [patient_overlap]"), encoding="utf-8")
    finished = multisite("check", study, "--sites", hospitals.sites_folder, "--workspace", workspace)
    assert finished.exit_code == 20
    assert "blocking failed" in finished.out


def test_a_verb_whose_input_is_missing_says_what_to_run_first(hospitals: StagedDemo, tmp_path: Path) -> None:
    finished = run_verb("evaluate", hospitals, tmp_path)
    assert finished.exit_code == 13
    assert "`cohort` has not been made" in finished.err
    assert "Traceback" not in finished.err


def test_a_verb_refuses_inputs_that_were_made_under_another_study_file(
    hospitals: StagedDemo, evaluated: Path, tmp_path: Path
) -> None:
    workspace = tmp_path / "workspace"
    shutil.copytree(evaluated, workspace)
    run_verb("check", hospitals, workspace)
    study = tmp_path / "study.yaml"
    text = hospitals.study_file.read_text(encoding="utf-8")
    study.write_text(text.replace("threshold: 0.35", "threshold: 0.5"), encoding="utf-8")
    options = ("--sites", hospitals.sites_folder, "--workspace", workspace)
    finished = multisite("report", study, *options)
    assert finished.exit_code == 13
    assert "other parameters than the study file now has" in finished.err
    assert multisite("evaluate", study, *options).exit_code == 0
    # What failed checks change is judged at the threshold, too.
    assert multisite("report", study, *options).exit_code == 13
    assert multisite("check", study, *options).exit_code == 0
    assert multisite("report", study, *options).exit_code == 0


@pytest.mark.slow
def test_the_later_verbs_lead_to_a_report(hospitals: StagedDemo, evaluated: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "reported"
    shutil.copytree(evaluated, workspace)
    run_verb("check", hospitals, workspace)
    # A report can be had before any month has been monitored.
    assert run_verb("report", hospitals, workspace).exit_code == 0
    for verb in ("baseline", "monitor", "report"):
        finished = run_verb(verb, hospitals, workspace)
        assert finished.exit_code == 0, finished.err
    page = next(workspace.glob("*/_study/report/part-all.html"))
    assert str(page) in finished.out.replace("\n", "")
    assert len(list(workspace.glob("*/*/evidently_month_page/part-*.html"))) == 4
    run = run_verb("run", hospitals, workspace, "--json")
    assert run.exit_code == 0
    summaries = [json.loads(line) for line in run.out.splitlines() if '"Stages"' in line]
    # Listing looks at the stores again; nothing has changed, so nothing else runs.
    looked = ["listing_ranges", "listing"]
    assert [row["stage"] for row in summaries if row["n_run"]] == looked


def test_progress_goes_to_standard_error_in_plain_lines_without_escape_codes(
    hospitals: StagedDemo, evaluated: Path
) -> None:
    finished = run_verb("cohort", hospitals, evaluated)
    assert "Build the cohort:" in finished.err
    assert "\x1b" not in finished.out + finished.err


def test_every_line_of_json_output_is_an_object(hospitals: StagedDemo, evaluated: Path) -> None:
    finished = run_verb("evaluate", hospitals, evaluated, "--json")
    assert all(isinstance(json.loads(line), dict) for line in finished.out.splitlines())
    assert finished.err == ""


def test_json_has_numbers_as_numbers_and_ends_with_the_error_if_there_is_one(
    hospitals: StagedDemo, evaluated: Path, tmp_path: Path
) -> None:
    workspace = tmp_path / "checked"
    shutil.copytree(evaluated, workspace)
    rows = [json.loads(line) for line in run_verb("check", hospitals, workspace, "--json").out.splitlines()]
    overlap = next(row for row in rows if row.get("check") == "patient_overlap" and row["verdict"] == "fail")
    assert overlap["n_found"] == 3
    assert overlap["site"] in sites_of(workspace)
    finished = run_verb("evaluate", hospitals, tmp_path / "nothing", "--json")
    error = json.loads(finished.out.splitlines()[-1])
    assert (error["event"], error["exit_code"]) == ("error", finished.exit_code)
    assert error["fact"] in finished.err


def test_site_files_are_looked_for_beside_the_study_file(
    hospitals: StagedDemo, evaluated: Path, tmp_path: Path
) -> None:
    assert hospitals.sites_folder == hospitals.study_file.parent / "sites"
    finished = multisite("cohort", hospitals.study_file, "--workspace", evaluated)
    assert finished.exit_code == 0, finished.err
    study = tmp_path / "study.yaml"
    shutil.copy(hospitals.study_file, study)
    finished = multisite("cohort", study, "--workspace", evaluated)
    assert finished.exit_code == 10
    assert "sites" in finished.err


def test_an_error_of_a_library_is_told_by_its_class_alone(
    hospitals: StagedDemo, evaluated: Path, tmp_path: Path
) -> None:
    workspace = tmp_path / "spoilt"
    shutil.copytree(evaluated, workspace)
    part = next(workspace.glob("*/northgate/cohort_identity/part-*.parquet"))
    part.write_bytes(b"CANARY" + part.read_bytes())
    finished = multisite(
        "show", "cohort_identity", hospitals.study_file, "--site", "northgate", "--workspace", workspace
    )
    assert finished.exit_code not in (0, 1)
    assert "CANARY" not in finished.err + finished.out
    assert "Traceback" not in finished.err
