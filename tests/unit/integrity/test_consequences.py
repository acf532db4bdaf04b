"""The metrics with and without the patients whom a check names."""

import polars as pl
import pytest

from multisite.integrity.consequences import CONSEQUENCE_STAGE, ConsequenceParameters, named_patients
from multisite.schemas import StageInputs
from multisite.schemas.cohort import COHORT
from multisite.schemas.consequences import CONSEQUENCES
from multisite.schemas.integrity import FINDINGS
from tests.lib.tables import table

PARAMETERS = ConsequenceParameters(findings=("nodule",), threshold=0.5, ci_level=0.95)
_COHORT = """
case_id | patient_id | study_instance_uid | series_instance_uid | split | included | reference_nodule
c1      | p1         | s1                 | e1                  | train | true     | true
c2      | p1         | s2                 | e2                  | test  | true     | true
c3      | p2         | s3                 | e3                  | test  | true     | true
c4      | p2         | s4                 | e4                  | test  | true     | false
c5      | p3         | s5                 | e5                  | test  | true     | false
c6      | p4         | s6                 | e6                  | test  | true     | false
c7      | p5         | s7                 | e7                  | test  | true     | true
c8      | p6         | s8                 | e8                  | test  | false    | true
"""
_SCORES = """
case_id | score
c2      | 0.9
c3      | 0.4
c4      | 0.6
c5      | 0.1
c6      | 0.2
c7      | 0.8
"""
_FINDINGS = """
check           | entity   | pseudonym | detail
patient_overlap | patient  | p1        | -
study_twice     | study    | s4        | -
case_wrong      | case     | c5        | -
old_patient     | patient  | p6        | -
instance_twice  | instance | i9        | -
"""


def cohort() -> pl.DataFrame:
    rows = table(_COHORT, included=pl.Boolean(), reference_nodule=pl.Boolean())
    rows = rows.with_columns(pl.lit("north").alias("site"))
    absent = [pl.lit(None, dtype).alias(name) for name, dtype in COHORT.schema.items() if name not in rows.columns]
    return rows.with_columns(absent)


def findings(text: str = _FINDINGS) -> pl.DataFrame:
    rows = table(text).with_columns(pl.lit("north").alias("site"), pl.col("detail").fill_null(""))
    return FINDINGS.conform(rows.select(FINDINGS.schema.names()))


def consequences(rows: pl.DataFrame) -> pl.DataFrame:
    named = {"site": "north", "finding": "nodule", "model": "ai"}
    scores = table(_SCORES, score=pl.Float64()).with_columns(pl.lit(v).alias(k) for k, v in named.items())
    frames = {"cohort": cohort(), "predictions": scores, "findings": rows}
    outputs = CONSEQUENCE_STAGE.run(StageInputs(site="north", frames=frames), PARAMETERS)
    return CONSEQUENCES.conform(outputs.frames[CONSEQUENCES.name])


def test_a_finding_names_patients_directly_or_by_a_study_or_case_of_theirs_in_the_test_split() -> None:
    tested = cohort().filter(pl.col("included"), pl.col("split") == "test")
    assert named_patients(findings(), tested).rows() == [
        ("case_wrong", "p3"),
        ("patient_overlap", "p1"),
        ("study_twice", "p2"),
    ]


def test_each_metric_is_judged_with_and_without_all_cases_of_the_named_patients() -> None:
    rows = consequences(findings())
    assert set(rows["check"]) == {"patient_overlap", "study_twice", "case_wrong"}
    twice = {row["metric"]: row for row in rows.filter(check="study_twice").iter_rows(named=True)}
    # Both cases of p2 leave: the missed positive and the false alarm.
    assert (twice["sensitivity"]["of_all"], twice["sensitivity"]["without"]) == (pytest.approx(2 / 3), 1.0)
    assert (twice["specificity"]["of_all"], twice["specificity"]["without"]) == (pytest.approx(2 / 3), 1.0)
    assert (twice["auc"]["of_all"], twice["auc"]["without"]) == (pytest.approx(8 / 9), 1.0)
    assert (twice["auc"]["n_patients"], twice["auc"]["n_patients_removed"]) == (5, 1)
    assert twice["sensitivity"]["n_patients"] == 3


def test_what_names_nobody_in_the_test_split_has_no_consequence() -> None:
    assert consequences(findings().filter(pl.col("check").is_in(["old_patient", "instance_twice"]))).is_empty()
    assert consequences(FINDINGS.empty()).is_empty()


def test_removing_every_positive_is_undefined_and_says_so() -> None:
    named = [f"all | patient | {patient} | x" for patient in ("p1", "p2", "p5")]
    rows = consequences(findings("\n".join(["check | entity | pseudonym | detail", *named])))
    auc = rows.filter(metric="auc").row(0, named=True)
    assert (auc["without"], auc["status"], auc["reason"]) == (None, "undefined", "a class is empty")


def test_what_bears_on_privacy_alone_changes_no_result() -> None:
    told = findings().with_columns(pl.lit("identifiers_in_names").alias("check"))
    assert consequences(told).is_empty()
