import subprocess
import sys

import pytest

from multisite.drift import BASELINE_PICTURE_STAGE, DRIFT_COMPARISON_STAGE
from multisite.drift.picture.stage import PictureParameters
from multisite.errors import UsageError
from multisite.schemas import AdoptedBaseline, StageInputs
from tests.unit.drift.builders import COMPARISON, baseline, compare, in_month, monitored


@pytest.mark.slow
def test_importing_the_room_loads_neither_evidently_nor_pandas() -> None:
    program = "import sys, multisite.drift; sys.exit(any(m in sys.modules for m in ('evidently', 'pandas')))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_site_without_validated_studies_has_an_empty_baseline_and_no_page() -> None:
    made = baseline(0)
    assert made.frames["drift_reference"].is_empty()
    assert made.frames["drift_counts_baseline"]["n_studies"].sum() == 0
    assert made.files == {}
    month = compare(made, in_month(monitored(20), "2026-01"), "2026-01")
    assert set(month.frames["drift_comparison"]["reason"]) == {"the reference has no studies"}
    assert month.files == {}


def test_a_comparison_needs_a_month() -> None:
    with pytest.raises(UsageError, match="needs a month"):
        compare(baseline(0), in_month(monitored(20), "2026-01"), None)


def test_without_evidently_there_is_no_picture_and_every_monitor_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "evidently", None)
    made = baseline(40)
    assert made.files == {}
    month = compare(made, in_month(monitored(30), "2026-01"), "2026-01")
    assert month.files == {}
    reasons = set(month.frames["drift_comparison"]["reason"])
    assert reasons == {"Evidently cannot be imported (ModuleNotFoundError)"}


def test_what_was_not_drawn_for_want_of_evidently_is_drawn_once_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    made = baseline(40)
    inputs = StageInputs(
        site="north",
        partition="2026-01",
        frames={**made.frames, "deployment": in_month(monitored(30), "2026-01")},
        baselines=(AdoptedBaseline("0" * 16, "", made.frames),),
    )
    assert BASELINE_PICTURE_STAGE.run(inputs, PictureParameters()).settled
    monkeypatch.setitem(sys.modules, "evidently", None)
    assert not BASELINE_PICTURE_STAGE.run(inputs, PictureParameters()).settled
    assert not DRIFT_COMPARISON_STAGE.run(inputs, COMPARISON).settled
