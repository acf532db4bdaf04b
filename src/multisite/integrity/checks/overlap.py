"""The same patient, study, series, instance, frame of reference or order in more than one split."""

import polars as pl

from multisite.integrity.check import Check, CheckFrames, Outcome, insufficient, judged, not_applicable
from multisite.integrity.checks.instances import INSTANCE_OVERLAP
from multisite.vocabulary import Severity

__all__ = ["OVERLAP_CHECKS"]


def _of_cases(column: str, noun: str, plural: str) -> Check:
    """The check of an identifier that each case has once."""

    def run(frames: CheckFrames) -> Outcome:
        known = frames.included.select("case_id", "split", column).drop_nulls()
        return _overlap(known, frames.included, column, noun, plural)

    return Check(
        id=f"{noun}_overlap",
        title=f"No {noun} is in more than one split",
        family="overlap",
        severity=Severity.CRITICAL,
        method=f"Splits per pseudonym of {column}, over the included cases.",
        unit=plural,
        run=run,
    )


def _of_images(column: str, noun: str, plural: str) -> Check:
    """The check of an identifier in the series of the cases' studies."""

    def run(frames: CheckFrames) -> Outcome:
        images = frames.series.select("study_instance_uid", column).drop_nulls().unique()
        cases = frames.included.select("case_id", "split", "study_instance_uid")
        known = cases.join(images, on="study_instance_uid", how="inner").drop_nulls()
        return _overlap(known, frames.included, column, noun, plural)

    return Check(
        id=f"{noun.replace(' ', '_')}_overlap",
        title=f"No {noun} is in more than one split",
        family="overlap",
        # Both may be shared rightly (a common frame for two registered examinations) or by a constant that a
        # de-identification wrote.
        severity=Severity.MAJOR,
        method=f"Splits per pseudonym of {column}, over all series of the studies of the included cases.",
        unit=plural,
        run=run,
    )


def _overlap(known: pl.DataFrame, included: pl.DataFrame, column: str, noun: str, plural: str) -> Outcome:
    n_examined = known[column].n_unique()
    if included["split"].drop_nulls().n_unique() < 2:
        return not_applicable("Fewer than two splits hold cases here, so nothing can overlap.", n_examined)
    if known["split"].n_unique() < 2:
        return insufficient(f"Fewer than two splits hold cases with a known {noun}.", n_examined)
    shared = known.select(column, "split").unique().group_by(column).len().filter(pl.col("len") > 1)
    spread = (
        known.join(shared, on=column, how="semi")
        .group_by(column)
        .agg(
            pl.col("split").unique().sort().str.join(" and ").alias("splits"),
            pl.col("case_id").n_unique().alias("n_cases"),
        )
        .sort(column)
    )
    found = spread.select(
        pl.lit(noun).alias("entity"),
        pl.col(column).alias("pseudonym"),
        pl.format("{} cases in {}", "n_cases", "splits").alias("detail"),
    )
    n_found, n_missing = spread.height, included.height - known["case_id"].n_unique()
    named = noun if n_found == 1 else plural
    left_out = f" {n_missing:,} of {included.height:,} cases have none and were left out." if n_missing else ""
    return judged(
        found,
        n_examined,
        failed=f"{n_found:,} {named} of {n_examined:,} in more than one split.{left_out}",
        passed=f"None of {n_examined:,} {plural} is in more than one split.{left_out}",
    )


OVERLAP_CHECKS = (
    _of_cases("patient_id", "patient", "patients"),
    _of_cases("study_instance_uid", "study", "studies"),
    _of_cases("series_instance_uid", "series", "series"),
    INSTANCE_OVERLAP,
    _of_images("frame_of_reference_uid", "frame of reference", "frames of reference"),
    _of_images("accession_number", "accession number", "accession numbers"),
)
