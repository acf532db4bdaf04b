"""What the headers of one shard say about its series: small parts, from which the site's series are combined."""

import polars as pl

from multisite.schemas.artefact import Artefact
from multisite.schemas.column import Column
from multisite.schemas.series import SERIES
from multisite.vocabulary import Zone

__all__ = ["RECORDED", "SERIES_PARTS"]

RECORDED = (
    "study_instance_uid",
    "patient_id",
    "modality",
    "manufacturer",
    "manufacturer_model_name",
    "software_versions",
    "device",
    "convolution_kernel",
    "slice_thickness_mm",
    "pixel_spacing_mm",
    "tube_voltage_kv",
    "body_part_examined",
    "view_position",
    "study_date",
    "age_years",
    "patient_sex",
    "accession_number",
    "station_name",
    "device_serial_number",
    "protocol_name",
    "frame_of_reference_uid",
    "sop_class_uid",
    "transfer_syntax_uid",
    "image_type",
    "rows",
    "columns",
    "number_of_frames",
    "invalid_attributes",
)
"""Columns of the series that every instance has a value of its own for."""

_SERIES = {column.name: column for column in SERIES.columns}

SERIES_PARTS = Artefact(
    "series_parts",
    Zone.SITE,
    "One row per series and combination of what its headers record, for the headers of one shard; the parts add up.",
    (
        _SERIES["site"],
        _SERIES["series_instance_uid"],
        *(_SERIES[name] for name in RECORDED),
        _SERIES["age_source"],
        Column(
            "image_orientation",
            pl.String(),
            "ImageOrientationPatient in ten-thousandths, joined by a backslash; missing where it is no pair of "
            "perpendicular directions",
            nullable=True,
        ),
        _SERIES["n_objects"],
        _SERIES["first_acquisition_at"],
        _SERIES["last_acquisition_at"],
        Column("instances", pl.List(pl.UInt64()), "First 64 bits of the pseudonym of the instance, per object"),
        Column("contents", pl.List(pl.UInt64()), "First 64 bits of the dataset's digest, per object"),
        Column("fingerprints", pl.List(pl.UInt64()), "First 64 bits of the content fingerprint, per object"),
        Column(
            "positions_um",
            pl.List(pl.Int32()),
            "Position of the slice along the normal of its orientation, per object",
            unit="µm",
        ),
    ),
    interim=True,
    version=3,
)
