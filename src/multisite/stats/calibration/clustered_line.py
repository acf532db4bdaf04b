"""Logistic recalibration and O:E with intervals that count patients."""

import dataclasses
import math

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.calibration.calibration_line import CalibrationLine, ExtremeScores, calibration_line, fit_named
from multisite.stats.calibration.clustered_cases import ClusteredCases, ClusteredScoreEstimate
from multisite.stats.calibration.observed_expected import observed_expected
from multisite.stats.calibration.patient_interval import PatientInterval
from multisite.stats.estimate import FloatArray, ScoreEstimate

__all__ = [
    "clustered_calibration_line",
    "clustered_observed_expected",
    "line_between_patients",
    "ratio_between_patients",
    "sandwich",
]

_JOINT = "sandwich by patient, t, intercept and slope fitted together"
_FIXED = "sandwich by patient, t, slope fixed at 1"
_RATIO = "log, linearised by patient, t"


def clustered_calibration_line(
    reference: npt.ArrayLike,
    score: npt.ArrayLike,
    patient: npt.ArrayLike,
    *,
    level: float = 0.95,
    epsilon: float = 1e-6,
    extreme: ExtremeScores = "clip",
) -> CalibrationLine:
    """:func:`calibration_line` of cases that cluster in K patients: the same estimates, wider intervals.

    The variance is the sandwich H⁻¹ · K/(K − 1) Σ_k u_k u_kᵀ · H⁻¹ with H the information of the fit and u_k the sum
    of (y − p)(1, x) over the cases of patient k; the intervals are estimate ± t·SE with Student's quantile on K − 1
    degrees of freedom. It needs neither equal numbers of cases per patient nor a model of how alike they are.

    Parameters
    ----------
    reference, score, patient
        Truth (0 or 1, or booleans), score in [0, 1] and identifier of the patient, per case; shape (n_cases,).
    level
        Confidence level in (0, 1).
    epsilon
        For ``clip``, in (0, 0.5).
    extreme
        As for :func:`calibration_line`. With ``drop``, K counts the patients who have a case left.

    Returns
    -------
    CalibrationLine
        Its three estimates are :class:`ClusteredScoreEstimate`.

    Raises
    ------
    ValueError
        If the shapes differ, the truth is not binary, a score is not finite or outside [0, 1], a patient is NaN,
        ``epsilon`` lies outside (0, 0.5), or ``extreme`` is unknown.

    Undefined cases
    ---------------
    As for :func:`calibration_line`. One patient, or residuals that cancel within every patient: the estimates stand
    without an interval, status ``insufficient``. With few patients the sandwich is too small, for which Student's
    quantile makes up down to about 25 of them (simulated coverage there: 93.5 % for the slope); below, expect less.

    References
    ----------
    Liang KY, Zeger SL. Biometrika 1986;73:13-22. doi:10.1093/biomet/73.1.13
    Mancl LA, DeRouen TA. Biometrics 2001;57:126-134. doi:10.1111/j.0006-341X.2001.00126.x (few clusters)
    """
    cases = ClusteredCases.of(reference, score, patient)
    line = calibration_line(cases.counts, level=level, epsilon=epsilon, extreme=extreme)
    if extreme == "drop":
        cases = cases.between_zero_and_one()
        x = special.logit(cases.score)
    else:
        x = special.logit(np.clip(cases.score, epsilon, 1.0 - epsilon))
    shift, joint = None, None
    if line.in_the_large.estimate is not None:
        shift = _sandwich(cases, [np.ones_like(x)], x + line.in_the_large.estimate)
    if line.intercept.estimate is not None and line.slope.estimate is not None:
        joint = _sandwich(cases, [np.ones_like(x), x], line.intercept.estimate + line.slope.estimate * x)
    return line_between_patients(
        line, joint=joint, shift=shift, n_patients=cases.n_patients, level=level, extreme=extreme
    )


