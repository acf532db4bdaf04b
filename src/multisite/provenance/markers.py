"""Headers of one shard → counts of markers per series, and of demographics keys per patient; and their sums."""

from typing import Final

import polars as pl

from multisite.schemas.markers import DEMOGRAPHICS, DEMOGRAPHICS_PARTS, MARKERS, Marker

__all__ = ["combine_demographics", "combine_markers", "demographics_parts", "marker_parts"]

_SERIES: Final = "series_instance_uid"
_FULL_DATES: Final = "113106"
_SAFE_PRIVATE: Final = "113111"
_SECONDARY_CAPTURE: Final = r"^1\.2\.840\.10008\.5\.1\.4\.1\.1\.7(?:\.[0-9]+)?$"


def marker_parts(headers: pl.DataFrame, *, site: str) -> pl.DataFrame:
    """One row per series and marker (MARKER_PARTS); instances without a series are left out."""
    known = headers.filter(pl.col(_SERIES).is_not_null())
    counted = known.group_by(_SERIES).agg(
        having.fill_null(False).sum().cast(pl.Int64).alias(marker) for marker, having in _MARKERS.items()
    )
    markers = counted.unpivot(index=_SERIES, variable_name="marker", value_name="n_objects")
    traces = known.select(_SERIES, pl.col("identity_traces").alias("marker")).explode("marker").drop_nulls()
    rows = pl.concat([markers.filter(pl.col("n_objects") > 0), _count(traces)])
    return rows.select(pl.lit(site).alias("site"), _SERIES, "marker", "n_objects").sort(_SERIES, "marker")


def demographics_parts(headers: pl.DataFrame, *, site: str) -> pl.DataFrame:
    """One row per patient and demographics key (DEMOGRAPHICS_PARTS) of the headers that have both."""
    pairs = _count(headers.select("patient_id", "demographics_key").drop_nulls())
    return pairs.select(pl.lit(site).alias("site"), *DEMOGRAPHICS_PARTS.schema.names()[1:]).sort(
        "patient_id", "demographics_key"
    )


def combine_markers(parts: pl.DataFrame, *, site: str) -> pl.DataFrame:
    """MARKERS of a site from all its MARKER_PARTS, in any order and cut."""
    return _add_up(parts, MARKERS.key, site=site).select(MARKERS.schema.names())


def combine_demographics(parts: pl.DataFrame, *, site: str) -> pl.DataFrame:
    """DEMOGRAPHICS of a site from all its DEMOGRAPHICS_PARTS, in any order and cut."""
    return _add_up(parts, DEMOGRAPHICS.key, site=site).select(DEMOGRAPHICS.schema.names())


def _count(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by(rows.columns).agg(pl.len().cast(pl.Int64).alias("n_objects"))


def _add_up(parts: pl.DataFrame, key: tuple[str, ...], *, site: str) -> pl.DataFrame:
    sums = parts.group_by(key).agg(pl.col("n_objects").sum()).sort(key)
    return sums.with_columns(pl.lit(site).alias("site"))


def _declared() -> pl.Expr:
    """Whether a header says that it was de-identified."""
    method, codes = pl.col("deidentification_method"), pl.col("deidentification_method_codes")
    return (
        (pl.col("patient_identity_removed") == "YES").fill_null(False)
        | (method.list.join("") != "").fill_null(False)
        | (codes.list.len() > 0).fill_null(False)
    )


def _option(code: str) -> pl.Expr:
    return pl.col("deidentification_method_codes").list.contains(code).fill_null(False)


_MARKERS: Final[dict[Marker, pl.Expr]] = {
    Marker.DEIDENTIFIED: _declared(),
    Marker.DATES_REMOVED: _declared() & ~_option(_FULL_DATES),
    Marker.PRIVATE_ELEMENTS: _declared() & ~_option(_SAFE_PRIVATE) & (pl.col("private_creators").list.len() > 0),
    Marker.BURNED_IN: pl.col("burned_in_annotation") == "YES",
    Marker.NOT_BURNED_IN: pl.col("burned_in_annotation") == "NO",
    Marker.OVERLAY: pl.col("overlay_data_present"),
    Marker.OVERLAY_UNSEEN: pl.col("overlay_data_present").is_null(),
    Marker.SECONDARY_CAPTURE: pl.col("sop_class_uid").str.contains(_SECONDARY_CAPTURE)
    | pl.col("conversion_type").is_not_null(),
}
"""What of a header makes each marker."""
