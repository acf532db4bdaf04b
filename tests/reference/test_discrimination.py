"""Differences, clusters, parts and points of ROC curves against definitions in exact fractions, and scikit-learn."""

import csv
from fractions import Fraction
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score, roc_curve

from multisite.stats import ScoreCounts, auc
from multisite.stats.discrimination import (
    auc_difference,
    auc_difference_unpaired,
    clustered_auc,
    partial_auc,
    sensitivity_at_specificity,
    specificity_at_sensitivity,
    youden,
)
from multisite.stats.resampling import WeightedAuc, bootstrap_replicates

DATA = Path(__file__).parent / "data"
SEED = 20_261_127


def two_models(n: int, decimals: int = 1) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Truth, two scores with something in common, and patients of three cases on average who are alike."""
    rng = np.random.default_rng([SEED, n])
    patient = rng.integers(0, n // 3, n)
    positive = rng.random(n) < 0.4
    shared = rng.normal(size=n // 3)[patient] + rng.normal(size=n)
    first = (shared + rng.normal(size=n) + 1.5 * positive).round(decimals)
    return positive, first, (shared + rng.normal(size=n) + positive).round(decimals), patient


def kernel(x: float, y: float) -> Fraction:
    return Fraction(1) if x > y else Fraction(1, 2) if x == y else Fraction(0)


class Placed:
    """A score's area and placements from every pair (DeLong 1988, equations 3 to 6), in exact fractions."""

    def __init__(self, positive: np.ndarray, score: np.ndarray) -> None:
        x, y = score[positive].tolist(), score[~positive].tolist()
        self.of_positive = [sum((kernel(a, b) for b in y), Fraction(0)) / len(y) for a in x]
        self.of_negative = [sum((kernel(a, b) for a in x), Fraction(0)) / len(x) for b in y]
        self.area = sum(self.of_positive, Fraction(0)) / len(x)


def product_sum(one: list[Fraction], other: list[Fraction], a: Fraction, b: Fraction) -> Fraction:
    return sum(((v - a) * (w - b) for v, w in zip(one, other, strict=True)), Fraction(0))


def delong_covariance(one: Placed, other: Placed) -> Fraction:
    m, n = len(one.of_positive), len(one.of_negative)
    s10 = product_sum(one.of_positive, other.of_positive, one.area, other.area) / (m - 1)
    s01 = product_sum(one.of_negative, other.of_negative, one.area, other.area) / (n - 1)
    return s10 / m + s01 / n


def obuchowski_covariance(one: Placed, other: Placed, positive: np.ndarray, patient: np.ndarray) -> Fraction:
    """Obuchowski 1997, as printed: S10, S01 and S11 of sums over clusters less m_i or n_i times the area."""
    m, n = int(positive.sum()), int((~positive).sum())

    def sums(placed: Placed) -> tuple[list[Fraction], list[Fraction]]:
        of_positive, of_negative = patient[positive], patient[~positive]
        tens, ones = [], []
        for who in np.unique(patient).tolist():
            v10 = [v for v, p in zip(placed.of_positive, of_positive.tolist(), strict=True) if p == who]
            v01 = [v for v, p in zip(placed.of_negative, of_negative.tolist(), strict=True) if p == who]
            tens.append(sum(v10, Fraction(0)) - len(v10) * placed.area)
            ones.append(sum(v01, Fraction(0)) - len(v01) * placed.area)
        return tens, ones

    def total(a: list[Fraction], b: list[Fraction]) -> Fraction:
        return sum((v * w for v, w in zip(a, b, strict=True)), Fraction(0))

    (tens, ones), (other_tens, other_ones) = sums(one), sums(other)
    i10, i01, i = (len(set(patient[chosen].tolist())) for chosen in (positive, ~positive, positive | True))
    s10 = Fraction(i10, (i10 - 1) * m) * total(tens, other_tens)
    s01 = Fraction(i01, (i01 - 1) * n) * total(ones, other_ones)
    s11 = Fraction(i, i - 1) * (total(tens, other_ones) + total(ones, other_tens))
    return s10 / m + s01 / n + s11 / (m * n)


