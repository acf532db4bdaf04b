import subprocess
import sys

import pytest

from multisite.errors import UsageError
from tests.unit.drift.builders import baseline, compare, in_month, monitored


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


def test_without_evidently_there_is_no_picture_and_the_months_say_how_to_install_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "evidently", None)
    made = baseline(20)
    assert made.files == {}
    assert not made.frames["drift_counts_baseline"].is_empty()
    month = compare(made, in_month(monitored(20), "2026-01"), "2026-01")
    assert month.files == {}
    assert month.frames["drift_comparison"]["reason"].null_count() == 0
    assert month.frames["drift_counts"]["n_studies"].sum() > 0
