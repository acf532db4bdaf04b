import polars as pl
import pytest

from multisite.cohort.cases import index_series as index_series_of_the_cohort
from multisite.drift.deployment import OUTCOMES, count_outcomes, index_series, monitored_studies, route_rows
from multisite.drift.monitors import Monitors
from multisite.drift.stage import DEPLOYMENT_STAGE, DeploymentParameters
from multisite.schemas import StageInputs
from multisite.schemas.drift import DEPLOYMENT, DEPLOYMENT_COUNTS
from tests.unit.drift.builders import MONITORS, PAIRS, deployment_table, series

SERIES = series("""
series_instance_uid | study_instance_uid | patient_id | modality | n_instances | study_date | vendor | age_years
e1                  | s1                 | p1         | CT       | 10          | 2026-01-31 | Alpha  | 50
e2                  | s2                 | p2         | CT       | 10          | 2026-02-01 | Beta   | -
e3                  | s3                 | p3         | CT       | 10          | 2026-02-02 | Beta   | 70
e4                  | s4                 | p4         | CR       | 10          | 2026-02-02 | Beta   | 70
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
    return route_rows(table, SERIES, monitors=MONITORS, pairs=PAIRS, modalities=("CT",))


def test_every_row_has_one_outcome_and_they_add_up_to_the_table() -> None:
    counts = DEPLOYMENT_COUNTS.conform(count_outcomes(routed(), site="north"))
    assert dict(zip(counts["outcome"], counts["n_rows"], strict=True)) == {
        "monitored": 3,
        "duplicated": 3,
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
    studies = DEPLOYMENT.conform(monitored_studies(routed(), site="north", monitors=MONITORS))
    scores = dict(zip(studies["study_instance_uid"], studies["number_score_nodule_ai"], strict=True))
    assert scores == {"s1": 0.25, "s2": None, "s3": None, "s7": 0.75, "s8": None, "s9": 0.5}


def test_the_month_is_the_month_of_the_study_date() -> None:
    studies = monitored_studies(routed(), site="north", monitors=MONITORS)
    months = dict(zip(studies["study_instance_uid"], studies["month"], strict=True))
    assert (months["s1"], months["s2"]) == ("2026-01", "2026-02")


def test_the_order_of_the_table_does_not_matter() -> None:
    studies = monitored_studies(routed(), site="north", monitors=MONITORS)
    backwards = monitored_studies(routed(TABLE.reverse()), site="north", monitors=MONITORS)
    assert studies.equals(backwards)


def test_the_patient_of_the_images_stands_before_that_of_the_table() -> None:
    studies = monitored_studies(
        routed(TABLE.with_columns(pl.lit("someone").alias("patient_id"))), site="north", monitors=MONITORS
    )
    patients = dict(zip(studies["study_instance_uid"], studies["patient_id"], strict=True))
    assert (patients["s1"], patients["s6"]) == ("p1", "someone")


def test_a_number_that_is_not_finite_and_a_blank_category_are_missing() -> None:
    odd = SERIES.with_columns(pl.lit(float("inf")).alias("age_years"), pl.lit("  ").alias("vendor"))
    rows = route_rows(TABLE, odd, monitors=MONITORS, pairs=PAIRS, modalities=("CT",))
    studies = monitored_studies(rows, site="north", monitors=MONITORS)
    assert studies["number_age_years"].null_count() == studies["category_vendor"].null_count() == studies.height > 0


def test_the_index_series_is_the_one_that_the_cohort_would_choose() -> None:
    several = series("""
    series_instance_uid | study_instance_uid | modality | n_instances | vendor
    e1                  | s1                 | CT       | 10          | few
    e2                  | s1                 | CT       | 90          | many
    e3                  | s1                 | CR       | 99          | other modality
    e5                  | s2                 | CT       | 10          | larger id
    e4                  | s2                 | CT       | 10          | smaller id
    e6                  | s3                 | CR       | 10          | not eligible
    e7                  | s3                 | -        | 90          | unknown
    """)
    ours = index_series(several, Monitors((), ("vendor",), ()), ("CT",)).filter("eligible")
    theirs = index_series_of_the_cohort(several, ("CT",)).filter(pl.col("series_instance_uid").is_not_null())
    chosen = dict(zip(ours["study_instance_uid"], ours["category_vendor"], strict=True))
    assert chosen == {"s1": "many", "s2": "smaller id"}
    assert chosen == dict(zip(theirs["study_instance_uid"], theirs["vendor"], strict=True))


@pytest.mark.parametrize(("table", "listed"), [(None, 0), (TABLE.clear(), len(OUTCOMES))])
def test_no_table_has_no_counts_and_an_empty_table_has_counts_of_zero(table: pl.DataFrame | None, listed: int) -> None:
    tables = {} if table is None else {"deployment": table}
    outputs = DEPLOYMENT_STAGE.run(
        StageInputs(site="north", frames={"series": SERIES}, tables=tables), DeploymentParameters(MONITORS, PAIRS, ("CT",))
    )
    studies = DEPLOYMENT.conform(outputs.frames["deployment"])
    counts = DEPLOYMENT_COUNTS.conform(outputs.frames["deployment_counts"])
    assert studies.is_empty()
    assert set(MONITORS.columns) <= set(studies.columns)
    assert (counts.height, counts["n_rows"].sum()) == (listed, 0)
