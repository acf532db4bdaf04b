"""Sensitivity at a specificity and the reverse: which threshold, which rule, and where there is no interval."""

import numpy as np
import pytest

from multisite.stats.discrimination import sensitivity_at_specificity, specificity_at_sensitivity
from multisite.stats.proportions.result import wilson_interval
from multisite.vocabulary import EstimateStatus

SEED = 41
# Negatives 1 to 10, positives 5, 8, 8.5, 12.
POSITIVE = [0] * 10 + [1] * 4
SCORE = [*range(1, 11), 5, 8, 8.5, 12]


def cases(n: int = 120) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(SEED)
    positive = rng.random(n) < 0.35
    return positive, (rng.normal(size=n) + 1.2 * positive).round(1)


def test_the_lowest_threshold_that_reaches_the_specificity_is_taken() -> None:
    found = sensitivity_at_specificity(POSITIVE, SCORE, specificity=0.7, seed=1)
    assert (found.threshold, found.attained, found.estimate) == (8, 0.7, 0.75)
    beyond = sensitivity_at_specificity(POSITIVE, SCORE, specificity=0.71, seed=1)
    assert (beyond.threshold, beyond.attained, beyond.estimate) == (8.5, 0.8, 0.5)


@pytest.mark.parametrize("target", [k / 10 for k in range(1, 10)])
def test_a_target_that_is_a_share_of_the_cases_is_met_exactly(target: float) -> None:
    assert sensitivity_at_specificity(POSITIVE, SCORE, specificity=target, seed=1, n_replicates=2).attained == target


def test_the_interpolated_point_lies_on_the_line_between_two_thresholds() -> None:
    found = sensitivity_at_specificity(POSITIVE, SCORE, specificity=0.75, seed=1, point="interpolated")
    assert (found.threshold, found.attained) == (None, 0.75)
    # From (0.7, 3/4) at threshold 8 to (0.8, 1/2) at 8.5, the positive and the negative at 8 being tied.
    assert found.estimate == pytest.approx(0.625)
    assert found.ci_method.startswith("interpolated;")
    same = sensitivity_at_specificity(POSITIVE, SCORE, specificity=0.7, seed=1, point="interpolated")
    assert same.estimate == 0.75


def test_the_highest_threshold_that_reaches_the_sensitivity_is_taken() -> None:
    found = specificity_at_sensitivity(POSITIVE, SCORE, sensitivity=0.75, seed=1)
    assert (found.threshold, found.attained, found.estimate) == (8, 0.75, 0.7)
    found = specificity_at_sensitivity(POSITIVE, SCORE, sensitivity=0.51, seed=1)
    assert (found.threshold, found.attained, found.estimate) == (8, 0.75, 0.7)
    # Half-way from (3/4, 0.7) to (1/2, 0.8).
    between = specificity_at_sensitivity(POSITIVE, SCORE, sensitivity=0.625, seed=1, point="interpolated")
    assert between.estimate == pytest.approx(0.75)


def test_ties_at_the_top_leave_a_threshold_above_all_where_nothing_is_called() -> None:
    found = sensitivity_at_specificity([0, 0, 0, 1, 1], [1, 2, 2, 2, 2], specificity=0.9, seed=1)
    assert (found.estimate, found.threshold, found.attained) == (0.0, np.inf, 1.0)


def test_all_of_the_other_class_can_be_asked_for() -> None:
    positive, score = [0, 0, 0, 1, 1, 1], [1, 2, 3, 2, 4, 5]
    found = sensitivity_at_specificity(positive, score, specificity=1.0, seed=1)
    assert (found.estimate, found.threshold, found.attained) == (pytest.approx(2 / 3), 4.0, 1.0)
    assert specificity_at_sensitivity(positive, score, sensitivity=1.0, seed=1).estimate == pytest.approx(1 / 3)


@pytest.mark.parametrize(("n", "target"), [(10, 1 - 0.7), (30, 1 - 0.7), (70, 1 - 0.7), (100, 1 - 0.99)])
def test_a_target_that_is_a_rounding_error_above_a_share_is_that_share(n: int, target: float) -> None:
    positive, score = [0] * n + [1] * 5, [*range(n), *range(n, n + 5)]
    found = sensitivity_at_specificity(positive, score, specificity=target, seed=1, n_replicates=20)
    assert found.attained == pytest.approx(target)


def test_interpolation_is_exact_on_the_inverse_curve_too() -> None:
    positive, score = cases()
    for target in (0.37, 0.8123):
        one = sensitivity_at_specificity(
            positive, score, specificity=target, seed=1, point="interpolated", n_replicates=2
        )
        other = specificity_at_sensitivity(
            ~positive, -score, sensitivity=target, seed=1, point="interpolated", n_replicates=2
        )
        assert one.estimate == pytest.approx(other.estimate)


