"""Youden's index: the greatest sensitivity + specificity − 1 over all thresholds."""

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from multisite.stats.discrimination.placements import Linearised, obuchowski_covariance
from multisite.stats.discrimination.roc_counts import RocCounts
from multisite.stats.estimate import BooleanArray, CountArray, FloatArray, ScoreEstimate, normal_quantile
from multisite.stats.proportions.clustered import ClusterMoments, clustered_proportion
from multisite.stats.proportions.proportion import proportion
from multisite.stats.proportions.result import ProportionEstimate
from multisite.stats.resampling.bootstrap import bootstrap
from multisite.stats.resampling.case_arrays import CaseArrays, case_arrays
from multisite.vocabulary import EstimateStatus

__all__ = ["YoudenIndex", "YoudenMethod", "youden"]

YoudenMethod: TypeAlias = Literal["wilson", "bca", "percentile"]

_NAMES: dict[YoudenMethod, str] = {
    "wilson": "square-and-add of wilson at the threshold found",
    "bca": "bootstrap of patients, BCa",
    "percentile": "bootstrap of patients, percentile",
}
_CLUSTERED = "square-and-add of patient-clustered wilson at the threshold found"


@dataclass(frozen=True, slots=True, kw_only=True)
class YoudenIndex(ScoreEstimate):
    """The index with the lowest threshold that has it; a case is called positive at or above it.

    ``n_thresholds`` is the number of thresholds (scores that occur, and one above all) that share the index.
    """

    threshold: float | None
    sensitivity: float | None
    specificity: float | None
    n_thresholds: int
    n_patients: int


def youden(
    positive: npt.ArrayLike,
    score: npt.ArrayLike,
    *,
    patient: npt.ArrayLike | None = None,
    method: YoudenMethod = "wilson",
    seed: int | np.random.SeedSequence | None = None,
    n_replicates: int = 2_000,
    level: float = 0.95,
) -> YoudenIndex:
    """J = max over thresholds of sensitivity + specificity − 1, and where it is.

    J is chosen as the greatest of many and so lies above the true index, by 0.05 to 0.08 on average for 25 positives
    and 80 negatives. A bootstrap repeats that bias: its percentile interval covers 72 % there, BCa 87 %. The default is
    computed from sensitivity and specificity at the threshold found as if it had been fixed, which covers 93 to 97 %
    from 25 positives on; most intervals that miss lie above the true index.

    Parameters
    ----------
    positive, score
        Truth and finite score of each case, shape ``(n_cases,)``. A higher score speaks for the finding.
    patient
        Patient of each case, shape ``(n_cases,)``; ``None``: every case is a patient.
    method
        ``wilson``: with sensitivity S in [l, u] and specificity C in [l′, u′] by Wilson, J − √((S − l)² + (C − l′)² +
        2ρ(S − l)(C − l′)) and likewise upwards, cut to [0, 1]; ρ is 0 or, with ``patient``, the correlation of S and C
        between patients, and Wilson's intervals are those of :func:`clustered_proportion`. ``bca``, ``percentile``: of
        J itself over draws of patients.
    seed, n_replicates
        Of the bootstrap; ``seed`` must be given for it.
    level
        Confidence level in (0, 1).

    Returns
    -------
    YoudenIndex
        Estimate in [0, 1], larger is better. Of several thresholds with the same index the lowest is given, the
        most sensitive.

    Raises
    ------
    ValueError
        If the arrays do not fit, the method is unknown, or a bootstrap has no ``seed``.

    Undefined cases
    ---------------
    No positive or no negative case: undefined. One score for all, or fewer than two patients with a positive case or
    with a negative one: the estimate stands without an interval, status ``insufficient``; for the bootstraps as
    :func:`bootstrap`. There is no interval of the threshold.

    References
    ----------
    Youden WJ. Cancer 1950;3:32-35. doi:10.1002/1097-0142(1950)3:1<32::AID-CNCR2820030106>3.0.CO;2-3
    Shan G. PLoS One 2015;10:e0127272. doi:10.1371/journal.pone.0127272 (square-and-add)
    Zou GY, Donner A. Stat Med 2008;27:1693-1702. doi:10.1002/sim.3095 (with a correlation)

    Examples
    --------
    >>> found = youden([0, 0, 0, 1, 1], [0.1, 0.2, 0.6, 0.5, 0.9])
    >>> round(found.estimate, 3), found.threshold
    (0.667, 0.5)
    """
    if method not in _NAMES:
        raise ValueError(f"`method` must be one of: {', '.join(_NAMES)}.")
    if method != "wilson" and seed is None:
        raise ValueError("`seed` must be given for a bootstrap.")
    normal_quantile(level)
    cases, (values,) = case_arrays(positive, patient, score=score)
    known: dict[str, Any] = {
        "ci_level": level,
        "ci_method": _CLUSTERED if method == "wilson" and patient is not None else _NAMES[method],
        "n_cases": cases.n_cases,
        "n_positive": cases.n_positive,
        "n_negative": cases.n_negative,
        "n_patients": cases.n_patients,
    }
    nothing: dict[str, Any] = {"ci_low": None, "ci_high": None}
    if cases.missing_class:
        known |= {"threshold": None, "sensitivity": None, "specificity": None, "n_thresholds": 0}
        return YoudenIndex(
            **known, **nothing, estimate=None, status=EstimateStatus.UNDEFINED, reason=cases.missing_class
        )
    curve = RocCounts(cases.positive, values)
    known |= _greatest(curve, cases)
    if reason := _obstacle(curve, cases):
        return YoudenIndex(**known, **nothing, status=EstimateStatus.INSUFFICIENT, reason=reason)
    if method != "wilson" and seed is not None:
        drawn = bootstrap(
            lambda weights: _index(curve, weights),
            cases.patient,
            seed=seed,
            n_replicates=n_replicates,
            method=method,
            level=level,
        )
        return YoudenIndex(
            **known,
            ci_low=drawn.ci_low,
            ci_high=drawn.ci_high,
            standard_error=drawn.standard_error,
            status=drawn.status,
            reason=drawn.reason,
        )
    low, high = _square_and_add(cases, values >= known["threshold"], level, clustered=patient is not None)
    return YoudenIndex(**known, ci_low=max(0.0, low), ci_high=min(1.0, high))


