"""The same or nearly the same pixels under two patients."""

import polars as pl

from multisite.integrity.check import Check, CheckFrames, Outcome, insufficient, judged, not_applicable
from multisite.integrity.pixels.likeness import like_images
from multisite.integrity.pixels.owners import NOT_ASKED_FOR, coverage, owned, read_images
from multisite.vocabulary import Severity, Split

__all__ = ["PIXEL_DUPLICATE_CHECKS"]

_SPLITS = pl.col("split").unique().sort().str.join(" and ").alias("splits")


def same_pixels(frames: CheckFrames) -> Outcome:
    """Studies of which an image equals one of another patient in every pixel."""
    if frames.pixels is None:
        return not_applicable(NOT_ASKED_FOR)
    known = owned(read_images(frames.pixels).filter(~pl.col("is_flat")), frames.included)
    if known.is_empty():
        return insufficient(f"No image that is more than flat could be compared. {coverage(frames.pixels)}")
    shared = (
        known.group_by("pixel_digest")
        .agg(pl.col("patient_id").n_unique().alias("n_patients"), _SPLITS)
        .filter(pl.col("n_patients") > 1)
    )
    found = (
        known.join(shared, on="pixel_digest", how="inner")
        .group_by("study_instance_uid")
        .agg(
            pl.col("sop_instance_uid").n_unique().alias("n_images"),
            (pl.col("n_patients").max() - 1).alias("n_others"),
            # Of the images of a study, those on most sides say most.
            pl.col("splits").sort_by(pl.col("splits").str.len_chars(), "splits").last(),
        )
        .sort("study_instance_uid")
        .select(
            pl.lit("study").alias("entity"),
            pl.col("study_instance_uid").alias("pseudonym"),
            pl.format(
                "images: {}; other patients with the same pixels: {}; in {}", "n_images", "n_others", "splits"
            ).alias("detail"),
        )
    )
    n_examined = known["study_instance_uid"].n_unique()
    verb = "has an image that stands" if found.height == 1 else "have images that stand"
    return judged(
        found,
        n_examined,
        failed=f"{found.height:,} of {n_examined:,} studies {verb} under another patient with the same pixels. "
        + coverage(frames.pixels),
        passed=f"No image of {n_examined:,} studies stands under two patients. {coverage(frames.pixels)}",
    )


def near_duplicates(frames: CheckFrames) -> Outcome:
    """Pairs of studies of different patients with images that are nearly alike."""
    if frames.pixels is None:
        return not_applicable(NOT_ASKED_FOR)
    known = owned(read_images(frames.pixels).drop_nulls("perceptual_hash"), frames.included)
    if known.is_empty():
        return insufficient(f"No image of 32 × 32 pixels or more could be compared. {coverage(frames.pixels)}")
    known = known.sort("study_instance_uid", "sop_instance_uid", "patient_id", "split")
    pairs = _study_pairs(known, like_images(known))
    found = pairs.select(
        pl.lit("study").alias("entity"),
        pl.col("named").alias("pseudonym"),
        pl.format(
            "nearly the same image stands under another patient; pairs of images: {}; in {}; correlation up to {}",
            "n_pairs",
            "splits",
            pl.col("correlation").round(3),
        ).alias("detail"),
    )
    n_examined = known["study_instance_uid"].n_unique()
    verb = "pair of studies holds" if found.height == 1 else "pairs of studies hold"
    return judged(
        found,
        n_examined,
        failed=f"{found.height:,} {verb} nearly the same image under two patients, of {n_examined:,} studies. "
        + coverage(frames.pixels),
        passed=f"No two of {n_examined:,} studies of different patients hold nearly the same image. "
        + coverage(frames.pixels),
    )


def _study_pairs(images: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """One row per pair of studies: the one to name (of test, where one is), the splits, and how alike at most."""
    of_image = images.with_row_index("row").select("row", pl.col("study_instance_uid").alias("study"), "split")
    both = (
        pairs.join(of_image, left_on="first", right_on="row")
        .join(of_image, left_on="second", right_on="row", suffix="_other")
        .filter(pl.col("study") != pl.col("study_other"))
    )
    is_tested = (pl.col("split_other") == Split.TEST.value) & (pl.col("split") != Split.TEST.value)
    splits = pl.concat_list("split", "split_other").list.unique().list.sort().list.join(" and ")
    return (
        both.with_columns(
            splits.alias("splits"),
            pl.when(is_tested).then("study_other").otherwise("study").alias("named"),
        )
        .group_by("study", "study_other")
        .agg(pl.len().alias("n_pairs"), pl.col("splits", "named").min(), pl.col("correlation").max())
        .sort("study", "study_other")
    )


PIXEL_DUPLICATE_CHECKS = (
    Check(
        id="same_pixels_two_patients",
        title="No image stands under two patients with the same pixels",
        family="duplicates",
        severity=Severity.CRITICAL,
        method=(
            "Keyed digest of all stored pixel values of the images chosen from the index series of the included cases; "
            "flat images are left out."
        ),
        unit="studies",
        run=same_pixels,
    ),
    Check(
        id="near_duplicate_images",
        title="No two patients have nearly the same image",
        family="duplicates",
        severity=Severity.MAJOR,
        method=(
            "Hashes of 256 bits of the chosen images that differ in 15 at most, confirmed by the details of thumbnails "
            "of 32 × 32, which correlate with 0.97 at least."
        ),
        unit="pairs of studies",
        run=near_duplicates,
    ),
)
