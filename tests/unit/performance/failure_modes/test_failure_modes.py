"""Slices of the errors: searched in one half of the patients, confirmed in the other, inside a site and over sites."""

import numpy as np
import polars as pl
import pytest

from multisite.performance import FAILURE_MODES_STAGE
from multisite.performance.failure_modes.slice_columns import SearchedColumn, coded_columns, level_words
from multisite.stats import patient_halves
from multisite.study import Study
from tests.lib.report_frames import study
from tests.unit.performance.failure_modes.failure_builders import COLUMNS, over_sites, searched, site_frames


@pytest.fixture(scope="module")
def failing() -> dict[str, pl.DataFrame]:
    return searched(site_frames("a", gap=0.25))


def confirmed(modes: pl.DataFrame) -> list[tuple[str, str]]:
    return modes.filter(outcome="confirmed").select("kind", "slice").rows()


def test_the_planted_slice_is_confirmed_with_the_counts_of_the_second_half(failing: dict[str, pl.DataFrame]) -> None:
    modes = failing["site_failure_modes"]
    assert confirmed(modes) == [("miss", "vendor Philips")]
    row = modes.filter(outcome="confirmed").row(0, named=True)
    frames = site_frames("a", gap=0.25)
    cases = frames["cohort"].join(frames["predictions"].select("case_id", "score"), on="case_id")
    second = pl.Series(patient_halves(cases["patient_id"].to_list(), seed=20))
    positives = cases.filter(second & pl.col("reference_nodule"))
    own = positives.filter(stratum_vendor="Philips")
    others = positives.filter(pl.col("stratum_vendor") != "Philips")
    missed = (pl.col("score") < 0.5).sum()
    assert (row["n_cases"], row["n_patients"], row["n_errors"]) == (own.height, own.height, own.select(missed).item())
    assert (row["rest_cases"], row["rest_errors"]) == (others.height, others.select(missed).item())
    assert row["gap"] == pytest.approx(row["n_errors"] / row["n_cases"] - row["rest_errors"] / row["rest_cases"])
    assert row["ci_low"] < row["gap"] < row["ci_high"]
    assert 0.0 < row["shrunken_gap"] < row["gap"]
    assert row["p_holm"] >= row["p_value"]


def test_no_more_slices_than_asked_for_are_held_against_the_second_half() -> None:
    modes = searched(site_frames("a", gap=0.25), candidates=2)["site_failure_modes"]
    assert modes.group_by("kind").len()["len"].max() <= 2


def test_every_error_is_listed_once_with_the_confirmed_slices_that_hold_it(failing: dict[str, pl.DataFrame]) -> None:
    frames = site_frames("a", gap=0.25)
    cases = failing["error_cases"].join(frames["cohort"], on="case_id")
    assert cases.filter(kind="miss")["reference_nodule"].all()
    assert not cases.filter(kind="false alarm")["reference_nodule"].any()
    called = frames["predictions"].join(frames["cohort"], on="case_id").select(pl.col("score") >= 0.5)["score"]
    wrong = (called != frames["cohort"]["reference_nodule"]).sum()
    assert cases.height == wrong
    in_slice = (cases["kind"] == "miss") & (cases["stratum_vendor"] == "Philips")
    assert (cases["slices"].list.len() > 0).equals(in_slice)


def test_order_of_cases_does_not_matter(failing: dict[str, pl.DataFrame]) -> None:
    shuffled = {
        name: frame.sample(fraction=1.0, shuffle=True, seed=3) for name, frame in site_frames("a", gap=0.25).items()
    }
    for name, frame in searched(shuffled).items():
        assert frame.equals(failing[name]), name


def test_half_of_the_patients_is_never_searched(failing: dict[str, pl.DataFrame]) -> None:
    frames = site_frames("a", gap=0.25)
    second = pl.Series(patient_halves(frames["cohort"]["patient_id"].to_list(), seed=20))
    other = frames["predictions"].with_columns(
        pl.when(second).then(1 - pl.col("score")).otherwise("score").alias("score")
    )
    changed = searched(frames | {"predictions": other})["site_failure_modes"]
    first = [name for name in changed.columns if name.startswith("first_")] + ["kind", "rank", "slice"]
    assert changed.select(first).equals(failing["site_failure_modes"].select(first))
    assert not changed.equals(failing["site_failure_modes"])


def test_no_patient_is_in_both_halves(failing: dict[str, pl.DataFrame]) -> None:
    repeated = searched(site_frames("a", cases_per_patient=4))["slice_counts"]
    overall = repeated.filter(stratum="overall", kind="miss")
    positives = site_frames("a", cases_per_patient=4)["cohort"].filter("reference_nodule")
    assert overall["n_patients"].sum() == positives["patient_id"].n_unique()
    assert overall["sum_n"].sum() == positives.height


def test_without_errors_or_cases_there_is_no_slice_and_no_case() -> None:
    frames = site_frames("a", n=200)
    right = frames["cohort"]["reference_nodule"].cast(pl.Float64)
    flawless = searched(frames | {"predictions": frames["predictions"].with_columns(score=right)})
    assert flawless["site_failure_modes"].is_empty()
    assert flawless["error_cases"].is_empty()
    nobody = searched({name: frame.clear() for name, frame in frames.items()} | {"cohort": frames["cohort"]})
    assert nobody["site_failure_modes"].is_empty()
    assert nobody["slice_counts"].is_empty()
    assert over_sites([nobody]).is_empty()


