from dataclasses import replace

import polars as pl

from multisite.drift.baseline.reference import reference_studies
from multisite.drift.monitors import Alert, ClinicalColumn
from multisite.schemas.drift import DRIFT_REFERENCE
from tests.unit.drift.builders import MONITORS, cohort, predictions

COHORT = cohort("""
case_id | patient_id | study_instance_uid | split | included | case_date  | age_years | vendor
c1      | p1         | s1                 | test  | true     | 2024-03-05 | 50        | Alpha
c2      | p1         | s1                 | test  | true     | 2024-03-05 | 50        | Alpha
c3      | p2         | s2                 | test  | true     | -          | -         | -
c4      | p3         | s3                 | train | true     | 2024-09-01 | 60        | Alpha
c5      | p4         | s4                 | test  | false    | 2024-09-01 | 60        | Alpha
""")

PREDICTIONS = predictions("""
case_id | finding | model | score
c1      | nodule  | ai    | 0.2
c2      | nodule  | ai    | 0.7
c4      | nodule  | ai    | 0.9
""")


def test_the_reference_is_one_row_per_study_with_an_included_test_case() -> None:
    reference = DRIFT_REFERENCE.conform(reference_studies(COHORT, PREDICTIONS, monitors=MONITORS))
    assert reference["study_instance_uid"].to_list() == ["s1", "s2"]
    assert reference["number_age_years"].to_list() == [50.0, None]
    assert reference["category_vendor"].to_list() == ["Alpha", None]


def test_the_score_of_a_study_is_the_highest_of_its_cases() -> None:
    reference = reference_studies(COHORT, PREDICTIONS, monitors=MONITORS)
    assert reference["number_score_nodule_ai"].to_list() == [0.7, None]


def test_the_first_study_of_a_patient_in_a_month_stands_for_the_patient() -> None:
    cohort_of_one = cohort("""
    case_id | patient_id | study_instance_uid | split | included | case_date  | age_years | vendor
    c1      | p1         | s9                 | test  | true     | 2024-03-05 | 50        | Alpha
    c2      | p1         | s1                 | test  | true     | 2024-03-06 | 50        | Alpha
    c3      | p1         | s3                 | test  | true     | 2024-04-01 | 50        | Alpha
    c4      | p2         | s4                 | test  | true     | -          | 60        | Alpha
    c5      | p2         | s5                 | test  | true     | -          | 60        | Alpha
    """)
    reference = reference_studies(cohort_of_one, PREDICTIONS, monitors=MONITORS)
    assert reference.select("study_instance_uid", "month").rows() == [
        ("s3", "2024-04"),
        ("s4", None),
        ("s9", "2024-03"),
    ]


def test_a_clinical_column_is_the_level_of_its_stratum_and_unknown_is_no_value() -> None:
    cases = COHORT.with_columns(pl.Series("stratum_setting", ["ward", "ward", "unknown", "ward", "ward"]))
    setting = ClinicalColumn("clinical_setting", "setting")
    monitors = replace(MONITORS, categories=("vendor", "clinical_setting"), clinical=(setting,))
    reference = DRIFT_REFERENCE.conform(reference_studies(cases, PREDICTIONS, monitors=monitors))
    assert reference["category_clinical_setting"].to_list() == ["ward", None]


def test_alerts_are_known_of_the_reference_and_what_only_routine_use_tells_is_not() -> None:
    monitors = replace(MONITORS, alerts=(Alert("nodule", "ai", 0.7),), models=("ai",))
    reference = DRIFT_REFERENCE.conform(reference_studies(COHORT, PREDICTIONS, monitors=monitors))
    assert reference["share_alert_nodule_ai"].to_list() == [True, None]
    for share in ("share_failed_ai", "share_abstained_ai", "share_disagrees_nodule_ai"):
        assert reference[share].null_count() == reference.height
