"""Canaries in every identifier and free text of headers and tables: none sings outside the place it was put.

A canary may stand in the site's own objects and tables, and in the object keys that the site's own row-level artefacts
hold. It may not stand in any other artefact, the report, anything printed, or an error.
"""

import io
import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from multisite.pack.reading import csv_bytes, read_pack
from multisite.schemas import Artefact
from multisite.schemas.catalogue import ARTEFACTS
from multisite.schemas.markers import MARKER_CODES
from multisite.vocabulary import ColumnPrivacy, Zone
from tests.lib.command import Finished, multisite

CANARY = "CANARY"
# A UID cannot hold letters; this run of digits stands in every UID, number and date-like identifier.
NUMBER = "77123454321"

_TEXTS = {
    "PatientName": "LO",
    "OtherPatientNames": "PN",
    "PatientAddress": "LO",
    "PatientTelephoneNumbers": "SH",
    "PatientComments": "LT",
    "AdditionalPatientHistory": "LT",
    "MedicalAlerts": "LO",
    "Occupation": "SH",
    "AdmittingDiagnosesDescription": "LO",
    "ReferringPhysicianName": "PN",
    "PhysiciansOfRecord": "PN",
    "PerformingPhysicianName": "PN",
    "NameOfPhysiciansReadingStudy": "PN",
    "OperatorsName": "PN",
    "ReasonForTheRequestedProcedure": "LO",
    "StudyComments": "LT",
    "ImageComments": "LT",
    "PatientState": "LO",
    "MilitaryRank": "LO",
    "CountryOfResidence": "LO",
}
_IDENTIFIERS = ("PatientID", "AccessionNumber", "StudyID", "DeviceSerialNumber", "StationName", "AdmissionID")

_COMMENT = f"{CANARY}, Ida ({{patient}}), born 1950-06-07, tel. 030 {NUMBER}, {CANARY}@example.org, for Mrs {CANARY}"

_STUDY = """
study: canaries
title: Canaries
intended_use: {task: none, population: none, setting: none, human_role: none}
findings: [{id: nodule, title: Nodule}]
models: [{id: ai, title: AI, version: "1"}]
cohort:
  modalities: [CT]
  strata: [{id: vendor, title: Vendor, column: vendor, when_missing: level}]
integrity: {blocking: [patient_overlap], pixels: {}}
performance: {threshold: 0.5, seed: 1, minimum_denominator: 1}
drift: {population: {numbers: [age_years]}, acquisition: {categories: [vendor]}}
"""

_SITE = """
site: north
title: North
stores: [{name: archive, url: images}]
pseudonym_key_env: CANARY_KEY
tables:
  cases: {path: cases.csv, columns: {case_id: accession}}
  predictions: {path: predictions.csv}
"""


N_INSTANCES = 124
# From here on the label is told by the equipment, by the order of the table and by a column of it.
FIRST_OF_THE_TOLD = 24


def label(number: int) -> int:
    return number % 2 if number < FIRST_OF_THE_TOLD else int(number >= 80)


def ward(number: int) -> str:
    return f"{CANARY} ward {label(number)}"


