"""Which cases count, and with which truth."""

import polars as pl
import pytest

from multisite.errors import SchemaError
from multisite.tallies import scored_cases
from tests.lib.tables import table

COHORT = table(
    """
    site | case_id | patient_id | split | included | stratum_sex | reference_nodule | reference_effusion
    a    | c1      | p1         | test  | true     | F           | true             | false
    a    | c2      | p1         | test  | true     | M           | false            | -
    a    | c3      | p2         | tune  | false    | M           | true             | true
    """,
    included=pl.Boolean(),
    reference_nodule=pl.Boolean(),
    reference_effusion=pl.Boolean(),
)
PREDICTIONS = table(
    """
    site | case_id | finding  | model | score
    a    | c1      | nodule   | m1    | 0.9
    a    | c1      | effusion | m1    | 0.8
    a    | c2      | nodule   | m1    | 0.7
    a    | c2      | effusion | m1    | 0.6
    a    | c3      | nodule   | m1    | 0.5
    a    | c4      | nodule   | m1    | 0.4
    """,
    score=pl.Float64(),
)


def test_each_score_meets_the_reference_standard_of_its_own_finding() -> None:
    scored = scored_cases(COHORT, PREDICTIONS, carry=["stratum_sex"])
    found = scored.select("patient_id", "finding", "reference", "score", "stratum_sex")
    assert sorted(found.rows()) == [
        ("p1", "effusion", False, 0.8, "F"),
        ("p1", "nodule", False, 0.7, "M"),
        ("p1", "nodule", True, 0.9, "F"),
    ]


def test_a_finding_without_a_reference_standard_is_a_fault_of_the_set_up() -> None:
    with pytest.raises(SchemaError, match="`reference_effusion`"):
        scored_cases(COHORT.drop("reference_effusion"), PREDICTIONS)


def test_a_row_takes_over_what_is_asked_for_and_nothing_else() -> None:
    names = ["site", "finding", "model", "split", "patient_id", "reference", "score"]
    assert scored_cases(COHORT, PREDICTIONS).columns == names
    assert scored_cases(COHORT, PREDICTIONS, carry=["case_id"]).columns == [*names, "case_id"]