@pytest.mark.parametrize("method", ["btii", "bca", "percentile"])
def test_every_method_gives_an_interval_that_holds_the_estimate(method: str) -> None:
    positive, score = cases()
    found = sensitivity_at_specificity(positive, score, specificity=0.9, seed=4, method=method, n_replicates=300)
    assert 0 <= found.ci_low <= found.estimate <= found.ci_high <= 1
    assert (found.n_replicates, found.n_undefined, found.n_patients) == (300, 0, 120)
    assert {"btii": "BTII", "bca": "BCa", "percentile": "percentile"}[method] in found.ci_method


def test_the_seed_decides() -> None:
    positive, score = cases()
    one, same, other = (
        sensitivity_at_specificity(positive, score, specificity=0.9, seed=seed, n_replicates=100) for seed in (4, 4, 5)
    )
    assert one == same
    assert one.ci_low != other.ci_low


def test_patients_of_many_alike_cases_widen_the_interval() -> None:
    positive, score = cases()
    patient = np.arange(positive.size)
    alone = sensitivity_at_specificity(positive, score, specificity=0.9, seed=4, n_replicates=500)
    thrice = sensitivity_at_specificity(
        *(np.tile(v, 3) for v in (positive, score)),
        specificity=0.9,
        seed=4,
        patient=np.tile(patient, 3),
        n_replicates=500,
    )
    assert (thrice.estimate, thrice.ci_low) == pytest.approx((alone.estimate, alone.ci_low))


def test_a_perfect_separation_has_wilsons_interval_of_patients() -> None:
    positive = np.repeat([1, 0], [12, 20])
    found = sensitivity_at_specificity(positive, positive, specificity=0.9, seed=1, patient=np.arange(32) // 2)
    assert found.estimate == 1.0
    assert (found.ci_low, found.ci_high) == pytest.approx(wilson_interval(1.0, 6, 1.959963984540054))
    assert "wilson of patients" in found.ci_method
    back = specificity_at_sensitivity(positive, positive, sensitivity=0.9, seed=1, patient=np.arange(32) // 2)
    assert back.ci_low == pytest.approx(wilson_interval(1.0, 10, 1.959963984540054)[0])


def test_one_class_is_undefined_and_a_lone_positive_or_patient_has_no_interval() -> None:
    none = sensitivity_at_specificity([0, 0], [1, 2], specificity=0.9, seed=1)
    assert (none.estimate, none.threshold, none.status, none.reason) == (
        None,
        None,
        EstimateStatus.UNDEFINED,
        "no positive case",
    )
    lone = sensitivity_at_specificity([1, 0, 0], [3, 1, 2], specificity=0.9, seed=1)
    assert (lone.estimate, lone.ci_low, lone.status) == (1.0, None, EstimateStatus.INSUFFICIENT)
    single = sensitivity_at_specificity(POSITIVE, SCORE, specificity=0.7, seed=1, patient=[7] * 14)
    assert (single.estimate, single.ci_low) == (0.75, None)


def test_too_many_replicates_without_a_class_leave_no_interval() -> None:
    # Two of fourteen are positive: (12/14)^14, a ninth of all draws, have none.
    positive, score = [0] * 12 + [1] * 2, [*range(12), 11.5, 5.5]
    found = sensitivity_at_specificity(positive, score, specificity=0.9, seed=1)
    assert (found.ci_low, found.status) == (None, EstimateStatus.INSUFFICIENT)
    assert found.reason == f"undefined in {found.n_undefined} of 2000 replicates, and no interval"
    assert found.n_undefined / 2000 == pytest.approx((12 / 14) ** 14, abs=0.03)
    allowed = sensitivity_at_specificity(positive, score, specificity=0.9, seed=1, max_undefined=0.2)
    assert allowed.ci_low is not None
    assert allowed.reason == f"undefined in {found.n_undefined} of 2000 replicates"


@pytest.mark.parametrize(
    "given",
    [
        {"specificity": -0.1},
        {"specificity": 1.1},
        {"specificity": float("nan")},
        {"point": "nearest"},
        {"method": "wald"},
        {"n_replicates": 0},
        {"max_undefined": 1.0},
        {"level": 0.0},
    ],
)
def test_an_argument_out_of_range_is_refused(given: dict) -> None:
    with pytest.raises(ValueError, match=r"`(specificity|point|method|n_replicates|max_undefined)`|level"):
        sensitivity_at_specificity(POSITIVE, SCORE, **{"specificity": 0.9, "seed": 1} | given)
