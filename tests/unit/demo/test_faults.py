"""Every planted number is counted again, from the files alone."""

from collections import defaultdict
from pathlib import Path

import polars as pl
import pydicom
import pytest

from multisite.demo import DemoPlan, generate
from tests.unit.demo.small_demo import SmallDemo

pytestmark = pytest.mark.slow

SITES = ("northgate", "harbour", "lakeside", "millfield")
KEYWORDS = (
    "PatientID", "StudyInstanceUID", "SOPInstanceUID", "PatientAge", "BodyPartExamined", "Manufacturer", "ContentDate",
    "ContentTime", "ManufacturerModelName", "SoftwareVersions", "StudyDate",
)  # fmt: skip


def header(path: Path) -> pydicom.Dataset | None:
    """The header of a sound object; None for anything else."""
    if {"transfer", "export0"} & set(path.parts):
        return None
    return pydicom.dcmread(path, stop_before_pixels=True, specific_tags=list(KEYWORDS))


@pytest.fixture(scope="module")
def instances(small_demo: SmallDemo) -> pl.DataFrame:
    """Site, patient, study, instance, modality, age and body part of every sound object."""
    rows = []
    for site in SITES:
        for path in small_demo.objects(site):
            if (found := header(path)) is not None:
                rows.append(
                    {
                        "site": site,
                        "path": str(path),
                        "patient_id": found.PatientID,
                        "study_instance_uid": found.StudyInstanceUID,
                        "instance": found.SOPInstanceUID,
                        "age": found.get("PatientAge"),
                        "body_part": found.get("BodyPartExamined"),
                        "moment": f"{found.Manufacturer} {found.ContentDate} {found.ContentTime}",
                    }
                )
    return pl.DataFrame(rows)


def planted_number(demo: SmallDemo, fault: str) -> int:
    return int(demo.planted[fault].expected["number"])


def test_patients_in_two_splits(small_demo: SmallDemo) -> None:
    splits = {
        site: small_demo.table(site, "cases")
        .group_by("patient_id")
        .agg(pl.col("split").n_unique())
        .filter(pl.col("split") > 1)
        for site in SITES
    }
    assert splits["northgate"].height == planted_number(small_demo, "patients_in_two_splits") == 3
    assert sum(found.height for found in splits.values()) == 3
    spread = small_demo.table("northgate", "cases").join(splits["northgate"], on="patient_id")
    assert set(spread["split"]) == {"train", "test"}


def test_the_study_sent_twice_keeps_its_uids(small_demo: SmallDemo, instances: pl.DataFrame) -> None:
    shared = instances.group_by("site", "instance", "study_instance_uid").agg(pl.col("patient_id").n_unique())
    twice = shared.filter(pl.col("patient_id") > 1)
    assert twice["study_instance_uid"].n_unique() == planted_number(small_demo, "study_sent_twice") == 1
    assert set(twice["site"]) == {"harbour"}


def test_the_study_under_new_uids_shows_the_same_images(small_demo: SmallDemo, instances: pl.DataFrame) -> None:
    pairs = instances.filter(
        (pl.col("patient_id").n_unique().over("site", "moment") > 1)
        & (pl.col("study_instance_uid").n_unique().over("site", "moment") > 1)
    )
    assert set(pairs["site"]) == {"millfield"}
    assert pairs["study_instance_uid"].n_unique() == 2 * planted_number(small_demo, "study_under_new_uids") == 2
    assert pairs["instance"].n_unique() == pairs.height
    pixels = defaultdict(set)
    for row in pairs.iter_rows(named=True):
        pixels[row["study_instance_uid"]].add(pydicom.dcmread(row["path"]).PixelData)
    first, second = pixels.values()
    assert first == second


def test_no_other_images_are_alike(small_demo: SmallDemo) -> None:
    seen: dict[bytes, set[str]] = defaultdict(set)
    for path in small_demo.objects("northgate")[::5]:
        if header(path) is not None:
            dataset = pydicom.dcmread(path)
            seen[dataset.PixelData].add(dataset.SOPInstanceUID)
    assert len(seen) > 50
    assert all(len(names) == 1 for names in seen.values())


def test_repeated_case_ids(small_demo: SmallDemo) -> None:
    for site in SITES:
        counts = small_demo.table(site, "cases")["case_id"].value_counts()
        repeated = counts.filter(pl.col("count") > 1)
        assert repeated.height == (planted_number(small_demo, "repeated_case_ids") if site == "northgate" else 0)


def test_cases_without_images_and_images_without_case(small_demo: SmallDemo, instances: pl.DataFrame) -> None:
    for site in SITES:
        stored = set(instances.filter(pl.col("site") == site)["study_instance_uid"])
        cases = set(small_demo.table(site, "cases")["study_instance_uid"])
        routine = set(small_demo.table(site, "deployment")["study_instance_uid"])
        missing = planted_number(small_demo, "cases_without_images") if site == "harbour" else 0
        left_over = {"millfield": "images_without_case", "harbour": "study_sent_again"}
        unclaimed = planted_number(small_demo, left_over[site]) if site in left_over else 0
        assert len(cases - stored) == missing
        assert len(stored - cases - routine) == unclaimed
        assert routine <= stored