def test_a_slice_that_the_second_half_hardly_has_is_insufficient() -> None:
    frames = site_frames("a", n=1600)
    rare = pl.Series(~patient_halves(frames["cohort"]["patient_id"].to_list(), seed=20)) & pl.Series(
        np.arange(1600) % 10 == 0
    )
    vendor = pl.when(rare).then(pl.lit("Agfa")).otherwise("stratum_vendor").alias("stratum_vendor")
    cohort = frames["cohort"].with_columns(vendor)
    hit = pl.when(rare).then(1.0 - cohort["reference_nodule"].cast(pl.Float64)).otherwise("score").alias("score")
    modes = searched({"cohort": cohort, "predictions": frames["predictions"].with_columns(hit)})["site_failure_modes"]
    row = modes.filter(slice="vendor Agfa", kind="miss").row(0, named=True)
    assert row["outcome"] == "insufficient"
    assert (row["n_patients"], row["gap"], row["p_holm"]) == (0, None, None)
    assert "fewer than 10 patients" in row["reason"]


def test_sites_are_searched_together_by_their_counts(failing: dict[str, pl.DataFrame]) -> None:
    other = searched(site_frames("b", gap=0.25, seed=8, cases_per_patient=3))
    together = over_sites([failing, other])
    assert set(together["site"]) == {"a", "b", "all sites"}
    found = together.filter(site="all sites", outcome="confirmed").row(0, named=True)
    assert (found["kind"], found["slice"], found["found_by"]) == ("miss", "vendor Philips", "counts")
    counted = [
        site["slice_counts"].filter(level="Philips", other_level="overall", kind="miss") for site in (failing, other)
    ]
    first, second = (sum(part.filter(half=half)["sum_n"].sum() for part in counted) for half in (1, 2))
    assert (found["first_n_cases"], found["n_cases"]) == (first, second)


def test_over_one_site_a_level_has_the_numbers_of_the_site_itself(failing: dict[str, pl.DataFrame]) -> None:
    inside = failing["site_failure_modes"].filter(slice="vendor Philips", kind="miss").row(0, named=True)
    over = over_sites([failing]).filter(site="all sites", slice="vendor Philips", kind="miss").row(0, named=True)
    for name in ("first_z", "first_gap", "n_patients", "n_errors", "rest_cases", "gap", "ci_low", "p_value"):
        assert over[name] == pytest.approx(inside[name]), name


def test_patients_with_cases_on_both_sides_are_counted_as_such_over_sites() -> None:
    repeated = searched(site_frames("a", gap=0.25, cases_per_patient=3))
    inside = repeated["site_failure_modes"].filter(slice="vendor Philips", kind="miss").row(0, named=True)
    over = over_sites([repeated]).filter(site="all sites", slice="vendor Philips", kind="miss").row(0, named=True)
    assert "shared patients" in inside["ci_method"]
    for name in ("first_z", "gap", "ci_low", "ci_high", "rest_patients"):
        assert over[name] == pytest.approx(inside[name]), name


def test_one_condition_asks_for_no_pairs() -> None:
    found = searched(site_frames("a", gap=0.25), max_conditions=1)
    assert found["slice_counts"]["other_stratum"].unique().to_list() == ["overall"]
    assert found["site_failure_modes"]["axes"].list.len().max() == 1


def test_numbers_are_cut_at_readable_quartiles_of_the_first_half() -> None:
    values = [1.0, 1.0, 1.25, 2.5, 5.0, 5.0, 5.0, None, float("nan"), 900.0]
    second = np.array([False] * 9 + [True])
    (column,) = coded_columns(pl.DataFrame({"x": values}), [SearchedColumn("x", "x")], second_half=second)
    assert column.levels == ("unknown", "<2.5", "2.5–<5", "≥5")
    assert column.codes.tolist() == [1, 1, 1, 2, 3, 3, 3, 0, 0, 3]
    (same,) = coded_columns(pl.DataFrame({"x": [3.0] * 4}), [SearchedColumn("x", "x")], second_half=second[:4])
    assert same.levels == ("unknown", "known")


def test_texts_beyond_twenty_levels_and_long_numbers_are_other() -> None:
    names = [f"v{i:02}" for i in range(30) for _ in range(2 if i < 19 else 1)] + ["SN 1234567", None]
    frame = pl.DataFrame({"x": names})
    (column,) = coded_columns(frame, [SearchedColumn("x", "x")], second_half=np.zeros(frame.height, dtype=bool))
    assert len(column.levels) == 20
    assert column.levels[column.codes[-2]] == "other"
    assert not any("1234567" in level for level in column.levels)
    assert level_words(column, range(1, 20)) == "other than other"
    assert level_words(column, [1, 2]) == "v00 or v01"


def test_each_thing_is_searched_once_and_strata_come_first() -> None:
    parameters = FAILURE_MODES_STAGE.parameters(study(), None)
    names = [column.name for column in parameters.columns]
    assert len(set(names)) == len(names)
    assert names[: len(study().cohort.strata)] == [stratum.id for stratum in study().cohort.strata]
    declared = study().model_dump()
    declared["performance"]["failure_modes"] = {"columns": ["vendor", "age_years"]}
    named = FAILURE_MODES_STAGE.parameters(Study.model_validate(declared), None)
    assert [column.source for column in named.columns] == ["stratum_vendor", "age_years"]
    assert COLUMNS[0].is_stratum


def test_the_protocol_may_do_without_and_must_name_columns_that_are_there() -> None:
    declared = study().model_dump()
    assert FAILURE_MODES_STAGE.is_asked_for is not None
    declared["performance"]["failure_modes"] = None
    assert not FAILURE_MODES_STAGE.is_asked_for(FAILURE_MODES_STAGE.parameters(Study.model_validate(declared), None))
    for columns in (["patient_id"], ["vendor", "vendor"], []):
        declared["performance"]["failure_modes"] = {"columns": columns}
        with pytest.raises(ValueError, match="columns"):
            Study.model_validate(declared)
