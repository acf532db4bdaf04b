"""Whether the series behind the cases are of one piece, whole, and stored once."""

import polars as pl

from multisite.integrity.check import Check, CheckFrames, Outcome, insufficient, judged, not_applicable
from multisite.schemas.series import GeometryGap
from multisite.vocabulary import Severity

__all__ = ["SERIES_CHECKS"]

_ONE_PER_SERIES = (
    "study_instance_uid",
    "patient_id",
    "modality",
    "vendor",
    "model",
    "device",
    "software_versions",
    "convolution_kernel",
    "slice_thickness_mm",
    "pixel_spacing_mm",
    "tube_voltage_kv",
    "study_date",
    "patient_sex",
    "frame_of_reference_uid",
)
"""Columns of the series that should not vary within one; a second spelling of a vendor or model does not count."""


def same_instance_other_content(frames: CheckFrames) -> Outcome:
    """Instances whose SOPInstanceUID stands for more than one content."""
    known = frames.series.filter(pl.col("n_conflicting_instances").is_not_null())
    if known.is_empty():
        return insufficient("No series was made from headers, so no copies can be compared.")
    conflicts = frames.instance_incidents.filter(pl.col("n_contents") > 1).sort("instance")
    found = conflicts.select(
        pl.lit("instance").alias("entity"),
        pl.col("instance").alias("pseudonym"),
        pl.format("{} contents in {} objects of {} series", "n_contents", "n_objects", "n_series").alias("detail"),
    )
    n_examined = int(known["n_instances"].sum())
    verb = "stands" if found.height == 1 else "stand"
    return judged(
        found,
        n_examined,
        failed=f"{found.height:,} of {n_examined:,} instances {verb} in the stores with more than one content.",
        passed=f"Each of {n_examined:,} instances has one content, however often it is stored.",
    )


def series_consistency(frames: CheckFrames) -> Outcome:
    """Index series within which something varies that a series has once."""
    known = _index_series(frames).filter(pl.col("inconsistent_attributes").is_not_null())
    if known.is_empty():
        return insufficient("No included case has a series made from headers.")
    named = pl.col("inconsistent_attributes").list.set_intersection(list(_ONE_PER_SERIES)).list.sort()
    # In most series nothing varies at all.
    suspects = known.filter(pl.col("inconsistent_attributes").list.len() > 0).with_columns(named.alias("varying"))
    varying = suspects.filter(pl.col("varying").list.len() > 0).sort("series_instance_uid")
    found = varying.select(
        pl.lit("series").alias("entity"),
        pl.col("series_instance_uid").alias("pseudonym"),
        pl.format("more than one {}", pl.col("varying").list.join(", ")).alias("detail"),
    )
    verb = "varies" if found.height == 1 else "vary"
    return judged(
        found,
        known.height,
        failed=f"{found.height:,} of {known.height:,} index series {verb} in equipment, acquisition or identity.",
        passed=f"Each of {known.height:,} index series is of one equipment, acquisition and identity.",
    )


def slice_gaps(frames: CheckFrames) -> Outcome:
    """Index series of slices that lack some, or have some twice."""
    series = _index_series(frames)
    stacks = series.filter(pl.col("is_complete").is_not_null())
    # A series whose slices could be put in a row has no gap in what is known, and is not equal to any.
    if series.height and series["geometry_gap"].eq_missing(pl.Series([GeometryGap.NOT_CROSS_SECTIONAL.value])).all():
        return not_applicable("No index series is a stack of slices.")
    if stacks.is_empty():
        return insufficient("No included case has a series whose slices can be put in a row.")
    broken = stacks.filter(~pl.col("is_complete")).sort("series_instance_uid")
    found = broken.select(
        pl.lit("series").alias("entity"),
        pl.col("series_instance_uid").alias("pseudonym"),
        pl.format("{} slices missing and {} there twice", "n_missing_slices", "n_duplicate_slices").alias("detail"),
    )
    verb = "has" if found.height == 1 else "have"
    return judged(
        found,
        stacks.height,
        failed=f"{found.height:,} of {stacks.height:,} index series {verb} gaps or duplicates among their slices.",
        passed=f"Each of {stacks.height:,} index series has its slices without gap or duplicate.",
    )


def _index_series(frames: CheckFrames) -> pl.DataFrame:
    """The series that stand for the included cases."""
    return frames.series.join(frames.included, on="series_instance_uid", how="semi")


SERIES_CHECKS = (
    Check(
        id="same_instance_other_content",
        title="No instance stands for two contents",
        family="series",
        severity=Severity.CRITICAL,
        method="Digests of the whole header per SOPInstanceUID, over every readable instance of the stores.",
        unit="instances",
        run=same_instance_other_content,
    ),
    Check(
        id="series_consistency",
        title="Every index series is of one piece",
        family="series",
        severity=Severity.MINOR,
        method="Distinct values per series of equipment, acquisition and identity; index series of the included cases.",
        unit="series",
        run=series_consistency,
    ),
    Check(
        id="slice_gaps",
        title="No index series lacks a slice or has one twice",
        family="series",
        severity=Severity.MINOR,
        method=(
            "Slice positions along the normal of ImageOrientationPatient, against their median distance; index series "
            "of the included cases with one frame per instance, one orientation and all positions."
        ),
        unit="series",
        run=slice_gaps,
    ),
)
