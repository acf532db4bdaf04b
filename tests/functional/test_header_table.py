"""A site that brings a table of headers: alone, in the place of its images, and beside them."""

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl
import pydicom
import pytest
import yaml

from multisite.demo import StagedDemo
from multisite.study import load_sites
from tests.lib.command import Finished, multisite

SEED = 20_261
PATIENTS = 160
KEY = "a key of the archive, no secret"

STUDY = """
study: indexed
title: Chest findings over an index of an archive
intended_use: {task: none, population: none, setting: none, human_role: none}
findings: [{id: nodule, title: Nodule}]
models:
  - {id: ai, title: AI, version: "1"}
  - {id: steps, title: AI in steps, version: "1", scores: ordinal, categories: [1, 2, 3, 4], positive_from: 3}
measures:
  - {id: dice, title: Dice, kind: quality, better: higher, bounds: [0, 1], case_limit: 0.7, models: [ai]}
  - {id: volume, title: Volume, kind: paired, unit: ml, margin: 9, models: [ai]}
cohort:
  modalities: [CT]
  strata:
    - {id: vendor, title: Vendor, column: vendor, when_missing: level}
    - {id: region, title: Region, column: body_region, when_missing: level}
performance: {threshold: 0.5, seed: 1, null_replicates: 100, patient_level: true}
drift: {population: {numbers: [age_years]}, acquisition: {categories: [vendor, manufacturer_model_name]}}
"""
SITE = """
site: archive
title: Archive
pseudonym_key_env: ARCHIVE_KEY
tables:
  series: {path: headers.parquet, columns: {n_instances: instanceCount}}
  cases: {path: cases.csv}
  predictions: {path: predictions.csv}
  deployment: {path: deployment.csv}
  measurements: {path: measurements.csv, columns: {value: found, reference: truth}}
"""
VENDORS = [("SIEMENS", "Sensation 64"), ("GE MEDICAL SYSTEMS", "LightSpeed VCT"), ("Homemade", None)]


def headers() -> pl.DataFrame:
    """An index as archives publish it: a CT and a report for each study; the later half is of routine use."""
    rng = np.random.default_rng(SEED)
    rows = []
    for number in range(2 * PATIENTS):
        year, month = ("2023", 1 + number % 12) if number < PATIENTS else ("2024", 1 + number % 2)
        manufacturer, model = VENDORS[int(rng.integers(3))]
        study = {
            "collection_id": "made_up",
            "PatientID": f"ARCHIVE-{number:04}",
            "StudyInstanceUID": f"1.2.826.{number}",
            "PatientAge": f"{rng.integers(20, 90):03}Y" if number % 10 else None,
            "PatientSex": "FM"[number % 2] if number % 20 else "6657",
            "StudyDate": f"{year}-{month:02}-15",
            "BodyPartExamined": "CHEST",
            "series_aws_url": f"s3://made-up/{number}/*",
        }
        ct = {"Modality": "CT", "Manufacturer": manufacturer, "ManufacturerModelName": model, "instanceCount": 120}
        report = {"Modality": "SR", "Manufacturer": None, "ManufacturerModelName": None, "instanceCount": 1}
        rows += [{**study, **ct, "SeriesInstanceUID": f"1.2.826.{number}.1"}]
        rows += [{**study, **report, "SeriesInstanceUID": f"1.2.826.{number}.2"}]
    return pl.DataFrame(rows)


def scores(first: int, last: int) -> pl.DataFrame:
    rng = np.random.default_rng(SEED + first)
    numbers = np.arange(first, last)
    return pl.DataFrame(
        {
            "case_id": [f"case-{n}" for n in numbers],
            "patient_id": [f"ARCHIVE-{n:04}" for n in numbers],
            "study_instance_uid": [f"1.2.826.{n}" for n in numbers],
            "finding": "nodule",
            "model": "ai",
            "score": np.round(np.clip(0.35 + 0.3 * (numbers % 4 == 0) + rng.normal(0, 0.15, numbers.size), 0, 1), 3),
        }
    )


def in_steps(scored: pl.DataFrame) -> pl.DataFrame:
    """The same rows, and the same of a model that tells one of four categories."""
    step = (1 + (4 * pl.col("score")).floor()).clip(1, 4).cast(pl.Float64)
    return pl.concat([scored, scored.with_columns(step.alias("score"), pl.lit("steps").alias("model"))])


