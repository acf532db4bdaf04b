"""Header tables: what is found by its keyword, what is parsed, what is refused."""

import datetime as dt
from pathlib import Path

import polars as pl
import pytest

from multisite.dicom import Pseudonymiser
from multisite.errors import SchemaError
from multisite.runners.site_tables import read_site_table
from multisite.schemas.site_tables import SERIES_TABLE

PSEUDONYMS = Pseudonymiser(b"a key of sixteen bytes or more")
CSV = """SeriesInstanceUID,StudyInstanceUID,PatientID,Modality,instanceCount,StudyDate,PatientAge,PatientSex,Flavour
1.2.1,1.2,P1,ct,120,2024-03-01,045Y,F,sweet
1.2.2, 1.2 ,P1 ,SR,1,20240301,45,m,sour
1.3.1,1.3,P2,CT,88,yesterday,old,X,
"""
COUNTED = {"n_instances": "instanceCount"}


def read(path: Path, columns: dict[str, str] | None = None, date_format: str = "%Y-%m-%d") -> pl.DataFrame:
    mapped = COUNTED if columns is None else columns
    return read_site_table(
        path, SERIES_TABLE, columns=mapped, date_format=date_format, pseudonyms=PSEUDONYMS, site="north"
    )


def written(folder: Path, text: str = CSV) -> Path:
    path = folder / "headers.csv"
    path.write_text(text, encoding="utf-8")
    return path


def parquet(folder: Path, **columns: object) -> Path:
    path = folder / "headers.parquet"
    needed = {"SeriesInstanceUID": "1.2.1", "StudyInstanceUID": "1.2", "PatientID": "P1", "Modality": "CT"}
    frame = pl.DataFrame({**{k: [v] for k, v in needed.items()}, "n_instances": [3], **columns})
    frame.write_parquet(path)
    return path


def one(folder: Path, **columns: object) -> dict[str, object]:
    return read(parquet(folder, **columns), {}).row(0, named=True)


def test_columns_are_found_under_their_dicom_keyword_and_others_are_not_taken_over(tmp_path: Path) -> None:
    rows = read(written(tmp_path))
    assert rows.columns == [
        "series_instance_uid",
        "study_instance_uid",
        "patient_id",
        "modality",
        "n_instances",
        "study_date",
        "age_years",
        "patient_sex",
        "age_source",
        "empty_attributes",
        "invalid_attributes",
    ]
    assert rows["n_instances"].to_list() == [120, 1, 88]
    assert rows["modality"].to_list() == ["CT", "SR", "CT"]


def test_our_own_name_and_a_mapping_go_before_the_keyword(tmp_path: Path) -> None:
    text = CSV.replace("Flavour", "modality").replace("sweet", "MR").replace("sour", "PT")
    assert read(written(tmp_path, text))["modality"].to_list() == ["MR", "PT", None]
    mapped = {**COUNTED, "modality": "Flavour"}
    assert read(written(tmp_path), mapped)["modality"].to_list() == ["SWEET", "SOUR", None]


def test_identifiers_leave_as_the_pseudonyms_that_headers_would_have_given(tmp_path: Path) -> None:
    rows = read(written(tmp_path))
    for column, kind, raw in (
        ("series_instance_uid", "series", ["1.2.1", "1.2.2", "1.3.1"]),
        ("study_instance_uid", "study", ["1.2", "1.2", "1.3"]),
        ("patient_id", "patient", ["P1", "P1", "P2"]),
    ):
        assert rows[column].to_list() == [PSEUDONYMS.pseudonym(value, kind=kind) for value in raw]


def test_dates_are_read_as_declared_or_as_dicom_writes_them(tmp_path: Path) -> None:
    assert read(written(tmp_path))["study_date"].to_list() == [dt.date(2024, 3, 1), dt.date(2024, 3, 1), None]


def test_an_age_is_an_age_string_or_a_number_of_years(tmp_path: Path) -> None:
    rows = read(written(tmp_path))
    assert rows["age_years"].to_list() == [45.0, 45.0, None]
    assert rows["age_source"].to_list() == ["patient_age", "patient_age", "none"]
    assert one(tmp_path, PatientAge=[66.5])["age_years"] == 66.5
    assert one(tmp_path, PatientAge=["018M"])["age_years"] == 1.5
    for impossible in ([1912], ["155Y"], [-1]):
        row = one(tmp_path, PatientAge=impossible)
        assert (row["age_years"], row["invalid_attributes"]) == (None, ["PatientAge"])


def test_the_date_of_birth_gives_the_age_and_is_dropped(tmp_path: Path) -> None:
    row = one(tmp_path, PatientBirthDate=[dt.date(1980, 6, 1)], StudyDate=["20240531"])
    assert (row["age_years"], row["age_source"]) == (43.0, "dates")
    assert "patient_birth_date" not in row
    assert one(tmp_path, PatientBirthDate=["18000101"], StudyDate=["20240531"])["age_years"] is None
    stated = one(tmp_path, PatientBirthDate=["19800601"], StudyDate=["20240531"], PatientAge=["050Y"])
    assert (stated["age_years"], stated["age_source"]) == (50.0, "patient_age")


