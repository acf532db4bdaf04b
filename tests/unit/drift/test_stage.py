import subprocess
import sys

import polars as pl
import pytest

from multisite.drift import DRIFT_BASELINE_STAGE, DRIFT_COMPARISON_STAGE
from multisite.drift.stage import BaselineParameters, ComparisonParameters
from multisite.errors import ConfigError, UsageError
from multisite.schemas import Artefact, StageInputs, StageOutputs
from tests.unit.drift.builders import MONITORS, in_month, monitored, validated

BASELINE = BaselineParameters(MONITORS, bins=10, rare=5)
COMPARISON = ComparisonParameters(minimum_values=10, rare=5)


def baseline(n: int) -> StageOutputs:
    cohort, predictions = validated(n)
    frames = {"cohort": cohort, "predictions": predictions}
    return DRIFT_BASELINE_STAGE.run(StageInputs(site="north", frames=frames), BASELINE)


def compare(made: StageOutputs, deployment: pl.DataFrame, month: str | None) -> StageOutputs:
    frames = {**made.frames, "deployment": deployment}
    outputs = DRIFT_COMPARISON_STAGE.run(StageInputs(site="north", partition=month, frames=frames), COMPARISON)
    for artefact in DRIFT_COMPARISON_STAGE.writes:
        if isinstance(artefact, Artefact):
            artefact.conform(outputs.frames[artefact.name])
    return outputs


def comparison(outputs: StageOutputs, monitor: str) -> dict[str, object]:
    return outputs.frames["drift_comparison"].row(by_predicate=pl.col("monitor") == monitor, named=True)


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


def test_without_evidently_the_baseline_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "evidently", None)
    with pytest.raises(ConfigError) as refused:
        baseline(20)
    assert "pip install multisite[drift]" in refused.value.remedy


@pytest.mark.slow
class TestWithEvidently:
    """Each of these draws a page; Evidently is imported once, which takes seconds."""

    @pytest.fixture(scope="class")
    def made(self) -> StageOutputs:
        return baseline(400)

    def test_the_baseline_conforms_and_has_a_page_and_a_snapshot(self, made: StageOutputs) -> None:
        for artefact in DRIFT_BASELINE_STAGE.writes:
            if isinstance(artefact, Artefact):
                artefact.conform(made.frames[artefact.name])
        assert set(made.files) == {"evidently_baseline_page", "evidently_baseline_snapshot"}

    def test_a_month_like_the_reference_shows_no_drift(self, made: StageOutputs) -> None:
        same = in_month(made.frames["drift_reference"], "2026-01")
        month = compare(made, same, "2026-01").frames["drift_comparison"]
        assert month["evidently_drift"].to_list() == [False] * 3
        assert month["statistic"].to_list() == [1.0] * 3
        assert month["reason"].null_count() == 3

    def test_a_month_of_shifted_scores_shows_it_in_the_score_and_only_there(self, made: StageOutputs) -> None:
        shifted = made.frames["drift_reference"].with_columns(pl.col("number_score_nodule_ai") * 0.7)
        outputs = compare(made, in_month(shifted, "2026-01"), "2026-01")
        verdicts = {m: comparison(outputs, m)["evidently_drift"] for m in ("score_nodule_ai", "age_years", "vendor")}
        assert verdicts == {"score_nodule_ai": True, "age_years": False, "vendor": False}
        assert comparison(outputs, "score_nodule_ai")["mean_current"] == pytest.approx(
            0.7 * comparison(outputs, "score_nodule_ai")["mean_reference"]
        )

    def test_only_the_asked_month_is_looked_at(self, made: StageOutputs) -> None:
        two = pl.concat([in_month(monitored(60, seed=1), "2026-01"), in_month(monitored(50, seed=2), "2026-02")])
        assert comparison(compare(made, two, "2026-02"), "age_years")["n_current"] == 50

    def test_a_column_that_is_empty_all_month_has_a_reason_and_does_not_stop_the_others(self, made: StageOutputs) -> None:
        empty = monitored(60).with_columns(pl.lit(None, pl.Float64).alias("number_age_years"))
        outputs = compare(made, in_month(empty, "2026-01"), "2026-01")
        age, score = comparison(outputs, "age_years"), comparison(outputs, "score_nodule_ai")
        assert (age["reason"], age["missing_current"]) == ("no study of the month has a value", 1.0)
        assert score["statistic"] is not None
        assert b"age years: no study of the month has a value" in outputs.files["evidently_month_page"]

    def test_a_category_that_goes_60_percent_empty_shows_in_what_is_missing_and_not_in_the_verdict(
        self, made: StageOutputs
    ) -> None:
        reference = made.frames["drift_reference"]
        thinned = reference.with_columns(pl.when(pl.int_range(pl.len()) % 5 < 2).then(pl.col("category_vendor")))
        vendor = comparison(compare(made, in_month(thinned, "2026-01"), "2026-01"), "vendor")
        assert vendor["missing_current"] == 0.6
        assert vendor["evidently_drift"] is False

    def test_the_same_month_gives_the_same_bytes(self, made: StageOutputs) -> None:
        deployment = in_month(monitored(60), "2026-01")
        one, other = (compare(made, deployment, "2026-01") for _ in range(2))
        assert all(one.frames[name].equals(other.frames[name]) for name in one.frames)
        assert one.files == other.files
