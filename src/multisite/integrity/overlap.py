"""The same patient, study or series in more than one split."""

import polars as pl

from multisite.integrity.check import Check, CheckFrames, Outcome, nothing_found
from multisite.vocabulary import Severity, Verdict

__all__ = ["OVERLAP_CHECKS"]


def _overlap(column: str, noun: str, plural: str) -> Check:
    def run(frames: CheckFrames) -> Outcome:
        known = frames.included.filter(pl.col(column).is_not_null())
        if known["split"].n_unique() < 2:
            sentence = f"Only one split holds cases with a known {noun}, so nothing can overlap."
            return Outcome(Verdict.NOT_APPLICABLE, known[column].n_unique(), 0, sentence, nothing_found())
        spread = (
            known.group_by(column)
            .agg(
                pl.col("split").unique().sort().str.join(" and ").alias("splits"),
                pl.col("split").n_unique().alias("n_splits"),
                pl.len().alias("n_cases"),
            )
            .filter(pl.col("n_splits") > 1)
            .sort(column)
        )
        n_examined, n_found = known[column].n_unique(), spread.height
        found = spread.select(
            pl.lit(noun).alias("entity"),
            pl.col(column).alias("pseudonym"),
            pl.format("{} cases in {}", "n_cases", "splits").alias("detail"),
        )
        if n_found:
            named = noun if n_found == 1 else plural
            sentence = f"{n_found} {named} of {n_examined:,} in more than one split."
            return Outcome(Verdict.FAIL, n_examined, n_found, sentence, found)
        sentence = f"None of {n_examined:,} {plural} is in more than one split."
        return Outcome(Verdict.PASS, n_examined, 0, sentence, found)

    return Check(
        id=f"{noun}_overlap",
        title=f"No {noun} is in more than one split",
        family="overlap",
        severity=Severity.CRITICAL,
        method=f"Splits per pseudonym of {column}, over the included cases.",
        unit=plural,
        run=run,
    )


OVERLAP_CHECKS = (
    _overlap("patient_id", "patient", "patients"),
    _overlap("study_instance_uid", "study", "studies"),
    _overlap("series_instance_uid", "series", "series"),
)
