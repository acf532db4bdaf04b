"""A keyed digest of what was acquired, blind to whose it is said to be.

Two objects with the same fingerprint show the same acquisition, even if identifiers were replaced in
between. It is made of facts that de-identification leaves alone or that a second sending keeps; no
identity, UID, description or device number goes in. Without a time of acquisition or content there is too
little to tell two acquisitions apart, and midnight sharp is what a removed time is often replaced by: both
give no fingerprint.
"""

from datetime import time
from typing import Final

import polars as pl

from multisite.dicom.pseudonym import Pseudonymiser

__all__ = ["FINGERPRINT_COLUMNS", "content_fingerprint"]

FINGERPRINT_COLUMNS: Final = (
    "modality", "sop_class_uid", "manufacturer", "manufacturer_model_name", "image_type", "acquisition_date",
    "acquisition_time", "acquisition_datetime", "content_date", "content_time", "series_number",
    "acquisition_number", "instance_number", "number_of_frames", "rows", "columns", "pixel_spacing",
    "imager_pixel_spacing", "image_position_patient", "image_orientation_patient", "slice_thickness",
    "view_position", "kvp", "xray_tube_current", "exposure_time", "exposure", "exposure_in_uas",
    "convolution_kernel", "repetition_time", "echo_time", "inversion_time", "flip_angle",
    "temporal_position_identifier", "trigger_time",
)  # fmt: skip
_CLOCKS: Final = ("acquisition_time", "content_time")


def content_fingerprint(frame: pl.DataFrame, pseudonymiser: Pseudonymiser) -> pl.Series:
    """The fingerprint of each row of a frame with any of ``FINGERPRINT_COLUMNS``; null where undefined."""
    held = [name for name in FINGERPRINT_COLUMNS if name in frame.columns]
    clocks = [pl.col(name).is_not_null() & (pl.col(name) != time(0)) for name in _CLOCKS if name in held]
    if "acquisition_datetime" in held:
        moment = pl.col("acquisition_datetime")
        clocks.append(moment.is_not_null() & (moment.dt.time() != time(0)))
    if not clocks:
        return pl.Series("content_fingerprint", [None] * frame.height, dtype=pl.String)
    facts = pl.concat_str([_fact(frame.schema[name], name) for name in held], separator="\x1f", ignore_nulls=True)
    described = frame.select(pl.when(pl.any_horizontal(clocks)).then(facts).alias("content_fingerprint"))
    return pseudonymiser.pseudonyms(described.to_series(), kind="content")


def _fact(dtype: pl.DataType, name: str) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.List):
        text = column.list.eval(_text(pl.element(), is_float=dtype.inner == pl.Float64)).list.join("\\")
    else:
        text = _text(column, is_float=dtype == pl.Float64)
    return pl.lit(f"{name}=") + text


def _text(value: pl.Expr, *, is_float: bool) -> pl.Expr:
    """A value as text, in which -0 is 0: that is what becomes of it on the way through some archives."""
    text = value.cast(pl.String)
    # As text, because whether -0 + 0 is 0 depends on how Polars comes to add.
    return text.replace("-0.0", "0.0") if is_float else text
