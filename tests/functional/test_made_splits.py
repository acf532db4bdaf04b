"""A site whose table of cases says no split: the study file makes it, and the same checks look at it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from tests.lib.command import Finished, multisite

PATIENTS = 40
KEY = "a key of the clinic, no secret"

STUDY = """
study: divided
title: A study that makes its splits
intended_use: {task: none, population: none, setting: none, human_role: none}
findings: [{id: nodule, title: Nodule}]
models: [{id: ai, title: AI, version: "1"}]
cohort:
  modalities: [CT]
  split: {SPLIT}
  strata:
    - {id: vendor, title: Vendor, column: vendor, when_missing: exclude}
performance: {threshold: 0.5, seed: 1, null_replicates: 100}
drift: {population: {numbers: [age_years]}}
"""
SITE = """
site: clinic
title: Clinic
pseudonym_key_env: CLINIC_KEY
tables:
  series: {path: headers.parquet, columns: {n_instances: instanceCount}}
  cases: {path: cases.csv}
  predictions: {path: predictions.csv}
"""
BY_PATIENT = "{by: patient, shares: {train: 0.6, tune: 0.2, test: 0.2}, seed: 7, stratify: [vendor, nodule]}"
BY_TIME = "{by: time, tune_from: 2023-04-01, test_from: 2023-07-01, straddling: STRADDLING}"


def headers() -> pl.DataFrame:
    """Two CTs per patient, half a year apart; the images of the last patient name no vendor."""
    rows = [
        {
            "PatientID": f"CLINIC-{number:03}",
            "StudyInstanceUID": f"1.2.826.{number}.{visit}",
            "SeriesInstanceUID": f"1.2.826.{number}.{visit}.1",
            "Modality": "CT",
            "Manufacturer": None if number == PATIENTS - 1 else ("SIEMENS", "GE MEDICAL SYSTEMS")[number % 2],
            "StudyDate": f"2023-{1 + number % 6 + 6 * visit:02}-15",
            "instanceCount": 100,
        }
        for number in range(PATIENTS)
        for visit in range(2)
    ]
    return pl.DataFrame(rows)


def cases() -> pl.DataFrame:
    rows = headers().select("PatientID", "StudyInstanceUID").with_row_index("number")
    return rows.select(
        pl.format("case-{}", "number").alias("case_id"),
        pl.col("PatientID").alias("patient_id"),
        pl.col("StudyInstanceUID").alias("study_instance_uid"),
        (pl.col("number") % 4 == 0).cast(pl.Int64).alias("reference_nodule"),
    )


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the site and its tables, in whose workspace the headers have been taken in."""
    folder = tmp_path_factory.mktemp("clinic")
    (folder / "clinic.yaml").write_text(SITE, encoding="utf-8")
    headers().write_parquet(folder / "headers.parquet")
    cases().write_csv(folder / "cases.csv")
    cases().select(
        "case_id", pl.lit("nodule").alias("finding"), pl.lit("ai").alias("model"), pl.lit(0.5).alias("score")
    ).write_csv(folder / "predictions.csv")
    declare(folder, BY_PATIENT)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLINIC_KEY", KEY)
        assert verb("extract", folder).exit_code == 0
        yield folder


@pytest.fixture
def copy(clinic: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(clinic, tmp_path / "clinic", copy_function=shutil.copy2))


def declare(folder: Path, split: str) -> None:
    (folder / "study.yaml").write_text(STUDY.replace("{SPLIT}", split), encoding="utf-8")


def verb(name: str, folder: Path, *more: object) -> Finished:
    return multisite(
        name, folder / "study.yaml", "--sites", folder / "clinic.yaml", "--workspace", folder / "out", *more
    )


def check_config(folder: Path) -> Finished:
    return multisite("check-config", folder / "study.yaml", "--sites", folder / "clinic.yaml")


def artefact(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(sorted((folder / "out").glob(f"*/clinic/{name}/part-*.parquet")))


def cohort_and_check(folder: Path, split: str) -> dict[str, object]:
    """The row of ``patient_overlap`` after ``cohort`` and ``check`` with the split."""
    declare(folder, split)
    assert check_config(folder).exit_code == 0
    for name in ("cohort", "check"):
        finished = verb(name, folder)
        assert finished.exit_code == 0, finished.err
    return artefact(folder, "check_results").row(by_predicate=pl.col("check") == "patient_overlap", named=True)


def test_patients_that_were_drawn_whole_overlap_in_no_split(copy: Path) -> None:
    overlap = cohort_and_check(copy, BY_PATIENT)
    assert (overlap["verdict"], overlap["n_examined"], overlap["n_found"]) == ("pass", PATIENTS - 1, 0)
    included = artefact(copy, "cohort").filter("included")
    patients = dict(included.group_by("split").agg(pl.col("patient_id").n_unique()).rows())
    assert abs(patients["train"] - 0.6 * 39) < 4
    assert abs(patients["test"] - 0.2 * 39) < 4


def test_a_stratum_that_excludes_missing_values_is_a_step_of_the_flow(copy: Path) -> None:
    cohort_and_check(copy, BY_PATIENT)
    steps = {rule: n for rule, n in artefact(copy, "flow").select("rule", "excluded_cases").rows()}
    assert steps["missing_vendor"] == 2


def test_patients_on_both_sides_of_a_date_are_found_where_they_are_kept(copy: Path) -> None:
    overlap = cohort_and_check(copy, BY_TIME.replace("STRADDLING", "keep"))
    assert (overlap["verdict"], overlap["n_found"]) == ("fail", PATIENTS - 1)


def test_patients_on_both_sides_of_a_date_are_kept_on_the_earlier_one(copy: Path) -> None:
    overlap = cohort_and_check(copy, BY_TIME.replace("STRADDLING", "exclude_later"))
    assert (overlap["verdict"], overlap["n_examined"], overlap["n_found"]) == ("pass", PATIENTS - 1, 0)
    exclusions = artefact(copy, "exclusions")
    assert exclusions.filter(rule="straddles_splits").height == PATIENTS - 1


def test_a_table_without_split_is_told_before_and_during_the_run_when_nothing_makes_one(copy: Path) -> None:
    declare(copy, "{by: table}")
    checked = check_config(copy)
    assert checked.exit_code == 10
    assert "neither the table nor the images give `split`" in checked.out + checked.err
    finished = verb("cohort", copy)
    assert finished.exit_code == 12
    assert "table `cases` gives no case a split" in finished.err
    assert "CLINIC-" not in finished.err


def test_a_site_in_no_list_of_sites_is_told_before_and_during_the_run(copy: Path) -> None:
    declare(copy, "{by: site, sites: {train: [north], test: [south]}}")
    checked = check_config(copy)
    assert checked.exit_code == 10
    assert "puts this site into no split" in checked.out + checked.err
    finished = verb("cohort", copy)
    assert finished.exit_code == 10
    assert "puts this site into no split" in finished.err


def test_another_seed_makes_the_cohort_anew_and_the_same_one_does_not(copy: Path) -> None:
    cohort_and_check(copy, BY_PATIENT)
    again = verb("cohort", copy, "--json")
    summary = next(json.loads(line) for line in again.out.splitlines() if '"Stages"' in line)
    assert summary["n_run"] == 0
    before = artefact(copy, "cohort_identity")["sha256"].item()
    cohort_and_check(copy, BY_PATIENT.replace("seed: 7", "seed: 8"))
    assert artefact(copy, "cohort_identity")["sha256"].item() != before
