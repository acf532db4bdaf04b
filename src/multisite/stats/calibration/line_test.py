"""Whether the line of logistic recalibration is the diagonal: one test of intercept and slope together."""

from typing import Literal, TypeAlias

import numpy as np
from scipy import special

from multisite.stats.calibration.calibration_line import ExtremeScores, calibration_line
from multisite.stats.calibration.fit_tests import CalibrationTest
from multisite.stats.dot import dot
from multisite.stats.score_counts import ScoreCounts
from multisite.vocabulary import EstimateStatus

__all__ = ["calibration_line_test"]

LineTestMethod: TypeAlias = Literal["likelihood-ratio", "wald"]


def calibration_line_test(
    counts: ScoreCounts,
    *,
    method: LineTestMethod = "likelihood-ratio",
    epsilon: float = 1e-6,
    extreme: ExtremeScores = "clip",
) -> CalibrationTest:
    """Cox's test that intercept 0 and slope 1 hold together, χ² on two degrees of freedom.

    For logit P(y = 1) = a + b·logit(s): ``likelihood-ratio`` is 2(ℓ(â, b̂) − ℓ(0, 1)), the "unreliability" test of
    Harrell's ``val.prob``; ``wald`` is (â, b̂ − 1) V⁻¹ (â, b̂ − 1)ᵀ with V the covariance of the fit. Scores that were
    fitted to the same cases make both too small. Cases are taken as independent.

    Parameters
    ----------
    counts
        Positives and negatives per distinct score, scores in [0, 1].
    method
        Test.
    epsilon, extreme
        As for :func:`calibration_line`; ``reason`` tells of scores that were moved, and the statistic depends on them.

    Returns
    -------
    CalibrationTest
        The statistic and its p-value.

    Raises
    ------
    ValueError
        As :func:`calibration_line`, and if the method is unknown.

    Undefined cases
    ---------------
    Where intercept and slope are undefined: one class, one score for all, scores that separate the classes.

    References
    ----------
    Cox DR. Biometrika 1958;45:562-565. doi:10.1093/biomet/45.3-4.562
    Miller ME, Hui SL, Tierney WM. Stat Med 1991;10:1213-1226. doi:10.1002/sim.4780100805

    Examples
    --------
    >>> found = calibration_line_test(ScoreCounts([0.2, 0.5, 0.8], [3, 6, 7], [7, 5, 3]))
    >>> round(found.estimate, 3), round(found.p_value, 3)
    (1.163, 0.559)
    """
    if method not in ("likelihood-ratio", "wald"):
        raise ValueError("`method` must be `likelihood-ratio` or `wald`.")
    line = calibration_line(counts, epsilon=epsilon, extreme=extreme)
    a, b = line.intercept, line.slope
    statistic = None
    if a.estimate is not None and b.estimate is not None:
        if method == "wald":
            assert a.standard_error is not None
            assert b.standard_error is not None
            assert line.covariance is not None
            matrix = np.array([[a.standard_error**2, line.covariance], [line.covariance, b.standard_error**2]])
            off = np.array([a.estimate, b.estimate - 1.0])
            statistic = float(off @ np.linalg.solve(matrix, off))
        else:
            statistic = max(0.0, 2.0 * _gain(counts, a.estimate, b.estimate, epsilon, extreme))
    return CalibrationTest(
        estimate=statistic,
        ci_low=None,
        ci_high=None,
        ci_level=None,
        ci_method=f"none; {method} test of intercept 0 and slope 1{'; 0 and 1 left out' if extreme == 'drop' else ''}",
        n_cases=a.n_cases,
        status=EstimateStatus.UNDEFINED if statistic is None else EstimateStatus.OK,
        reason=a.reason,
        n_positive=a.n_positive,
        n_negative=a.n_negative,
        p_value=None if statistic is None else float(special.chdtrc(2, statistic)),
    )


def _gain(counts: ScoreCounts, intercept: float, slope: float, epsilon: float, extreme: ExtremeScores) -> float:
    """How far the log-likelihood of the line lies above that of the diagonal."""
    kept = (counts.score > 0.0) & (counts.score < 1.0) if extreme == "drop" else np.ones(counts.score.size, np.bool_)
    edge = 0.0 if extreme == "drop" else epsilon
    logit = special.logit(np.clip(counts.score[kept], edge, 1.0 - edge))
    line = intercept + slope * logit
    # ln p = −ln(1 + e⁻ᶻ): the difference is taken case by case, before anything is added up.
    hits = np.logaddexp(0.0, -logit) - np.logaddexp(0.0, -line)
    misses = np.logaddexp(0.0, logit) - np.logaddexp(0.0, line)
    return dot(counts.n_positive[kept], hits) + dot(counts.n_negative[kept], misses)
