"""Parts of the area: what the whole comes to, symmetry, ties, and where there is no interval."""

from itertools import pairwise

import numpy as np
import pytest

from multisite.stats import ScoreCounts, auc
from multisite.stats.discrimination import partial_auc
from multisite.vocabulary import EstimateStatus

SEED = 31


def cases(decimals: int = 1, n: int = 90) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(SEED)
    positive = rng.random(n) < 0.4
    return positive, (rng.normal(size=n) + positive).round(decimals)


@pytest.mark.parametrize("over", ["specificity", "sensitivity"])
@pytest.mark.parametrize("decimals", [0, 1, 17])
def test_the_whole_range_is_auc_with_its_error_and_interval(over: str, decimals: int) -> None:
    positive, score = cases(decimals)
    found, whole = partial_auc(positive, score, **{over: (0.0, 1.0)}), auc(ScoreCounts.from_cases(positive, score))
    assert found.estimate == pytest.approx(whole.estimate, abs=1e-14)
    assert found.standard_error == pytest.approx(whole.standard_error, rel=1e-10)
    assert (found.ci_low, found.ci_high) == pytest.approx((whole.ci_low, whole.ci_high), rel=1e-10)
    assert found.mcclish == pytest.approx(whole.estimate)


@pytest.mark.parametrize("over", ["specificity", "sensitivity"])
def test_areas_of_adjacent_ranges_add_up(over: str) -> None:
    positive, score = cases()
    edges = [0.0, 0.123, 0.5, 0.8, 1.0]
    parts = [partial_auc(positive, score, **{over: pair}).estimate for pair in pairwise(edges)]
    assert sum(parts) == pytest.approx(auc(ScoreCounts.from_cases(positive, score)).estimate)


def test_sensitivity_is_specificity_with_the_classes_exchanged() -> None:
    positive, score = cases()
    one = partial_auc(positive, score, sensitivity=(0.7, 0.95))
    other = partial_auc(~positive, -score, specificity=(0.7, 0.95))
    assert (one.estimate, one.ci_low, one.ci_high) == (other.estimate, other.ci_low, other.ci_high)
    assert (one.n_positive, one.over) == (other.n_negative, "sensitivity")


def test_a_range_worked_by_hand() -> None:
    # Negatives 1 to 5, positives 5.5, 4.5 and 2.5: above specificity 0.8 sensitivity is 1/3; to 0.8 from 0.6 it is 2/3.
    positive, score = [0] * 5 + [1] * 3, [1, 2, 3, 4, 5, 5.5, 4.5, 2.5]
    assert partial_auc(positive, score, specificity=(0.8, 1.0)).raw == pytest.approx(0.2 / 3)
    found = partial_auc(positive, score, specificity=(0.7, 0.9))
    assert found.raw == pytest.approx(0.1 * 2 / 3 + 0.1 / 3)
    assert found.average == pytest.approx(found.raw / 0.2)


def test_the_three_scales_are_one_interval() -> None:
    positive, score = cases()
    raw, average, mcclish = (
        partial_auc(positive, score, specificity=(0.8, 1.0), scale=scale) for scale in ("raw", "average", "mcclish")
    )
    assert raw.estimate == raw.raw == average.raw
    assert average.ci_low == pytest.approx(raw.ci_low / 0.2)
    least = 0.2 * 0.2 / 2
    assert mcclish.ci_high == pytest.approx(0.5 * (1 + (raw.ci_high - least) / (0.2 - least)))
    assert mcclish.standard_error == pytest.approx(raw.standard_error * 0.5 / (0.2 - least))
    assert raw.ci_method.startswith("raw area;")
    assert mcclish.ci_method.startswith("mcclish corrected;")


def test_a_useless_score_has_half_of_the_corrected_area() -> None:
    found = partial_auc([1, 0] * 20, [0.4] * 40, specificity=(0.8, 1.0), scale="mcclish")
    assert found.estimate == pytest.approx(0.5)
    assert (found.ci_low, found.status) == (None, EstimateStatus.INSUFFICIENT)
    assert found.reason == "the cases show no variance, and there is no interval"


@pytest.mark.parametrize(("right", "corrected"), [(True, 1.0), (False, 4 / 9)])
def test_separation_has_no_interval(right: bool, corrected: float) -> None:
    positive = np.repeat([1, 0], 10)
    found = partial_auc(positive, positive if right else -positive, specificity=(0.8, 1.0), scale="mcclish")
    assert found.average == float(right)
    assert found.estimate == pytest.approx(corrected)
    assert (found.ci_low, found.status) == (None, EstimateStatus.INSUFFICIENT)


def test_patients_widen_it_and_a_patient_per_case_does_not_change_the_error() -> None:
    positive, score = cases()
    alone, numbered = (
        partial_auc(positive, score, specificity=(0.5, 1.0), patient=patient) for patient in (None, np.arange(90))
    )
    assert numbered.standard_error == pytest.approx(alone.standard_error)
    assert alone.degrees_of_freedom is None
    assert numbered.ci_low < alone.ci_low
    thrice = partial_auc(
        np.tile(positive, 3), np.tile(score, 3), specificity=(0.5, 1.0), patient=np.tile(np.arange(90), 3)
    )
    assert (thrice.estimate, thrice.ci_low) == pytest.approx((numbered.estimate, numbered.ci_low))


def test_one_class_is_undefined_and_one_positive_has_no_interval() -> None:
    none = partial_auc([1, 1], [0.1, 0.2], specificity=(0.9, 1.0))
    assert (none.estimate, none.raw, none.status) == (None, None, EstimateStatus.UNDEFINED)
    lone = partial_auc([1, 0, 0], [0.5, 0.1, 0.9], specificity=(0.0, 0.5))
    assert (lone.estimate, lone.ci_low, lone.status) == (0.5, None, EstimateStatus.INSUFFICIENT)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"specificity": (0.8, 1.0), "sensitivity": (0.8, 1.0)},
        {"specificity": (0.9, 0.8)},
        {"sensitivity": (0.5, 0.5)},
        {"specificity": (0.0, 1.1)},
        {"specificity": (0.0, float("nan"))},
        {"specificity": (0.0, 1.0), "scale": "standardised"},
    ],
)
def test_a_wrong_range_or_scale_is_refused(given: dict) -> None:
    with pytest.raises(ValueError, match=r"`(specificity|sensitivity|scale)`"):
        partial_auc([1, 0], [1, 0], **given)
