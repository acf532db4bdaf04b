"""``multisite check`` on a site whose images hold planted copies and text: with pixels, without, and again."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from pydicom.uid import JPEGLSLossless

from multisite.dicom import Pseudonymiser
from tests.lib.command import Finished, multisite
from tests.lib.pictures import body, dicom_picture, jpeg, noisy, resized, with_text
from tests.lib.workspaces import contents

PATIENTS = 16
KEY = "a key of the hospital, no secret"
SAME, NEAR, TEXT, FOREIGN, BIG = 12, 13, 14, 15, 11
"""Patients whose image is patient 1's, nearly patient 2's, bears text, is not decoded, and is too large."""

STUDY = """
study: looked-at
title: A study that looks at pixels
intended_use: {task: none, population: none, setting: none, human_role: none}
findings: [{id: nodule, title: Nodule}]
models: [{id: ai, title: AI, version: "1"}]
cohort:
  modalities: [CR]
  eligibility: [{id: adult, column: age_years, operator: ">=", value: ADULT, when_missing: keep, reason: Young}]
  strata: [{id: vendor, title: Vendor, column: vendor, when_missing: level}]
integrity: {PIXELS}
performance: {threshold: 0.5, seed: 1, null_replicates: 100}
drift: {population: {numbers: [age_years]}}
extraction: {shard_objects: SHARD}
"""
SITE = """
site: north
title: North
stores: [{name: archive, url: images}]
pseudonym_key_env: NORTH_KEY
tables:
  cases: {path: cases.csv}
  predictions: {path: predictions.csv}
"""
ASKED = "pixels: {instances_per_series: 1, max_object_bytes: 150000}"
CHECKS = ("same_pixels_two_patients", "near_duplicate_images", "text_in_pixels")


def image(patient: int) -> bytes:
    picture = body(patient)
    tags: dict[str, object] = {}
    if patient == SAME:
        picture = body(1)
    elif patient == NEAR:
        picture = noisy(resized(jpeg(body(2)), 0.75))
    elif patient == TEXT:
        picture, tags = with_text(body(patient, 256), "DOE^JANE 1950"), {"BurnedInAnnotation": "NO"}
    elif patient == BIG:
        picture = body(patient, 320)
    made = dicom_picture(
        picture,
        SOPInstanceUID=f"1.2.826.{patient}.1.1",
        SeriesInstanceUID=f"1.2.826.{patient}.1",
        StudyInstanceUID=f"1.2.826.{patient}",
        PatientID=f"NORTH-{patient:03}",
        Modality="CR",
        Manufacturer="AGFA",
        StudyDate=f"2024{1 + patient % 12:02}15",
        PatientAge=f"{40 + patient:03}Y",
        InstanceNumber=1,
        **tags,
    )
    little, foreign = (uid.encode() + b"\0" * (len(uid) % 2) for uid in ("1.2.840.10008.1.2.1", str(JPEGLSLossless)))
    if patient == FOREIGN:
        # The group's length and the value's own grow by what the name is longer.
        longer = len(foreign) - len(little)
        made = made.replace(bytes([len(little), 0]) + little, bytes([len(foreign), 0]) + foreign)
        made = made[:140] + (int.from_bytes(made[140:144], "little") + longer).to_bytes(4, "little") + made[144:]
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The site, with headers and cohort made."""
    place = tmp_path_factory.mktemp("north")
    (place / "images").mkdir()
    for patient in range(PATIENTS):
        (place / "images" / f"{patient:02}.dcm").write_bytes(image(patient))
    (place / "north.yaml").write_text(SITE, encoding="utf-8")
    rows = [
        f"case-{patient},NORTH-{patient:03},1.2.826.{patient},{'train' if patient < 8 else 'test'},{patient % 2}"
        for patient in range(PATIENTS)
    ]
    head = "case_id,patient_id,study_instance_uid,split,reference_nodule"
    (place / "cases.csv").write_text("\n".join([head, *rows]) + "\n", encoding="utf-8")
    scores = [f"case-{patient},nodule,ai,0.{patient % 10}" for patient in range(PATIENTS)]
    text = "\n".join(["case_id,finding,model,score", *scores]) + "\n"
    (place / "predictions.csv").write_text(text, encoding="utf-8")
    declare(place)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NORTH_KEY", KEY)
        for name in ("extract", "cohort", "check"):
            verb(name, place)
        yield place


@pytest.fixture
def copy(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "north", copy_function=shutil.copy2))


def declare(place: Path, pixels: str = ASKED, *, adult: int = 18, shard: int = 4000) -> None:
    text = STUDY.replace("PIXELS", pixels).replace("ADULT", str(adult)).replace("SHARD", str(shard))
    (place / "study.yaml").write_text(text, encoding="utf-8")


