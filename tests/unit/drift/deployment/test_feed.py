from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from multisite.drift.deployment.feed import count_days, seen_devices
from multisite.drift.deployment.rows import count_outcomes, monitored_studies, route_rows
from multisite.drift.deployment.stage import DeploymentParameters, watch_deployment
from multisite.drift.monitors import Alert, ClinicalColumn, Monitors
from multisite.errors import SchemaError
from multisite.schemas import StageInputs
from multisite.schemas.drift import DEPLOYMENT
from multisite.schemas.drift_feed import DEPLOYMENT_DAYS, DEPLOYMENT_DEVICES
from tests.lib.tables import table
from tests.unit.drift.builders import PAIRS, studies

MONITORS = Monitors((), (), scores=PAIRS, alerts=(Alert("nodule", "ai", 0.5),), models=("ai",))

STUDIES = studies("""
series_instance_uid | study_instance_uid | patient_id | modality | study_date | device | software_versions | vendor
e1                  | s1                 | p1         | CT       | 2026-01-05 | d1     | 5.2               | Alpha
e2                  | s2                 | p1         | CT       | 2026-01-03 | d1     | 5.2               | Alpha
e3                  | s3                 | p1         | CT       | 2026-02-02 | d1     | 5.3               | Alpha
e4                  | s4                 | p2         | CT       | 2026-01-05 | d1     | -                 | Alpha
e5                  | s5                 | p3         | CT       | 2026-01-05 | -      | 5.2               | Alpha
e6                  | s6                 | p4         | CT       | 2026-01-06 | d1     | 5.2               | Alpha
""")

TABLE = table(
    """
patient_id | study_instance_uid | finding | model | score | outcome   | report_positive
p1         | s1                 | nodule  | ai    | 0.50  | processed | true
p1         | s2                 | nodule  | ai    | 0.49  | -         | true
p1         | s3                 | nodule  | ai    | 0.90  | Processed | -
p2         | s4                 | nodule  | ai    | -     | FAILED    | false
p3         | s5                 | nodule  | ai    | 0.80  | abstained | true
p4         | s6                 | nodule  | ai    | 0.80  | exploded  | true
""",
    score=pl.Float64(),
    report_positive=pl.Boolean(),
)


def routed(sent: pl.DataFrame = TABLE) -> pl.DataFrame:
    return route_rows(sent, STUDIES, monitors=MONITORS, pairs=PAIRS)


def watched(sent: pl.DataFrame = TABLE) -> pl.DataFrame:
    return DEPLOYMENT.conform(monitored_studies(routed(sent), site="north", monitors=MONITORS))


def by_study(column: str) -> dict[str, object]:
    frame = watched()
    return dict(zip(frame["study_instance_uid"], frame[column], strict=True))


def test_an_outcome_is_read_in_any_case_and_one_in_another_word_leaves_the_study_without_its_score() -> None:
    counts = count_outcomes(routed(), site="north")
    found = {row["outcome"]: row["n_rows"] for row in counts.iter_rows(named=True) if row["n_rows"]}
    assert found == {"monitored": 3, "failed": 1, "abstained": 1, "unknown outcome": 1}
    assert by_study("number_score_nodule_ai") == {
        "s1": 0.5, "s2": 0.49, "s3": 0.9, "s4": None, "s5": None, "s6": None,
    }  # fmt: skip


def test_a_score_at_the_threshold_is_an_alert_and_no_score_is_neither() -> None:
    alerts = by_study("share_alert_nodule_ai")
    assert alerts == {"s1": True, "s2": False, "s3": True, "s4": None, "s5": None, "s6": None}


def test_alert_and_report_disagree_only_where_both_are_known() -> None:
    assert by_study("share_disagrees_nodule_ai") == {
        "s1": False, "s2": True, "s3": None, "s4": None, "s5": None, "s6": None,
    }  # fmt: skip


