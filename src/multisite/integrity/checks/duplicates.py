"""The same image under two identities."""

import polars as pl

from multisite.integrity.check import Check, CheckFrames, Outcome, insufficient, judged, nothing_found
from multisite.vocabulary import Severity, Verdict

__all__ = ["DUPLICATE_CHECKS"]

_NOTHING_KNOWN = "No instance carries the attributes that this check needs."


def same_instance(frames: CheckFrames) -> Outcome:
    """Studies with an SOPInstanceUID that occurs under more than one patient."""
    known = frames.series.filter(pl.col("n_conflicting_instances").is_not_null() & pl.col("patient_id").is_not_null())
    if known.is_empty():
        return insufficient(_NOTHING_KNOWN)
    studies = (
        frames.instance_incidents.filter(pl.col("n_patients") > 1)
        # A series without a study stands for itself.
        .group_by(study_instance_uid=pl.coalesce(pl.col("study_instance_uids").list.first(), "series_instance_uid"))
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
    known = frames.series.filter((pl.col("n_fingerprinted") > 0) & pl.col("patient_id").is_not_null())
    if known.is_empty():
        return insufficient(_NOTHING_KNOWN)
    pairs = (
        frames.content_incidents.filter(pl.col("patient_id") != pl.col("other_patient_id"))
        .select(
            pl.coalesce("study_instance_uid", "series_instance_uid").alias("one"),
            pl.coalesce("other_study_instance_uid", "other_series_instance_uid").alias("other"),
            "n_fingerprints",
        )
        .group_by(pl.min_horizontal("one", "other").alias("first"), pl.max_horizontal("one", "other").alias("second"))
        .agg(pl.col("n_fingerprints").sum())
        .sort("first", "second")
    )
    n_examined = known["study_instance_uid"].n_unique()
    if pairs.is_empty():
        sentence = f"No acquisition of {n_examined:,} studies stands under two patients."
        return Outcome(Verdict.PASS, n_examined, 0, sentence, nothing_found())
    found = "pair of studies holds" if pairs.height == 1 else "pairs of studies hold"
    sentence = f"{pairs.height:,} {found} the same acquisitions under two patients and other UIDs."
    return Outcome(Verdict.FAIL, n_examined, pairs.height, sentence, _both(pairs))


def _both(pairs: pl.DataFrame) -> pl.DataFrame:
    """Both studies of each pair, for nobody knows which of them is the copy."""
    detail = pl.format("{} acquisitions also stand under another patient and other UIDs", "n_fingerprints")
    sides = [
        pairs.with_row_index("pair").select(
            "pair",
            pl.lit("study").alias("entity"),
            pl.col(side).alias("pseudonym"),
            detail.alias("detail"),
        )
        for side in ("first", "second")
    ]
    return pl.concat(sides).sort("pair", maintain_order=True).drop("pair")


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
