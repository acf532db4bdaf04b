import polars as pl
import pytest

from multisite.drift import DRIFT_COUNTS_STAGE
from multisite.drift.months.stage import CountParameters
from multisite.schemas import AdoptedBaseline, StageInputs
from multisite.schemas.drift import DRIFT_COUNTS
from multisite.schemas.drift_baseline import DRIFT_MOMENTS
from tests.unit.drift.builders import baseline, in_month, monitored

COUNTS = CountParameters(rare=5, axes=())


@pytest.fixture(scope="module")
def adopted() -> tuple[AdoptedBaseline, ...]:
    frames = baseline(200).frames
    return AdoptedBaseline("a" * 16, "", frames), AdoptedBaseline("b" * 16, "2026-02", frames)


def counted(deployment: pl.DataFrame, month: str, baselines: tuple[AdoptedBaseline, ...]) -> dict[str, pl.DataFrame]:
    inputs = StageInputs(site="north", partition=month, frames={"deployment": deployment}, baselines=baselines)
    frames = dict(DRIFT_COUNTS_STAGE.run(inputs, COUNTS).frames)
    DRIFT_COUNTS.conform(frames["drift_counts"])
    DRIFT_MOMENTS.conform(frames["drift_moments"])
    return frames


def test_only_the_first_study_of_a_patient_in_the_month_is_counted(adopted: tuple[AdoptedBaseline, ...]) -> None:
    firsts = (pl.int_range(pl.len()) % 3 > 0).alias("is_first")
    month = in_month(monitored(60), "2026-01").with_columns(firsts)
    per_monitor = counted(month, "2026-01", adopted)["drift_counts"].group_by("monitor").agg(pl.col("n_studies").sum())
    assert set(per_monitor["n_studies"]) == {40}


def test_the_first_month_of_a_new_baseline_is_counted_on_both(adopted: tuple[AdoptedBaseline, ...]) -> None:
    studies = pl.concat([in_month(monitored(50, seed=seed), f"2026-0{seed}") for seed in (1, 2, 3)])
    names = {
        month: sorted(counted(studies, month, adopted)["drift_counts"]["baseline"].unique().str.slice(0, 1))
        for month in ("2026-01", "2026-02", "2026-03")
    }
    assert names == {"2026-01": ["a"], "2026-02": ["a", "b"], "2026-03": ["b"]}


def test_without_an_adopted_baseline_nothing_is_counted(adopted: tuple[AdoptedBaseline, ...]) -> None:
    frames = counted(in_month(monitored(50), "2026-01"), "2026-01", ())
    assert frames["drift_counts"].is_empty()
    assert frames["drift_moments"].is_empty()


def test_a_column_that_is_no_longer_watched_has_no_values(adopted: tuple[AdoptedBaseline, ...]) -> None:
    month = in_month(monitored(50), "2026-01").drop("category_vendor")
    vendor = counted(month, "2026-01", adopted)["drift_counts"].filter(monitor="vendor")
    assert dict(vendor.select("bin_kind", "n_studies").filter(pl.col("n_studies") > 0).rows()) == {"missing": 50}