def measurements(case_ids: pl.Series) -> pl.DataFrame:
    """Two measures of every case but the first, which has no row, and the second, which has no value."""
    rng = np.random.default_rng(SEED)
    truth = rng.gamma(4, 10, len(case_ids)).round(2)
    rows = [
        pl.DataFrame({"case_id": case_ids, "measure": "dice", "found": rng.beta(9, 2, len(case_ids)), "truth": None}),
        pl.DataFrame(
            {"case_id": case_ids, "measure": "volume", "found": truth + rng.normal(1, 3, len(case_ids)), "truth": truth}
        ),
    ]
    whole = pl.concat([frame.cast({"truth": pl.Float64})[1:] for frame in rows]).with_columns(model=pl.lit("ai"))
    return whole.with_columns(pl.when(pl.col("case_id") != case_ids[1]).then("found").alias("found"))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the study, the site and its five tables; everything has been run in its workspace."""
    folder = tmp_path_factory.mktemp("archive")
    (folder / "study.yaml").write_text(STUDY, encoding="utf-8")
    (folder / "archive.yaml").write_text(SITE, encoding="utf-8")
    headers().write_parquet(folder / "headers.parquet")
    tested = scores(0, PATIENTS)
    cases = tested.select("case_id", "patient_id", "study_instance_uid").with_columns(
        pl.lit("test").alias("split"), pl.Series("reference_nodule", [int(n % 4 == 0) for n in range(PATIENTS)])
    )
    cases.write_csv(folder / "cases.csv")
    in_steps(tested).select("case_id", "finding", "model", "score").write_csv(folder / "predictions.csv")
    in_steps(scores(PATIENTS, 2 * PATIENTS)).drop("case_id").write_csv(folder / "deployment.csv")
    measurements(tested["case_id"]).write_csv(folder / "measurements.csv")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ARCHIVE_KEY", KEY)
        finished = verb("run", folder)
        assert finished.exit_code == 0, finished.err
        yield folder


def verb(name: str, folder: Path, *more: object) -> Finished:
    return multisite(
        name, folder / "study.yaml", "--sites", folder / "archive.yaml", "--workspace", folder / "out", *more
    )


def artefact(workspace: Path, site: str, name: str) -> pl.DataFrame:
    return pl.read_parquet(sorted(workspace.glob(f"*/{site}/{name}/part-*.parquet")))


def test_an_index_of_an_archive_becomes_series_and_studies(archive: Path) -> None:
    series = artefact(archive / "out", "archive", "series")
    assert series.height == 4 * PATIENTS
    assert set(series["vendor"].drop_nulls()) == {"Siemens Healthineers", "GE HealthCare", "Homemade"}
    assert series["patient_sex"].null_count() == 2 * 2 * PATIENTS // 20
    studies = artefact(archive / "out", "archive", "studies")
    assert studies.height == 2 * PATIENTS
    assert studies["body_region"].unique().to_list() == ["chest"]
    assert studies["series_instance_uid"].null_count() == 0


def test_all_that_follows_works_without_a_store(archive: Path) -> None:
    assert artefact(archive / "out", "archive", "cohort")["included"].sum() == PATIENTS
    estimates = artefact(archive / "out", "_study", "estimates")
    assert estimates.filter(pl.col("stratum") == "vendor")["level"].n_unique() == 3
    assert artefact(archive / "out", "archive", "drift_comparison").height > 0
    assert list((archive / "out").rglob("*.html"))


def test_measurements_are_summed_judged_and_shown(archive: Path) -> None:
    counts = artefact(archive / "out", "archive", "measure_counts")
    assert counts.filter(measure="dice").sort("counted").select("counted", "n_rows").rows() == [
        ("no_row", 1),
        ("no_value", 1),
        ("used", PATIENTS - 2),
    ]
    measures = artefact(archive / "out", "_study", "measures").filter(site="all sites")
    assert measures.filter(stratum="vendor")["level"].n_unique() == 3
    limits = measures.filter(pl.col("metric").str.ends_with("_limit"), stratum="overall")
    assert set(limits["verdict"]) <= {"meets", "fails", "insufficient evidence"}
    (page,) = (archive / "out").glob("*/_study/report/part-*")
    assert 'id="measure-volume-ai"' in page.read_text(encoding="utf-8")


def test_categories_are_ranked_and_called_and_never_calibrated(archive: Path) -> None:
    assert artefact(archive / "out", "archive", "predictions").filter(model="steps")[
        "score"
    ].unique().sort().to_list() == [
        0.0,
        0.33,
        0.67,
        1.0,
    ]
    overall = artefact(archive / "out", "_study", "estimates").filter(
        site="all sites", stratum="overall", model="steps"
    )
    found = {row["metric"]: row for row in overall.to_dicts()}
    assert found["auc"]["status"] == "ok"
    assert found["sensitivity"]["threshold"] == 0.67
    assert found["ece"]["reason"] == "the scores are not probabilities"
    routine = artefact(archive / "out", "archive", "deployment_counts")
    assert routine.filter(pl.col("outcome") == "score out of range")["n_rows"].sum() == 0
    (page,) = (archive / "out").glob("*/_study/report/part-*")
    assert "at threshold category 3" in page.read_text(encoding="utf-8")


def test_patients_are_judged_beside_cases(archive: Path) -> None:
    estimates = artefact(archive / "out", "_study", "estimates").filter(metric="auc", site="archive", model="ai")
    assert estimates.filter(stratum="patients")["n_cases"].to_list() == [PATIENTS]


def test_what_the_table_could_not_say_is_counted(archive: Path) -> None:
    counts = artefact(archive / "out", "archive", "series_table_counts")
    found = {(fact, attribute): n for fact, attribute, n in counts.select("fact", "attribute", "n").rows()}
    assert found["rows", ""] == found["series", ""] == 4 * PATIENTS
    assert found["series that the images have, too", ""] == 0
    assert found["invalid values", "PatientSex"] == 2 * 2 * PATIENTS // 20


def test_no_identifier_of_the_index_is_in_the_workspace(archive: Path) -> None:
    for path in (archive / "out").rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"ARCHIVE-0" not in content, path
            assert b"1.2.826." not in content, path
    for path in (archive / "out").rglob("*.parquet"):
        text = pl.read_parquet(path).select(pl.col(pl.String)).unpivot()["value"].drop_nulls()
        assert not text.str.contains(r"ARCHIVE-|1\.2\.826\.").any(), path


def test_a_second_run_does_nothing_and_a_changed_table_is_noticed(archive: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(archive, copy, copy_function=shutil.copy2)
    headers().head(-2).write_parquet(copy / "headers.parquet")
    finished = verb("extract", copy)
    assert finished.exit_code == 0, finished.err
    assert artefact(copy / "out", "archive", "series").height == 4 * PATIENTS - 2


def test_another_mapping_or_form_of_dates_is_another_table(archive: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(archive, copy, copy_function=shutil.copy2)
    cases = pl.read_csv(copy / "cases.csv", infer_schema=False)
    cases.with_columns(pl.lit("03/04/2023").alias("case_date")).write_csv(copy / "cases.csv")
    site = copy / "archive.yaml"
    text = site.read_text(encoding="utf-8")
    found = []
    for form in ("%d/%m/%Y", "%m/%d/%Y"):
        site.write_text(
            text.replace("{path: cases.csv}", f'{{path: cases.csv, date_format: "{form}"}}'), encoding="utf-8"
        )
        finished = verb("cohort", copy)
        assert finished.exit_code == 0, finished.err
        found.append(artefact(copy / "out", "archive", "cohort")["case_date"].unique().to_list())
    assert found == [[date(2023, 4, 3)], [date(2023, 3, 4)]]


def test_faults_of_the_table_are_told_with_place_and_remedy(archive: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(archive, copy)
    pl.concat([headers(), headers().head(3)]).drop("PatientID").write_parquet(copy / "headers.parquet")
    checked = multisite("check-config", copy / "study.yaml", "--sites", copy / "archive.yaml")
    assert checked.exit_code == 12
    assert "`patient_id` (PatientID)" in checked.out + checked.err
    assert "ARCHIVE-" not in checked.out + checked.err


def test_a_table_that_is_not_declared_is_no_fault_and_a_declared_one_that_is_wrong_stays_one(
    archive: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(archive, copy)

    def answers(keep: str) -> tuple[int, dict[str, str]]:
        lines = [line for line in SITE.splitlines() if ".csv" not in line or keep in line]
        (copy / "archive.yaml").write_text("\n".join(lines), encoding="utf-8")
        checked = multisite("check-config", copy / "study.yaml", "--sites", copy / "archive.yaml", "--json")
        rows = [json.loads(line) for line in checked.out.splitlines()]
        return checked.exit_code, {row["what"]: row["answer"] for row in rows if row["event"] == "row"}

    code, told = answers("headers only")
    assert code == 0
    for name in ("cases", "predictions"):
        assert told[f"table `{name}`"] == "– not declared; needed from `cohort` on"
    assert told["table `series`"] == "✓ sound"
    code, told = answers("cases.csv")
    assert (code, told["table `cases`"]) == (0, "✓ sound")
    (copy / "cases.csv").unlink()
    code, told = answers("cases.csv")
    assert (code, told["table `cases`"]) == (12, "✗ fault")


def test_a_site_with_neither_images_nor_headers_is_told_so(archive: Path, tmp_path: Path) -> None:
    site = tmp_path / "archive.yaml"
    site.write_text("\n".join(line for line in SITE.splitlines() if "headers.parquet" not in line), encoding="utf-8")
    finished = multisite("check-config", archive / "study.yaml", "--sites", site, "--offline")
    assert finished.exit_code == 10
    assert "give `stores`, or a table `series`" in finished.out + finished.err


@pytest.fixture(scope="module")
def exported(hospitals: StagedDemo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of one hospital's images, a row per instance, made with pydicom; and a site file that has it."""
    folder = tmp_path_factory.mktemp("exported")
    site = load_sites([hospitals.sites_folder])[0]
    rows = []
    for store in site.stores:
        for path in sorted(p for p in Path(store.url).rglob("*") if p.is_file()):
            try:
                dataset = pydicom.dcmread(path, stop_before_pixels=True)
                rows.append({k: str(dataset.get(k)) if k in dataset else None for k in _EXPORTED} | _lists(dataset))
            except (
                Exception
            ):  # the objects that the demo has spoilt on purpose, in ways that pydicom raises anything for
                continue
    pl.DataFrame(rows, infer_schema_length=None).write_parquet(folder / "instances.parquet")
    source = next(p for p in hospitals.sites_folder.glob("*.yaml") if f"site: {site.site}\n" in p.read_text())
    text = yaml.safe_load(source.read_text(encoding="utf-8"))
    tables = {name: {**table, "path": site.tables[name].path} for name, table in text["tables"].items()}
    text["tables"] = {**tables, "series": {"path": "instances.parquet"}}
    del text["stores"]
    (folder / "site.yaml").write_text(yaml.safe_dump(text), encoding="utf-8")
    return folder