def instance(number: int, patient: int) -> bytes:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = f"2.25.{NUMBER}{number}"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian if number % 2 else ImplicitVRLittleEndian
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = CTImageStorage
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.SeriesInstanceUID = f"2.25.{NUMBER}9{number}"
    dataset.StudyInstanceUID = f"2.25.{NUMBER}8{number}"
    dataset.FrameOfReferenceUID = f"2.25.{NUMBER}7{number}"
    dataset.Modality, dataset.Manufacturer = "CT", "SIEMENS"
    dataset.PatientBirthDate, dataset.StudyDate, dataset.AcquisitionDate = "19500607", "20240102", "20240102"
    dataset.AcquisitionTime = "101112"
    for keyword in _TEXTS:
        setattr(dataset, keyword, f"{CANARY}^{keyword[:8]}")
    for keyword in _IDENTIFIERS:
        setattr(dataset, keyword, f"{CANARY}-{patient}")
    for keyword in ("StationName", "DeviceSerialNumber"):
        setattr(dataset, keyword, f"{CANARY}-{label(number)}")
    dataset.Rows = dataset.Columns = 64
    dataset.BitsAllocated, dataset.BitsStored, dataset.HighBit = 8, 8, 7
    dataset.SamplesPerPixel, dataset.PixelRepresentation, dataset.PhotometricInterpretation = 1, 0, "MONOCHROME2"
    # The last two dozen share a picture.
    dataset.PixelData = np.random.default_rng(min(number, 100)).integers(0, 255, (64, 64), dtype=np.uint8).tobytes()
    dataset.PatientName = f"{CANARY}^Ida"
    dataset.ImageComments = _COMMENT.format(patient=f"{CANARY}-{patient}")
    buffer = io.BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("c")
    images = folder / "images" / f"{CANARY}-ward"
    images.mkdir(parents=True)
    cases, predictions = [], []
    for number in range(N_INSTANCES):
        patient = number % 20 if number < FIRST_OF_THE_TOLD else number - 4
        where = images / f"{CANARY}-{patient}" / "19500607"
        where.mkdir(parents=True, exist_ok=True)
        (where / f"{CANARY} ida {number}.dcm").write_bytes(instance(number, patient))
        split = "train" if number < 8 else "test"
        study = f"2.25.{NUMBER}8{number}"
        day = f"2024-01-{1 + number // 8:02}"
        cases.append(f"{CANARY}c{number},{CANARY}-{patient},{study},{split},{day},{label(number)},{ward(number)}")
        predictions.append(f"{CANARY}c{number},nodule,ai,{(number % 10) / 10}")
    (images / f"{CANARY}.txt").write_text(f"{CANARY} is no image\n" * 20, encoding="utf-8")
    (images / f"{CANARY}-cut.dcm").write_bytes(instance(1, 1)[:300])
    head = "accession,patient_id,study_instance_uid,split,case_date,reference_nodule,clinical_ward"
    (folder / "cases.csv").write_text("\n".join([head, *cases]) + "\n", encoding="utf-8")
    (folder / "predictions.csv").write_text(
        "\n".join(["case_id,finding,model,score", *predictions]) + "\n", encoding="utf-8"
    )
    (folder / "study.yaml").write_text(_STUDY, encoding="utf-8")
    (folder / "north.yaml").write_text(_SITE, encoding="utf-8")
    return folder


def run(site: Path, verb: str, workspace: Path) -> Finished:
    return multisite(verb, site / "study.yaml", "--sites", site / "north.yaml", "--workspace", workspace)


def sings(text: str) -> bool:
    return CANARY in text.upper() or NUMBER in text or "19500607" in text or "1950-06-07" in text


@pytest.fixture(scope="module")
def finished_run(site: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Finished]]:
    workspace = tmp_path_factory.mktemp("w")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CANARY_KEY", "a key that is long enough")
        verbs = ("extract", "cohort", "check", "evaluate", "report")
        return workspace, [run(site, verb, workspace) for verb in verbs]


def test_the_run_did_see_the_canaries(finished_run: tuple[Path, list[Finished]]) -> None:
    workspace, finished = finished_run
    # The fault of the data (patients in two splits) makes `check` tell a blocking failure, and nothing else fails.
    assert [f.exit_code for f in finished] == [0, 0, 20, 0, 0]
    headers = pl.read_parquet(sorted(workspace.glob("*/north/headers/part-*.parquet")))
    assert headers.height == N_INSTANCES
    assert headers["patient_name_present"].all()
    assert headers["age_years"].to_list() == [73.0] * N_INSTANCES
    assert sings(headers["object_key"].str.join().item())


def test_nothing_that_is_printed_holds_a_canary(finished_run: tuple[Path, list[Finished]]) -> None:
    for finished in finished_run[1]:
        assert not sings(finished.out + finished.err)


def test_what_was_found_of_a_person_is_told_by_codes_of_a_closed_list(
    finished_run: tuple[Path, list[Finished]],
) -> None:
    workspace, _ = finished_run
    markers = pl.read_parquet(sorted(workspace.glob("*/north/markers/part-*.parquet")))
    own = ("PatientID", "AccessionNumber", "PatientBirthDate", "PatientName")
    patterns = ("telephone number", "e-mail address", "title and name")
    in_text = {f"{what} in ImageComments" for what in (*own, *patterns)}
    assert set(markers["marker"]) <= set(MARKER_CODES)
    assert set(markers["marker"]) >= {f"{what} in object key" for what in own} | in_text
    checks = pl.read_parquet(sorted(workspace.glob("*/north/check_results/part-*.parquet")))
    failed = set(checks.filter(pl.col("verdict") == "fail")["check"])
    # Everybody has the same name, birth date and no sex.
    assert failed >= {"identifiers_in_names", "identifiers_in_text"}
    assert failed >= {"label_order", "label_association", "label_in_column", "headers_tell_label"}
    assert "same_pixels_two_patients" in failed
    found = dict(checks.select("check", "sentence").rows())
    assert "was taken for no name" in found["linked_patients"]


