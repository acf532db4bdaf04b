"""Months beside the baseline, with Evidently; it is imported once, which takes seconds."""

import polars as pl
import pytest

from multisite.drift import DRIFT_BASELINE_STAGE
from multisite.schemas import Artefact, StageOutputs
from tests.unit.drift.builders import baseline, compare, comparison, in_month, monitored

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def made() -> StageOutputs:
    return baseline(400)


def test_the_baseline_conforms_and_has_a_page_and_a_snapshot(made: StageOutputs) -> None:
    for artefact in DRIFT_BASELINE_STAGE.writes:
        if isinstance(artefact, Artefact):
            artefact.conform(made.frames[artefact.name])
    assert set(made.files) == {"evidently_baseline_page", "evidently_baseline_snapshot", "evidently_definition"}


def test_a_month_like_the_reference_shows_no_drift(made: StageOutputs) -> None:
    same = in_month(made.frames["drift_reference"], "2026-01")
    month = compare(made, same, "2026-01").frames["drift_comparison"]
    assert month["evidently_drift"].to_list() == [False] * 3
    assert month["statistic"].to_list() == [1.0] * 3
    assert month["reason"].null_count() == 3


def test_a_month_of_shifted_scores_shows_it_in_the_score_and_only_there(made: StageOutputs) -> None:
    shifted = made.frames["drift_reference"].with_columns(pl.col("number_score_nodule_ai") * 0.7)
    outputs = compare(made, in_month(shifted, "2026-01"), "2026-01")
    verdicts = {m: comparison(outputs, m)["evidently_drift"] for m in ("score_nodule_ai", "age_years", "vendor")}
    assert verdicts == {"score_nodule_ai": True, "age_years": False, "vendor": False}
    assert comparison(outputs, "score_nodule_ai")["mean_current"] == pytest.approx(
        0.7 * comparison(outputs, "score_nodule_ai")["mean_reference"]
    )


def test_only_the_asked_month_is_looked_at(made: StageOutputs) -> None:
    two = pl.concat([in_month(monitored(60, seed=1), "2026-01"), in_month(monitored(50, seed=2), "2026-02")])
    assert comparison(compare(made, two, "2026-02"), "age_years")["n_current"] == 50


def test_a_column_that_is_empty_all_month_has_a_reason_and_does_not_stop_the_others(made: StageOutputs) -> None:
    empty = monitored(60).with_columns(pl.lit(None, pl.Float64).alias("number_age_years"))
    outputs = compare(made, in_month(empty, "2026-01"), "2026-01")
    age, score = comparison(outputs, "age_years"), comparison(outputs, "score_nodule_ai")
    assert (age["reason"], age["missing_current"]) == ("no study of the month has a value", 1.0)
    assert score["statistic"] is not None
    assert b"age years: no study of the month has a value" in outputs.files["evidently_month_page"]


def test_a_category_that_goes_60_percent_empty_shows_in_what_is_missing_and_not_in_the_verdict(
    made: StageOutputs,
) -> None:
    reference = made.frames["drift_reference"]
    thinned = reference.with_columns(pl.when(pl.int_range(pl.len()) % 5 < 2).then(pl.col("category_vendor")))
    vendor = comparison(compare(made, in_month(thinned, "2026-01"), "2026-01"), "vendor")
    assert vendor["missing_current"] == 0.6
    assert vendor["evidently_drift"] is False


def test_the_same_month_gives_the_same_bytes(made: StageOutputs) -> None:
    deployment = in_month(monitored(60), "2026-01")
    one, other = (compare(made, deployment, "2026-01") for _ in range(2))
    assert all(one.frames[name].equals(other.frames[name]) for name in one.frames)
    assert one.files == other.files
