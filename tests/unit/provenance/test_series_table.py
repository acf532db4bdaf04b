"""Header tables → series, alone and beside the images of the site."""

import datetime as dt

import polars as pl

from multisite.provenance.series import SeriesTables
from multisite.provenance.series_table import count_table, series_from_table, with_table
from multisite.provenance.studies import index_studies
from multisite.schemas.series import CONTENT_INCIDENTS, INSTANCE_INCIDENTS, NORMALISATION, SERIES, STUDIES
from multisite.schemas.series_parts import SERIES_PARTS
from multisite.schemas.series_table import SERIES_TABLE_COUNTS

# Pseudonyms are hexadecimal digits.
S1, S2, S3 = "1" * 32, "2" * 32, "3" * 32
NOTHING: list[list[str]] = [[], [], [], []]


def table(**columns: object) -> pl.DataFrame:
    """Four rows: two series of one study, one of another, and one without a SeriesInstanceUID."""
    held: dict[str, object] = {
        "series_instance_uid": [S2, S1, S3, None],
        "study_instance_uid": ["t1", "t1", "t2", "t3"],
        "patient_id": ["p1", "p1", "p2", "p3"],
        "modality": ["CT", "SR", "CT", "CT"],
        "n_instances": [120, 1, 88, 5],
        "age_source": ["patient_age", "patient_age", "none", "none"],
        "empty_attributes": NOTHING,
        "invalid_attributes": NOTHING,
    }
    return pl.DataFrame({**held, **columns})


def instances(**columns: object) -> pl.DataFrame:
    """Three slices of one CT series, as a table with a row per instance."""
    held: dict[str, object] = {
        "sop_instance_uid": [f"{n}" * 32 for n in (7, 8, 9)],
        "series_instance_uid": [S1] * 3,
        "study_instance_uid": ["t1"] * 3,
        "patient_id": ["p1"] * 3,
        "modality": ["CT"] * 3,
        "age_source": ["none"] * 3,
        "empty_attributes": NOTHING[:3],
        "invalid_attributes": NOTHING[:3],
    }
    return pl.DataFrame({**held, **columns})


def column(series: pl.DataFrame, name: str) -> list[object]:
    """The values of a column, by rising series."""
    return SERIES.conform(series).sort("series_instance_uid")[name].to_list()


def images(*uids: str) -> SeriesTables:
    series = series_from_table(table(), site="north").filter(pl.col("series_instance_uid").is_in(uids))
    held = series.with_columns(pl.lit("from images").alias("view_position"))
    return SeriesTables(held, INSTANCE_INCIDENTS.empty(), CONTENT_INCIDENTS.empty(), NORMALISATION.empty())


def test_there_is_one_row_per_series_and_none_without_a_series() -> None:
    series = series_from_table(table(), site="north")
    assert column(series, "series_instance_uid") == [S1, S2, S3]
    assert column(series, "n_instances") == column(series, "n_objects") == [1, 120, 88]
    assert column(series, "site") == ["north"] * 3


def test_values_are_normalised_as_those_of_images_are_and_the_raw_ones_stay() -> None:
    series = series_from_table(
        table(
            manufacturer=["SIEMENS", None, "GE MEDICAL SYSTEMS", None],
            manufacturer_model_name=["Sensation 64", None, "LightSpeed VCT", None],
            convolution_kernel=[["B70f", "3"], None, ["BONE"], None],
            body_part_examined=["CHEST", None, "SHOE", None],
        ),
        site="north",
    )
    assert column(series, "vendor") == [None, "Siemens Healthineers", "GE HealthCare"]
    assert column(series, "manufacturer") == [None, "SIEMENS", "GE MEDICAL SYSTEMS"]
    assert column(series, "convolution_kernel") == [None, "B70f\\3", "BONE"]
    assert column(series, "kernel_class") == [None, "very_sharp", "sharp"]
    assert column(series, "model")[1] == "somatom sensation 64"
    assert column(series, "body_region") == [None, "chest", None]


def test_columns_are_those_that_headers_would_have_filled() -> None:
    series = series_from_table(
        table(
            slice_thickness=[1.25, None, None, None],
            pixel_spacing=[None, None, [0.7, 0.8], None],
            imager_pixel_spacing=[[0.2, 0.2], None, [0.1, 0.1], None],
            kvp=[120.0, None, 80.0, None],
            station_name=["station", None, None, None],
            accession_number=["order", None, None, None],
            protocol_name=[None, None, "chest", None],
            manufacturer_model_name=["model", None, "model", None],
            image_type=[["ORIGINAL", "PRIMARY"], ["DERIVED"], ["OTHER"], None],
            study_date=[dt.date(2024, 3, 1)] * 4,
        ),
        site="north",
    )
    assert column(series, "slice_thickness_mm") == [None, 1.25, None]
    assert column(series, "pixel_spacing_mm") == [None, 0.2, 0.7]
    assert column(series, "tube_voltage_kv") == [None, 120.0, 80.0]
    assert column(series, "device") == [None, "station", "model"]
    assert column(series, "station_name") == [None, "station", None]
    assert column(series, "accession_number") == [None, "order", None]
    assert column(series, "protocol_name") == [None, None, "chest"]
    assert column(series, "image_type") == ["DERIVED", "ORIGINAL\\PRIMARY", "OTHER"]
    assert column(series, "image_kind") == ["derived", "original", None]
    assert column(series, "study_date") == [dt.date(2024, 3, 1)] * 3


