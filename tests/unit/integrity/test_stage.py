"""What the study file may say about checks, and what the stage makes of the site's tables."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from multisite.errors import ConfigError, SchemaError
from multisite.integrity import CHECKS, INTEGRITY_STAGE, PIXELS_STAGE
from multisite.integrity.cases import described_cases
from multisite.schemas import StageInputs
from multisite.schemas.cohort import COHORT, PREDICTIONS
from multisite.schemas.markers import DEMOGRAPHICS, MARKERS
from multisite.schemas.pixels import PIXELS
from multisite.schemas.series import CONTENT_INCIDENTS, INSTANCE_INCIDENTS, SERIES
from multisite.storage.canonical import digest_of
from multisite.study import Study
from tests.lib.tables import table
from tests.unit.integrity.builders import pixel_rows, rolled_up

_STUDY: dict[str, Any] = {
    "study": "chest",
    "title": "Chest study",
    "intended_use": {"task": "detect", "population": "adults", "setting": "emergency", "human_role": "second reader"},
    "findings": [{"id": "nodule", "title": "Nodule"}],
    "models": [{"id": "ai", "title": "AI", "version": "1"}],
    "cohort": {
        "modalities": ["CT"],
        "strata": [{"id": "vendor", "title": "Vendor", "column": "vendor", "when_missing": "level"}],
    },
    "performance": {"threshold": 0.5, "seed": 1},
    "drift": {"population": {"numbers": ["age_years"]}},
}

_COHORT = """
case_id | patient_id | study_instance_uid | series_instance_uid | split | case_date  | included
c1      | p1         | s1                 | e1                  | train | 2024-01-01 | true
c2      | p2         | s2                 | e2                  | test  | 2024-03-01 | true
c3      | p3         | s3                 | e3                  | test  | 2024-04-01 | false
"""
_CASES = """
case_id | patient_id | study_instance_uid | split | clinical_ward
c3      | p3         | s3                 | test  | a
c2      | p2         | s2                 | test  | a
c1      | p1         | s1                 | train | b
"""
_INSTANCES = """
series_instance_uid | study_instance_uid | sop_instance_uid | patient_id | station_name | protocol_name
e1                  | s1                 | i1               | p1         | t1           | chest
e1                  | s1                 | i2               | p1         | t1           | chest low dose
e2                  | s2                 | i3               | p2         | t1           | -
"""


def study(**integrity: object) -> Study:
    return Study.model_validate({**_STUDY, "integrity": integrity})


def filled(text: str, schema: pl.Schema, **dtypes: pl.DataType) -> pl.DataFrame:
    rows = table(text, **dtypes)
    return rows.with_columns(pl.lit(None, dtype).alias(n) for n, dtype in schema.items() if n not in rows.columns)


def inputs(cases: str = _CASES, **tables: pl.DataFrame) -> StageInputs:
    cohort = filled(_COHORT, COHORT.schema, case_date=pl.Date(), included=pl.Boolean())
    found = rolled_up(_INSTANCES)
    return StageInputs(
        site="north",
        frames={
            COHORT.name: cohort.with_columns(pl.lit("north").alias("site")),
            PREDICTIONS.name: PREDICTIONS.empty(),
            SERIES.name: found.series.select(INTEGRITY_STAGE.projection[SERIES.name]),
            INSTANCE_INCIDENTS.name: found.instance_incidents,
            CONTENT_INCIDENTS.name: found.content_incidents,
            MARKERS.name: MARKERS.empty(),
            DEMOGRAPHICS.name: DEMOGRAPHICS.empty(),
            PIXELS.name: pixel_rows(),
        },
        tables={"cases": table(cases), **tables},
    )


def verdicts(declared: Study, given: StageInputs) -> dict[str, str]:
    made = INTEGRITY_STAGE.run(given, INTEGRITY_STAGE.parameters(declared, None)).frames
    results = made["check_results"]
    assert isinstance(results, pl.DataFrame)
    return dict(results.select("check", "verdict").rows())


def test_the_stage_asks_every_check_and_none_crashes() -> None:
    found = verdicts(study(disjoint=["clinical_ward", "station_name"]), inputs())
    assert list(found) == [check.id for check in CHECKS]
    assert "error" not in found.values()


def test_columns_of_the_sites_table_and_of_headers_can_be_declared_disjoint() -> None:
    assert verdicts(study(disjoint=["clinical_ward"]), inputs())["declared_disjoint"] == "pass"
    assert verdicts(study(disjoint=["station_name"]), inputs())["declared_disjoint"] == "fail"


def test_the_table_of_what_was_fitted_is_looked_at_where_the_site_has_one() -> None:
    assert verdicts(study(), inputs())["fitted_on_test"] == "not applicable"
    fitted = table("transform | case_id | patient_id\nz-scores | c2 | -")
    assert verdicts(study(), inputs(fitted=fitted))["fitted_on_test"] == "fail"


def test_pixels_are_looked_at_only_where_the_study_file_asks_for_them() -> None:
    ids = ("same_pixels_two_patients", "near_duplicate_images", "text_in_pixels")
    asked, not_asked = (verdicts(declared, inputs()) for declared in (study(pixels={}), study()))
    assert {asked[id] for id in ids} == {"pass"}
    assert {not_asked[id] for id in ids} == {"not applicable"}


def test_another_number_of_images_or_limit_is_another_run() -> None:
    asked = (None, {}, {"instances_per_series": "all"}, {"instances_per_series": 5}, {"max_object_bytes": 5000})
    for stage in (PIXELS_STAGE, INTEGRITY_STAGE):
        assert len({digest_of(stage.parameters(study(pixels=pixels), None)) for pixels in asked}) == len(asked)


@pytest.mark.parametrize("wrong", [{"instances_per_series": 0}, {"instances_per_series": "some"}, {"sharpen": True}])
def test_a_section_of_pixels_that_makes_no_sense_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"integrity\.pixels"):
        study(pixels=wrong)


def test_cases_have_their_row_of_the_table_and_what_their_index_series_says_with_one_voice() -> None:
    given = inputs()
    made = described_cases(given.frames["cohort"], given.tables["cases"], given.frames["series"]).sort("case_id")
    assert made.select("case_id", "table_row", "clinical_ward", "station_name", "protocol_name").rows() == [
        ("c1", 2, "b", "t1", None),
        ("c2", 1, "a", "t1", None),
    ]


@pytest.mark.parametrize("key", ["disjoint", "patients_stay_within"])
def test_a_column_that_no_case_has_is_refused_before_anything_runs(key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        INTEGRITY_STAGE.parameters(study(**{key: ["device", "scanner", "case_date"]}), None)
    assert caught.value.fact == "a case has no column `scanner`, `case_date`"
    assert f"integrity.{key}" in caught.value.place


@pytest.mark.parametrize("key", ["disjoint", "patients_stay_within"])
def test_a_clinical_column_that_the_site_lacks_is_refused(key: str) -> None:
    with pytest.raises(SchemaError, match=f"lacks `clinical_room`, which `integrity.{key}` names"):
        verdicts(study(**{key: ["clinical_room"]}), inputs())


def test_patients_may_be_claimed_to_stay_within_a_column_of_the_sites_table() -> None:
    assert verdicts(study(), inputs())["patient_across_groups"] == "not applicable"
    assert verdicts(study(patients_stay_within=["clinical_ward"]), inputs())["patient_across_groups"] == "pass"


def test_the_split_follows_the_rule_that_makes_it_and_what_is_declared() -> None:
    def follows(declared: Study) -> tuple[str, ...]:
        return INTEGRITY_STAGE.parameters(declared, None).claims.split_follows

    by_rule = {"by": "time", "test_from": date(2024, 1, 1), "straddling": "keep"}
    by_time = Study.model_validate({**_STUDY, "cohort": {**_STUDY["cohort"], "split": by_rule}})
    assert follows(by_time) == ("time",)
    by_rule = {"by": "column", "column": "device", "shares": {"train": 0.5, "test": 0.5}, "seed": 1}
    cohort = {**_STUDY["cohort"], "split": {**by_rule, "straddling": "keep"}}
    by_column = Study.model_validate({**_STUDY, "cohort": cohort, "integrity": {"split_follows": ["time", "device"]}})
    assert follows(by_column) == ("device", "time")
    assert follows(study()) == ()


def test_a_column_that_a_split_cannot_follow_is_refused() -> None:
    with pytest.raises(ConfigError, match="a case has no column `scanner`") as caught:
        INTEGRITY_STAGE.parameters(study(split_follows=["time", "scanner"]), None)
    assert "integrity.split_follows" in caught.value.place
    with pytest.raises(SchemaError, match="lacks `clinical_room`"):
        verdicts(study(split_follows=["clinical_room"]), inputs())


def test_unknown_checks_and_plugins_are_refused() -> None:
    with pytest.raises(ConfigError, match="no check is called `typo`"):
        INTEGRITY_STAGE.parameters(study(blocking=["typo"]), None)
    with pytest.raises(ConfigError, match="no installed package offers the plugin `absent`"):
        INTEGRITY_STAGE.parameters(study(plugins=["absent"]), None)


@pytest.mark.parametrize("key", ["disjoint", "patients_stay_within", "split_follows", "plugins"])
def test_a_name_that_stands_twice_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match=f"an entry of `{key}` stands twice"):
        study(**{key: ["device", "device"]})


def test_another_claim_is_another_run() -> None:
    claims = (
        {},
        {"prospective_from": date(2024, 1, 1)},
        {"prospective_from": date(2024, 1, 2)},
        {"tune_may_fit": False},
        {"patients_stay_within": ["device"]},
        {"split_follows": ["time"]},
    )
    digests = {digest_of(INTEGRITY_STAGE.parameters(study(**claim), None)) for claim in claims}
    assert len(digests) == len(claims)