def readers_of(demo: SmallDemo, site: str) -> pl.DataFrame:
    """Each case that was read, how many have read it, and how many of them said that the finding is there."""
    positive = (pl.col("rating") == "present").sum()
    return demo.table(site, "readings").group_by("case_id").agg(pl.col("reader").n_unique().alias("readers"), positive)


def test_every_case_has_three_readers_of_whom_at_most_one_errs(small_demo: SmallDemo) -> None:
    for site in SITES:
        read = readers_of(small_demo, site)
        assert set(read["case_id"]) == set(small_demo.table(site, "cases")["case_id"])
        assert 0.28 < (read["rating"] >= 2).mean() < 0.42
        doubtful = read.filter(pl.col("readers") < 3)
        assert doubtful["rating"].to_list() == [1] * (2 if site == "harbour" else 0)
        assert small_demo.table(site, "readings")["reader"].n_unique() == 4


def test_the_planted_reader_calls_three_of_ten_negatives_positive_and_no_other_does(small_demo: SmallDemo) -> None:
    for site in SITES:
        negative = readers_of(small_demo, site).filter(pl.col("readers") == 3, pl.col("rating") < 2)
        said = small_demo.table(site, "readings").join(negative, on="case_id", how="semi")
        shares = said.group_by("reader").agg((pl.col("rating") == "present").mean(), pl.len().alias("n"))
        first, *others = shares.sort("n", descending=True)["rating"].to_list()
        assert first == pytest.approx(0.30 if site == "millfield" else 0.05, abs=0.02)
        assert max(others) < 0.15


def test_faults_of_scores_and_reference(small_demo: SmallDemo) -> None:
    found = dict.fromkeys(("scores_not_a_number", "scores_out_of_range", "no_reference", "no_prediction"), 0)
    for site in SITES:
        scores = small_demo.table(site, "predictions")["score"]
        cases = small_demo.table(site, "cases")
        tested = cases.filter(pl.col("split") == "test")["case_id"]
        found["scores_not_a_number"] += int(scores.is_nan().sum())
        found["scores_out_of_range"] += int((~scores.is_between(0, 1) & scores.is_not_nan()).sum())
        found["no_reference"] += readers_of(small_demo, site).filter(pl.col("readers") < 3).height
        found["no_prediction"] += len(set(tested) - set(small_demo.table(site, "predictions")["case_id"]))
    assert found == {fault: planted_number(small_demo, fault) for fault in found}


def test_children_and_other_body_parts(small_demo: SmallDemo, instances: pl.DataFrame) -> None:
    years = pl.col("age").str.slice(0, 3).cast(pl.Int64, strict=False)
    children = instances.filter((years < 18) | pl.col("age").str.ends_with("M"))
    assert children["study_instance_uid"].n_unique() == planted_number(small_demo, "minors")
    assert set(children["site"]) == {"northgate"}
    elsewhere = instances.filter(pl.col("body_part") == "ABDOMEN")
    assert elsewhere["study_instance_uid"].n_unique() == planted_number(small_demo, "other_body_part")
    assert set(elsewhere["site"]) == {"millfield"}


def test_spoilt_objects_are_as_many_and_as_spoilt_as_planted(small_demo: SmallDemo) -> None:
    def named(site: str, start: str) -> list[Path]:
        return [path for path in small_demo.objects(site) if path.name.startswith(start)]

    assert [p.stat().st_size for p in named("harbour", "EMPTY")] == [0] * planted_number(small_demo, "empty_objects")
    partial = named("northgate", "PARTIAL")
    assert len(partial) == planted_number(small_demo, "truncated_objects")
    for path in partial:
        assert "SeriesInstanceUID" not in pydicom.dcmread(path, specific_tags=["StudyInstanceUID"])
        assert path.read_bytes()[128:132] == b"DICM"
    damaged = named("lakeside", "DAMAGED")
    assert len(damaged) == planted_number(small_demo, "corrupt_objects")
    for path in damaged:
        with pytest.raises(Exception, match="invalid block type"):
            pydicom.dcmread(path)
    foreign = [path for path in small_demo.objects("millfield") if "export0" in path.parts]
    assert len(foreign) == planted_number(small_demo, "foreign_objects")
    assert all(path.read_bytes()[128:132] != b"DICM" for path in foreign)


def test_the_software_changes_in_the_planted_month_and_not_before(small_demo: SmallDemo) -> None:
    month = str(small_demo.planted["software_change"].expected["name"])
    versions = defaultdict(set)
    for path in small_demo.objects("harbour"):
        found = header(path)
        if found is not None and found.ManufacturerModelName == "Discovery XR656":
            versions[f"{found.StudyDate[:4]}-{found.StudyDate[4:6]}" >= month].add(found.SoftwareVersions)
    assert len(versions[False]) == len(versions[True]) == 1
    assert versions[False] != versions[True]


@pytest.mark.parametrize("sites", [1, 3])
def test_every_fault_is_planted_however_few_the_sites(tmp_path: Path, sites: int) -> None:
    planted = generate(tmp_path, DemoPlan(patients_per_site=100, sites=sites, months=2))
    assert len({record.id for record in planted}) == 26


def test_without_months_no_software_change_is_planted(tmp_path: Path) -> None:
    planted = generate(tmp_path, DemoPlan(patients_per_site=100, sites=1, months=0))
    assert "software_change" not in {record.id for record in planted}
