from types import SimpleNamespace
from typing import Any

import pytest

from multisite.drift import monitors_of
from multisite.drift.baseline.registry import monitor_names
from multisite.drift.baseline.stage import floors_of
from multisite.errors import ConfigError
from multisite.study import Drift, Study


def study(**drift: Any) -> Study:
    return Study.model_construct(
        drift=Drift.model_validate(drift),
        findings=(SimpleNamespace(id="a"),),
        models=(SimpleNamespace(id="ai", threshold=0.5),),
    )


def test_every_monitor_has_a_name_by_which_its_smallest_change_is_declared() -> None:
    assert monitor_names(monitors_of(study(population={"numbers": ["age_years"]}))) == {
        "age_years", "missing_age_years", "score_a_ai", "missing_score_a_ai", "alert_a_ai", "disagrees_a_ai",
        "abstained_ai", "failed_ai", "volume_ai", "silence_ai", "invalid_tags",
    }  # fmt: skip


def test_a_smallest_change_of_no_monitor_is_refused() -> None:
    floors = floors_of(study(smallest_changes={"monitors": {"alert_a_ai": 0.05}}))
    assert floors.monitors == (("alert_a_ai", 0.05),)
    with pytest.raises(ConfigError, match="there is no monitor `alerts_a_ai`"):
        floors_of(study(smallest_changes={"monitors": {"alerts_a_ai": 0.05}}))
