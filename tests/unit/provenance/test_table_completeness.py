"""Header tables → completeness of attributes, in the terms of images."""

import polars as pl

from multisite.provenance.completeness import combine_attribute_counts
from multisite.provenance.table_completeness import attributes_of_table
from multisite.schemas.completeness import ATTRIBUTE_COMPLETENESS, ATTRIBUTE_COUNTS
from multisite.schemas.series import SERIES


def table() -> pl.DataFrame:
    """Three CT series of one vendor and a report, 100 + 50 + 10 and 1 instances."""
    return pl.DataFrame(
        {
            "series_instance_uid": ["s1", "s2", "s3", "s4"],
            "modality": ["CT", "CT", "CT", "SR"],
            "manufacturer": ["SIEMENS", "SIEMENS", "Siemens", None],
            "n_instances": [100, 50, 10, 1],
            "patient_sex": ["F", None, None, None],
            "age_years": [45.0, 30.0, None, None],
            "age_source": ["patient_age", "dates", "none", "none"],
            "empty_attributes": [[], ["PatientSex"], [], []],
            "invalid_attributes": [[], [], ["PatientSex"], []],
        }
    )


def completeness(images: pl.DataFrame | None = None) -> pl.DataFrame:
    counts = attributes_of_table(table(), SERIES.empty() if images is None else images, site="north")
    return ATTRIBUTE_COMPLETENESS.conform(combine_attribute_counts(ATTRIBUTE_COUNTS.conform(counts), site="north"))


def row(frame: pl.DataFrame, attribute: str, modality: str = "CT") -> dict[str, int]:
    names = ("n_instances", "n_present", "n_absent", "n_empty", "n_invalid", "n_unseen")
    found = frame.filter(pl.col("attribute") == attribute, pl.col("modality") == modality).select(names)
    return {name: n for name, n in found.row(0, named=True).items() if n}


def test_a_series_speaks_for_its_instances_and_the_kinds_of_nothing_stay_apart() -> None:
    assert row(completeness(), "PatientSex") == {"n_instances": 160, "n_present": 100, "n_empty": 50, "n_invalid": 10}
    assert row(completeness(), "PatientSex", "SR") == {"n_instances": 1, "n_absent": 1}


def test_an_attribute_without_a_column_is_unseen_and_not_absent() -> None:
    assert row(completeness(), "KVP") == {"n_instances": 160, "n_unseen": 160}


def test_an_age_made_from_dates_is_no_patient_age() -> None:
    assert row(completeness(), "PatientAge") == {"n_instances": 160, "n_present": 100, "n_absent": 60}


def test_series_that_the_images_have_are_not_counted_again() -> None:
    images = pl.DataFrame({"series_instance_uid": ["s1", "s9"]})
    assert row(completeness(images), "PatientSex") == {"n_instances": 60, "n_empty": 50, "n_invalid": 10}


def test_rows_that_are_instances_count_one_each() -> None:
    instances = table().drop("n_instances").with_columns(pl.Series("sop_instance_uid", ["1", "2", "3", "4"]))
    counts = attributes_of_table(instances, SERIES.empty(), site="north")
    assert counts.select("modality", "n_instances").rows() == [("CT", 2), ("CT", 1), ("SR", 1)]
