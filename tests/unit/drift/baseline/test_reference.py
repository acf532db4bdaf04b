from multisite.drift.baseline.reference import last_month, reference_studies
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


def test_the_last_month_is_that_of_the_latest_test_case() -> None:
    assert last_month(COHORT) == "2024-03"
    assert last_month(COHORT.clear()) is None