def test_what_only_instances_tell_is_missing_and_the_geometry_says_why() -> None:
    series = series_from_table(table(), site="north")
    assert column(series, "geometry_gap") == [
        "not a cross-sectional modality",
        "no instances were read",
        "no instances were read",
    ]
    unknown = (
        "n_slices",
        "is_complete",
        "n_inconsistent",
        "inconsistent_attributes",
        "other_patient_ids",
        "orientation",
    )
    for name in (*unknown, "n_resent", "n_conflicting_instances", "n_fingerprinted"):
        assert column(series, name) == [None] * 3


def test_rows_that_are_instances_are_rolled_up_like_headers() -> None:
    rows = instances(convolution_kernel=[["B30f"], ["B30f"], ["B70f"]], kvp=[120.0] * 3)
    series = series_from_table(pl.concat([rows, rows.head(1)]), site="north")
    assert column(series, "n_instances") == [3]
    assert column(series, "n_objects") == [4]
    assert column(series, "convolution_kernel") == ["B30f"]
    assert column(series, "inconsistent_attributes") == [["convolution_kernel"]]
    for name in ("n_resent", "n_conflicting_instances", "n_fingerprinted"):
        assert column(series, name) == [None], "a table does not tell what the instances hold"


def test_rows_that_are_instances_tell_the_geometry_where_they_have_positions() -> None:
    rows = instances(
        image_orientation_patient=[[1.0, 0, 0, 0, 1.0, 0]] * 3,
        image_position_patient=[[0.0, 0, z] for z in (0.0, 2.5, 7.5)],
    )
    series = series_from_table(rows, site="north")
    assert column(series, "slice_spacing_mm") == [2.5]
    assert column(series, "orientation") == ["axial"]
    assert column(series_from_table(instances(), site="north"), "geometry_gap") == ["no positions"]


def test_the_series_of_a_table_make_studies() -> None:
    studies = STUDIES.conform(index_studies(series_from_table(table(), site="north"), modalities=("CT",)))
    assert studies.select("study_instance_uid", "series_instance_uid", "n_series").rows() == [
        ("t1", S2, 2),
        ("t2", S3, 1),
    ]


def test_a_series_that_the_images_have_is_taken_from_them() -> None:
    both = with_table(images(S1), SERIES_PARTS.empty(), series_from_table(table(), site="north"), site="north")
    assert both.series["series_instance_uid"].to_list() == [S1, S2, S3]
    assert column(both.series, "view_position") == ["from images", None, None]


def test_the_log_of_normalisation_is_made_over_images_and_table() -> None:
    series = series_from_table(table(manufacturer=["SIEMENS", None, "Homemade", None]), site="north")
    log = NORMALISATION.conform(with_table(images(S1), SERIES_PARTS.empty(), series, site="north").normalisation)
    vendors = log.filter(pl.col("column") == "vendor").select("raw_value", "normalised_value", "n_series").rows()
    assert vendors == [("Homemade", None, 1), ("SIEMENS", "Siemens Healthineers", 1)]


def test_rows_series_overlap_and_values_that_are_none_are_counted() -> None:
    held = table(
        empty_attributes=[["Manufacturer"], [], [], []],
        invalid_attributes=[["PatientSex", "PatientAge"], ["PatientAge"], [], []],
    )
    counts = count_table(held, series_from_table(held, site="north"), images(S1, S3).series, site="north")
    assert SERIES_TABLE_COUNTS.conform(counts).select("fact", "attribute", "n").rows() == [
        ("rows", "", 4),
        ("rows without SeriesInstanceUID", "", 1),
        ("series", "", 3),
        ("series that the images have, too", "", 2),
        ("empty values", "Manufacturer", 1),
        ("invalid values", "PatientAge", 2),
        ("invalid values", "PatientSex", 1),
    ]


def test_an_empty_table_gives_no_series() -> None:
    assert SERIES.conform(series_from_table(table().clear(), site="north")).is_empty()
    assert SERIES.conform(series_from_table(instances().clear(), site="north")).is_empty()
