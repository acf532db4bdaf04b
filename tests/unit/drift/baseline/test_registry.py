import numpy as np
import polars as pl
import pytest

from multisite.drift.baseline.registry import Floors, register_monitors, watched_axes
from multisite.drift.baseline.spread import design_effect
from multisite.drift.baseline.stage import DRIFT_BASELINE_STAGE, BaselineParameters
from multisite.drift.monitors import Alert, Monitors
from multisite.schemas import StageInputs
from multisite.schemas.drift import DRIFT_COUNTS_BASELINE
from multisite.schemas.drift_baseline import DRIFT_BASELINE_MONITORS, DRIFT_LIMITS
from multisite.vocabulary import OVERALL
from tests.unit.drift.builders import BUDGET, FLOORS, PAIRS, SEED, validated

MONITORS = Monitors(
    numbers=("age_years",),
    categories=("vendor",),
    scores=PAIRS,
    alerts=(Alert("nodule", "ai", 0.4),),
    models=("ai",),
    population=("age_years",),
    subgroups=("vendor",),
)


@pytest.fixture(scope="module")
def frames() -> dict[str, pl.DataFrame]:
    return made()


def made(floors: Floors = FLOORS, *, spread_over_months: int = 1) -> dict[str, pl.DataFrame]:
    cohort, predictions = validated(300)
    if spread_over_months > 1:
        month = pl.int_range(pl.len()) % spread_over_months
        cohort = cohort.with_columns(pl.date(2022 + month // 12, 1 + month % 12, 1).alias("case_date"))
    parameters = BaselineParameters(MONITORS, 10, 5, floors, BUDGET, SEED, replicates=200)
    inputs = StageInputs(site="north", frames={"cohort": cohort, "predictions": predictions})
    return dict(DRIFT_BASELINE_STAGE.run(inputs, parameters).frames)


def overall(frames: dict[str, pl.DataFrame]) -> dict[str, dict[str, object]]:
    registry = DRIFT_BASELINE_MONITORS.conform(frames["drift_baseline_monitors"]).filter(axis=OVERALL)
    return {row["monitor"]: row for row in registry.iter_rows(named=True)}


def test_every_monitor_has_its_family_and_what_it_is_learnt_from(frames: dict[str, pl.DataFrame]) -> None:
    found = {name: (row["family"], row["kind"], row["learnt_from"]) for name, row in overall(frames).items()}
    assert found == {
        "age_years": ("population", "number", "validated set"),
        "missing_age_years": ("feed", "share", "validated set"),
        "vendor": ("acquisition", "category", "validated set"),
        "missing_vendor": ("feed", "share", "validated set"),
        "score_nodule_ai": ("output", "number", "validated set"),
        "missing_score_nodule_ai": ("feed", "share", "first months"),
        "alert_nodule_ai": ("output", "share", "validated set"),
        "disagrees_nodule_ai": ("agreement", "share", "first months"),
        "abstained_ai": ("output", "share", "first months"),
        "failed_ai": ("feed", "share", "first months"),
        "volume_ai": ("feed", "volume", "first months"),
        "silence_ai": ("feed", "silence", "first months"),
    }


def test_a_monitor_of_a_model_names_it_and_one_of_the_images_names_none(frames: dict[str, pl.DataFrame]) -> None:
    rows = overall(frames)
    assert (rows["alert_nodule_ai"]["finding"], rows["alert_nodule_ai"]["model"]) == ("nodule", "ai")
    assert (rows["failed_ai"]["finding"], rows["failed_ai"]["model"]) == ("", "ai")
    assert (rows["vendor"]["finding"], rows["vendor"]["model"]) == ("", "")


def test_smallest_changes_are_shares_standard_deviations_volumes_and_days(frames: dict[str, pl.DataFrame]) -> None:
    rows = overall(frames)
    found = {name: (rows[name]["smallest_change"], rows[name]["change_unit"]) for name in rows}
    assert found["vendor"] == found["missing_vendor"] == found["failed_ai"] == (0.02, "share")
    assert found["age_years"] == (0.05, "standard deviations")
    assert found["volume_ai"] == (0.3, "volume")
    assert found["silence_ai"] == (3.0, "days")


def test_a_smallest_change_in_the_unit_of_a_number_becomes_standard_deviations() -> None:
    floors = Floors(0.02, 0.05, 0.3, 3, monitors=(("age_years", 3.0), ("vendor", 0.1)), watch_missing=False)
    rows = overall(made(floors))
    deviation = rows["age_years"]["standard_deviation"]
    assert isinstance(deviation, float)
    assert rows["age_years"]["smallest_change"] == pytest.approx(3.0 / deviation)
    assert rows["vendor"]["smallest_change"] == 0.1
    assert not [name for name in rows if name.startswith("missing_")]


def test_scores_and_alerts_are_watched_within_subgroups_of_named_values(frames: dict[str, pl.DataFrame]) -> None:
    within = frames["drift_baseline_monitors"].filter(pl.col("axis") != OVERALL)
    assert set(within["family"]) == {"subgroups"}
    assert within.select("monitor", "level").rows() == [
        (monitor, level) for monitor in ("alert_nodule_ai", "score_nodule_ai") for level in ("Alpha", "Beta", "Gamma")
    ]
    counts = frames["drift_counts_baseline"].filter(monitor="alert_nodule_ai", bin_kind="category")
    by_level = counts.group_by("axis", "level").agg(pl.col("n_studies").sum())
    sums = {(axis, level): n for axis, level, n in by_level.rows()}
    for row in within.filter(monitor="alert_nodule_ai").iter_rows(named=True):
        assert row["n_studies"] == sums[("vendor", row["level"])]


def test_counts_along_an_axis_add_up_to_those_of_all_studies(frames: dict[str, pl.DataFrame]) -> None:
    counts = DRIFT_COUNTS_BASELINE.conform(frames["drift_counts_baseline"])
    for monitor in watched_axes(MONITORS):
        own = counts.filter(monitor=monitor).group_by("axis", "bin").agg(pl.col("n_studies").sum()).sort("axis", "bin")
        whole, parts = own.filter(axis=OVERALL), own.filter(axis="vendor")
        assert whole["n_studies"].to_list() == parts["n_studies"].to_list()


def test_the_alert_rate_is_the_mean_of_a_share(frames: dict[str, pl.DataFrame]) -> None:
    reference = frames["drift_reference"]
    above = (reference["number_score_nodule_ai"] >= 0.4).sum()
    assert overall(frames)["alert_nodule_ai"]["mean"] == pytest.approx(above / reference.height)


def test_limits_are_of_numbers_and_categories_and_rise_as_their_chance_falls(frames: dict[str, pl.DataFrame]) -> None:
    limits = DRIFT_LIMITS.conform(frames["drift_limits"])
    assert set(limits.filter(axis=OVERALL)["monitor"]) == {"age_years", "score_nodule_ai", "vendor"}
    assert set(limits.filter(monitor="vendor")["statistic"]) == {"cells"}
    assert set(limits.filter(monitor="age_years")["statistic"]) == {"cells", "location"}
    for _, rows in limits.group_by("monitor", "axis", "level", "statistic", "n_studies"):
        falling = rows.sort("probability", descending=True)["limit"].to_numpy()
        assert np.all(np.diff(falling) >= 0)


def test_a_short_reference_has_no_season_and_two_years_have_a_window_per_calendar_month(
    frames: dict[str, pl.DataFrame],
) -> None:
    assert set(frames["drift_baseline_monitors"]["season"]) == {"not separable yet"}
    assert set(frames["drift_counts_baseline"]["window"]) == {"baseline"}
    long = made(spread_over_months=24)
    windows = long["drift_counts_baseline"].filter(monitor="vendor").group_by("window").agg(pl.col("n_studies").sum())
    sizes = dict(windows.rows())
    assert sizes.pop("baseline") == 300
    assert len(sizes) == 12
    # Each study is in the window of its own calendar month and in those beside it.
    assert sum(sizes.values()) == 3 * 300
    assert overall(long)["vendor"]["season"] == "none seen"
    # Levels of a subgroup have calendar months of their own, as the whole site has.
    july = long["drift_counts_baseline"].filter(window="baseline-07", monitor="alert_nodule_ai")
    assert set(july.filter(pl.col("axis") == "vendor")["level"]) >= {"Alpha", "Beta", "Gamma"}


def test_the_same_cohort_gives_the_same_baseline(frames: dict[str, pl.DataFrame]) -> None:
    again = made()
    assert all(frames[name].equals(again[name]) for name in frames)


def test_without_repeated_patients_there_is_no_design_effect() -> None:
    assert design_effect(pl.Series(["a", "b", "c"]), np.array([0, 1, 0]), 2) == 1.0


def test_patients_whose_studies_are_alike_count_once() -> None:
    patients = pl.Series([f"p{i // 2:03d}" for i in range(400)])
    same = np.repeat(np.random.default_rng(SEED).integers(0, 3, 200), 2)
    alone = np.random.default_rng(SEED).integers(0, 3, 400)
    assert design_effect(patients, same, 3) == pytest.approx(2.0, rel=0.05)
    assert design_effect(patients, alone, 3) == pytest.approx(1.0, abs=0.2)


def test_a_design_effect_is_told_of_studies_with_a_value_and_of_none_is_one() -> None:
    patients = pl.Series(["a", "a", "b", "c"])
    assert design_effect(patients, np.array([0, -1, 1, 1]), 2) == 1.0
    assert design_effect(patients, np.full(4, -1), 2) == 1.0


def test_a_registry_without_subgroups_has_none() -> None:
    plain = Monitors(numbers=(), categories=("vendor",), models=("ai",))
    reference = pl.DataFrame({"patient_id": ["a", "b"], "category_vendor": ["Alpha", "Beta"]})
    counts = DRIFT_COUNTS_BASELINE.empty()
    registry = register_monitors(reference, counts, monitors=plain, floors=FLOORS, site="north")
    assert set(registry["axis"]) == {OVERALL}