_EXPORTED = (
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "StudyInstanceUID",
    "PatientID",
    "Modality",
    "Manufacturer",
    "ManufacturerModelName",
    "StudyDate",
    "PatientAge",
    "PatientSex",
    "SliceThickness",
    "KVP",
    "BodyPartExamined",
    "ViewPosition",
)
_SAME = (
    "study_instance_uid",
    "patient_id",
    "n_instances",
    "modality",
    "vendor",
    "model",
    "convolution_kernel",
    "kernel_class",
    "slice_thickness_mm",
    "pixel_spacing_mm",
    "tube_voltage_kv",
    "body_region",
    "view_position",
    "study_date",
    "patient_sex",
    "n_slices",
    "is_complete",
)


def _lists(dataset: pydicom.Dataset) -> dict[str, list[str] | None]:
    keywords = ("PixelSpacing", "ImagerPixelSpacing", "ConvolutionKernel", "ImageOrientationPatient")
    held = {keyword: dataset.get(keyword) for keyword in (*keywords, "ImagePositionPatient")}
    return {k: None if v is None else [v] if isinstance(v, str) else [str(one) for one in v] for k, v in held.items()}


def test_a_table_of_instances_gives_the_series_that_the_images_give(
    hospitals: StagedDemo, evaluated: Path, exported: Path, tmp_path: Path
) -> None:
    finished = multisite(
        "extract", hospitals.study_file, "--sites", exported / "site.yaml", "--workspace", tmp_path / "out"
    )
    assert finished.exit_code == 0, finished.err
    site = yaml.safe_load((exported / "site.yaml").read_text(encoding="utf-8"))["site"]
    from_table = artefact(tmp_path / "out", site, "series")
    from_images = artefact(evaluated, site, "series")
    both = from_images.join(from_table, on="series_instance_uid", suffix="_table")
    assert both.height == from_images.height > 100
    for name in _SAME:
        same = both[name].eq_missing(both[f"{name}_table"])
        assert same.all(), f"{name} differs in {(~same).sum()} of {both.height} series"


