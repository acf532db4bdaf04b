import numpy as np
import pytest

from multisite.stats import (
    ScoreCounts,
    auc,
    cross_fitted_encoding,
    cross_fitted_scores,
    patient_folds,
)

SEED = 20


def test_a_patient_is_in_one_fold_and_positives_are_spread() -> None:
    rng = np.random.default_rng(SEED)
    patient = rng.integers(0, 150, 400)
    positive = rng.random(400) < 0.3
    folds = patient_folds(positive, patient, n_folds=5, seed=SEED)
    assert all(np.unique(folds[patient == number]).size == 1 for number in np.unique(patient))
    shares = [positive[folds == fold].mean() for fold in range(5)]
    assert max(shares) - min(shares) < 0.12


def test_too_few_patients_of_a_class_for_the_folds_are_refused() -> None:
    positive = np.array([True, True, True, True, False, False, False, False])
    with pytest.raises(ValueError, match="5 folds need as many patients"):
        patient_folds(positive, np.arange(8), n_folds=5, seed=SEED)


def test_the_share_of_a_level_comes_from_the_other_folds_alone() -> None:
    level = np.array([0, 0, 0, 1, 1, 1])
    positive = np.array([True, True, False, False, False, True])
    folds = np.array([0, 1, 1, 0, 1, 1])
    scores = cross_fitted_encoding(level, positive, folds)
    # Fold 0 is scored by fold 1: share 2/4; level 0 has 1 of 2, level 1 has 1 of 2.
    assert scores[0] == pytest.approx((1 + 5 * 0.5) / (2 + 5))
    assert scores[3] == pytest.approx((1 + 5 * 0.5) / (2 + 5))
    # Fold 1 by fold 0: share 1/2; level 0 has 1 of 1, level 1 has 0 of 1.
    assert scores[1] == scores[2] == pytest.approx((1 + 5 * 0.5) / 6)
    assert scores[4] == scores[5] == pytest.approx((0 + 5 * 0.5) / 6)


def area(positive: np.ndarray, scores: np.ndarray) -> float:
    found = auc(ScoreCounts.from_cases(positive, scores)).estimate
    assert found is not None
    return found


def drawn(seed: int, *, effect: float, n: int = 300) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    positive = rng.random(n) < 0.3
    vendor = np.where(rng.random(n) < 0.5 + effect * (positive - 0.5), 1, 0)
    number = rng.normal(size=n)
    number[rng.random(n) < 0.1] = np.nan
    return np.column_stack([vendor, number]), positive, np.arange(n)


def test_a_planted_signal_is_found_by_both() -> None:
    features, positive, patient = drawn(SEED, effect=0.8)
    folds = patient_folds(positive, patient, n_folds=5, seed=SEED)
    is_category = np.array([True, False])
    assert area(positive, cross_fitted_scores(features, positive, folds, is_category=is_category, seed=SEED)) > 0.75
    assert area(positive, cross_fitted_encoding(features[:, 0].astype(np.int64), positive, folds)) > 0.75


@pytest.mark.slow
def test_without_a_signal_the_mean_area_is_that_of_chance() -> None:
    areas = []
    for seed in range(20):
        features, positive, patient = drawn(seed, effect=0.0)
        folds = patient_folds(positive, patient, n_folds=5, seed=seed)
        is_category = np.array([True, False])
        scores = cross_fitted_scores(features, positive, folds, is_category=is_category, seed=seed)
        areas.append(area(positive, scores))
    assert 0.46 < np.mean(areas) < 0.52


@pytest.mark.slow
def test_equal_seeds_give_equal_scores() -> None:
    features, positive, patient = drawn(SEED, effect=0.3)
    folds = patient_folds(positive, patient, n_folds=5, seed=SEED)
    again = patient_folds(positive, patient, n_folds=5, seed=SEED)
    assert np.array_equal(folds, again)
    is_category = np.array([True, False])
    first, second = (
        cross_fitted_scores(features, positive, folds, is_category=is_category, seed=SEED) for _ in range(2)
    )
    assert np.array_equal(first, second)