def _greatest(curve: RocCounts, cases: CaseArrays) -> dict[str, Any]:
    positives, negatives = (sums[0] for sums in curve.below(np.ones((1, cases.n_cases), dtype=np.int64)))
    n_positive, n_negative = cases.n_positive, cases.n_negative
    # In whole numbers, so that equal indices are equal.
    scaled = negatives * n_positive - positives * n_negative
    place = int(np.argmax(scaled))
    return {
        "estimate": int(scaled[place]) / (n_positive * n_negative),
        "threshold": float(curve.threshold[place]),
        "sensitivity": int(n_positive - positives[place]) / n_positive,
        "specificity": int(negatives[place]) / n_negative,
        "n_thresholds": int(np.count_nonzero(scaled == scaled[place])),
    }


def _index(curve: RocCounts, weights: CountArray) -> FloatArray:
    positives, negatives = curve.below(weights)
    with np.errstate(invalid="ignore"):
        return np.asarray((negatives / negatives[:, -1:] - positives / positives[:, -1:]).max(axis=1))


def _obstacle(curve: RocCounts, cases: CaseArrays) -> str | None:
    if curve.threshold.size == 2:
        return "every case has the same score, and no interval"
    if min(cases.n_patients_positive, cases.n_patients_negative) < 2:
        return "an interval needs two patients with a positive case and two with a negative one"
    return None


def _square_and_add(cases: CaseArrays, called: BooleanArray, level: float, *, clustered: bool) -> tuple[float, float]:
    first = _share(cases, cases.positive, called, level, clustered=clustered)
    second = _share(cases, ~cases.positive, ~called, level, clustered=clustered)
    values = [float(share.estimate or 0.0) for share in (first, second)]
    down = [value - float(share.ci_low or 0.0) for value, share in zip(values, (first, second), strict=True)]
    up = [float(share.ci_high or 0.0) - value for value, share in zip(values, (first, second), strict=True)]
    correlation = _correlation(cases, called, values) if clustered else 0.0
    index = sum(values) - 1.0
    return index - _joined(down[0], down[1], correlation), index + _joined(up[0], up[1], correlation)


def _joined(first: float, second: float, correlation: float) -> float:
    return math.sqrt(max(0.0, first**2 + second**2 + 2.0 * correlation * first * second))


def _share(
    cases: CaseArrays, chosen: BooleanArray, right: BooleanArray, level: float, *, clustered: bool
) -> ProportionEstimate:
    if not clustered:
        return proportion(int(np.count_nonzero(chosen & right)), int(np.count_nonzero(chosen)), level=level)
    y, n = (np.bincount(cases.patient[rows], minlength=cases.n_patients) for rows in (chosen & right, chosen))
    return clustered_proportion(ClusterMoments.from_clusters(y, n), level=level)


def _correlation(cases: CaseArrays, called: BooleanArray, values: list[float]) -> float:
    of_positive = np.where(cases.positive, called - values[0], 0.0) / cases.n_positive
    of_negative = np.where(cases.positive, 0.0, ~called - values[1]) / cases.n_negative
    matrix = obuchowski_covariance(cases, [Linearised(values[0], of_positive), Linearised(values[1], of_negative)])
    if matrix is None or matrix[0, 0] <= 0.0 or matrix[1, 1] <= 0.0:
        return 0.0
    return float(np.clip(matrix[0, 1] / math.sqrt(matrix[0, 0] * matrix[1, 1]), -1.0, 1.0))
