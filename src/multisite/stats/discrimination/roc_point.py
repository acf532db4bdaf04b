"""Sensitivity at a specificity that is asked for, and specificity at a sensitivity: the threshold is estimated too."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from multisite.stats.discrimination.point_counts import (
    ROC_POINT_METHODS,
    AskedPoint,
    CountsAtPoint,
    RocPointKind,
    RocPointMethod,
    called_at_point,
    point_found,
)
from multisite.stats.discrimination.roc_counts import RocCounts
from multisite.stats.estimate import CountArray, FloatArray, ScoreEstimate, normal_quantile
from multisite.stats.proportions.result import wilson_interval
from multisite.stats.resampling.bootstrap import bca_interval, percentile_interval, too_many_undefined
from multisite.stats.resampling.case_arrays import CaseArrays, case_arrays
from multisite.stats.resampling.jackknife import jackknife
from multisite.stats.resampling.replicates import bootstrap_replicates
from multisite.vocabulary import EstimateStatus

__all__ = ["RocPoint", "sensitivity_at_specificity", "specificity_at_sensitivity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RocPoint(ScoreEstimate):
    """Sensitivity (or specificity) where the other one is at least ``target``.

    A case is called positive at or above ``threshold``, which is infinite where no case is; the other one of the two
    is then ``attained``. Between two thresholds (``interpolated``) there is no threshold, and the target is attained.
    """

    target: float
    attained: float | None
    threshold: float | None
    n_patients: int
    n_replicates: int
    n_undefined: int


def sensitivity_at_specificity(
    positive: npt.ArrayLike,
    score: npt.ArrayLike,
    *,
    specificity: float,
    seed: int | np.random.SeedSequence,
    patient: npt.ArrayLike | None = None,
    point: RocPointKind = "attainable",
    method: RocPointMethod = "btii",
    n_replicates: int = 2_000,
    max_undefined: float = 0.05,
    level: float = 0.95,
) -> RocPoint:
    """Sensitivity at the lowest threshold whose specificity is at least the one asked for.

    Every replicate of the bootstrap finds its own threshold, so that the interval has the uncertainty of the threshold.
    The default interval covers 94 to 97 % from 25 cases of the class that the target counts, and 91 % where the
    target lies between the two most extreme of them (a sensitivity of 0.93 of 25 positives).

    Parameters
    ----------
    positive, score
        Truth and finite score of each case, shape ``(n_cases,)``. A higher score speaks for the finding.
    specificity
        Asked for, in [0, 1].
    seed, n_replicates
        As for :func:`bootstrap_replicates`.
    patient
        Patient of each case, shape ``(n_cases,)``, drawn whole; ``None``: every case is a patient.
    point
        ``attainable``: thresholds are the scores that occur, and one above all. ``interpolated``: the point at exactly
        that specificity on the straight line between two thresholds, which no single threshold has; the upper end where
        the curve is upright.
    method
        ``btii``: mean ± z·SD of the replicates of (x + c/2)/(P + c), x of P positive cases being called, c = z² times
        the positive cases per patient with one (Zhou and Qin; they have c = z²). ``bca``: as Platt, Hanley and Yang
        recommend. ``percentile``.
    max_undefined
        Largest share of replicates without both classes with which an interval is still given.
    level
        Confidence level in (0, 1).

    Returns
    -------
    RocPoint
        Estimate in [0, 1], larger is better.

    Raises
    ------
    ValueError
        If an argument is out of its range or unknown, or the arrays do not fit.

    Undefined cases
    ---------------
    No positive or no negative case: undefined. Fewer than two patients with a positive case or with a negative one,
    more than ``max_undefined`` replicates without a class, or for ``bca`` a bias that does not exist: the estimate
    stands without an interval, status ``insufficient``. If all replicates have one value (perfect separation) the
    interval is Wilson's of as many cases as there are patients with a positive case, and ``ci_method`` says so. If even
    the highest score is shared by too many negatives, nothing is called positive: the estimate is 0, the threshold
    infinite.

    References
    ----------
    Zhou XH, Qin G. Stat Med 2005;24:465-477. doi:10.1002/sim.1563 (BTII)
    Platt RW, Hanley JA, Yang H. Stat Med 2000;19:313-322.
    doi:10.1002/(SICI)1097-0258(20000215)19:3<313::AID-SIM370>3.0.CO;2-K
    """
    cases, (values,) = case_arrays(positive, patient, score=score)
    asked = AskedPoint("specificity", specificity, point, method, seed, n_replicates, max_undefined, level)
    return _point(cases, values, asked)


def specificity_at_sensitivity(
    positive: npt.ArrayLike,
    score: npt.ArrayLike,
    *,
    sensitivity: float,
    seed: int | np.random.SeedSequence,
    patient: npt.ArrayLike | None = None,
    point: RocPointKind = "attainable",
    method: RocPointMethod = "btii",
    n_replicates: int = 2_000,
    max_undefined: float = 0.05,
    level: float = 0.95,
) -> RocPoint:
    """Specificity at the highest threshold whose sensitivity is at least the one asked for.

    Parameters, results, errors, undefined cases and references are those of :func:`sensitivity_at_specificity`, with
    the classes in each other's place; the threshold is always one of the scores.
    """
    cases, (values,) = case_arrays(positive, patient, score=score)
    asked = AskedPoint("sensitivity", sensitivity, point, method, seed, n_replicates, max_undefined, level)
    return _point(cases, values, asked)


def _point(cases: CaseArrays, score: FloatArray, asked: AskedPoint) -> RocPoint:
    known: dict[str, Any] = {
        "ci_level": asked.level,
        "n_cases": cases.n_cases,
        "n_positive": cases.n_positive,
        "n_negative": cases.n_negative,
        "target": asked.target,
        "n_patients": cases.n_patients,
        "n_replicates": asked.n_replicates,
    }
    nothing: dict[str, Any] = {
        "ci_low": None,
        "ci_high": None,
        "ci_method": f"{asked.point}; {ROC_POINT_METHODS[asked.method]}",
        "n_undefined": 0,
    }
    if cases.missing_class:
        known |= nothing | {"attained": None, "threshold": None}
        return RocPoint(**known, estimate=None, status=EstimateStatus.UNDEFINED, reason=cases.missing_class)
    curve = RocCounts(cases.positive, score)
    called = called_at_point(curve, asked)
    everyone = np.ones((1, cases.n_cases), dtype=np.int64)
    x, n = called(everyone)[0]
    known["estimate"] = x / n
    known |= point_found(curve, asked, everyone)
    if min(cases.n_patients_positive, cases.n_patients_negative) < 2:
        too_few = "an interval needs two patients with a positive case and two with a negative one"
        return RocPoint(**known, **nothing, status=EstimateStatus.INSUFFICIENT, reason=too_few)
    drawn = bootstrap_replicates(called, cases.patient, n_replicates=asked.n_replicates, seed=asked.seed)
    defined = drawn[~np.isnan(drawn[:, 0])]
    undefined = len(drawn) - len(defined)
    nothing["n_undefined"] = undefined
    if reason := too_many_undefined(undefined, len(drawn), asked.max_undefined):
        return RocPoint(**known, **nothing, status=EstimateStatus.INSUFFICIENT, reason=reason)
    interval, name = _interval(cases, called, asked, x / n, defined)
    if interval is None:
        no_bias = "the bias or the acceleration of the replicates does not exist"
        return RocPoint(**known, **nothing, status=EstimateStatus.INSUFFICIENT, reason=no_bias)
    nothing |= {"ci_low": min(interval[0], x / n), "ci_high": max(interval[1], x / n), "ci_method": name}
    told = f"undefined in {undefined} of {len(drawn)} replicates" if undefined else None
    error = float(np.std(defined[:, 0] / defined[:, 1], ddof=1)) if len(defined) > 1 else None
    return RocPoint(**known, **nothing, reason=told, standard_error=error)


def _interval(
    cases: CaseArrays, called: CountsAtPoint, asked: AskedPoint, estimate: float, replicates: FloatArray
) -> tuple[tuple[float, float] | None, str]:
    name = f"{asked.point}; {ROC_POINT_METHODS[asked.method]}"
    share = replicates[:, 0] / replicates[:, 1]
    z = normal_quantile(asked.level)
    of_sensitivity = asked.given == "specificity"
    n, patients = (
        (cases.n_positive, cases.n_patients_positive)
        if of_sensitivity
        else (cases.n_negative, cases.n_patients_negative)
    )
    if share.min() == share.max():
        return wilson_interval(estimate, patients, z), f"{asked.point}; wilson of patients, since no replicate differs"
    if asked.method == "percentile":
        return percentile_interval(share, level=asked.level), name
    if asked.method == "bca":

        def ratio(weights: CountArray) -> FloatArray:
            counted = called(weights)
            return np.asarray(counted[:, 0] / counted[:, 1])

        return bca_interval(share, estimate, jackknife(ratio, cases.patient), level=asked.level), name
    added = z * z * n / patients
    moved = (replicates[:, 0] + added / 2.0) / (replicates[:, 1] + added)
    middle, half = float(moved.mean()), z * float(np.std(moved, ddof=1))
    return (max(0.0, middle - half), min(1.0, middle + half)), name
