from types import SimpleNamespace

import pytest

from multisite.drift import MONITORABLE_CATEGORIES, monitors_of
from multisite.drift.monitors import ClinicalColumn
from multisite.errors import ConfigError
from multisite.study import Drift, Study


def study_with(drift: Drift, *, findings: tuple[str, ...] = ("a",), models: tuple[str, ...] = ("ai",)) -> Study:
    """The parts of a study file that the monitors depend on."""
    return Study.model_construct(
        drift=drift,
        findings=tuple(SimpleNamespace(id=name) for name in findings),
        models=tuple(SimpleNamespace(id=name, threshold=0.5) for name in models),
    )


AGE_AND_VENDOR = {"population": {"numbers": ["age_years"]}, "acquisition": {"categories": ["vendor"]}}


def test_scores_and_alerts_have_a_column_per_finding_and_model() -> None:
    monitors = monitors_of(study_with(Drift.model_validate(AGE_AND_VENDOR), findings=("a",), models=("ai", "b_ai")))
    assert monitors.columns == ("category_vendor", "number_age_years", "number_score_a_ai", "number_score_a_b_ai")
    assert [name for name in monitors.shares if "alert" in name] == ["share_alert_a_ai", "share_alert_a_b_ai"]


def test_scores_are_not_watched_where_the_study_file_says_so() -> None:
    drift = Drift.model_validate({**AGE_AND_VENDOR, "scores": False, "alert_rate": False})
    monitors = monitors_of(study_with(drift))
    assert monitors.columns == ("category_vendor", "number_age_years")
    assert not [name for name in monitors.shares if "alert" in name or "disagrees" in name]


def test_every_name_that_cannot_be_watched_is_named_at_once() -> None:
    drift = {"acquisition": {"numbers": ["vendor", "study_date"], "categories": ["patient_id"]}}
    with pytest.raises(ConfigError) as refused:
        monitors_of(study_with(Drift.model_validate(drift)))
    for name in ("numbers: `vendor`", "numbers: `study_date`", "categories: `patient_id`"):
        assert name in refused.value.fact


@pytest.mark.parametrize(
    "drift",
    [
        {"acquisition": {"numbers": ["age_years"]}, "population": {"numbers": ["age_years"]}},
        {"acquisition": {"numbers": ["vendor"], "categories": ["vendor"]}},
        {"subgroups": ["vendor"]},
        {"scores": False, "alert_rate": False},
    ],
)
def test_a_column_stands_once_and_a_subgroup_is_watched(drift: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"stands once|must name categories that are watched|watch something"):
        Drift.model_validate(drift)


def test_two_scores_with_the_same_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="same score column"):
        monitors_of(study_with(Drift(), findings=("a", "a_b"), models=("ai", "b_ai")))


def study_with_setting(**stratum: object) -> Study:
    strata = [SimpleNamespace(id="setting", column="clinical_setting", **{"bands": None, "levels": None} | stratum)]
    drift = Drift.model_validate({"population": {"categories": ["patient_sex", "clinical_setting"]}})
    return study_with(drift).model_copy(update={"cohort": SimpleNamespace(strata=strata)})


def test_a_clinical_column_is_watched_where_a_stratum_has_it() -> None:
    monitors = monitors_of(study_with_setting(levels=("emergency", "ward")))
    assert monitors.clinical == (ClinicalColumn("clinical_setting", "setting", ("emergency", "ward")),)
    assert "category_clinical_setting" in monitors.columns
    assert "clinical_setting" in monitors.population


@pytest.mark.parametrize("stratum", [{"bands": (1.0,)}, {"column": "clinical_other"}])
def test_a_clinical_column_without_such_a_stratum_cannot_be_watched(stratum: dict[str, object]) -> None:
    study = study_with_setting()
    [one] = study.cohort.strata
    vars(one).update(stratum)
    with pytest.raises(ConfigError, match="`clinical_setting` is watched, and no stratum"):
        monitors_of(study)


def test_pseudonyms_cannot_be_watched_because_counts_of_values_leave_the_site() -> None:
    assert "device" not in MONITORABLE_CATEGORIES
    assert not {"patient_id", "study_instance_uid", "series_instance_uid"} & set(MONITORABLE_CATEGORIES)
