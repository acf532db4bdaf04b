"""What must hold for every estimator of discrimination that takes cases one by one, whatever they are."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multisite.stats import Estimate
from multisite.stats.discrimination import (
    auc_difference,
    clustered_auc,
    partial_auc,
    sensitivity_at_specificity,
    specificity_at_sensitivity,
    youden,
)
from multisite.stats.resampling import WeightedAuc, bootstrap, jackknife
from tests.lib.examples import examples

Cases = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
FEW = {"seed": 5, "n_replicates": 20}

ESTIMATORS: dict[str, Callable[..., Estimate]] = {
    "clustered": lambda y, s, _, p: clustered_auc(y, s, p),
    "clustered plain": lambda y, s, _, p: clustered_auc(y, s, p, method="obuchowski"),
    "difference": lambda y, s, t, _: auc_difference(y, s, t),
    "difference clustered": lambda y, s, t, p: auc_difference(y, s, t, patient=p),
    "partial": lambda y, s, _, p: partial_auc(y, s, specificity=(0.7, 0.95), patient=p),
    "partial over sensitivity": lambda y, s, *_: partial_auc(y, s, sensitivity=(0.5, 1.0), scale="mcclish"),
    "sensitivity": lambda y, s, _, p: sensitivity_at_specificity(y, s, specificity=0.8, patient=p, **FEW),
    "sensitivity between": lambda y, s, *_: sensitivity_at_specificity(
        y, s, specificity=0.83, point="interpolated", method="percentile", **FEW
    ),
    "specificity": lambda y, s, *_: specificity_at_sensitivity(y, s, sensitivity=0.8, method="bca", **FEW),
    "youden": lambda y, s, *_: youden(y, s),
    "youden clustered": lambda y, s, _, p: youden(y, s, patient=p),
    "bootstrap": lambda y, s, _, p: bootstrap(WeightedAuc(y, s), p, **FEW),
}
LOWEST = {"difference": -1, "difference clustered": -1}


@st.composite
def cases(draw: st.DrawFn) -> Cases:
    """Up to thirty cases; one class, ties, separation, lone patients and no case at all included."""
    n = draw(st.integers(0, 30))
    columns = [st.booleans(), st.integers(0, 8), st.integers(0, 8), st.integers(0, 9)]
    y, s, t, p = (np.array(draw(st.lists(column, min_size=n, max_size=n))) for column in columns)
    return y.astype(bool), s.astype(float), t.astype(float), p.astype(int)


def every_estimate(drawn: Cases) -> dict[str, Estimate]:
    return {name: estimator(*drawn) for name, estimator in ESTIMATORS.items()}


def close(one: float | None, other: float | None) -> bool:
    return one == other or (one is not None and other is not None and one == pytest.approx(other, abs=1e-9))


def assert_same(one: dict[str, Estimate], other: dict[str, Estimate], *fields: str) -> None:
    for name, result in one.items():
        for field in fields:
            values: Any = getattr(result, field), getattr(other[name], field)
            assert close(*values), (name, field, values)


@examples(20)
@given(cases())
def test_an_interval_contains_its_estimate_in_range_and_a_missing_number_has_a_reason(drawn: Cases) -> None:
    for name, result in every_estimate(drawn).items():
        if result.ci_low is not None:
            lowest = LOWEST.get(name, 0)
            assert lowest <= result.ci_low <= result.estimate <= result.ci_high <= 1, name
            assert result.status == "ok", name
        else:
            assert result.ci_high is None, name
            assert result.reason, name
            assert result.status == ("undefined" if result.estimate is None else "insufficient"), name
        assert result.n_cases == drawn[0].size
        assert result.ci_level == 0.95
        assert result.ci_method


@examples(12)
@given(cases(), st.floats(0.01, 100), st.floats(-50, 50))
def test_a_monotone_transform_of_the_scores_changes_nothing(drawn: Cases, scale: float, shift: float) -> None:
    y, s, t, p = drawn
    moved = every_estimate((y, scale * s + shift, np.exp(t), p))
    assert_same(every_estimate(drawn), moved, "estimate", "ci_low", "ci_high", "reason")


@examples(12)
@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_cases_does_not_matter_where_patients_are_named(drawn: Cases, random) -> None:
    order = np.array(random.sample(range(drawn[0].size), drawn[0].size), dtype=np.int64)
    one, other = every_estimate(drawn), every_estimate(tuple(column[order] for column in drawn))  # type: ignore[arg-type]  # a tuple of four
    # Cases who are their own patients are drawn by their place.
    for name in ("sensitivity between", "specificity"):
        assert close(one.pop(name).estimate, other.pop(name).estimate)
    assert_same(one, other, "estimate", "ci_low", "ci_high")


@examples(12)
@given(cases(), st.integers(2, 4))
def test_repeating_every_case_within_its_patient_leaves_what_counts_patients(drawn: Cases, times: int) -> None:
    once = every_estimate(drawn)
    often = every_estimate(tuple(np.tile(column, times) for column in drawn))  # type: ignore[arg-type]  # a tuple of four
    assert_same(once, often, "estimate")
    counting = ("clustered", "clustered plain", "difference clustered", "partial", "sensitivity", "bootstrap")
    assert_same({name: once[name] for name in counting}, often, "ci_low", "ci_high")


@examples(12)
@given(cases())
def test_swapping_labels_and_turning_scores_round_mirrors_the_areas(drawn: Cases) -> None:
    y, s, t, p = drawn
    names = ("clustered", "clustered plain", "difference", "difference clustered", "bootstrap", "youden")
    one, other = every_estimate(drawn), every_estimate((~y, -s, -t, p))
    for name in names:
        assert close(one[name].estimate, other[name].estimate), name
        assert close(one[name].ci_low, other[name].ci_low) or name == "youden", name
    over = partial_auc(y, s, specificity=(0.7, 0.95)), partial_auc(~y, -s, sensitivity=(0.7, 0.95))
    assert close(over[0].estimate, over[1].estimate)
    assert close(over[0].ci_high, over[1].ci_high)


@examples(12)
@given(cases())
def test_swapping_the_labels_gives_the_complement_of_the_clustered_area(drawn: Cases) -> None:
    y, s, _, p = drawn
    one, other = clustered_auc(y, s, p), clustered_auc(~y, s, p)
    assert one.status == other.status
    if one.estimate is not None:
        assert one.estimate == pytest.approx(1 - other.estimate, abs=1e-12)
    if one.ci_low is not None:
        assert one.ci_low == pytest.approx(1 - other.ci_high, abs=1e-9)


@examples(12)
@given(cases())
def test_the_closed_jackknife_is_the_slow_one(drawn: Cases) -> None:
    y, s, _, p = drawn
    statistic = WeightedAuc(y, s)
    slow = jackknife(lambda weights: statistic(weights), p)
    assert np.allclose(statistic.leave_one_out(p), slow, rtol=0, atol=1e-14, equal_nan=True)