def verb(name: str, place: Path, *more: object, out: str = "out") -> Finished:
    finished = multisite(name, place / "study.yaml", "--sites", place / "north.yaml", "--workspace", place / out, *more)
    assert finished.exit_code == 0, finished.err
    return finished


def artefact(place: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(sorted((place / "out").glob(f"*/north/{name}/part-*.parquet")))


def results(place: Path) -> dict[str, dict[str, object]]:
    return {row["check"]: row for row in artefact(place, "check_results").to_dicts()}


def named(patient: int, what: str) -> str | None:
    identifier = f"1.2.826.{patient}" + {"study": "", "series": ".1"}[what]
    return Pseudonymiser(KEY.encode()).pseudonym(identifier, kind=what)


def test_what_was_planted_is_found_and_nothing_else(folder: Path) -> None:
    found = results(folder)
    assert [found[check]["verdict"] for check in CHECKS] == ["fail"] * 3
    findings = artefact(folder, "findings").filter(pl.col("check").is_in(CHECKS))
    assert set(findings.select("check", "pseudonym").rows()) == {
        ("same_pixels_two_patients", named(1, "study")),
        ("same_pixels_two_patients", named(SAME, "study")),
        ("near_duplicate_images", named(NEAR, "study")),
        ("text_in_pixels", named(TEXT, "series")),
    }
    assert findings.height == 4
    assert found["same_content_two_patients"]["verdict"] != "fail"


def test_the_sentences_say_how_many_images_were_looked_at_and_why_others_were_not(folder: Path) -> None:
    looked_at = (
        "14 of 16 chosen images were read (not read: 1 transfer syntax that is not decoded, 1 larger than the limit)."
    )
    found = results(folder)
    assert all(str(found[check]["sentence"]).endswith(looked_at) for check in CHECKS)
    assert "BurnedInAnnotation says NO in 1 of them. nodule: 0 of 1 cases with text, 6 of 13 without." in str(
        found["text_in_pixels"]["sentence"]
    )


def test_nothing_of_the_pixels_is_outside_the_sites_own_rows(folder: Path) -> None:
    rows = artefact(folder, "pixels").filter(status="read")
    marks = {*rows["pixel_digest"], *rows["perceptual_hash"].drop_nulls()}
    for path in (folder / "out").rglob("*"):
        if path.is_file() and path.parent.name != "pixels":
            text = pl.read_parquet(path).write_json() if path.suffix == ".parquet" else path.read_text(encoding="utf-8")
            assert not [mark for mark in marks if mark in text], path


def test_nothing_is_read_where_the_study_file_does_not_ask(copy: Path) -> None:
    declare(copy, "pixels: null")
    shutil.rmtree(copy / "images")
    verb("check", copy)
    assert {results(copy)[check]["verdict"] for check in CHECKS} == {"not applicable"}
    # Thumbnails that nobody asks for any more do not stay, either.
    assert list((copy / "out").glob("*/north/pixels/part-*")) == []


def test_a_second_run_does_nothing(copy: Path) -> None:
    told = verb("check", copy, "--json").out
    stages = [json.loads(line) for line in told.splitlines() if '"Stages"' in line]
    assert {row["n_run"] for row in stages} == {0}


def test_another_cohort_has_only_its_new_images_read(copy: Path) -> None:
    declare(copy, adult=50)
    verb("cohort", copy)
    # Images that were looked at before are not needed any more.
    shutil.rmtree(copy / "images")
    verb("check", copy)
    rows = artefact(copy, "pixels")
    assert (rows.height, rows.filter(status="read").height) == (6, 4)
    assert results(copy)["text_in_pixels"]["verdict"] == "fail"


def test_shards_of_another_size_and_two_processes_give_the_same_results(copy: Path) -> None:
    declare(copy, shard=3)
    for name in ("extract", "cohort", "check"):
        verb(name, copy, "--workers", 2, out="other")
    one, other = (contents(copy / out) for out in ("out", "other"))
    assert len([path for path in other if "/pixels/part-" in path]) > 3
    compared = [path for path in one if "/check_results/part-" in path or "/findings/part-" in path]
    assert len(compared) == 2
    assert {path: other[path] for path in compared} == {path: one[path] for path in compared}


def test_thumbnails_can_be_shown_and_written(folder: Path, tmp_path: Path) -> None:
    study, out = folder / "study.yaml", folder / "out"
    shown = multisite("show", "pixels", study, "--site", "north", "--workspace", out, "--csv", tmp_path / "rows.csv")
    assert shown.exit_code == 0, shown.err
    thumbnails = pl.read_csv(tmp_path / "rows.csv")["thumbnail"].drop_nulls().str.decode("base64")
    assert set(thumbnails.bin.size()) == {1024}
