"""A site that brings readings: the reference standard is made of them, and no word of a reader leaves its table."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from tests.lib.command import Finished, multisite

N_CASES = 40
KEY = "a key of the clinic, no secret"
CANARY = "CANARY"

STUDY = """
study: read
title: A study that makes its labels
intended_use: {task: none, population: none, setting: none, human_role: none}
findings: [{id: nodule, title: Nodule}]
models: [{id: ai, title: AI, version: "1"}]
cohort:
  modalities: [CT]
  split: {by: patient, shares: {train: 0.5, test: 0.5}, seed: 7}
  strata:
    - {id: vendor, title: Vendor, column: vendor, when_missing: level}
performance: {threshold: 0.5, seed: 1, null_replicates: 100, minimum_denominator: 1}
drift: {population: {numbers: [age_years]}}
"""
SECTION = """
reference:
  nodule:
    version: 3
    ratings: {positive: ["CANARY present"], negative: [absent], ambiguous: [unsure]}
    rule: {by: two_plus_one}
    ambiguous: exclude
    non_diagnostic: exclude
"""
SITE = """
site: clinic
title: Clinic
pseudonym_key_env: CLINIC_KEY
tables:
  series: {path: headers.csv, columns: {n_instances: instanceCount}}
  cases: {path: cases.csv}
  predictions: {path: predictions.csv}
