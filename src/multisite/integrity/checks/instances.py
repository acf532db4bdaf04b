"""The same instance in more than one split: by a study that is, or by itself."""

import polars as pl

from multisite.integrity.check import Check, CheckFrames, Outcome, insufficient, not_applicable, nothing_found
from multisite.vocabulary import Severity, Verdict

__all__ = ["INSTANCE_OVERLAP"]

_CASES, _TOLD = "{} cases in {}", ("n_cases", "splits")


def instance_overlap(frames: CheckFrames) -> Outcome:
    """Instances of studies in more than one split, and instances that studies of different splits share."""
    known = _known_cases(frames)
    studies = known.select("study_instance_uid", "n_instances").unique()
    n_examined = int(studies["n_instances"].sum())
    if frames.included["split"].drop_nulls().n_unique() < 2:
        return not_applicable("Fewer than two splits hold cases here, so nothing can overlap.", n_examined)
    if known["split"].n_unique() < 2:
        return insufficient("Fewer than two splits hold cases whose instances are known.", n_examined)
    torn = _in_several_splits(known, "study_instance_uid")
    # What a torn study holds has been counted with it.
    held = (
        frames.instance_incidents.filter(pl.col("study_instance_uids").list.len() > 1)
        .select("instance", study_instance_uid="study_instance_uids")
        .explode("study_instance_uid")
    )
    counted = held.join(torn, on="study_instance_uid", how="semi")
    apart = held.join(counted, on="instance", how="anti")
    shared = _in_several_splits(apart.join(known, on="study_instance_uid"), "instance")
    in_torn = studies.join(torn, on="study_instance_uid", how="semi")
    n_found = int(in_torn["n_instances"].sum()) + shared.height
    n_missing = frames.included.height - known["case_id"].n_unique()
    left_out = f" {n_missing:,} of {frames.included.height:,} cases have none and were left out." if n_missing else ""
    if not n_found:
        sentence = f"None of {n_examined:,} instances is in more than one split.{left_out}"
        return Outcome(Verdict.PASS, n_examined, 0, sentence, nothing_found())
    named = "instance" if n_found == 1 else "instances"
    whole = f", {in_torn['n_instances'].sum():,} of them with their whole study" if torn.height else ""
    sentence = f"{n_found:,} {named} of {n_examined:,} in more than one split{whole}.{left_out}"
    of_studies = torn.join(studies, on="study_instance_uid").sort("study_instance_uid")
    found = [
        _findings(
            of_studies, "study", "study_instance_uid", pl.format("{} instances, " + _CASES, "n_instances", *_TOLD)
        ),
        _findings(shared.sort("instance"), "instance", "instance", pl.format(_CASES, *_TOLD)),
    ]
    return Outcome(Verdict.FAIL, n_examined, n_found, sentence, pl.concat(found))


def _known_cases(frames: CheckFrames) -> pl.DataFrame:
    """The cases in a split whose study's instances were looked at, with how many there are."""
    instances = (
        # Whether instances repeat is known of series that were made from headers.
        frames.series.filter(pl.col("n_conflicting_instances").is_not_null())
        .group_by("study_instance_uid")
        .agg(pl.col("n_instances").sum())
    )
    cases = frames.included.select("case_id", "split", "study_instance_uid").drop_nulls()
    return cases.join(instances, on="study_instance_uid", how="inner")


def _in_several_splits(rows: pl.DataFrame, key: str) -> pl.DataFrame:
    """One row per ``key`` with rows of more than one split: its ``n_cases`` and, in words, its ``splits``."""
    several = rows.select(key, "split").unique().group_by(key).len().filter(pl.col("len") > 1)
    return (
        rows.join(several, on=key, how="semi")
        .group_by(key)
        .agg(
            pl.col("split").unique().sort().str.join(" and ").alias("splits"),
            pl.col("case_id").n_unique().alias("n_cases"),
        )
    )


def _findings(rows: pl.DataFrame, entity: str, pseudonym: str, detail: pl.Expr) -> pl.DataFrame:
    return rows.select(pl.lit(entity).alias("entity"), pl.col(pseudonym).alias("pseudonym"), detail.alias("detail"))


INSTANCE_OVERLAP = Check(
    id="instance_overlap",
    title="No instance is in more than one split",
    family="overlap",
    severity=Severity.CRITICAL,
    method="Splits of the studies that hold an instance, over all instances of the studies of the included cases.",
    unit="instances",
    run=instance_overlap,
)