def test_what_does_not_parse_is_missing_and_named_by_its_keyword(tmp_path: Path) -> None:
    rows = read(written(tmp_path))
    assert rows["patient_sex"].to_list() == ["F", "M", None]
    assert rows["invalid_attributes"].to_list() == [[], [], ["StudyDate", "PatientAge", "PatientSex"]]


def test_empty_text_is_empty_and_a_missing_value_is_neither_empty_nor_invalid(tmp_path: Path) -> None:
    row = one(tmp_path, Manufacturer=[" \0"], PatientSex=pl.Series([None], dtype=pl.String), KVP=[float("nan")])
    assert row["manufacturer"] is row["patient_sex"] is row["kvp"] is None
    assert (row["empty_attributes"], row["invalid_attributes"]) == (["Manufacturer"], [])


def test_several_values_are_a_list_or_text_with_backslashes(tmp_path: Path) -> None:
    row = one(tmp_path, SoftwareVersions=[["VA20", "1.2"]], ConvolutionKernel=["Br40d\\3"], PixelSpacing=[[0.7, 0.8]])
    assert row["software_versions"] == ["VA20", "1.2"]
    assert row["convolution_kernel"] == ["Br40d", "3"]
    assert row["pixel_spacing"] == [0.7, 0.8]
    assert one(tmp_path, PixelSpacing=["0.5\\0.6"])["pixel_spacing"] == [0.5, 0.6]
    assert one(tmp_path, PixelSpacing=["0.5\\wide"])["pixel_spacing"] is None


def test_one_number_is_enough_for_a_spacing(tmp_path: Path) -> None:
    assert one(tmp_path, PixelSpacing=[0.7])["pixel_spacing"] == [0.7, 0.7]


def test_typed_columns_are_taken_as_they_are(tmp_path: Path) -> None:
    row = one(
        tmp_path,
        StudyDate=[dt.datetime(2024, 3, 1, 10, 15)],
        AcquisitionTime=[dt.time(10, 15, 30)],
        SliceThickness=[1.25],
        KVP=[120],
        Rows=["512"],
        Columns=[512.5],
    )
    assert row["study_date"] == dt.date(2024, 3, 1)
    assert row["acquisition_time"] == dt.time(10, 15, 30)
    assert (row["slice_thickness"], row["kvp"], row["rows"], row["columns"]) == (1.25, 120.0, 512, None)
    assert row["invalid_attributes"] == ["Columns"]


def test_parquet_gives_the_same_rows_as_csv(tmp_path: Path) -> None:
    path = tmp_path / "headers.parquet"
    pl.read_csv(written(tmp_path), infer_schema=False).write_parquet(path)
    assert read(path).equals(read(written(tmp_path)))


def test_a_series_in_two_rows_is_refused_with_counts_and_without_values(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match=r"1 series stand in more than one row \(3 rows for 2 series\)") as caught:
        read(written(tmp_path, CSV.replace("1.2.2,", "1.2.1,")))
    assert "1.2.1" not in str(caught.value)


def test_rows_with_instance_uids_may_repeat_their_series_and_need_no_count(tmp_path: Path) -> None:
    text = CSV.replace("Flavour", "SOPInstanceUID").replace("1.2.2,", "1.2.1,")
    rows = read(written(tmp_path, text), {})
    assert rows["sop_instance_uid"][0] == PSEUDONYMS.pseudonym("sweet", kind="instance")
    assert rows["series_instance_uid"].n_unique() == 2


def test_rows_that_are_series_must_say_how_many_instances_they_have(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="neither `n_instances`, for rows that are series, nor `sop_instance_uid`"):
        read(written(tmp_path), {})
    with pytest.raises(SchemaError, match="`n_instances` is no whole number from 1 in 2 rows"):
        read(written(tmp_path, CSV.replace("120", "many").replace(",1,", ",0,")))


def test_all_faults_of_the_columns_are_told_at_once(tmp_path: Path) -> None:
    text = CSV.replace("PatientID", "pid").replace("Modality", "kind")
    with pytest.raises(SchemaError) as caught:
        read(written(tmp_path, text), {"n_instances": "n_files", "colour": "Flavour"})
    assert caught.value.fact.splitlines() == [
        "the table has no column `n_files`, which the site file maps",
        "the site file maps `colour`, which is no column of this table",
        "the table lacks `patient_id` (PatientID), `modality` (Modality)",
    ]
    assert caught.value.place == "site north, table `series`"
    assert "tables.series.columns" in caught.value.remedy


def test_a_date_format_that_fits_no_date_is_told_together_with_repeated_series(tmp_path: Path) -> None:
    text = CSV.replace("20240301", "").replace("1.2.2,", "1.2.1,")
    with pytest.raises(SchemaError) as caught:
        read(written(tmp_path, text), date_format="%d/%m/%Y")
    first, second = caught.value.fact.splitlines()
    assert first == "no value of column `study_date` is a date in the declared format"
    assert second.startswith("1 series stand in more than one row")
    assert "2024" not in str(caught.value)
