"""`multisite extract` on files that are not ours: everything that ships inside the pydicom package.

About seventy-five objects of real scanners and toolkits, many of them odd on purpose. Every one is either a row whose
values are those that pydicom gives, or a quarantine row with a true reason.
"""

from pathlib import Path

import polars as pl
import pydicom
import pydicom.data
import pytest
from pydicom.dataelem import RawDataElement

from multisite.dicom import Pseudonymiser
from multisite.vocabulary import QuarantineReason
from tests.lib.command import multisite

FILES = Path(pydicom.data.__file__).parent / "test_files"
KEY = "a key for files that are public anyway"

_STUDY = """
study: shipped
title: Files that ship with pydicom
intended_use: {task: none, population: none, setting: none, human_role: none}
findings: [{id: any, title: Any}]
models: [{id: none, title: None, version: "0"}]
cohort:
  modalities: [CT, MR]
  strata: [{id: vendor, title: Vendor, column: vendor, when_missing: level}]
performance: {threshold: 0.5, seed: 1}
drift: {acquisition: {categories: [vendor]}, scores: false, alert_rate: false}
"""


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    folder = tmp_path_factory.mktemp("shipped")
    (folder / "study.yaml").write_text(_STUDY, encoding="utf-8")
    site = f"site: shelf\ntitle: Shelf\nstores: [{{name: shelf, url: '{FILES}'}}]\npseudonym_key_env: SHELF_KEY\n"
    (folder / "shelf.yaml").write_text(site, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHELF_KEY", KEY)
        finished = multisite(
            "extract", folder / "study.yaml", "--sites", folder / "shelf.yaml", "--workspace", folder / "workspace"
        )
    assert finished.exit_code == 0, finished.err
    names = ("listing", "headers", "quarantine", "series", "header_counts")
    return {name: pl.read_parquet(sorted(folder.glob(f"workspace/*/shelf/{name}/part-*"))) for name in names}


def read(key: str) -> pydicom.Dataset:
    return pydicom.dcmread(FILES / key, stop_before_pixels=True, force=True)


def test_every_file_of_the_package_is_accounted_for(tables: dict[str, pl.DataFrame]) -> None:
    on_disk = {str(path.relative_to(FILES)) for path in FILES.rglob("*") if path.is_file()}
    rows = pl.concat([tables[name].select("object_key") for name in ("headers", "quarantine")])["object_key"]
    assert rows.n_unique() == len(rows)
    assert set(rows) == on_disk
    assert tables["headers"].height > 60
    assert tables["header_counts"]["n_objects"].sum() == len(on_disk)


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_every_row_has_the_values_that_pydicom_gives(tables: dict[str, pl.DataFrame]) -> None:
    pseudonyms = Pseudonymiser(KEY.encode())
    for row in tables["headers"].iter_rows(named=True):
        dataset, key = read(row["object_key"]), row["object_key"]
        grouped = row["functional_group_attributes"] or []
        assert row["sop_instance_uid"] == pseudonyms.pseudonym(str(dataset.SOPInstanceUID), kind="instance"), key
        assert row["patient_id"] == pseudonyms.pseudonym(str(dataset.get("PatientID", "")), kind="patient"), key
        for column, keyword in (
            ("modality", "Modality"),
            ("manufacturer", "Manufacturer"),
            ("patient_sex", "PatientSex"),
        ):
            assert (row[column] or "") == str(dataset.get(keyword) or "").strip(), (key, keyword)
        for column, keyword in (("kvp", "KVP"), ("slice_thickness", "SliceThickness")):
            value = in_groups(dataset, keyword) if keyword in grouped else dataset.get(keyword)
            assert row[column] == (None if value in (None, "") else float(value)), (key, keyword)
        for column, keyword in (("rows", "Rows"), ("columns", "Columns")):
            assert row[column] == dataset.get(keyword), (key, keyword)


def in_groups(dataset: pydicom.Dataset, keyword: str) -> object:
    """The value in the functional groups that all frames share, else in those of the first."""
    for name in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence"):
        for group in dataset.get(name) or ():
            for found in group.iterall():
                if found.keyword == keyword:
                    return found.value
            break
    return None


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_every_quarantined_file_has_a_true_reason(tables: dict[str, pl.DataFrame]) -> None:
    for row in tables["quarantine"].iter_rows(named=True):
        path, reason = FILES / row["object_key"], row["reason"]
        content = path.read_bytes()
        if reason == QuarantineReason.NOT_DICOM:
            assert content[128:132] != b"DICM"
        elif reason == QuarantineReason.NOT_AN_INSTANCE:
            assert "MediaStorageDirectory" in read(row["object_key"]).file_meta.MediaStorageSOPClassUID.name.replace(
                " ", ""
            )
        elif reason == QuarantineReason.NO_SOP_INSTANCE:
            assert not read(row["object_key"]).get("SOPInstanceUID")
        elif reason == QuarantineReason.TRUNCATED:
            assert cut_off(path), row["object_key"]
        elif reason == QuarantineReason.UNREADABLE:
            assert unreadable(path), row["object_key"]
        else:
            assert (reason, len(content)) == (QuarantineReason.EMPTY_OBJECT, 0)


def cut_off(path: Path) -> bool:
    """Whether the last element before the pixels claims more bytes than the file has."""
    dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
    last = dataset.get_item(max(dataset.keys()))
    return isinstance(last, RawDataElement) and last.value_tell + last.length > path.stat().st_size


def unreadable(path: Path) -> bool:
    """Whether pydicom, too, cannot walk the whole header."""
    try:
        dataset = pydicom.dcmread(path, stop_before_pixels=True, force=True)
        for _ in dataset.iterall():
            pass
    except Exception:  # whatever pydicom raises: it is the reason that is being checked
        return True
    return not dataset.get("SOPInstanceUID")


def test_series_are_rolled_up_from_the_rows(tables: dict[str, pl.DataFrame]) -> None:
    known = tables["headers"].filter(pl.col("series_instance_uid").is_not_null())
    assert tables["series"].height == known["series_instance_uid"].n_unique()
    assert tables["series"]["n_objects"].sum() == known.height
    assert {"GE HealthCare", "Siemens Healthineers"} <= set(tables["series"]["vendor"].drop_nulls())


@pytest.mark.filterwarnings("ignore:.*:UserWarning")
def test_no_identifier_of_the_files_is_in_a_table(tables: dict[str, pl.DataFrame]) -> None:
    names = set()
    for key in tables["headers"]["object_key"]:
        dataset = read(key)
        names |= {str(dataset.get(keyword) or "") for keyword in ("PatientName", "PatientID", "AccessionNumber")}
    names = {name for name in names if len(name) > 5 and not name.lower().startswith("anon")}
    assert len(names) > 10
    for table in tables.values():
        text = table.drop("object_key", strict=False).write_json()
        assert [name for name in names if f'"{name}"' in text] == []
