import polars as pl

from multisite.provenance.series_parts import SERIES_COLUMNS, series_parts
from multisite.schemas.series_parts import SERIES_PARTS
from tests.lib.header_rows import header_rows, pseudonym

_HEADERS = """
sop_instance_uid | series_instance_uid | kvp | image_position_patient | dataset_digest
i1               | e1                  | 120 | 0 0 1                  | a
i2               | e1                  | 120 | 0 0 2                  | -
i3               | e1                  | 100 | -                      | c
i4               | -                   | 100 | 0 0 1                  | d
i5               | e2                  | 100 | 0 0 1                  | e
"""


def test_a_part_has_one_row_per_series_and_combination_of_recorded_values() -> None:
    part = SERIES_PARTS.conform(series_parts(header_rows(_HEADERS), site="north"))
    assert part.select("series_instance_uid", "tube_voltage_kv", "n_objects").rows() == [
        (pseudonym("e1"), 120, 2),
        (pseudonym("e1"), 100, 1),
        (pseudonym("e2"), 100, 1),
    ]


def test_a_part_keeps_of_each_object_its_instance_content_and_position() -> None:
    headers = header_rows(_HEADERS, image_orientation_patient=[1.0, 0.0, 0.0, 0.0, 1.0, 0.0])
    row = series_parts(headers, site="north").row(0, named=True)
    assert row["instances"] == [int(pseudonym(name)[:16], 16) for name in ("i1", "i2")]
    assert row["contents"] == [int(pseudonym("a")[:16], 16), None]
    assert row["positions_um"] == [1_000, 2_000]


def test_a_part_keeps_the_content_fingerprint_of_each_object_that_has_one() -> None:
    headers = header_rows("""
        sop_instance_uid | series_instance_uid | content_fingerprint
        i1               | e1                  | f1
        i2               | e1                  | -
    """)
    found = series_parts(headers, site="north")
    assert found["fingerprints"].to_list() == [[int(pseudonym("f1")[:16], 16), None]]


def test_a_part_needs_no_other_column_than_it_says() -> None:
    headers = header_rows(_HEADERS)
    assert series_parts(headers.select(SERIES_COLUMNS), site="north").equals(series_parts(headers, site="north"))


def test_pixel_spacing_and_device_are_taken_from_the_first_attribute_that_has_them() -> None:
    headers = header_rows("""
        sop_instance_uid | series_instance_uid | pixel_spacing | imager_pixel_spacing | station_name
        i1               | e1                  | 0.5 0.5       | 0.1 0.1              | s1
        i2               | e2                  | -             | 0.1 0.1              | -
    """).with_columns(pl.lit("m1").alias("manufacturer_model_name"))
    found = series_parts(headers, site="north")
    assert found["pixel_spacing_mm"].to_list() == [0.5, 0.1]
    assert found["device"].to_list() == ["s1", "m1"]


def test_tags_that_cannot_be_read_are_named_and_none_is_no_name() -> None:
    headers = header_rows("""
        sop_instance_uid | series_instance_uid
        i1               | e1
        i2               | e2
    """).with_columns(pl.Series("invalid_attributes", [["KVP", "PatientAge"], []]))
    found = series_parts(headers, site="north")
    assert found["invalid_attributes"].to_list() == ["KVP\\PatientAge", None]
