"""Whether each patient stays within one group, such as a hospital, where the protocol says so."""

from dataclasses import dataclass

import polars as pl

from multisite.integrity.check import Check, CheckFrames, Outcome, insufficient, not_applicable, nothing_found
from multisite.vocabulary import Severity, Verdict

__all__ = ["ACROSS_GROUPS_CHECKS"]

_MOST_NAMED = 10
"""Values that a finding names; of further ones it has the number."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What one column showed: patients with a value, how many values there are, and the patients with several."""

    column: str
    n_patients: int
    n_values: int
    several: pl.DataFrame
    n_missing: int

    @property
    def words(self) -> str:
        if not self.n_values:
            return f"`{self.column}` is not known"
        missing = f" ({self.n_missing:,} cases without patient or value)" if self.n_missing else ""
        return f"{self.several.height:,} of {self.n_patients:,} patients by `{self.column}`{missing}"


def patient_across_groups(frames: CheckFrames) -> Outcome:
    """Patients whose cases have more than one value of a column within which the protocol says that patients stay."""
    columns = frames.claims.patients_stay_within
    if not columns:
        return not_applicable("The protocol declares no column within which patients stay.")
    answers = [_answer(frames.included, column) for column in columns]
    n_examined = frames.included["patient_id"].drop_nulls().n_unique()
    if all(answer.n_values == 1 for answer in answers):
        return not_applicable("Each declared column has one value here, so no patient can have two.", n_examined)
    told = "; ".join(answer.words for answer in answers)
    found = pl.concat([answer.several for answer in answers])
    if found.height:
        sentence = f"Patients in more than one group: {told}."
        return Outcome(Verdict.FAIL, n_examined, found["pseudonym"].n_unique(), sentence, found)
    if not all(answer.n_values for answer in answers):
        return insufficient(f"Patients in more than one group: {told}.", n_examined)
    return Outcome(Verdict.PASS, n_examined, 0, f"Patients in more than one group: {told}.", nothing_found())


def _answer(included: pl.DataFrame, column: str) -> _Answer:
    cases = included.select("patient_id", pl.col(column).cast(pl.String).alias("value")).drop_nulls()
    values = cases.unique()
    several = values.group_by("patient_id").len().filter(pl.col("len") > 1)
    more = pl.len().cast(pl.Int64) - _MOST_NAMED
    listed = (
        values.join(several, on="patient_id", how="semi")
        .group_by("patient_id")
        .agg(
            pl.col("value").sort().head(_MOST_NAMED).str.join(", ").alias("values"),
            pl.when(more > 0).then(pl.format(" and {} more", more)).otherwise(pl.lit("")).alias("more"),
        )
        .sort("patient_id")
        .select(
            pl.lit("patient").alias("entity"),
            pl.col("patient_id").alias("pseudonym"),
            pl.format(f"{column}: {{}}{{}}", "values", "more").alias("detail"),
        )
    )
    return _Answer(
        column, values["patient_id"].n_unique(), values["value"].n_unique(), listed, included.height - cases.height
    )


ACROSS_GROUPS_CHECKS = (
    Check(
        id="patient_across_groups",
        title="No patient stands in more than one group that the protocol declares",
        family="overlap",
        severity=Severity.CRITICAL,
        method="Values per patient of each column under `patients_stay_within` of the study file, over the included "
        "cases of the site.",
        unit="patients",
        run=patient_across_groups,
    ),
)
