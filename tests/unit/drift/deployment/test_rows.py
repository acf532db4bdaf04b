import polars as pl
import pytest

from multisite.drift.deployment.rows import OUTCOMES, count_outcomes, monitored_studies, route_rows
from multisite.drift.deployment.stage import DEPLOYMENT_STAGE, DeploymentParameters
from multisite.schemas import StageInputs
from multisite.schemas.drift import DEPLOYMENT, DEPLOYMENT_COUNTS
from tests.unit.drift.builders import MONITORS, PAIRS, deployment_table, studies

STUDIES = studies("""
series_instance_uid | study_instance_uid | patient_id | modality | n_series    | study_date | vendor | age_years
e1                  | s1                 | p1         | CT       | 10          | 2026-01-31 | Alpha  | 50
e2                  | s2                 | p2         | CT       | 10          | 2026-02-01 | Beta   | -
e3                  | s3                 | p3         | CT       | 10          | 2026-02-02 | Beta   | 70
-                   | s4                 | p4         | -        | 10          | 2026-02-02 | Beta   | 70
e5                  | s5                 | p5         | CT       | 10          | -          | Beta   | 70
e6                  | s6                 | -          | CT       | 10          | 2026-02-02 | Beta   | 70
e7                  | s7                 | p7         | CT       | 10          | 2026-02-02 | Beta   | 70
e8                  | s8                 | p8         | CT       | 10          | 2026-02-02 | Beta   | 70
e9                  | s9                 | p9         | CT       | 10          | 2026-02-02 | Beta   | 70
""")

TABLE = deployment_table("""
patient_id | study_instance_uid | finding | model | score
p1         | s1                 | nodule  | ai    | 0.25
p2         | s2                 | nodule  | ai    | NaN
p3         | s3                 | nodule  | ai    | 1.5
p4         | s4                 | nodule  | ai    | 0.5
p5         | s5                 | nodule  | ai    | 0.5
-          | s6                 | nodule  | ai    | 0.5
p7         | s7                 | nodule  | ai    | 0.75
p7         | s7                 | nodule  | ai    | 0.75
p8         | s8                 | nodule  | ai    | 0.1
p8         | s8                 | nodule  | ai    | 0.9
p9         | s9                 | nodule  | ai    | -
p9         | s9                 | nodule  | ai    | 0.5
p9         | s9                 | cyst    | ai    | 0.5
p10        | s10                | nodule  | ai    | 0.5
p11        | -                  | nodule  | ai    | inf
""")


def routed(table: pl.DataFrame = TABLE) -> pl.DataFrame:
    return route_rows(table, STUDIES, monitors=MONITORS, pairs=PAIRS)


def test_every_row_has_one_outcome_and_they_add_up_to_the_table() -> None:
    counts = DEPLOYMENT_COUNTS.conform(count_outcomes(routed(), site="north"))
    assert dict(zip(counts["outcome"], counts["n_rows"], strict=True)) == {
        "monitored": 3,
        "duplicated": 3,
        "failed": 0,
        "abstained": 0,
        "unknown outcome": 0,
        "score missing": 2,
        "score out of range": 1,
        "unknown finding or model": 1,
        "no images": 2,
        "no eligible modality": 1,
        "no study date": 1,
        "no patient": 1,
    }
    assert counts["n_rows"].sum() == TABLE.height


def test_a_study_without_a_sound_score_is_watched_without_it() -> None:
    watched = DEPLOYMENT.conform(monitored_studies(routed(), site="north", monitors=MONITORS))
    scores = dict(zip(watched["study_instance_uid"], watched["number_score_nodule_ai"], strict=True))
    assert scores == {"s1": 0.25, "s2": None, "s3": None, "s7": 0.75, "s8": None, "s9": 0.5}


def test_the_month_is_the_month_of_the_study_date() -> None:
    watched = monitored_studies(routed(), site="north", monitors=MONITORS)
    months = dict(zip(watched["study_instance_uid"], watched["month"], strict=True))
    assert (months["s1"], months["s2"]) == ("2026-01", "2026-02")


def test_the_order_of_the_table_does_not_matter() -> None:
    watched = monitored_studies(routed(), site="north", monitors=MONITORS)
    backwards = monitored_studies(routed(TABLE.reverse()), site="north", monitors=MONITORS)
    assert watched.equals(backwards)


def test_the_patient_of_the_images_stands_before_that_of_the_table() -> None:
    watched = monitored_studies(
        routed(TABLE.with_columns(pl.lit("someone").alias("patient_id"))), site="north", monitors=MONITORS
    )
    patients = dict(zip(watched["study_instance_uid"], watched["patient_id"], strict=True))
    assert (patients["s1"], patients["s6"]) == ("p1", "someone")


def test_a_number_that_is_not_finite_and_a_blank_category_are_missing() -> None:
    odd = STUDIES.with_columns(pl.lit(float("inf")).alias("age_years"), pl.lit("  ").alias("vendor"))
    rows = route_rows(TABLE, odd, monitors=MONITORS, pairs=PAIRS)
    watched = monitored_studies(rows, site="north", monitors=MONITORS)
    assert watched["number_age_years"].null_count() == watched["category_vendor"].null_count() == watched.height > 0


@pytest.mark.parametrize(("table", "listed"), [(None, 0), (TABLE.clear(), len(OUTCOMES))])
def test_no_table_has_no_counts_and_an_empty_table_has_counts_of_zero(table: pl.DataFrame | None, listed: int) -> None:
    tables = {} if table is None else {"deployment": table}
    outputs = DEPLOYMENT_STAGE.run(
        StageInputs(site="north", frames={"studies": STUDIES}, tables=tables),
        DeploymentParameters(MONITORS, PAIRS),
    )
    watched = DEPLOYMENT.conform(outputs.frames["deployment"])
    counts = DEPLOYMENT_COUNTS.conform(outputs.frames["deployment_counts"])
    assert watched.is_empty()
    assert set(MONITORS.columns) <= set(watched.columns)
    assert (counts.height, counts["n_rows"].sum()) == (listed, 0)