@pytest.mark.parametrize("decimals", [0, 1, 17])
def test_delong_1988_for_two_scores_written_out_in_fractions(decimals: int) -> None:
    positive, first, second, _ = two_models(48, decimals)
    one, other = Placed(positive, first), Placed(positive, second)
    found = auc_difference(positive, first, second)
    assert found.estimate == pytest.approx(float(one.area - other.area), abs=1e-15)
    assert found.covariance == pytest.approx(float(delong_covariance(one, other)), rel=1e-12)
    variance = delong_covariance(one, one) + delong_covariance(other, other) - 2 * delong_covariance(one, other)
    assert found.standard_error == pytest.approx(float(variance) ** 0.5, rel=1e-12)
    z = float(one.area - other.area) / float(variance) ** 0.5
    assert found.p_value == pytest.approx(2 * stats.norm.sf(abs(z)), rel=1e-10)
    assert found.ci_low == pytest.approx(found.estimate - stats.norm.ppf(0.975) * float(variance) ** 0.5)


@pytest.mark.parametrize("decimals", [0, 17])
def test_obuchowski_1997_written_out_in_fractions(decimals: int) -> None:
    positive, first, second, patient = two_models(48, decimals)
    one, other = Placed(positive, first), Placed(positive, second)
    area = clustered_auc(positive, first, patient)
    variance = obuchowski_covariance(one, one, positive, patient)
    assert area.standard_error == pytest.approx(float(variance) ** 0.5, rel=1e-12)
    found = auc_difference(positive, first, second, patient=patient)
    assert found.covariance == pytest.approx(float(obuchowski_covariance(one, other, positive, patient)), rel=1e-11)


def test_the_unpaired_difference_adds_delongs_variances() -> None:
    positive, first, second, _ = two_models(48)
    found = auc_difference_unpaired(positive, first, ~positive, second)
    one, other = Placed(positive, first), Placed(~positive, second)
    variance = delong_covariance(one, one) + delong_covariance(other, other)
    assert found.standard_error == pytest.approx(float(variance) ** 0.5, rel=1e-12)


@pytest.mark.parametrize("clustered", [False, True])
def test_the_bootstrap_has_the_error_of_the_difference(clustered: bool) -> None:
    positive, first, second, patient = two_models(600)
    if not clustered:
        patient = np.arange(600)
    one, other = WeightedAuc(positive, first), WeightedAuc(positive, second)
    drawn = bootstrap_replicates(lambda w: one(w) - other(w), patient, n_replicates=1_500, seed=SEED)
    found = auc_difference(positive, first, second, patient=patient if clustered else None)
    assert drawn.std() == pytest.approx(found.standard_error, rel=0.06)
    assert drawn.mean() == pytest.approx(found.estimate, abs=3 * found.standard_error / 1_500**0.5)


