"""Instances → series: one row per series, in normalised terms."""

import polars as pl

from multisite.dicom.normalise import kernel_class, normalise_vendor
from multisite.schemas.provenance import HEADER_COUNTS, SERIES

__all__ = ["SERIES_COLUMNS", "count_outcomes", "roll_up_series"]

_CONSTANT = {
    "modality": "modality",
    "manufacturer": "manufacturer",
    "manufacturer_model_name": "manufacturer_model_name",
    "software_versions": "software_versions",
    "convolution_kernel": "convolution_kernel",
    "slice_thickness_mm": "slice_thickness",
    "pixel_spacing_mm": "pixel_spacing_mm",
    "tube_voltage_kv": "kvp",
    "body_part_examined": "body_part_examined",
    "view_position": "view_position",
    "study_date": "study_date",
    "age_years": "age_years",
    "patient_sex": "patient_sex",
    "device": "device",
}
"""Column of the series → column of the (prepared) headers that should not vary within a series."""

SERIES_COLUMNS = (
    "site",
    "store",
    "object_key",
    "size_bytes",
    "header_bytes",
    "parsed_by",
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
    "convolution_kernel",
    "slice_thickness",
    "pixel_spacing",
    "imager_pixel_spacing",
    "kvp",
    "body_part_examined",
    "view_position",
    "study_date",
    "age_years",
    "patient_sex",
)
"""What the roll-up needs of the headers."""


def roll_up_series(headers: pl.DataFrame) -> pl.DataFrame:
    """One row per SeriesInstanceUID; instances without a series are left out.

    A value that varies within the series is represented by its commonest value (ties: the smallest) and counted in
    ``n_inconsistent``. An instance stored twice counts once in ``n_instances`` and twice in ``n_objects``.
    """
    prepared = _prepare(headers.filter(pl.col("series_instance_uid").is_not_null()))
    identity = ["site", "series_instance_uid"]
    values = [_commonest(source).alias(name) for name, source in _CONSTANT.items()]
    varying = [(pl.col(source).drop_nulls().n_unique() > 1).cast(pl.Int64) for source in _CONSTANT.values()]
    series = prepared.group_by(identity).agg(
        _commonest("study_instance_uid"),
        _commonest("patient_id"),
        pl.col("sop_instance_uid").n_unique().cast(pl.Int64).alias("n_instances"),
        pl.len().cast(pl.Int64).alias("n_objects"),
        *values,
        pl.sum_horizontal(varying).cast(pl.Int64).alias("n_inconsistent"),
    )
    normalised = series.with_columns(normalise_vendor(pl.col("manufacturer")).alias("vendor"))
    first_kernel = pl.col("convolution_kernel").str.split("\\").list.first()
    normalised = normalised.with_columns(kernel_class(first_kernel, pl.col("vendor")).alias("kernel_class"))
    return normalised.select(SERIES.schema.names()).sort("series_instance_uid")


def count_outcomes(headers: pl.DataFrame, quarantine: pl.DataFrame, *, site: str) -> pl.DataFrame:
    """What became of the listed objects, in numbers and bytes."""
    read = headers.group_by(pl.col("parsed_by").alias("outcome")).agg(
        pl.len().cast(pl.Int64).alias("n_objects"),
        pl.col("size_bytes").sum().alias("n_bytes_total"),
        pl.col("header_bytes").sum().alias("n_bytes_header"),
    )
    lost = quarantine.group_by(pl.col("reason").alias("outcome")).agg(
        pl.len().cast(pl.Int64).alias("n_objects"),
        pl.col("size_bytes").sum().alias("n_bytes_total"),
        pl.lit(0, pl.Int64).alias("n_bytes_header"),
    )
    both = pl.concat([read, lost]).with_columns(pl.lit(site).alias("site"))
    return both.select(HEADER_COUNTS.schema.names()).sort("n_objects", "outcome", descending=[True, False])


def _prepare(headers: pl.DataFrame) -> pl.DataFrame:
    return headers.with_columns(
        pl.coalesce(pl.col("pixel_spacing").list.first(), pl.col("imager_pixel_spacing").list.first()).alias(
            "pixel_spacing_mm"
        ),
        pl.coalesce("device_serial_number", "station_name", "manufacturer_model_name").alias("device"),
        *(
            pl.col(name).list.join("\\").alias(name)
            for name in ("software_versions", "convolution_kernel")
            if headers.schema[name] == pl.List(pl.String)
        ),
    )


def _commonest(column: str) -> pl.Expr:
    return pl.col(column).drop_nulls().mode().sort().first().alias(column)