def direct_columns(artefact: str) -> list[str]:
    """Columns with keys of objects, or names of members, in clear: only rows of the site's own objects have any."""
    declared = ARTEFACTS[artefact]
    if not isinstance(declared, Artefact):
        return []
    found = [column.name for column in declared.columns if column.privacy is ColumnPrivacy.DIRECT]
    assert set(found) <= {"object_key", "member_name", "first_key", "last_key", "after", "until"}
    assert not found or declared.zone is Zone.SITE
    return found


def test_no_file_of_the_workspace_holds_a_canary_but_in_object_keys_of_the_site_s_own_rows(
    finished_run: tuple[Path, list[Finished]],
) -> None:
    workspace, _ = finished_run
    seen = 0
    for path in sorted(workspace.rglob("*")):
        if not path.is_file():
            continue
        seen += 1
        assert not sings(str(path.relative_to(workspace)))
        if path.suffix == ".parquet":
            frame = pl.read_parquet(path)
            keys = direct_columns(path.parent.name)
            # Rewritten without the columns that may; statistics and metadata go with them.
            assert not sings(frame.drop(keys).write_json())
        else:
            assert not sings(path.read_text(encoding="utf-8"))
    assert seen > 20


def test_no_file_of_a_pack_holds_a_canary_or_a_pseudonym(
    site: Path, finished_run: tuple[Path, list[Finished]], tmp_path: Path
) -> None:
    workspace, _ = finished_run
    finished = multisite(
        "pack",
        "build",
        site / "study.yaml",
        "--sites",
        site / "north.yaml",
        "--workspace",
        workspace,
        "--out",
        tmp_path / "p",
    )
    assert finished.exit_code == 0, finished.err
    assert not sings(finished.out + finished.err)
    cohort = pl.read_parquet(sorted(workspace.glob("*/north/cohort/part-*.parquet")))
    names = ("case_id", "patient_id", "study_instance_uid", "series_instance_uid")
    pseudonyms = {value for name in names for value in cohort[name] if value}
    assert pseudonyms
    files = read_pack(tmp_path / "p")
    assert len(files) > 20
    for path, content in files.items():
        text = csv_bytes(files, path.removesuffix(".gz")).decode() if path.endswith(".gz") else content.decode()
        assert not sings(path + text), path
        assert not [value for value in pseudonyms if value in text], path


def test_a_ledger_holds_digests_names_and_a_time_and_no_pseudonym(
    site: Path, finished_run: tuple[Path, list[Finished]]
) -> None:
    workspace, _ = finished_run
    entries = [json.loads(path.read_bytes()) for path in sorted(workspace.glob("*/north/_ledger/*.json"))]
    # `check` and `evaluate` read labels.
    assert [entry["content"]["stages"] for entry in entries] == [
        ["integrity", "consequences", "shortcuts"],
        ["performance", "level_moments", "recalibration_gain", "failure_modes"],
    ]
    cohort = pl.read_parquet(sorted(workspace.glob("*/north/cohort/part-*.parquet")))
    pseudonyms = {value for name in ("case_id", "patient_id", "study_instance_uid") for value in cohort[name]}
    for entry in entries:
        content = entry.pop("content")
        assert set(content) == {"stages", "protocol", "evaluated"}
        assert set(entry) == {"sequence", "time", "event", "study", "site", "run", "code_version", "previous"}
        said = json.dumps([entry, content])
        assert not [value for value in pseudonyms if value and value in said]
    shown = multisite("looks", site / "study.yaml", "--sites", site / "north.yaml", "--workspace", workspace, "--json")
    assert shown.exit_code == 0
    assert not sings(shown.out + shown.err)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cases.csv", f"accession,patient_id\n{CANARY}1,{CANARY}2\n"),
        ("cases.csv", f"{CANARY}1,{CANARY}2\n{CANARY}3\n{CANARY}4,5,6,7\n"),
        ("predictions.csv", f"case_id,finding,model,score\n{CANARY}1,nodule,ai,{CANARY}\n{CANARY}2\n"),
        ("predictions.csv", "\x00" + CANARY),
    ],
)
def test_no_error_about_a_broken_table_quotes_it(
    site: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str
) -> None:
    monkeypatch.setenv("CANARY_KEY", "a key that is long enough")
    for file in ("study.yaml", "north.yaml", "cases.csv", "predictions.csv"):
        (tmp_path / file).write_bytes((site / file).read_bytes())
    (tmp_path / "images").mkdir()
    (tmp_path / name).write_text(text, encoding="utf-8")
    for verb in ("extract", "cohort"):
        finished = run(tmp_path, verb, tmp_path / "workspace")
        assert not sings(finished.out + finished.err)
    checked = multisite("check-config", tmp_path / "study.yaml", "--sites", tmp_path / "north.yaml")
    assert not sings(checked.out + checked.err)