def test_the_hanley_and_mcneil_1982_formula_is_near_delongs_error_on_their_table() -> None:
    # θ = 0.893, Q1 = θ/(2 - θ), Q2 = 2θ²/(1 + θ): their approximation for ratings, 51 abnormal and 58 normal.
    lines = (DATA / "hanley_mcneil_1982_table_1.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    found = auc(ScoreCounts(*([int(row[name]) for row in rows] for name in ("rating", "n_abnormal", "n_normal"))))
    a = found.estimate
    q1, q2 = a / (2 - a), 2 * a * a / (1 + a)
    formula = ((a * (1 - a) + 50 * (q1 - a * a) + 57 * (q2 - a * a)) / (51 * 58)) ** 0.5
    assert round(formula, 3) == 0.032
    assert found.standard_error == pytest.approx(formula, rel=0.1)


@pytest.mark.parametrize("decimals", [0, 1, 17])
@pytest.mark.parametrize("max_fpr", [0.05, 0.1, 0.3, 0.777])
def test_scikit_learn_has_the_same_corrected_partial_area(decimals: int, max_fpr: float) -> None:
    positive, score, _, _ = two_models(300, decimals)
    found = partial_auc(positive, score, specificity=(1 - max_fpr, 1.0), scale="mcclish")
    assert found.estimate == pytest.approx(roc_auc_score(positive, score, max_fpr=max_fpr), abs=1e-12)


@pytest.mark.parametrize("low_high", [(0.8, 0.95), (0.3, 0.31), (0.9, 1.0)])
def test_both_partial_areas_are_the_integrals_of_scikit_learns_curve(low_high: tuple[float, float]) -> None:
    positive, score, _, _ = two_models(300)
    low, high = low_high
    false, true, _ = roc_curve(positive, score, drop_intermediate=False)
    for over, x, y in (("specificity", 1 - false[::-1], true[::-1]), ("sensitivity", true, 1 - false)):
        area = 0.0
        for left, right, at_left, at_right in zip(x, x[1:], y, y[1:], strict=False):
            a, b = max(left, low), min(right, high)
            if b > a:
                middle = at_left + (at_right - at_left) * ((a + b) / 2 - left) / (right - left)
                area += (b - a) * middle
        assert partial_auc(positive, score, **{over: low_high}).raw == pytest.approx(area, abs=1e-12)


@pytest.mark.slow
@pytest.mark.parametrize("over", ["specificity", "sensitivity"])
@pytest.mark.parametrize("decimals", [0, 17])
def test_the_error_of_a_partial_area_is_that_of_the_bootstrap(over: str, decimals: int) -> None:
    positive, score, _, _ = two_models(1_000, decimals)
    rng = np.random.default_rng(SEED)
    found = partial_auc(positive, score, **{over: (0.6, 0.9)})
    drawn = []
    for _ in range(400):
        chosen = rng.integers(0, 1_000, 1_000)
        drawn.append(partial_auc(positive[chosen], score[chosen], **{over: (0.6, 0.9)}).raw)
    assert np.std(drawn) == pytest.approx(found.standard_error, rel=0.12)


def test_mcclish_1989_correction_of_chance_and_of_perfection() -> None:
    # Over false positives from 0 to e, chance has e²/2 and perfection e; over sensitivity the same by symmetry.
    negatives = np.arange(100)
    positive = np.repeat([0, 1], 100)
    for over in ("specificity", "sensitivity"):
        chance = partial_auc(positive, np.append(negatives, negatives), **{over: (0.9, 1.0)})
        assert (chance.raw, chance.mcclish) == (pytest.approx(0.1**2 / 2), pytest.approx(0.5))
        perfect = partial_auc(positive, positive, **{over: (0.9, 1.0)})
        assert (perfect.raw, perfect.mcclish) == (pytest.approx(0.1), pytest.approx(1.0))


@pytest.mark.parametrize(("target", "decimals"), list(product([0.5, 0.81, 0.9, 0.95], [0, 1, 17])))
def test_points_are_those_of_scikit_learns_curve(target: float, decimals: int) -> None:
    positive, score, _, _ = two_models(300, decimals)
    false, true, threshold = roc_curve(positive, score, drop_intermediate=False)
    there = sensitivity_at_specificity(positive, score, specificity=target, seed=1, n_replicates=1)
    meets = 1 - false >= target - 1e-12
    assert there.estimate == pytest.approx(true[meets].max())
    assert there.threshold == threshold[meets].min()
    back = specificity_at_sensitivity(positive, score, sensitivity=target, seed=1, n_replicates=1)
    meets = true >= target - 1e-12
    assert back.estimate == pytest.approx(1 - false[meets].min())
    assert back.threshold == threshold[meets].max()
    between = sensitivity_at_specificity(
        positive, score, specificity=target, seed=1, n_replicates=1, point="interpolated"
    )
    # A hair beyond, where NumPy reads the upper end of an upright piece.
    assert between.estimate == pytest.approx(np.interp(1 - target + 1e-12, false, true), abs=1e-9)


@pytest.mark.parametrize("decimals", [0, 1, 17])
def test_youdens_index_is_the_greatest_height_of_scikit_learns_curve_over_its_diagonal(decimals: int) -> None:
    positive, score, _, _ = two_models(300, decimals)
    false, true, threshold = roc_curve(positive, score, drop_intermediate=False)
    found = youden(positive, score)
    assert found.estimate == pytest.approx((true - false).max(), abs=1e-15)
    assert found.threshold == threshold[np.isclose(true - false, (true - false).max(), atol=1e-14)].min()
