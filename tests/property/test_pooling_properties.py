"""What must hold of pooling, adjustment and net benefit, whatever the numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from multisite.stats.benefit.decision_curve import net_benefit, net_benefit_by_patient
from multisite.stats.multiplicity import benjamini_hochberg, bonferroni, holm
from multisite.stats.pooling import (
    bivariate,
    common_effect,
    partial_pooling,
    random_effects,
    random_effects_proportions,
)
from tests.lib.examples import examples

SITES = st.lists(
    st.tuples(st.integers(-300, 300).map(lambda x: x / 100), st.integers(1, 300).map(lambda x: x / 100)),
    min_size=3,
    max_size=9,
)
METHODS = st.sampled_from(["dl", "pm", "reml"])
P_VALUES = st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=12)
PATIENTS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(0, 3), st.integers(0, 3)), min_size=2, max_size=12
)


def split(sites: list[tuple[float, float]]) -> tuple[np.ndarray, np.ndarray]:
    y, v = np.array(sites).T
    return y, v


@examples(80)
@given(SITES, METHODS, st.sampled_from([-5.0, 0.25, 8.0]), st.sampled_from([0.1, 1.0, 30.0]))
def test_a_change_of_unit_and_origin_changes_the_pooled_estimate_in_the_same_way(
    sites: list[tuple[float, float]], method, shift: float, factor: float
) -> None:
    y, v = split(sites)
    one, other = random_effects(y, v, tau2=method), random_effects(shift + factor * y, factor**2 * v, tau2=method)
    assert one.tau2 is not None
    assert one.estimate is not None
    if one.tau2 < 1e-6:
        return
    assert other.tau2 == pytest.approx(factor**2 * one.tau2, rel=1e-5)
    assert other.estimate == pytest.approx(shift + factor * one.estimate, rel=1e-5, abs=1e-6)
    assert other.i2 == pytest.approx(one.i2, abs=1e-6)


@examples(80)
@given(SITES, METHODS, st.randoms(use_true_random=False))
def test_order_does_not_matter_and_everything_lies_where_it_must(
    sites: list[tuple[float, float]], method, random
) -> None:
    y, v = split(sites)
    order = list(range(y.size))
    random.shuffle(order)
    one, other = random_effects(y, v, tau2=method), random_effects(y[order], v[order], tau2=method)
    assert one.estimate == pytest.approx(other.estimate, abs=1e-7)
    assert [one.weights[i] for i in order] == pytest.approx(list(other.weights), abs=1e-7)
    assert sum(one.weights) == pytest.approx(1.0)
    numbers = (one.estimate, one.ci_low, one.ci_high, one.prediction_low, one.prediction_high)
    assert all(number is not None for number in numbers)
    assert y.min() - 1e-9 <= one.estimate <= y.max() + 1e-9  # type: ignore[operator]  # asserted above
    assert one.ci_low <= one.estimate <= one.ci_high  # type: ignore[operator]  # asserted above
    if one.tau2_low is not None and one.tau2_high is not None:
        assert one.tau2_low <= one.tau2_high
    assert 0.0 <= one.i2 < 1.0  # type: ignore[operator]  # asserted above
    assert one.h2 >= 1.0  # type: ignore[operator]  # asserted above


@examples(60)
@given(SITES)
def test_without_variance_between_sites_the_wald_interval_is_that_of_a_common_effect(
    sites: list[tuple[float, float]],
) -> None:
    y, v = split(sites)
    found, common = random_effects(y, v, tau2="pm", interval="wald"), common_effect(y, v)
    if found.tau2 == 0.0:
        expected = pytest.approx((common.estimate, common.ci_low, common.ci_high), abs=1e-12)
        assert (found.estimate, found.ci_low, found.ci_high) == expected
    else:
        assert found.ci_high - found.ci_low > common.ci_high - common.ci_low  # type: ignore[operator]  # both exist


@examples(60)
@given(SITES)
def test_shrinkage_never_leaves_the_way_from_the_own_estimate_to_the_mean(sites: list[tuple[float, float]]) -> None:
    y, v = split(sites)
    found = partial_pooling(y, v, scale="raw")
    assert found.mean is not None
    for own, one in zip(y, found.strata, strict=True):
        assert one.shrunken.estimate is not None
        assert min(own, found.mean) - 1e-9 <= one.shrunken.estimate <= max(own, found.mean) + 1e-9
        assert 0.0 <= (one.weight_of_own or 0.0) < 1.0


@examples(60)
@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), max_size=7))
def test_events_and_non_events_mirror_each_other(sites: list[tuple[int, int]]) -> None:
    events, others = (np.array([site[i] for site in sites], dtype=np.int64) for i in (0, 1))
    one = random_effects_proportions(events, events + others).pooled
    other = random_effects_proportions(others, events + others).pooled
    assert one.status == other.status
    if one.estimate is not None and other.estimate is not None:
        assert one.estimate == pytest.approx(1.0 - other.estimate, abs=1e-6)


@examples(15)
@given(st.lists(st.tuples(*[st.integers(0, 40)] * 4), max_size=8))
def test_turning_the_classes_round_swaps_sensitivity_and_specificity(sites: list[tuple[int, int, int, int]]) -> None:
    tp, fn, tn, fp = (np.array([site[i] for site in sites], dtype=np.int64) for i in range(4))
    one, other = bivariate(tp, fp, fn, tn), bivariate(tn, fn, fp, tp)
    assert one.sensitivity.status == other.specificity.status
    if one.sensitivity.estimate is not None:
        assert one.sensitivity.estimate == pytest.approx(other.specificity.estimate, abs=2e-3)
        assert 0.0 < one.sensitivity.estimate < 1.0


@examples(80)
@given(P_VALUES)
def test_adjustment_only_raises_p_values_keeps_their_order_and_their_places(values: list[float | None]) -> None:
    given_values = np.array(values, dtype=np.float64)
    defined = ~np.isnan(given_values)
    p = given_values[defined]
    for adjust in (holm, benjamini_hochberg, bonferroni):
        adjusted = adjust(values)
        assert (np.isnan(adjusted) == ~defined).all()
        inside = adjusted[defined]
        assert (inside >= p).all()
        assert (inside <= 1.0).all()
        assert (np.diff(inside[np.argsort(p, kind="stable")]) >= 0.0).all()
        assert inside == pytest.approx(adjust(p), abs=0)
    assert (benjamini_hochberg(p) <= holm(p) + 1e-12).all()
    assert (holm(p) <= bonferroni(p) + 1e-12).all()


@examples(80)
@given(PATIENTS, st.sampled_from([0.0, 0.05, 0.3, 0.8]))
def test_net_benefit_does_not_depend_on_who_has_which_case_and_shrinks_when_all_are_doubled(
    patients: list[tuple[int, int, int, int]], threshold: float
) -> None:
    tp, fn, fp, tn = np.array(patients, dtype=np.int64).T
    sums = [int(x.sum()) for x in (tp, fp, tp + fn, fp + tn)]
    whole = net_benefit(*sums, threshold=threshold)  # type: ignore[arg-type]  # four numbers
    by_patient = net_benefit_by_patient(tp, fp, tp + fn, fp + tn, threshold=threshold)
    for one, other in (
        (whole, by_patient),
        (whole.standardised, by_patient.standardised),
        (whole.interventions_avoided, by_patient.interventions_avoided),
    ):
        assert (one.estimate is None) == (other.estimate is None)
        if one.estimate is not None:
            assert other.estimate == pytest.approx(one.estimate, abs=1e-9)
    doubled = net_benefit(*(2 * x for x in sums), threshold=threshold)  # type: ignore[arg-type]  # four numbers
    assert doubled.status == whole.status
    if whole.ci_low is not None and whole.ci_high is not None:
        assert doubled.estimate == pytest.approx(whole.estimate, abs=1e-12)
        width = (whole.ci_high - whole.ci_low) / np.sqrt(2)
        assert doubled.ci_high - doubled.ci_low == pytest.approx(width, rel=1e-9)  # type: ignore[operator]  # both exist