def line_between_patients(
    line: CalibrationLine,
    *,
    joint: FloatArray | None,
    shift: FloatArray | None,
    n_patients: int,
    level: float,
    extreme: ExtremeScores = "clip",
) -> CalibrationLine:
    """``line`` with the intervals of :func:`clustered_calibration_line`.

    ``joint`` is the sandwich of intercept and slope, shape (2, 2), and ``shift`` that of the intercept with the slope
    fixed at 1, shape (1, 1); ``None`` where the fit is undefined.
    """
    joint_named, fixed_named = fit_named(_JOINT, extreme), fit_named(_FIXED, extreme)
    clustered = PatientInterval(n_patients, level)
    return dataclasses.replace(
        line,
        intercept=clustered.with_variance(line.intercept, None if joint is None else joint[0, 0], joint_named),
        slope=clustered.with_variance(line.slope, None if joint is None else joint[1, 1], joint_named),
        in_the_large=clustered.with_variance(line.in_the_large, None if shift is None else shift[0, 0], fixed_named),
        covariance=None if joint is None or n_patients < 2 else float(joint[0, 1]),
    )


def clustered_observed_expected(
    reference: npt.ArrayLike, score: npt.ArrayLike, patient: npt.ArrayLike, *, level: float = 0.95
) -> ClusteredScoreEstimate:
    """O:E of cases that cluster in K patients, with an interval that counts patients.

    The interval is exp(ln O:E ± t·SE) with SE² = K/(K − 1) Σ_k φ_k², φ_k the sum of y/O − s/E over the cases of
    patient k, and Student's quantile on K − 1 degrees of freedom. Unlike :func:`observed_expected` it lets both O and E
    vary with the patients drawn, and does not take O for a binomial number of one common chance: with a patient per
    case it is the narrower of the two wherever scores discriminate.

    Parameters
    ----------
    reference, score, patient
        As for :func:`clustered_calibration_line`.
    level
        Confidence level in (0, 1).

    Returns
    -------
    ClusteredScoreEstimate
        Estimate from 0 upwards, 1 is best; ``standard_error`` is that of ln O:E.

    Raises
    ------
    ValueError
        As for :func:`clustered_calibration_line`.

    Undefined cases
    ---------------
    No case, or an expected number of zero: undefined. No positive case, one patient, or no variance between patients:
    the estimate stands without an interval, status ``insufficient``.

    References
    ----------
    Cochran WG. Sampling Techniques, 3rd ed. Wiley 1977, chapters 6 and 9 (ratio of cluster totals)
    """
    cases = ClusteredCases.of(reference, score, patient)
    plain = observed_expected(cases.counts, level=level)
    variance = None
    if plain.estimate:
        influence = cases.truth / float(cases.truth.sum()) - cases.score / float(cases.score.sum())
        variance = float(_between_patients(cases, [influence])[0, 0])
    return ratio_between_patients(plain, variance=variance, n_patients=cases.n_patients, level=level)


def ratio_between_patients(
    plain: ScoreEstimate, *, variance: float | None, n_patients: int, level: float
) -> ClusteredScoreEstimate:
    """An O:E with the interval of :func:`clustered_observed_expected`; ``variance`` is that of its logarithm."""
    clustered = PatientInterval(n_patients, level)
    if plain.estimate == 0.0:
        return clustered.without_interval(plain, _RATIO, "no positive case, and no interval on the logarithm")
    return clustered.with_variance(plain, variance, _RATIO, scale=math.log, back=math.exp)


def sandwich(information: FloatArray, meat: FloatArray) -> FloatArray:
    """H⁻¹ · ``meat`` · H⁻¹ with H the information of a fit."""
    bread = np.linalg.inv(information)
    found: FloatArray = bread @ meat @ bread
    return found


def _sandwich(cases: ClusteredCases, columns: list[FloatArray], eta: FloatArray) -> FloatArray:
    p = special.expit(eta)
    design = np.stack(columns)
    information = np.einsum("ai,bi,i->ab", design, design, p * (1.0 - p))
    return sandwich(information, _between_patients(cases, [column * (cases.truth - p) for column in columns]))


def _between_patients(cases: ClusteredCases, influences: list[FloatArray]) -> FloatArray:
    sums = np.stack([cases.per_patient(influence) for influence in influences])
    found: FloatArray = np.einsum("ak,bk->ab", sums, sums) * cases.n_patients / max(cases.n_patients - 1, 1)
    return found