def test_failed_and_abstained_are_known_of_every_study_of_the_model() -> None:
    assert [name for name, failed in by_study("share_failed_ai").items() if failed] == ["s4"]
    assert [name for name, abstained in by_study("share_abstained_ai").items() if abstained] == ["s5"]
    assert watched()["share_failed_ai"].null_count() == 0


def test_a_tag_that_cannot_be_read_is_told_of_its_study() -> None:
    monitors = replace(MONITORS, invalid=True)
    unreadable = pl.when(pl.col("study_instance_uid") == "s2").then(pl.lit("KVP")).alias("invalid_attributes")
    rows = route_rows(TABLE, STUDIES.with_columns(unreadable), monitors=monitors, pairs=PAIRS)
    found = DEPLOYMENT.conform(monitored_studies(rows, site="north", monitors=monitors))
    assert found.filter("share_invalid_tags")["study_instance_uid"].to_list() == ["s2"]
    assert found["share_invalid_tags"].null_count() == 0


SETTING = replace(
    MONITORS,
    categories=("clinical_setting",),
    clinical=(ClinicalColumn("clinical_setting", "setting", ("emergency", "ward")),),
)


def test_a_clinical_column_of_the_table_is_told_of_each_study_and_a_value_without_a_level_is_other() -> None:
    sent = TABLE.with_columns(pl.Series("clinical_setting", ["ward", " ward ", "", None, "emergency", "at home"]))
    rows = route_rows(sent, STUDIES, monitors=SETTING, pairs=PAIRS)
    found = DEPLOYMENT.conform(monitored_studies(rows, site="north", monitors=SETTING))
    assert dict(zip(found["study_instance_uid"], found["category_clinical_setting"], strict=True)) == {
        "s1": "ward", "s2": "ward", "s3": None, "s4": None, "s5": "emergency", "s6": "other",
    }  # fmt: skip


def test_a_table_that_lacks_a_watched_clinical_column_is_refused_and_no_table_is_none() -> None:
    parameters = DeploymentParameters(SETTING, PAIRS)
    inputs = StageInputs(site="north", frames={"studies": STUDIES}, tables={"deployment": TABLE})
    with pytest.raises(SchemaError, match="lacks `clinical_setting`"):
        watch_deployment(inputs, parameters)
    nothing = watch_deployment(replace(inputs, tables={}), parameters)
    assert nothing.frames["deployment"].is_empty()


def test_the_first_study_of_a_patient_in_a_month_is_the_first_by_date() -> None:
    firsts = by_study("is_first")
    assert [name for name, first in firsts.items() if first] == ["s2", "s3", "s4", "s5", "s6"]


def test_a_table_without_the_optional_columns_has_processed_studies_without_reports() -> None:
    frame = watched(TABLE.drop("outcome", "report_positive"))
    assert frame["share_failed_ai"].sum() == 0
    assert frame["share_disagrees_nodule_ai"].null_count() == frame.height


def test_days_count_all_studies_and_not_only_the_first_of_a_patient() -> None:
    days = DEPLOYMENT_DAYS.conform(count_days(routed(), site="north"))
    assert days.select("date", "n_studies", "n_failed", "n_abstained").rows() == [
        (date(2026, 1, 3), 1, 0, 0),
        (date(2026, 1, 5), 3, 1, 1),
        (date(2026, 1, 6), 1, 0, 0),
        (date(2026, 2, 2), 1, 0, 0),
    ]


def test_devices_are_listed_by_month_and_version_and_studies_of_no_device_are_not() -> None:
    devices = DEPLOYMENT_DEVICES.conform(seen_devices(routed(), STUDIES, site="north"))
    assert devices.select("month", "device", "software_versions", "n_studies", "first_date").rows() == [
        ("2026-01", "d1", "", 1, date(2026, 1, 5)),
        ("2026-01", "d1", "5.2", 3, date(2026, 1, 3)),
        ("2026-02", "d1", "5.3", 1, date(2026, 2, 2)),
    ]
