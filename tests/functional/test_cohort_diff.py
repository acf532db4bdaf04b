"""`multisite cohort diff`: two cohorts of a hospital, made under two protocols."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest

from multisite.demo import StagedDemo
from tests.lib.command import Finished, multisite


@dataclass(frozen=True, slots=True)
class Kept:
    """A site's cohort under the demo's protocol, as a copy of its folder, and the site under the later protocol."""

    before: Path
    site: Path


def cohort_of(folder: Path) -> pl.DataFrame:
    return pl.read_parquet(folder / "part-all.parquet")


def diff(*arguments: object) -> Finished:
    return multisite("cohort", "diff", *arguments)


@pytest.fixture(scope="module")
def kept(hospitals: StagedDemo, evaluated: Path, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp("kept")
    workspace, study = folder / "workspace", folder / "study.yaml"
    shutil.copytree(evaluated, workspace)
    site = min(path for path in next(workspace.iterdir()).iterdir() if path.name != "_study")
    shutil.copytree(site / "cohort", folder / "march")
    text = hospitals.study_file.read_text(encoding="utf-8")
    study.write_text(text.replace("value: 18\n", "value: 50\n"), encoding="utf-8")
    finished = multisite("cohort", study, "--sites", hospitals.sites_folder, "--workspace", workspace)
    assert finished.exit_code == 0, finished.err
    return Kept(folder / "march", site)


def test_a_stricter_rule_shows_as_cases_that_left_under_it(kept: Kept) -> None:
    before, after = cohort_of(kept.before), cohort_of(kept.site / "cohort")
    n_before, n_after = before["included"].sum(), after["included"].sum()
    younger = before.filter(pl.col("included") & (pl.col("age_years") < 50))
    assert younger.height == n_before - n_after > 0
    finished = diff(kept.before, kept.site)
    assert finished.exit_code == 0, finished.err
    lines = finished.out.splitlines()
    left = next(line.split() for line in lines if line.startswith("left"))
    assert left == ["left", str(younger.height), str(younger["patient_id"].n_unique()), "now", "excluded:", "adult"]
    assert "The hashes differ." in lines
    assert lines[-1].startswith(f"The set of {kept.site.name} went from {n_before} cases (")
    assert lines[-1].endswith(f"): 0 cases entered, {younger.height} left, 0 changed.")


def test_the_hashes_are_those_of_the_artefact_cohort_identity(kept: Kept) -> None:
    sha256 = pl.read_parquet(kept.site / "cohort_identity" / "part-all.parquet")["sha256"].item()
    assert f"({sha256[:12]})" in diff(kept.before, kept.site).out


def test_the_three_ways_to_name_a_cohort_give_the_same(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(kept.site)
    outs = {
        diff(kept.before, after).out
        for after in (".", kept.site, f"{kept.site}/", kept.site / "cohort", "cohort/part-all.parquet")
    }
    assert len(outs) == 1
    assert "The hashes differ." in outs.pop()


def test_an_unchanged_set_is_said_to_be_unchanged(kept: Kept) -> None:
    finished = diff(kept.site, kept.site / "cohort")
    assert finished.exit_code == 0
    assert "The hashes are equal." in finished.out
    assert f"The set of {kept.site.name} is unchanged: " in finished.out
    assert "Changes" not in finished.out


def test_another_key_is_told_by_no_case_in_common(kept: Kept, tmp_path: Path) -> None:
    cohort = cohort_of(kept.before).with_columns(pl.col("case_id").str.reverse())
    cohort.write_parquet(tmp_path / "other.parquet")
    finished = diff(kept.before, tmp_path / "other.parquet")
    assert "! The two cohorts share no case: perhaps another pseudonym key, or another site." in finished.out
    assert finished.out.splitlines()[-1].endswith("0 changed; no case in common.")


def test_columns_of_one_cohort_are_named_once(kept: Kept, tmp_path: Path) -> None:
    cohort_of(kept.before).rename({"stratum_sex": "stratum_gender"}).write_parquet(tmp_path / "other.parquet")
    finished = diff(kept.before, tmp_path / "other.parquet")
    assert "Columns added: stratum_gender." in finished.out
    assert "Columns removed: stratum_sex." in finished.out
    assert finished.out.splitlines()[-1].endswith("0 changed; 1 column added; 1 column removed.")


def test_only_the_most_frequent_reasons_are_printed_and_json_has_all(kept: Kept, tmp_path: Path) -> None:
    excluded = cohort_of(kept.before).with_columns(
        pl.lit(False).alias("included"), pl.format("rule_{}", pl.int_range(pl.len())).alias("exclusion_rule")
    )
    excluded.write_parquet(tmp_path / "none.parquet")
    n = excluded.height
    assert f"… and {n - 20} more reasons with {n - 20} cases; " in diff(kept.before, tmp_path / "none.parquet").out
    finished = diff(kept.before, tmp_path / "none.parquet", "--json")
    rows = [json.loads(line) for line in finished.out.splitlines()]
    assert sum(row.get("table") == "Changes" for row in rows) == n
    assert rows[-1]["sentence"].startswith("The set of ")


def test_a_row_per_case_goes_to_the_csv_file(kept: Kept, tmp_path: Path) -> None:
    finished = diff(kept.before, kept.site, "--csv", tmp_path / "cases.csv")
    held = pl.read_csv(tmp_path / "cases.csv")
    assert held.columns == ["site", "case_id", "patient_id", "change", "why"]
    assert f"{held.height} rows; row-level, stays in the site" in finished.out
    # A case that another rule excluded before may be one of them.
    assert "now excluded: adult" in set(held["why"])
    assert {why.rpartition(": ")[2] for why in held["why"]} == {"adult"}
    assert set(held["case_id"]) <= set(cohort_of(kept.before)["case_id"])


@pytest.mark.parametrize(
    ("after", "code", "fact"),
    [
        ("nowhere", 11, "there is no such file or folder"),
        ("nowhere.parquet", 11, "there is no such file or folder"),
        ("..", 13, "the folder holds no cohort"),
        ("series", 2, "the folder is that of another artefact"),
        ("series/manifest.json", 12, "the file cannot be read as Parquet"),
        ("flow/part-all.parquet", 12, "it lacks `case_id`, `patient_id`, "),
    ],
)
def test_a_place_without_a_cohort_is_refused(
    kept: Kept, monkeypatch: pytest.MonkeyPatch, after: str, code: int, fact: str
) -> None:
    monkeypatch.chdir(kept.site)
    finished = diff(kept.before, after)
    assert finished.exit_code == code
    assert fact in finished.err
    assert f"    at: {after}\n" in finished.err
    assert "do now: Name a `cohort` folder" in finished.err
    assert finished.out == ""


def test_a_copy_whose_part_is_not_the_manifest_s_is_refused(kept: Kept, tmp_path: Path) -> None:
    shutil.copytree(kept.before, tmp_path / "copy")
    shutil.copy(kept.site / "cohort" / "part-all.parquet", tmp_path / "copy")
    finished = diff(tmp_path / "copy", kept.site)
    assert finished.exit_code == 11
    assert "not the one that its manifest names" in finished.err


@pytest.mark.parametrize("text", ["{}", "[]", "null", "", "\x00"])
def test_a_broken_manifest_is_refused(kept: Kept, tmp_path: Path, text: str) -> None:
    shutil.copytree(kept.before, tmp_path / "copy")
    (tmp_path / "copy" / "manifest.json").write_text(text, encoding="utf-8")
    finished = diff(tmp_path / "copy", kept.site)
    assert finished.exit_code == 12
    assert "is no manifest" in finished.err


@pytest.mark.parametrize("left", [0, 4, 100, -1])
def test_a_file_that_was_cut_off_is_refused(kept: Kept, tmp_path: Path, left: int) -> None:
    (tmp_path / "cut.parquet").write_bytes((kept.before / "part-all.parquet").read_bytes()[:left])
    finished = diff(kept.before, tmp_path / "cut.parquet")
    assert finished.exit_code == 12
    assert "cannot be read as Parquet" in finished.err


def test_a_cohort_that_breaks_its_schema_is_refused(kept: Kept, tmp_path: Path) -> None:
    cohort = cohort_of(kept.before)
    pl.concat([cohort, cohort[:1]]).write_parquet(tmp_path / "repeated.parquet")
    finished = diff(kept.before, tmp_path / "repeated.parquet")
    assert finished.exit_code == 12
    assert "the key (case_id) repeats in 1 rows" in finished.err


def test_a_csv_file_that_cannot_be_written_is_told_before_anything_is_printed(kept: Kept, tmp_path: Path) -> None:
    finished = diff(kept.before, kept.site, "--csv", tmp_path / "missing" / "cases.csv")
    assert finished.exit_code == 2
    assert "the CSV file cannot be written (FileNotFoundError)" in finished.err
    assert finished.out == ""


def test_cohorts_of_two_sites_are_refused(kept: Kept) -> None:
    other = max(path for path in kept.site.parent.iterdir() if path.name not in ("_study", kept.site.name))
    finished = diff(kept.site, other)
    assert finished.exit_code == 2
    assert "of different sites" in finished.err


def test_two_words_are_one_command_with_an_example_in_its_help() -> None:
    finished = diff("--help")
    assert finished.exit_code == 0
    assert " cohort diff [OPTIONS] " in finished.out
    assert "Example: multisite cohort diff" in finished.out
    assert "must stay in the site" in " ".join(finished.out.replace("│", "").split())
    assert "cohort diff" in multisite("--help").out


@pytest.mark.parametrize("arguments", [("diff",), ("diff", "one"), ("diff", "one", "--sites", "two")])
def test_two_words_win_over_a_study_file_of_that_name(arguments: tuple[str, ...]) -> None:
    finished = multisite("cohort", *arguments)
    assert finished.exit_code == 2
    assert " cohort diff [OPTIONS] " in finished.err


def test_a_study_file_that_is_called_diff_is_given_with_its_folder(
    hospitals: StagedDemo, evaluated: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(hospitals.study_file, tmp_path / "diff")
    shutil.copytree(evaluated, tmp_path / "workspace")
    monkeypatch.chdir(tmp_path)
    finished = multisite("cohort", "./diff", "--sites", hospitals.sites_folder)
    assert finished.exit_code == 0, finished.err
    assert "Build the cohort" in finished.out