"""
READINGS = "  readings: {path: readings.csv, columns: {rating: verdict}}\n"


def headers() -> pl.DataFrame:
    rows = [
        {
            "PatientID": f"P{number}",
            "StudyInstanceUID": f"1.2.826.{number}",
            "SeriesInstanceUID": f"1.2.826.{number}.1",
            "Modality": "CT",
            "Manufacturer": "SIEMENS",
            "StudyDate": "2023-05-01",
            "instanceCount": 100,
        }
        for number in range(N_CASES)
    ]
    return pl.DataFrame(rows)


def said(number: int, reader: int) -> str:
    """A third has the finding; the second reader misses it in every sixth case and the third is asked there."""
    has = number % 3 == 0
    if reader == 1 and number % 6 == 0:
        has = not has
    return f"{CANARY} present" if has else "absent"


def readings() -> list[str]:
    lines = ["case_id,reader,finding,verdict,arm,session,blinded,confidence,read_on,lesion,qualification"]
    for number in range(N_CASES):
        # The last two cases have one reading, and none.
        readers = (0, 1, 2) if number % 6 == 0 else (0, 1)
        for reader in readers[: {N_CASES - 1: 0, N_CASES - 2: 1}.get(number, 3)]:
            arm, blinded = ("adjudication", "no") if reader == 2 else ("primary", "yes")
            lesion = f"{CANARY}-left" if number % 3 == 0 else ""
            lines.append(
                f"case-{number},Dr {CANARY} {reader},nodule,{said(number, reader)},{arm},{CANARY}-1,{blinded},0.7,"
                f"2024-01-0{1 + reader},{lesion},{CANARY} professor"
            )
    lines.append(f"case-1,Dr {CANARY} 0,nodule,{CANARY} no such word,primary,{CANARY}-2,yes,0.7,2024-01-01,,")
    lines.append(f"case-1,Dr {CANARY} 7,nodule,absent,{CANARY} arm,{CANARY}-1,,0.7,2024-01-01,,")
    return lines


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("clinic")
    (folder / "clinic.yaml").write_text(SITE + READINGS, encoding="utf-8")
    (folder / "study.yaml").write_text(STUDY + SECTION, encoding="utf-8")
    headers().write_csv(folder / "headers.csv")
    cases = ["case_id,patient_id,study_instance_uid", *(f"case-{n},P{n},1.2.826.{n}" for n in range(N_CASES))]
    (folder / "cases.csv").write_text("\n".join(cases) + "\n", encoding="utf-8")
    scores = [f"case-{n},nodule,ai,{0.9 if n % 3 == 0 else 0.1}" for n in range(N_CASES)]
    (folder / "predictions.csv").write_text("\n".join(["case_id,finding,model,score", *scores]), encoding="utf-8")
    (folder / "readings.csv").write_text("\n".join(readings()) + "\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLINIC_KEY", KEY)
        yield folder


@pytest.fixture(scope="module")
def finished(clinic: Path) -> list[Finished]:
    """What each verb printed, up to the estimates."""
    checked = multisite("check-config", clinic / "study.yaml", "--sites", clinic / "clinic.yaml")
    return [checked, *(verb(name, clinic) for name in ("extract", "adjudicate", "cohort", "evaluate"))]


@pytest.fixture
def copy(clinic: Path, finished: list[Finished], tmp_path: Path) -> Path:
    return Path(shutil.copytree(clinic, tmp_path / "clinic", copy_function=shutil.copy2))


def verb(name: str, folder: Path, *more: object) -> Finished:
    return multisite(
        name, folder / "study.yaml", "--sites", folder / "clinic.yaml", "--workspace", folder / "out", *more
    )


def artefact(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(sorted((folder / "out").glob(f"*/clinic/{name}/part-*.parquet")))


def test_labels_are_made_of_readings_and_evaluated(clinic: Path, finished: list[Finished]) -> None:
    assert [(one.exit_code, one.err) for one in finished if one.exit_code] == []
    reference = artefact(clinic, "reference")
    assert dict(reference["state"].value_counts().rows()) == {"decided": N_CASES - 2, "too few readings": 1}
    assert dict(reference["decided_by"].value_counts().rows()) == {"primary": 31, "adjudication": 7, None: 1}
    assert set(reference["rule_version"]) == {3}
    cohort = artefact(clinic, "cohort").join(reference, on="case_id", how="left")
    assert cohort["reference_nodule"].equals(cohort["decision"], check_names=False)
    assert cohort["reference_nodule"].sum() == 13
    assert artefact(clinic, "exclusions")["rule"].to_list() == ["no_reference"] * 2
    sensitivity = artefact(clinic, "truth_sensitivity").filter(metric="sensitivity")
    assert set(sensitivity["variant"]) == {
        "declared",
        "unanimous only",
        "majority",
        "independent decisions only",
        "reader 1",
        "reader 2",
    }
    assert artefact(clinic, "reader_benchmark").is_empty()
    by_stratum = artefact(clinic, "agreement_by_stratum").filter(statistic="observed_agreement")
    assert set(by_stratum.select("stratum", "level").rows()) == {
        ("overall", "overall"),
        ("vendor", "Siemens Healthineers"),
    }
    assert by_stratum["estimate"].to_list() == pytest.approx([31 / 38] * 2)
    agreement = artefact(clinic, "agreement").filter(statistic="observed_agreement", first="reader 1")
    assert agreement.row(0, named=True)["estimate"] == pytest.approx(31 / 38)


def test_making_labels_is_no_look_at_them(clinic: Path, finished: list[Finished]) -> None:
    entries = [json.loads(path.read_bytes()) for path in (clinic / "out").glob("*/clinic/_ledger/*.json")]
    looking = "performance level_moments recalibration_gain truth_sensitivity agreement_by_stratum failure_modes"
    assert [entry["content"]["stages"] for entry in entries] == [looking.split()]


def test_nothing_of_readers_ratings_sessions_lesions_or_arms_stands_anywhere_in_clear(
    clinic: Path, finished: list[Finished]
) -> None:
    assert not [one for one in finished if CANARY in one.out + one.err]
    read = 0
    for path in (clinic / "out").rglob("*"):
        if path.is_file():
            content = pl.read_parquet(path).write_json() if path.suffix == ".parquet" else path.read_text("utf-8")
            assert CANARY not in content, path.name
            read += 1
    assert read > 10
    # The readers do stand there, as pseudonyms, and in what may leave the site as numbers.
    rows = artefact(clinic, "readings")
    assert rows["reader"].n_unique() == 4
    aggregate = "".join(artefact(clinic, name).write_json() for name in ("reading_counts", "agreement"))
    assert not [one for name in ("reader", "case_id", "session") for one in rows[name].unique() if one in aggregate]


def test_a_changed_reading_changes_labels_and_cohort_and_the_same_one_nothing(copy: Path) -> None:
    def n_run(name: str) -> int:
        lines = verb(name, copy, "--json").out.splitlines()
        return int(next(json.loads(line) for line in lines if '"Stages"' in line)["n_run"])

    assert (n_run("adjudicate"), n_run("cohort")) == (0, 0)
    table = copy / "readings.csv"
    table.write_text(table.read_text("utf-8").replace("case-1,", "case-2,"), encoding="utf-8")
    assert n_run("adjudicate") == 1
    assert n_run("cohort") > 0
    assert artefact(copy, "exclusions").height == 3


def test_a_cohort_is_not_built_on_labels_of_another_protocol(copy: Path) -> None:
    (copy / "study.yaml").write_text(STUDY + SECTION.replace("version: 3", "version: 4"), encoding="utf-8")
    stopped = verb("cohort", copy)
    assert stopped.exit_code != 0
    assert "`reference` was made with other parameters" in stopped.err


def test_without_the_section_the_table_of_cases_has_to_give_labels_and_what_was_made_of_readings_goes(
    copy: Path,
) -> None:
    (copy / "study.yaml").write_text(STUDY, encoding="utf-8")
    assert verb("adjudicate", copy).exit_code == 0
    assert not list((copy / "out").glob("*/clinic/reference/part-*"))
    lacking = verb("cohort", copy)
    assert (lacking.exit_code, "lacks `reference_nodule`" in lacking.err) == (12, True)


def test_a_site_without_readings_is_told_before_and_during_the_run(copy: Path) -> None:
    (copy / "clinic.yaml").write_text(SITE, encoding="utf-8")
    checked = multisite("check-config", copy / "study.yaml", "--sites", copy / "clinic.yaml", "--json")
    rows = [json.loads(line) for line in checked.out.splitlines()]
    told = {row["what"]: row["answer"] for row in rows if row["event"] == "row"}
    assert told["table `readings`"] == "– not declared; needed from `adjudicate` on"
    stopped = verb("adjudicate", copy)
    assert stopped.exit_code == 2
    assert "names no table `readings`" in stopped.err


def test_a_refused_case_is_told_in_counts(copy: Path) -> None:
    table = copy / "readings.csv"
    table.write_text(table.read_text("utf-8").replace("nodule,absent", "nodule,unsure"), encoding="utf-8")
    (copy / "study.yaml").write_text(STUDY + SECTION.replace("ambiguous: exclude", "ambiguous: fail"), encoding="utf-8")
    stopped = verb("adjudicate", copy)
    assert stopped.exit_code == 12
    assert "cases are ambiguous for `nodule`" in stopped.err
    assert CANARY not in stopped.out + stopped.err
