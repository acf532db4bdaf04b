"""The same person under several PatientIDs, by name, birth date and sex."""

import polars as pl

from multisite.integrity.check import Check, CheckFrames, Outcome, insufficient, judged, not_applicable
from multisite.vocabulary import Severity

__all__ = ["LINKED_PATIENT_CHECKS"]

_MOST = 10
"""PatientIDs that one person may have had; what more of them share stands for a name and a date that are not known."""

_KEY = "demographics_key"


def linked_patients(frames: CheckFrames) -> Outcome:
    """Patients of cases in different splits who are the same person."""
    known = _cases_with_key(frames)
    n_examined = known["patient_id"].n_unique()
    if frames.included["split"].drop_nulls().n_unique() < 2:
        return not_applicable("Fewer than two splits hold cases here, so nobody can be in two.", n_examined)
    if known["split"].n_unique() < 2:
        return insufficient("Fewer than two splits hold cases with a name and a birth date.", n_examined)
    groups = _shared(known, by=[_KEY]).filter(pl.col("n_splits") > 1)
    return _judged(
        frames,
        known,
        groups,
        failed="under another PatientID in another split",
        passed="under PatientIDs of two splits",
    )


def patient_under_two_ids(frames: CheckFrames) -> Outcome:
    """Patients of cases in one split who are the same person."""
    known = _cases_with_key(frames)
    if known.is_empty():
        return insufficient("No included case has a name and a birth date.")
    groups = _shared(known, by=[_KEY, "split"])
    return _judged(
        frames,
        known,
        groups,
        failed="under another PatientID in the same split",
        passed="under two PatientIDs of a split",
    )


def _cases_with_key(frames: CheckFrames) -> pl.DataFrame:
    """Case, split, patient and key, a row for each key of the patient."""
    keys = frames.demographics.select("patient_id", _KEY)
    cases = frames.included.select("case_id", "split", "patient_id").drop_nulls()
    return cases.join(keys, on="patient_id", how="inner")


def _shared(known: pl.DataFrame, *, by: list[str]) -> pl.DataFrame:
    """The groups of cases that several patients share."""
    patients, splits = pl.col("patient_id").n_unique(), pl.col("split").unique().sort()
    groups = known.group_by(by).agg(
        patients.alias("n_patients"), splits.len().alias("n_splits"), splits.str.join(" and ").alias("splits")
    )
    return groups.filter(pl.col("n_patients") > 1)


def _judged(frames: CheckFrames, known: pl.DataFrame, groups: pl.DataFrame, *, failed: str, passed: str) -> Outcome:
    on = [column for column in (_KEY, "split") if column in groups.columns]
    people = groups.filter(pl.col("n_patients") <= _MOST)
    linked = known.select("patient_id", *on).unique().join(people, on=on, how="inner")
    found = (
        linked.sort("patient_id", _KEY, "splits")
        .unique("patient_id", keep="first", maintain_order=True)
        .select(
            pl.lit("patient").alias("entity"),
            pl.col("patient_id").alias("pseudonym"),
            pl.format("{} PatientIDs of one name, birth date and sex, with cases in {}", "n_patients", "splits").alias(
                "detail"
            ),
        )
    )
    n_examined, n_people = known["patient_id"].n_unique(), people[_KEY].n_unique()
    n_missing = frames.included.height - known["case_id"].n_unique()
    n_placeholders = groups.height - people.height
    left_out = (
        f" {n_missing:,} of {frames.included.height:,} cases have neither and were left out." if n_missing else ""
    )
    if n_placeholders:
        left_out += f" What more than {_MOST} PatientIDs share was taken for no name ({n_placeholders:,} times)."
    return judged(
        found,
        n_examined,
        failed=f"{found.height:,} of {n_examined:,} patients with a name and a birth date stand {failed}; "
        f"they are {n_people:,} by name, birth date and sex.{left_out}",
        passed=f"None of {n_examined:,} patients with a name and a birth date stands {passed}.{left_out}",
    )


LINKED_PATIENT_CHECKS = (
    Check(
        id="linked_patients",
        title="Nobody is in two splits under two PatientIDs",
        family="overlap",
        severity=Severity.CRITICAL,
        method="PatientIDs and splits per demographics key (name, birth date and sex), over the included cases.",
        unit="patients",
        run=linked_patients,
    ),
    Check(
        id="patient_under_two_ids",
        title="Nobody is counted as two patients of a split",
        family="overlap",
        severity=Severity.MINOR,
        method="PatientIDs per demographics key (name, birth date and sex) and split, over the included cases.",
        unit="patients",
        run=patient_under_two_ids,
    ),
)
