"""Area under a part of the ROC curve, over a range of specificity or of sensitivity."""

import math
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.discrimination.placements import (
    Linearised,
    obuchowski_covariance,
    patient_degrees,
    shows_no_variance,
)
from multisite.stats.discrimination.roc_counts import RocCounts
from multisite.stats.estimate import BooleanArray, FloatArray, ScoreEstimate, normal_quantile
from multisite.stats.resampling.case_arrays import case_arrays
from multisite.vocabulary import EstimateStatus

__all__ = ["PartialAuc", "PartialAucScale", "partial_auc"]

PartialAucScale: TypeAlias = Literal["raw", "mcclish", "average"]

_SCALES: dict[PartialAucScale, str] = {
    "raw": "raw area",
    "mcclish": "mcclish corrected",
    "average": "average over the range",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialAuc(ScoreEstimate):
    """Area under the part of the curve from ``range_low`` to ``range_high`` of specificity or of sensitivity.

    ``raw`` is the area itself, ``average`` the area over the length of the range, ``mcclish`` the corrected one,
    whichever of them is the estimate; ``standard_error`` is on the scale of the estimate.
    """

    over: Literal["specificity", "sensitivity"]
    range_low: float
    range_high: float
    raw: float | None
    average: float | None
    mcclish: float | None
    n_patients: int
    degrees_of_freedom: float | None = None


def partial_auc(
    positive: npt.ArrayLike,
    score: npt.ArrayLike,
    *,
    specificity: tuple[float, float] | None = None,
    sensitivity: tuple[float, float] | None = None,
    scale: PartialAucScale = "raw",
    patient: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> PartialAuc:
    """Area between the ROC curve and its axis over a range of specificity, ∫ sensitivity, or of sensitivity.

    The curve joins its points by straight lines, so that over all of [0, 1] the area is :func:`auc`. The interval is
    that of DeLong's method for a part of the curve: a positive case has the placement clip(x − low, 0, high − low), x
    being the share of negatives below it; a negative one S(clip(x, low, high)) − S(high), S being the curve; ties are
    spread evenly over their part of the curve. Their variances add as in DeLong, or per patient as in Obuchowski. The
    interval is logit ± z·SE of the average over the range, transformed to the scale asked for (t on Satterthwaite's
    degrees of freedom with ``patient``).

    Parameters
    ----------
    positive, score
        Truth and finite score of each case, shape ``(n_cases,)``. A higher score speaks for the finding.
    specificity, sensitivity
        The range, (low, high) with 0 ≤ low < high ≤ 1, of one of the two.
    scale
        ``raw``: the area, from 0 to high − low. ``average``: over high − low, the mean sensitivity (or specificity) in
        the range. ``mcclish``: ½(1 + (A − m)/(M − m)), m being the area of a score that knows nothing and M of a
        perfect one: ½ and 1 again; scikit-learn's ``roc_auc_score(max_fpr=f)`` is this over specificity (1 − f, 1).
    patient
        Patient of each case, shape ``(n_cases,)``; ``None``: every case is a patient.
    level
        Confidence level in (0, 1).

    Returns
    -------
    PartialAuc
        Larger is better.

    Raises
    ------
    ValueError
        If not one range is given, it is out of order, the arrays do not fit, or ``scale`` is unknown.

    Undefined cases
    ---------------
    No positive or no negative case: undefined. Fewer than two patients with a positive case or with a negative one, an
    average of 0 or 1 (perfect separation), or no variance (one score for all): the estimate stands without an
    interval, status ``insufficient``.

    References
    ----------
    McClish DK. Med Decis Making 1989;9:190-195. doi:10.1177/0272989X8900900307
    Zhang DD, Zhou XH, Freeman DH, Freeman JL. Stat Med 2002;21:701-715. doi:10.1002/sim.1011 (nonparametric variance)
    """
    if scale not in _SCALES:
        raise ValueError(f"`scale` must be one of: {', '.join(_SCALES)}.")
    normal_quantile(level)
    over, (low, high) = _range(specificity, sensitivity)
    cases, (values,) = case_arrays(positive, patient, score=score)
    known: dict[str, Any] = {
        "ci_level": level,
        "ci_method": f"{_SCALES[scale]}; {_variance_name(patient)}, logit scale of the average",
        "n_cases": cases.n_cases,
        "n_positive": cases.n_positive,
        "n_negative": cases.n_negative,
        "n_patients": cases.n_patients,
        "over": over,
        "range_low": low,
        "range_high": high,
    }
    if cases.missing_class:
        return PartialAuc(
            **known, **_areas(None, low, high), **_without(None, EstimateStatus.UNDEFINED, cases.missing_class)
        )
    # Over sensitivity the classes change places, and the curve is read from its other axis.
    found = (
        _linearised(cases.positive, values, low, high)
        if over == "specificity"
        else _linearised(~cases.positive, -values, low, high)
    )
    areas = _areas(found.value, low, high)
    covariance = obuchowski_covariance(cases, [found])
    average = found.value / (high - low)
    variance = 0.0 if covariance is None else float(covariance[0, 0]) / (high - low) ** 2
    if reason := _obstacle(covariance, average, variance):
        return PartialAuc(**known, **areas, **_without(areas[scale], EstimateStatus.INSUFFICIENT, reason))
    degrees = None if patient is None else patient_degrees(cases, found.influence)
    quantile = normal_quantile(level) if degrees is None else float(special.stdtrit(degrees, 0.5 + level / 2.0))
    half = quantile * math.sqrt(variance) / (average * (1.0 - average))
    ends = special.expit(special.logit(average) + np.array([-half, half]))
    low_end, high_end = (float(_areas(end * (high - low), low, high)[scale]) for end in ends)
    stretch = {"raw": high - low, "average": 1.0, "mcclish": 0.5 * (high - low) / (high - low - _chance(low, high))}
    return PartialAuc(
        **known,
        **areas,
        estimate=areas[scale],
        ci_low=low_end,
        ci_high=high_end,
        standard_error=math.sqrt(variance) * stretch[scale],
        degrees_of_freedom=degrees,
    )


def _range(
    specificity: tuple[float, float] | None, sensitivity: tuple[float, float] | None
) -> tuple[Literal["specificity", "sensitivity"], tuple[float, float]]:
    if (specificity is None) == (sensitivity is None):
        raise ValueError("One of `specificity` and `sensitivity` must be given, as (low, high).")
    over: Literal["specificity", "sensitivity"] = "sensitivity" if specificity is None else "specificity"
    low, high = specificity or sensitivity or (0.0, 0.0)
    if not 0.0 <= low < high <= 1.0:
        raise ValueError(f"`{over}` must be (low, high) with 0 ≤ low < high ≤ 1.")
    return over, (float(low), float(high))


def _variance_name(patient: npt.ArrayLike | None) -> str:
    return "delong placements" if patient is None else "obuchowski placements, patients as clusters, t"


def _chance(low: float, high: float) -> float:
    return (high - low) * (1.0 - (low + high) / 2.0)


def _areas(area: float | None, low: float, high: float) -> dict[str, Any]:
    if area is None:
        return dict.fromkeys(_SCALES)
    least, length = _chance(low, high), high - low
    return {
        "raw": area,
        "average": area / length,
        "mcclish": 0.5 * (1.0 + (area - least) / (length - least)),
    }


def _obstacle(covariance: FloatArray | None, average: float, variance: float) -> str | None:
    if covariance is None:
        return "an interval needs two patients with a positive case and two with a negative one"
    if average < 1e-12 or average > 1.0 - 1e-12:
        return f"the average over the range is {average:.0f} and shows no variance, and there is no interval"
    return "the cases show no variance, and there is no interval" if shows_no_variance(variance) else None


def _without(estimate: float | None, status: EstimateStatus, reason: str) -> dict[str, Any]:
    return {"estimate": estimate, "ci_low": None, "ci_high": None, "status": status, "reason": reason}


def _linearised(positive: BooleanArray, score: FloatArray, low: float, high: float) -> Linearised:
    """The raw area over specificity, and the influence of each case."""
    curve = RocCounts(positive, score)
    positives_below, negatives_below = (sums[0] for sums in curve.below(np.ones((1, score.size), dtype=np.int64)))
    x = negatives_below / negatives_below[-1]
    s = (positives_below[-1] - positives_below) / positives_below[-1]
    place = np.searchsorted(curve.threshold, score)
    of_positive = _mean_of_clipped(x[:-1], x[1:], low, high)[place[positive]]
    of_negative = _mean_of_curve(x, s, low, high)[place[~positive]]
    area = float(of_positive.mean())
    influence = np.empty(score.size)
    influence[positive] = (of_positive - area) / of_positive.size
    influence[~positive] = (of_negative - of_negative.mean()) / of_negative.size
    return Linearised(area, influence)


def _mean_of_clipped(left: FloatArray, right: FloatArray, low: float, high: float) -> FloatArray:
    """Mean over s from ``left`` to ``right`` of clip(s − low, 0, high − low); its value where they meet."""

    def summed(s: FloatArray) -> FloatArray:
        return np.asarray(0.5 * (np.clip(s, low, high) - low) ** 2 + (high - low) * np.maximum(s - high, 0.0))

    length = right - left
    apart = length > 0.0
    mean: FloatArray = np.clip(left - low, 0.0, high - low)
    mean[apart] = (summed(right)[apart] - summed(left)[apart]) / length[apart]
    return mean


def _mean_of_curve(x: FloatArray, s: FloatArray, low: float, high: float) -> FloatArray:
    """Mean of S(clip(·, low, high)) over each straight piece of the curve; 0 for an upright one."""
    left, right, at_left, at_right = x[:-1], x[1:], s[:-1], s[1:]
    length = right - left
    apart = length > 0.0
    slope = np.divide(at_right - at_left, length, out=np.zeros_like(length), where=apart)
    begin, end = np.clip(low, left, right), np.clip(high, left, right)
    middle = at_left + slope * ((begin + end) / 2.0 - left)
    outside = (begin - left) * _height(x, s, low) + (right - end) * _height(x, s, high)
    total: FloatArray = outside + (end - begin) * middle
    return np.asarray(np.divide(total, length, out=np.zeros_like(length), where=apart))


def _height(x: FloatArray, s: FloatArray, at: float) -> float:
    """The curve at ``at``; half-way up where it is upright."""
    first, after = int(np.searchsorted(x, at, "left")), int(np.searchsorted(x, at, "right"))
    if first < after:
        return float(s[first] + s[after - 1]) / 2.0
    share = (at - x[first - 1]) / (x[first] - x[first - 1])
    return float(s[first - 1] + share * (s[first] - s[first - 1]))
