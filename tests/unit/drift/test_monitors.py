from types import SimpleNamespace
from typing import Any

import pytest

from multisite.drift import MONITORABLE_CATEGORIES, monitors_of
from multisite.drift.baseline.registry import monitor_names
from multisite.drift.baseline.stage import floors_of
from multisite.errors import ConfigError
from multisite.study import Drift

MODELS = (SimpleNamespace(id="ai"), SimpleNamespace(id="b_ai"))


def study(findings: tuple[str, ...] = ("a",), **drift: Any) -> Any:
    return SimpleNamespace(
        drift=Drift.model_validate(drift),
        findings=[SimpleNamespace(id=name) for name in findings],
        models=MODELS,
        threshold_of=lambda finding, model: 0.3 if model == "ai" else 0.6,
    )


def test_a_score_and_an_alert_stand_for_one_column_per_finding_and_model() -> None:
    monitors = monitors_of(study(acquisition={"categories": ["vendor"]}, population={"numbers": ["age_years"]}))
    assert monitors.columns == ("category_vendor", "number_age_years", "number_score_a_ai", "number_score_a_b_ai")
    assert [(alert.finding, alert.model, alert.threshold) for alert in monitors.alerts] == [
        ("a", "ai", 0.3),
        ("a", "b_ai", 0.6),
    ]
    assert monitors.population == ("age_years",)


def test_scores_and_alerts_are_watched_unless_the_study_file_says_not() -> None:
    monitors = monitors_of(study(acquisition={"categories": ["vendor"]}, scores=False, alert_rate=False))
    assert monitors.columns == ("category_vendor",)
    assert monitors.shares == (
        "share_abstained_ai", "share_abstained_b_ai", "share_failed_ai", "share_failed_b_ai",
    )  # fmt: skip


def test_every_name_that_cannot_be_watched_is_named_at_once() -> None:
    with pytest.raises(ConfigError) as refused:
        monitors_of(
            study(acquisition={"numbers": ["vendor"], "categories": ["patient_id"]}, population={"numbers": ["score"]})
        )
    for name in ("numbers: `vendor`", "numbers: `score`", "categories: `patient_id`"):
        assert name in refused.value.fact


def test_two_scores_with_the_same_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="same score column"):
        monitors_of(study(findings=("a", "a_b")))


def test_pseudonyms_cannot_be_watched_because_counts_of_values_leave_the_site() -> None:
    assert "device" not in MONITORABLE_CATEGORIES
    assert not {"patient_id", "study_instance_uid", "series_instance_uid"} & set(MONITORABLE_CATEGORIES)


def test_every_monitor_has_a_name_by_which_its_smallest_change_is_declared() -> None:
    monitors = monitors_of(study(population={"numbers": ["age_years"]}))
    assert {
        "age_years", "missing_age_years", "score_a_ai", "missing_score_a_ai", "alert_a_ai", "disagrees_a_ai",
        "abstained_ai", "failed_ai", "volume_ai", "silence_ai",
    } <= monitor_names(monitors)  # fmt: skip


def test_a_smallest_change_of_no_monitor_is_refused() -> None:
    floors = floors_of(study(smallest_changes={"monitors": {"alert_a_ai": 0.05}}))
    assert floors.monitors == (("alert_a_ai", 0.05),)
    with pytest.raises(ConfigError, match="there is no monitor `alerts_a_ai`"):
        floors_of(study(smallest_changes={"monitors": {"alerts_a_ai": 0.05}}))
