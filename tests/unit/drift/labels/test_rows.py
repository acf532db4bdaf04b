from datetime import date

import polars as pl

from multisite.drift.deployment.rows import route_rows
from multisite.drift.labels.rows import labelled_studies
from multisite.drift.monitors import Alert
from multisite.schemas.drift_performance import DEPLOYMENT_LABELS
from tests.unit.drift.builders import MONITORS, PAIRS, deployment_table, studies

STUDIES = studies("""
series_instance_uid | study_instance_uid | patient_id | modality | n_series | study_date | vendor | age_years
e1                  | s1                 | p1         | CT       | 1        | 2026-01-10 | Alpha  | 50
e2                  | s2                 | p1         | CT       | 1        | 2026-01-20 | Alpha  | 50
e3                  | s3                 | p2         | CT       | 1        | 2026-01-11 | Alpha  | 60
e4                  | s4                 | p3         | CT       | 1        | 2026-02-01 | Alpha  | 70
""")
TABLE = deployment_table("""
patient_id | study_instance_uid | finding | model | score
p1         | s1                 | nodule  | ai    | 0.5
p1         | s2                 | nodule  | ai    | 0.9
p2         | s3                 | nodule  | ai    | 0.4
p3         | s4                 | nodule  | ai    | 0.8
""").with_columns(
    pl.Series("reference_positive", [True, False, None, False]),
    pl.Series("reference_date", [date(2026, 3, 1), date(2026, 3, 1), None, None], dtype=pl.Date),
    pl.Series("audit_probability", [0.1, 2.0, None, None], dtype=pl.Float64),
)


def labelled(table: pl.DataFrame = TABLE) -> pl.DataFrame:
    rows = route_rows(table, STUDIES, monitors=MONITORS, pairs=PAIRS)
    made = labelled_studies(rows, table, STUDIES, alerts=(Alert("nodule", "ai", 0.5),), site="north")
    return DEPLOYMENT_LABELS.conform(made)


def test_the_first_study_of_a_patient_in_a_month_counts() -> None:
    assert labelled()["study_instance_uid"].to_list() == ["s1", "s3", "s4"]


def test_a_score_at_the_threshold_is_an_alert() -> None:
    assert dict(labelled().select("study_instance_uid", "is_alert").rows()) == {"s1": True, "s3": False, "s4": True}


def test_a_label_without_a_date_is_known_in_the_month_of_the_study() -> None:
    known = dict(labelled().select("study_instance_uid", "known_in").rows())
    assert known == {"s1": "2026-03", "s3": None, "s4": "2026-02"}


def test_labels_that_contradict_each_other_are_no_label() -> None:
    twice = pl.concat([TABLE, TABLE.filter(study_instance_uid="s4").with_columns(reference_positive=pl.lit(True))])
    assert labelled(twice).filter(study_instance_uid="s4")["reference_positive"].to_list() == [None]


def test_a_table_without_labels_gives_studies_without_labels() -> None:
    bare = labelled(TABLE.drop("reference_positive", "reference_date", "audit_probability"))
    assert bare.height == 3
    assert bare["reference_positive"].null_count() == 3
