"""One test of intercept and slope together, against statsmodels."""

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import special, stats

from multisite.stats.calibration import calibration_line_test
from multisite.stats.score_counts import ScoreCounts
from multisite.vocabulary import EstimateStatus

RNG = np.random.default_rng(11)
SCORE = RNG.uniform(0.02, 0.98, 300).round(2)
TRUTH = RNG.random(300) < special.expit(0.3 + 0.8 * special.logit(SCORE))
COUNTS = ScoreCounts.from_cases(TRUTH, SCORE)


def test_both_tests_are_those_of_a_logistic_model_of_statsmodels() -> None:
    design = sm.add_constant(special.logit(SCORE))
    fit = sm.Logit(TRUTH.astype(float), design).fit(disp=0)
    diagonal = np.where(TRUTH, np.log(SCORE), np.log1p(-SCORE)).sum()
    ratio = calibration_line_test(COUNTS)
    assert ratio.estimate == pytest.approx(2 * (fit.llf - diagonal), rel=1e-7)
    assert ratio.p_value == pytest.approx(stats.chi2.sf(2 * (fit.llf - diagonal), 2), rel=1e-7)
    wald = calibration_line_test(COUNTS, method="wald")
    theirs = fit.wald_test((np.eye(2), np.array([0.0, 1.0])), use_f=False, scalar=True)
    assert (wald.estimate, wald.p_value) == pytest.approx((float(theirs.statistic), float(theirs.pvalue)), rel=1e-6)


def test_scores_on_the_diagonal_show_nothing() -> None:
    found = calibration_line_test(ScoreCounts([0.2, 0.5, 0.8], [2, 5, 8], [8, 5, 2]))
    assert found.estimate == pytest.approx(0.0, abs=1e-9)
    assert found.p_value == pytest.approx(1.0)


def test_its_level_is_kept_where_scores_are_true() -> None:
    rng, rejected = np.random.default_rng(3), 0
    for _ in range(400):
        score = rng.uniform(0.05, 0.95, 200).round(1)
        rejected += calibration_line_test(ScoreCounts.from_cases(rng.random(200) < score, score)).p_value < 0.05
    assert 0.025 <= rejected / 400 <= 0.08


def test_what_has_no_line_has_no_test_and_moved_scores_are_told() -> None:
    for counts in (ScoreCounts([0.2, 0.8], [0, 5], [5, 0]), ScoreCounts([0.2], [3], [4]), ScoreCounts([0.2], [3], [0])):
        found = calibration_line_test(counts)
        assert (found.estimate, found.p_value, found.status) == (None, None, EstimateStatus.UNDEFINED)
        assert found.reason
    certain = ScoreCounts([0.0, 0.3, 0.7, 1.0], [1, 4, 5, 6], [6, 5, 4, 1])
    assert "were moved" in calibration_line_test(certain).reason
    dropped = calibration_line_test(certain, extreme="drop")
    assert dropped.estimate == pytest.approx(
        calibration_line_test(ScoreCounts([0.3, 0.7], [4, 5], [5, 4])).estimate, rel=1e-8
    )
    with pytest.raises(ValueError, match="`method`"):
        calibration_line_test(COUNTS, method="score")