def test_beside_images_only_the_series_that_they_lack_are_taken_from_the_table(
    hospitals: StagedDemo, evaluated: Path, exported: Path, tmp_path: Path
) -> None:
    sites = tmp_path / "sites"
    shutil.copytree(hospitals.sites_folder, sites)
    one = load_sites([hospitals.sites_folder])[0]
    path = next(p for p in sites.glob("*.yaml") if f"site: {one.site}\n" in p.read_text())
    text = yaml.safe_load(path.read_text(encoding="utf-8"))
    extra = headers().head(3)
    extra.write_parquet(tmp_path / "headers.parquet")
    text["stores"] = [{"name": store.name, "url": store.url} for store in one.stores]
    text["tables"] = {
        "series": {"path": str(tmp_path / "headers.parquet"), "columns": {"n_instances": "instanceCount"}}
    }
    for other in sites.glob("*.yaml"):
        other.unlink()
    path.write_text(yaml.safe_dump(text), encoding="utf-8")
    finished = multisite("extract", hospitals.study_file, "--sites", sites, "--workspace", tmp_path / "out")
    assert finished.exit_code == 0, finished.err
    series = artefact(tmp_path / "out", one.site, "series")
    before = artefact(evaluated, one.site, "series")
    assert series.height == before.height + 3
    assert series.join(before, on="series_instance_uid", how="semi").equals(before)
