"""Some simulated sites, the peers against the library that they stand for, and what the command prints."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from scipy import stats

from multisite.drift.picture.evidently_report import compare_with_evidently
from tests.power import drift as command
from tests.power.drift_changes import CHANGE_MONTH, CHANGES
from tests.power.drift_peers import ThreeSigma, columns_of, evidently_default
from tests.power.drift_site import draw_studies, first_of_patient_and_month, reference_size
from tests.power.drift_summary import FalseAlarms, false_alarms, lines, poisson_interval
from tests.power.drift_trial import METHODS, NO_CHANGE, Alarms, DriftTrial, try_site

OURS, EVIDENTLY, CHART = METHODS


def trial(change: str, n: int, *, ours: Alarms, theirs: Alarms | None = None) -> DriftTrial:
    other = theirs or Alarms(12, 0, 12, 0, None)
    return DriftTrial(change, n, 60, {OURS: ours, EVIDENTLY: other, CHART: other})


def year(*, ambers: int = 0, reds: int = 0) -> DriftTrial:
    return trial(NO_CHANGE, 50, ours=Alarms(ambers, reds, ambers))


@pytest.mark.slow
def test_sites_without_a_change_alarm_no_more_often_than_the_budget_lets_them_and_the_peers_far_more_often() -> None:
    trials = [try_site(NO_CHANGE, 50, seed, replicates=300) for seed in range(3)]
    assert all(found.within_budget for found in false_alarms(trials, OURS).values())
    assert all(t.n_monitors >= 30 for t in trials)
    assert trials[0] == try_site(NO_CHANGE, 50, 0, replicates=300)
    for peer in (EVIDENTLY, CHART):
        assert sum(t.alarms[peer].months for t in trials) > 3 * sum(t.alarms[OURS].months for t in trials)


@pytest.mark.slow
@pytest.mark.parametrize("change", ["empty tag", "feed"])
def test_a_large_change_is_seen_in_its_own_month(change: str) -> None:
    alarms = try_site(change, 200, 1, replicates=300).alarms
    assert alarms[OURS].amber_after == 0
    # Evidently drops missing values, and cannot compare a month without studies.
    assert alarms[EVIDENTLY].red_after is None


# Up to 1,000 reference rows Evidently tests, above it measures distances: each kind of column on both sides of that.
@pytest.mark.parametrize("size", [400, 1500])
def test_evidentlys_defaults_done_again_are_those_of_the_library(size: int) -> None:
    rng = np.random.default_rng(size)
    drawn: dict[str, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]] = {
        "number_many": (rng.normal(size=size), rng.normal(0.1, 1, 150)),
        "number_few": (rng.integers(0, 4, size).astype(float), rng.integers(0, 4, 150).astype(float)),
        "number_two": (rng.integers(0, 2, size).astype(float), rng.integers(0, 2, 150).astype(float)),
        "category_words": (rng.integers(0, 7, size).astype(float), rng.integers(0, 7, 150).astype(float)),
        "category_pair": (rng.integers(0, 2, size).astype(float), rng.integers(0, 2, 150).astype(float)),
        "category_unseen": (rng.integers(0, 3, size).astype(float), rng.integers(0, 4, 150).astype(float)),
        "number_gaps": (np.where(rng.random(size) < 0.2, np.nan, rng.normal(size=size)), rng.normal(size=150)),
    }
    reference, month = (_frame({name: sides[i] for name, sides in drawn.items()}) for i in (0, 1))
    said = compare_with_evidently(
        reference, month, columns=list(drawn), site="north", window="2024-01", left_out={}
    ).verdicts
    assert set(said) == set(drawn)
    for name, sides in drawn.items():
        before, now = (s if name.startswith("number_") else s.astype(np.int64) for s in sides)
        statistic, drifted = evidently_default(before, now)
        assert statistic == pytest.approx(said[name].statistic, rel=1e-9, abs=1e-12), name
        assert drifted is said[name].drift, name


def _frame(columns: dict[str, npt.NDArray[np.float64]]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            name: pl.Series(held).fill_nan(None)
            if name.startswith("number_")
            else pl.Series(held.astype(np.int64)).cast(pl.String)
            for name, held in columns.items()
        }
    )


def test_a_column_without_a_value_is_no_drift_for_evidently() -> None:
    nothing, values = np.full(50, np.nan), np.arange(50.0)
    assert not evidently_default(values, nothing)[1]
    assert not evidently_default(nothing, values)[1]


def test_the_chart_alarms_beyond_three_deviations_of_its_chunks_and_of_missing_values_too() -> None:
    rng = np.random.default_rng(5)
    chart = ThreeSigma({"number_a": rng.normal(size=2000)})
    usual, shifted = rng.normal(size=200), rng.normal(1, 1, 200)
    assert chart.alarms({"number_a": usual}) == {"number_a": False, "missing number_a": False}
    assert chart.alarms({"number_a": shifted})["number_a"]
    assert chart.alarms({"number_a": np.where(rng.random(200) < 0.6, np.nan, usual)})["missing number_a"]
    assert not any(chart.alarms({"number_a": np.empty(0)}).values())


def test_drawn_patients_come_back_and_are_counted_once_a_month() -> None:
    studies = draw_studies(np.random.default_rng(1), 200, months=6)
    assert int((studies.month < 0).sum()) == reference_size(200)
    first = first_of_patient_and_month(studies)
    assert first.month.size < studies.month.size
    assert len({*zip(first.month.tolist(), first.patient.tolist(), strict=True)}) == first.month.size
    assert np.unique(first.patient).size < first.month.size


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_leaves_the_months_before_it_as_they_were(change: str) -> None:
    plain, changed = (draw_studies(np.random.default_rng(2), 100, months=6) for _ in range(2))
    changed = CHANGES[change].make(np.random.default_rng(3), changed)
    before, after = (columns_of(studies, months=6) for studies in (plain, changed))
    for month in range(CHANGE_MONTH):
        for name, held in before[1][month].items():
            np.testing.assert_array_equal(held, after[1][month][name])
    is_other = [not np.array_equal(held, after[1][CHANGE_MONTH][n], equal_nan=held.dtype.kind == "f")
                for n, held in before[1][CHANGE_MONTH].items()]  # fmt: skip
    assert any(is_other)


def test_the_interval_of_a_poisson_count_is_exact() -> None:
    assert poisson_interval(0) == (0.0, pytest.approx(3.6889, abs=1e-4))
    low, high = poisson_interval(7)
    assert stats.poisson.sf(6, low) == pytest.approx(0.025)
    assert stats.poisson.cdf(7, high) == pytest.approx(0.025)


def test_counts_that_the_budget_explains_are_within_it_and_others_are_not() -> None:
    assert FalseAlarms(ambers=320, reds=60, months=400, years=300).within_budget
    assert not FalseAlarms(ambers=360, reds=0, months=400, years=300).within_budget
    assert not FalseAlarms(ambers=0, reds=90, months=400, years=300).within_budget


def test_the_tables_tell_rates_with_intervals_power_and_delay() -> None:
    found, missed = Alarms(1, 0, 9, 2, None), Alarms(0, 0, 0, None, None)
    changed = [trial("age", 50, ours=found), trial("age", 50, ours=missed)]
    printed = list(lines([*(year(ambers=1) for _ in range(3)), year(), *changed]))
    assert any(line.startswith("multisite") and "0.75" in line and "0.15 to 2.19" in line for line in printed)
    assert any(line.startswith("patients are 3 years older") and "50%, 2" in line for line in printed)


@pytest.mark.parametrize(("ambers", "code"), [(1, 0), (4, 1)])
def test_the_exit_code_says_whether_the_budget_holds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ambers: int, code: int
) -> None:
    def instead(numbers: Sequence[int], of: object, **options: object) -> list[DriftTrial]:
        return [year(ambers=ambers) for _ in numbers]

    monkeypatch.setattr(command, "try_seeds", instead)
    kept = tmp_path / "drift.json"
    assert command.main(["--years", "10", "--sizes", "50", "--changes", "--json", str(kept)]) == code
    assert len(json.loads(kept.read_text(encoding="utf-8"))) == 10
