"""Headers of one shard → its part of the site's series.

A part keeps, for each series and combination of recorded values, how many objects have it, and of each object the four
facts that cannot be added up: which instance it is, what its content is, which acquisition it shows, and where its
slice lies. Parts may be cut and ordered in any way; together they say what all headers at once would say.
"""

from typing import Final

import polars as pl

from multisite.provenance.geometry import orientation_text, position_um
from multisite.schemas.series_parts import RECORDED, SERIES_PARTS

__all__ = ["SERIES_COLUMNS", "recorded_value", "series_parts"]

SERIES_COLUMNS: Final = (
    "sop_instance_uid",
    "series_instance_uid",
    "study_instance_uid",
    "patient_id",
    "modality",
    "manufacturer",
    "manufacturer_model_name",
    "software_versions",
    "device_serial_number",
    "station_name",
    "accession_number",
    "protocol_name",
    "convolution_kernel",
    "slice_thickness",
    "pixel_spacing",
    "imager_pixel_spacing",
    "kvp",
    "body_part_examined",
    "view_position",
    "study_date",
    "age_years",
    "age_source",
    "patient_sex",
    "frame_of_reference_uid",
    "sop_class_uid",
    "transfer_syntax_uid",
    "image_type",
    "rows",
    "columns",
    "number_of_frames",
    "image_orientation_patient",
    "image_position_patient",
    "acquisition_datetime",
    "acquisition_date",
    "acquisition_time",
    "dataset_digest",
    "content_fingerprint",
    "invalid_attributes",
)
"""What a part needs of the headers."""

_RENAMED: Final = {"slice_thickness_mm": "slice_thickness", "tube_voltage_kv": "kvp"}
_JOINED: Final = ("software_versions", "convolution_kernel", "image_type", "invalid_attributes")
_DIGITS_OF_64_BITS: Final = 16


def series_parts(headers: pl.DataFrame, *, site: str) -> pl.DataFrame:
    """One row per series and combination of recorded values (SERIES_PARTS); instances without a series are left out.

    ``headers`` needs SERIES_COLUMNS. The moment of acquisition is AcquisitionDateTime, else AcquisitionDate with
    AcquisitionTime; midnight sharp is what a removed time is often replaced by, and is no moment.
    """
    known = headers.filter(pl.col("series_instance_uid").is_not_null())
    recorded = [recorded_value(name, known.schema).alias(name) for name in RECORDED]
    rows = known.select(
        pl.lit(site).alias("site"),
        "series_instance_uid",
        *recorded,
        "age_source",
        orientation_text().alias("image_orientation"),
        _moment().alias("moment"),
        _first_64_bits("sop_instance_uid").alias("instances"),
        _first_64_bits("dataset_digest").alias("contents"),
        _first_64_bits("content_fingerprint").alias("fingerprints"),
        position_um().alias("positions_um"),
    )
    combination = ["site", "series_instance_uid", *RECORDED, "age_source", "image_orientation"]
    return (
        rows.group_by(combination, maintain_order=True)
        .agg(
            pl.len().cast(pl.Int64).alias("n_objects"),
            pl.col("moment").min().alias("first_acquisition_at"),
            pl.col("moment").max().alias("last_acquisition_at"),
            pl.col("instances", "contents", "fingerprints", "positions_um"),
        )
        .select(SERIES_PARTS.schema.names())
    )


def recorded_value(name: str, schema: pl.Schema) -> pl.Expr:
    """One of RECORDED, from the columns of the headers."""
    if name == "pixel_spacing_mm":
        return pl.coalesce(pl.col("pixel_spacing").list.first(), pl.col("imager_pixel_spacing").list.first())
    if name == "device":
        return pl.coalesce("device_serial_number", "station_name", "manufacturer_model_name")
    if name in _JOINED and isinstance(schema[name], pl.List):
        joined = pl.col(name).cast(pl.List(pl.String)).list.join("\\")
        return pl.when(joined != "").then(joined)
    return pl.col(_RENAMED.get(name, name))


def _moment() -> pl.Expr:
    paired = pl.col("acquisition_date").dt.combine(pl.col("acquisition_time"), time_unit="us")
    return pl.coalesce(*(_with_a_clock(moment) for moment in (pl.col("acquisition_datetime"), paired)))


def _with_a_clock(moment: pl.Expr) -> pl.Expr:
    return pl.when(moment.dt.time() != pl.time(0, 0, 0)).then(moment)


def _first_64_bits(column: str) -> pl.Expr:
    digits = pl.col(column).str.slice(0, _DIGITS_OF_64_BITS)
    return digits.str.decode("hex").bin.reinterpret(dtype=pl.UInt64, endianness="big")
