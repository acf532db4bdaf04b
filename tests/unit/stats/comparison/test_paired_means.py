"""The difference of two means of the same cases, and of two Brier scores."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from multisite.stats import ScoreCounts, brier, brier_difference, paired_mean_difference

SEED = 4


def test_with_one_case_per_patient_it_is_the_paired_t_test() -> None:
    rng = np.random.default_rng(SEED)
    first, second = rng.normal(size=(2, 40))
    found, expected = paired_mean_difference(first, second), stats.ttest_rel(first, second)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    interval = expected.confidence_interval()
    assert (found.ci_low, found.ci_high) == pytest.approx((interval.low, interval.high))
    assert found.degrees_of_freedom == expected.df


def test_the_variance_between_patients_is_the_sandwich_of_a_gee() -> None:
    rng = np.random.default_rng(SEED)
    patient = rng.integers(0, 30, 90)
    first, second = rng.normal(size=(2, 90)) + rng.normal(size=30)[patient]
    order = np.argsort(patient, kind="stable")
    fit = sm.GEE((first - second)[order], np.ones(90), groups=patient[order]).fit()
    found = paired_mean_difference(first, second, patient=patient)
    k = found.n_patients
    assert found.estimate == pytest.approx(fit.params[0])
    assert found.standard_error == pytest.approx(fit.bse[0] * (k / (k - 1)) ** 0.5, rel=1e-9)


def test_the_brier_difference_is_that_of_two_brier_scores() -> None:
    rng = np.random.default_rng(SEED)
    positive = rng.random(60) < 0.3
    first, second = rng.random((2, 60)).round(2)
    found = brier_difference(positive, first, second, patient=np.arange(60) // 2)
    for score, mean in ((first, found.first), (second, found.second)):
        assert mean == pytest.approx(brier(ScoreCounts.from_cases(positive, score)).estimate)
    assert found.estimate == pytest.approx(found.first - found.second)
    d = (first - positive) ** 2 - (second - positive) ** 2
    assert (found.sum_of_differences, found.sum_of_squared_differences) == pytest.approx((d.sum(), (d * d).sum()))


def test_two_scores_alike_differ_by_zero_without_interval() -> None:
    found = brier_difference([1, 0, 1], [0.2, 0.4, 0.6], [0.2, 0.4, 0.6])
    assert (found.estimate, found.ci_low, found.p_value, found.standard_error) == (0.0, None, None, 0.0)
    assert (found.status, found.reason) == (
        "insufficient",
        "the difference shows no variance, and there is no interval",
    )


def test_no_case_and_one_patient_are_told_apart() -> None:
    assert paired_mean_difference([], []).status == "undefined"
    found = paired_mean_difference([1.0, 3.0], [0.0, 1.0], patient=[7, 7])
    assert (found.estimate, found.ci_low, found.status) == (1.5, None, "insufficient")


def test_scores_beyond_one_have_no_brier_score() -> None:
    with pytest.raises(ValueError, match="`second` must lie in"):
        brier_difference([1, 0], [0.5, 0.5], [0.5, 1.5])
