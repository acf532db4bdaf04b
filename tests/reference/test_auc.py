"""AUC against a published area, the definitions written out, and scikit-learn."""

import csv
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from multisite.stats import ScoreCounts, auc

DATA = Path(__file__).parent / "data"
SEED = 5


def hanley_mcneil() -> ScoreCounts:
    lines = (DATA / "hanley_mcneil_1982_table_1.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(line for line in lines if not line.startswith("#")))
    return ScoreCounts(*([int(row[name]) for row in rows] for name in ("rating", "n_abnormal", "n_normal")))


def delong_by_definition(positive: list[float], negative: list[float]) -> tuple[Fraction, Fraction]:
    """Area and variance from every pair (DeLong 1988, equations 3 to 6), in exact fractions."""

    def kernel(x: float, y: float) -> Fraction:
        return Fraction(1) if x > y else Fraction(1, 2) if x == y else Fraction(0)

    m, n = len(positive), len(negative)
    v10 = [sum((kernel(x, y) for y in negative), Fraction(0)) / n for x in positive]
    v01 = [sum((kernel(x, y) for x in positive), Fraction(0)) / m for y in negative]
    area = sum(v10, Fraction(0)) / m
    s10 = sum(((v - area) ** 2 for v in v10), Fraction(0)) / (m - 1)
    s01 = sum(((v - area) ** 2 for v in v01), Fraction(0)) / (n - 1)
    return area, s10 / m + s01 / n


def test_hanley_and_mcneil_1982_table_1() -> None:
    result = auc(hanley_mcneil())
    assert round(result.estimate, 3) == 0.893
    assert (result.n_positive, result.n_negative) == (51, 58)


@pytest.mark.parametrize("levels", [3, 11, 10_000])
def test_delong_1988_written_out_in_fractions(levels: int) -> None:
    rng = np.random.default_rng(SEED)
    positive = (rng.integers(0, levels, 23) + levels // 3).tolist()
    negative = rng.integers(0, levels, 31).tolist()
    area, variance = delong_by_definition(positive, negative)
    result = auc(ScoreCounts.from_cases([1] * 23 + [0] * 31, positive + negative), method="delong")
    assert result.estimate == pytest.approx(float(area), abs=1e-15)
    assert result.standard_error == pytest.approx(float(variance) ** 0.5, rel=1e-12)
    z = stats.norm.ppf(0.975)
    assert result.ci_low == pytest.approx(float(area) - z * float(variance) ** 0.5, abs=1e-12)


def test_the_logit_interval_is_the_plain_one_on_the_logit_scale() -> None:
    result = auc(hanley_mcneil())
    logit = np.log(result.estimate / (1 - result.estimate))
    half = stats.norm.ppf(0.975) * result.standard_error / (result.estimate * (1 - result.estimate))
    ends = 1 / (1 + np.exp(-(logit + np.array([-half, half]))))
    assert (result.ci_low, result.ci_high) == pytest.approx(tuple(ends), rel=1e-12)


def test_hanley_and_mcneil_ratings_have_the_delong_error_of_the_definition() -> None:
    counts = hanley_mcneil()
    positive = np.repeat(counts.score, counts.n_positive).tolist()
    negative = np.repeat(counts.score, counts.n_negative).tolist()
    area, variance = delong_by_definition(positive, negative)
    result = auc(counts)
    assert (result.estimate, result.standard_error) == pytest.approx((float(area), float(variance) ** 0.5), rel=1e-13)


@pytest.mark.parametrize("decimals", [1, 4, 17])
def test_scikit_learn_and_scipy_give_the_same_area(decimals: int) -> None:
    rng = np.random.default_rng(SEED)
    reference = rng.random(4000) < 0.2
    score = (rng.normal(size=4000) + reference).round(decimals)
    ours = auc(ScoreCounts.from_cases(reference, score)).estimate
    assert ours == pytest.approx(roc_auc_score(reference, score), abs=1e-13)
    u = stats.mannwhitneyu(score[reference], score[~reference]).statistic
    assert ours == pytest.approx(u / (reference.sum() * (~reference).sum()), abs=1e-13)
