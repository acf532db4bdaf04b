"""The same image under two identities."""

import polars as pl

from multisite.integrity.check import Check, CheckFrames, Outcome, insufficient, judged
from multisite.vocabulary import Severity

__all__ = ["DUPLICATE_CHECKS"]

_NOTHING_KNOWN = "No instance carries the attributes that this check needs."


def same_instance(frames: CheckFrames) -> Outcome:
    """Studies with an SOPInstanceUID that occurs under more than one patient."""
    known = frames.instances.filter(pl.col("patient_id").is_not_null() & pl.col("sop_instance_uid").is_not_null())
    if known.is_empty():
        return insufficient(_NOTHING_KNOWN)
    shared = known.group_by("sop_instance_uid").agg(
        pl.col("patient_id").n_unique().alias("n_patients"), pl.col("study_instance_uid").min()
    )
    studies = (
        shared.filter(pl.col("n_patients") > 1)
        .group_by("study_instance_uid")
        .agg(pl.len().alias("n_instances"), pl.col("n_patients").max())
        .sort("study_instance_uid")
    )
    found = studies.select(
        pl.lit("study").alias("entity"),
        pl.col("study_instance_uid").alias("pseudonym"),
        pl.format("{} instances under {} patients", "n_instances", "n_patients").alias("detail"),
    )
    n_examined = known["study_instance_uid"].n_unique()
    return judged(
        found,
        n_examined,
        failed=f"{studies.height} of {n_examined:,} studies has instances under more than one patient.",
        passed=f"No instance of {n_examined:,} studies occurs under more than one patient.",
    )


def same_content(frames: CheckFrames) -> Outcome:
    """Pairs of studies of different patients that hold acquisitions equal in every acquisition fact."""
    known = frames.instances.filter(
        pl.col("content_fingerprint").is_not_null() & pl.col("patient_id").is_not_null()
    ).select("content_fingerprint", "sop_instance_uid", "study_instance_uid", "patient_id")
    if known.is_empty():
        return insufficient(_NOTHING_KNOWN)
    spread = known.filter(pl.col("patient_id").n_unique().over("content_fingerprint") > 1)
    pairs = (
        spread.join(spread, on="content_fingerprint", suffix="_other")
        .filter(
            (pl.col("patient_id") < pl.col("patient_id_other"))
            & (pl.col("sop_instance_uid") != pl.col("sop_instance_uid_other"))
        )
        .group_by(
            pl.min_horizontal("study_instance_uid", "study_instance_uid_other").alias("first"),
            pl.max_horizontal("study_instance_uid", "study_instance_uid_other").alias("second"),
        )
        .agg(pl.col("content_fingerprint").n_unique().alias("n_contents"))
        .sort("first", "second")
    )
    found = pairs.select(
        pl.lit("study").alias("entity"),
        pl.col("first").alias("pseudonym"),
        pl.format("{} acquisitions also stand under another patient and other UIDs", "n_contents").alias("detail"),
    )
    n_examined = known["study_instance_uid"].n_unique()
    return judged(
        found,
        n_examined,
        failed=f"{pairs.height} pair of studies holds the same acquisitions under two patients and other UIDs."
        if pairs.height == 1
        else f"{pairs.height} pairs of studies hold the same acquisitions under two patients and other UIDs.",
        passed=f"No acquisition of {n_examined:,} studies stands under two patients.",
    )


DUPLICATE_CHECKS = (
    Check(
        id="same_instance_two_patients",
        title="No instance stands under two patients",
        family="duplicates",
        severity=Severity.CRITICAL,
        method="Patients per SOPInstanceUID, over every readable instance of the stores.",
        unit="studies",
        run=same_instance,
    ),
    Check(
        id="same_content_two_patients",
        title="No acquisition stands under two patients with other UIDs",
        family="duplicates",
        severity=Severity.CRITICAL,
        method=(
            "Keyed digest of acquisition facts (device, date and time, geometry, exposure) without identity or UIDs; "
            "headers only, pixels are not compared."
        ),
        unit="pairs of studies",
        run=same_content,
    ),
)
