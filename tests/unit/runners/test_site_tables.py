from pathlib import Path

import polars as pl
import pytest

from multisite.dicom import Pseudonymiser
from multisite.errors import SchemaError
from multisite.runners.site_tables import read_site_table
from multisite.schemas.site_tables import CASES, FITTED, PREDICTIONS, READINGS, SiteTable

PSEUDONYMS = Pseudonymiser(b"a key of sixteen bytes or more")
CSV = """accession,pid,uid,part,truth,clinical_bmi,clinical_ward
A1, P1 ,1.2,train,1,22.5,north
A2,P2,1.3,test,no,,south
A3,,1.4,test,maybe,30,
"""
COLUMNS = {
    "case_id": "accession",
    "patient_id": "pid",
    "study_instance_uid": "uid",
    "split": "part",
    "reference_nodule": "truth",
}


def read(path: Path, declared: SiteTable = CASES, columns: dict[str, str] = COLUMNS) -> pl.DataFrame:
    return read_site_table(path, declared, columns=columns, date_format="%d.%m.%Y", pseudonyms=PSEUDONYMS, site="north")


def written(folder: Path, text: str = CSV) -> Path:
    path = folder / "cases.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_identifiers_are_replaced_by_the_same_pseudonyms_as_in_the_headers(tmp_path: Path) -> None:
    rows = read(written(tmp_path))
    assert rows["patient_id"].to_list() == [
        PSEUDONYMS.pseudonym("P1", kind="patient"),
        PSEUDONYMS.pseudonym("P2", kind="patient"),
        None,
    ]
    assert not {"A1", "P1", "1.2"} & {value for row in rows.rows() for value in row if isinstance(value, str)}


def test_what_was_fitted_names_cases_and_patients_by_the_same_pseudonyms_as_the_table_of_cases(tmp_path: Path) -> None:
    cases = read(written(tmp_path))
    rows = read(written(tmp_path, "transform,case_id,patient_id\nz-scores,A1,\nselection,,P2\n"), FITTED, {})
    assert rows["case_id"].to_list() == [cases["case_id"][0], None]
    assert rows["patient_id"].to_list() == [None, cases["patient_id"][1]]
    assert rows["transform"].to_list() == ["z-scores", "selection"]


def test_a_reference_is_a_boolean_in_whatever_words_and_else_missing(tmp_path: Path) -> None:
    assert read(written(tmp_path))["reference_nodule"].to_list() == [True, False, None]


def test_clinical_columns_become_numbers_where_they_all_are(tmp_path: Path) -> None:
    rows = read(written(tmp_path))
    assert rows["clinical_bmi"].to_list() == [22.5, None, 30.0]
    assert rows["clinical_ward"].to_list() == ["north", "south", None]


def test_an_optional_column_that_is_absent_is_missing_everywhere(tmp_path: Path) -> None:
    assert read(written(tmp_path))["case_date"].null_count() == 3


def test_dates_are_read_in_the_declared_format(tmp_path: Path) -> None:
    text = CSV.replace("clinical_ward", "case_date").replace("north", "31.12.2024").replace("south", "2024-12-31")
    assert [str(day) for day in read(written(tmp_path, text))["case_date"]] == ["2024-12-31", "None", "None"]


def test_a_date_format_that_fits_no_date_is_a_fault_of_the_set_up(tmp_path: Path) -> None:
    text = CSV.replace("clinical_ward", "case_date").replace("north", "2024-12-31").replace("south", "2024-12-30")
    with pytest.raises(SchemaError, match="no value of column `case_date` is a date in the declared format"):
        read(written(tmp_path, text))


def test_parquet_gives_the_same_rows_as_csv(tmp_path: Path) -> None:
    path = tmp_path / "cases.parquet"
    pl.read_csv(written(tmp_path), infer_schema=False, null_values=[""]).write_parquet(path)
    assert read(path).equals(read(written(tmp_path)))


def test_a_score_that_is_no_number_is_missing(tmp_path: Path) -> None:
    path = written(tmp_path, "case_id,finding,model,score\nA1,nodule,ai,0.5\nA2,nodule,ai,high\nA3,nodule,ai,NaN\n")
    scores = read(path, PREDICTIONS, {})["score"]
    assert scores[0] == 0.5
    assert scores[1] is None
    assert scores.is_nan()[2]


def test_every_missing_column_is_named_and_no_value_is(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="lacks `case_id`, `patient_id`, `study_instance_uid`") as caught:
        read(written(tmp_path), columns={})
    assert "A1" not in str(caught.value)


def test_a_mapped_column_that_the_table_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="no column `pid2`, which the site file maps"):
        read(written(tmp_path), columns={**COLUMNS, "patient_id": "pid2"})


def test_a_file_with_semicolons_is_told_as_one_and_not_as_lacking_every_column(tmp_path: Path) -> None:
    with pytest.raises(SchemaError, match="seems to be separated by semicolons") as raised:
        read(written(tmp_path, "accession;pid;uid;part;truth\nA1;P1;1,2;train;1\n"))
    assert raised.value.place == "site north, table `cases`"
    assert "accession" not in str(raised.value)


def test_a_file_that_is_no_table_is_a_fault_of_the_setup(tmp_path: Path) -> None:
    path = tmp_path / "cases.parquet"
    path.write_bytes(b"no parquet")
    with pytest.raises(SchemaError, match="cannot be read as a table"):
        read(path)
    with pytest.raises(SchemaError, match="cannot be read as a table"):
        read(tmp_path / "none.csv")


def test_readers_sessions_and_lesions_are_pseudonyms_and_blinded_is_a_word_or_a_boolean(tmp_path: Path) -> None:
    text = """case_id,reader,finding,rating,session,blinded,confidence,read_on,lesion
A1,Dr Ida,nodule, yes ,first,yes,0.5,01.02.2024,left
A1,Dr Ada,nodule,no,first,No,none,,
A2,Dr Ida,nodule,no,,perhaps,1,,
"""
    rows = read(written(tmp_path, text), READINGS, {})
    assert rows["reader"].to_list() == [
        PSEUDONYMS.pseudonym(who, kind="reader") for who in ("Dr Ida", "Dr Ada", "Dr Ida")
    ]
    assert rows["session"][0] == PSEUDONYMS.pseudonym("first", kind="session")
    assert rows["lesion"].to_list() == [PSEUDONYMS.pseudonym("left", kind="lesion"), None, None]
    assert rows["blinded"].to_list() == [True, False, None]
    assert rows["confidence"].to_list() == [0.5, None, 1.0]
    assert rows["rating"].to_list() == ["yes", "no", "no"]
    assert rows["arm"].null_count() == 3
