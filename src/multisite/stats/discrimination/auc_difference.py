"""The difference of two areas under the ROC curve: on the same cases, or on other patients."""

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy.typing as npt
from scipy import special

from multisite.stats.discrimination.placements import (
    Linearised,
    area_influence,
    obuchowski_covariance,
    patient_degrees,
    shows_no_variance,
)
from multisite.stats.estimate import Estimate, normal_quantile
from multisite.stats.resampling.case_arrays import CaseArrays, case_arrays
from multisite.vocabulary import EstimateStatus

__all__ = ["AucDifference", "auc_difference", "auc_difference_unpaired"]

_PAIRED = "delong, paired, plain scale"
_CLUSTERED = "obuchowski, paired, patients as clusters, plain scale, t"
_UNPAIRED = "delong, unpaired, plain scale"
_UNPAIRED_T = "delong, unpaired, plain scale, t on welch's degrees of freedom"
_UNPAIRED_CLUSTERED = "obuchowski, unpaired, patients as clusters, plain scale, t"
_TOO_FEW = "an interval needs two patients with a positive case and two with a negative one"
_FLAT = "the difference shows no variance, and there is no interval"


@dataclass(frozen=True, slots=True, kw_only=True)
class AucDifference(Estimate):
    """``first`` − ``second``, two areas, with the p-value of no difference.

    ``covariance`` is that of the two areas, 0 for other patients; the square of ``standard_error`` is
    ``first_variance`` + ``second_variance`` − 2 ``covariance``. ``p_value`` is two-sided and agrees with the interval:
    it is below 1 − ``ci_level`` exactly where the interval leaves out 0. ``degrees_of_freedom`` is ``None`` for the
    normal quantile.
    """

    first: float | None
    second: float | None
    first_variance: float | None = None
    second_variance: float | None = None
    covariance: float | None = None
    standard_error: float | None = None
    p_value: float | None = None
    degrees_of_freedom: float | None = None
    n_positive: int
    n_negative: int
    n_patients: int


def auc_difference(
    positive: npt.ArrayLike,
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    patient: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> AucDifference:
    """AUC of one score minus AUC of another on the same cases: the paired test of DeLong, or of Obuchowski.

    With the placements of each case under both scores, the covariance of the areas is S₁₀/P + S₀₁/N, S the sample
    covariances of the placements of positives and of negatives. With ``patient`` the placements are summed over
    patients (:func:`clustered_auc`). The interval is Δ ± z·SE, cut to [−1, 1], on the plain scale: a difference has no
    logit. Patients as clusters take Student's t on Satterthwaite's degrees of freedom.

    Parameters
    ----------
    positive, first, second
        Truth and both finite scores of each case, shape ``(n_cases,)``. A higher score speaks for the finding, in
        both; no direction is flipped. The scores may be on different scales.
    patient
        Patient of each case, shape ``(n_cases,)``; ``None``: every case is a patient.
    level
        Confidence level in (0, 1).

    Returns
    -------
    AucDifference
        Above 0, the first score ranks better.

    Raises
    ------
    ValueError
        If the arrays differ in length, the truth is not binary, or a score or patient is not finite.

    Undefined cases
    ---------------
    No positive or no negative case: undefined. Fewer than two patients with a positive case or with a negative one, or
    a difference without variance (two scores that rank alike, or both separate the classes): the difference stands
    without interval and p-value, status ``insufficient``.

    References
    ----------
    DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845. doi:10.2307/2531595
    Obuchowski NA. Biometrics 1997;53:567-578. doi:10.2307/2533958
    """
    normal_quantile(level)
    cases, scores = case_arrays(positive, patient, first=first, second=second)
    one, other = (area_influence(cases.positive, values) for values in scores)
    name = _PAIRED if patient is None else _CLUSTERED
    known = _known([cases], name, level)
    if one is None or other is None:
        return _undefined(known, one, other, cases.missing_class)
    matrix = obuchowski_covariance(cases, [one, other])
    if matrix is None:
        return _without_interval(known, one, other, _TOO_FEW)
    # Summed from each case's difference: two nearly equal scores would lose it in the sum of three large numbers.
    apart = Linearised(one.value - other.value, one.influence - other.influence)
    spread = obuchowski_covariance(cases, [apart])
    variance = 0.0 if spread is None else float(spread[0, 0])
    known |= {
        "first_variance": float(matrix[0, 0]),
        "second_variance": float(matrix[1, 1]),
        "covariance": float(matrix[0, 1]),
    }
    if shows_no_variance(variance):
        return _without_interval(known | {"standard_error": 0.0}, one, other, _FLAT)
    degrees = None if patient is None else patient_degrees(cases, apart.influence)
    return _with_interval(known, one, other, variance, degrees, level)


def auc_difference_unpaired(
    first_positive: npt.ArrayLike,
    first: npt.ArrayLike,
    second_positive: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    first_patient: npt.ArrayLike | None = None,
    second_patient: npt.ArrayLike | None = None,
    method: Literal["normal", "welch"] = "normal",
    level: float = 0.95,
) -> AucDifference:
    """AUC on one set of patients minus AUC on another, disjoint, set: variances add.

    The interval is Δ ± z·SE, cut to [−1, 1]; if either set names its patients, Student's t on the Satterthwaite degrees
    of freedom of both takes the place of z. Patients who are in both sets make it too wide, where they are alike in
    both. (The interval of two logit intervals joined by square-and-add is ``independent_difference``.)

    Parameters
    ----------
    first_positive, first, second_positive, second
        Truth and finite score of each case of the first set, shape ``(n_first,)``, and of the second.
    first_patient, second_patient
        Patient of each case; ``None``: every case of that set is a patient.
    method
        ``normal``: z, as DeLong. ``welch``: Student's t on (v₁ + v₂)²/(v₁²/(n₁ − 1) + v₂²/(n₂ − 1)) degrees of freedom,
        v the variances and n the cases of each set, as R's pROC does; not with patients, who have their own.
    level
        Confidence level in (0, 1).

    Returns, raises, undefined cases
    --------------------------------
    As :func:`auc_difference`, for either set; ``covariance`` is 0, and counts are those of both. An unknown method, or
    ``welch`` with patients, is a ValueError.

    References
    ----------
    DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845. doi:10.2307/2531595
    Obuchowski NA. Biometrics 1997;53:567-578. doi:10.2307/2533958
    """
    normal_quantile(level)
    clustered = first_patient is not None or second_patient is not None
    if method not in ("normal", "welch") or (clustered and method == "welch"):
        raise ValueError("`method` must be `normal` or, without patients, `welch`.")
    cases, (values,) = case_arrays(first_positive, first_patient, first=first)
    others, (other_values,) = case_arrays(second_positive, second_patient, second=second)
    one, other = area_influence(cases.positive, values), area_influence(others.positive, other_values)
    plain = _UNPAIRED if method == "normal" else _UNPAIRED_T
    known = _known([cases, others], _UNPAIRED_CLUSTERED if clustered else plain, level)
    if one is None or other is None:
        which, reason = ("first", cases.missing_class) if one is None else ("second", others.missing_class)
        return _undefined(known, one, other, f"{reason} in the {which} set")
    own, theirs = obuchowski_covariance(cases, [one]), obuchowski_covariance(others, [other])
    if own is None or theirs is None:
        return _without_interval(known, one, other, _TOO_FEW)
    variances = float(own[0, 0]), float(theirs[0, 0])
    known |= {"first_variance": variances[0], "second_variance": variances[1], "covariance": 0.0}
    if shows_no_variance(sum(variances)):
        return _without_interval(known | {"standard_error": 0.0}, one, other, _FLAT)
    degrees = None
    if clustered or method == "welch":
        # A set without variance has no degrees of freedom, and adds nothing to the sum.
        parts = [
            variance**2 / (patient_degrees(held, found.influence) if clustered else held.n_cases - 1)
            for variance, held, found in zip(variances, (cases, others), (one, other), strict=True)
            if not shows_no_variance(variance)
        ]
        degrees = sum(variances) ** 2 / sum(parts)
    return _with_interval(known, one, other, sum(variances), degrees, level)


def _known(sets: list[CaseArrays], method: str, level: float) -> dict[str, Any]:
    return {
        "ci_level": level,
        "ci_method": method,
        "n_cases": sum(cases.n_cases for cases in sets),
        "n_positive": sum(cases.n_positive for cases in sets),
        "n_negative": sum(cases.n_negative for cases in sets),
        "n_patients": sum(cases.n_patients for cases in sets),
    }


def _undefined(
    known: dict[str, Any], one: Linearised | None, other: Linearised | None, reason: str | None
) -> AucDifference:
    return AucDifference(
        **known,
        estimate=None,
        ci_low=None,
        ci_high=None,
        first=one.value if one else None,
        second=other.value if other else None,
        status=EstimateStatus.UNDEFINED,
        reason=reason,
    )


def _without_interval(known: dict[str, Any], one: Linearised, other: Linearised, reason: str) -> AucDifference:
    return AucDifference(
        **known,
        estimate=one.value - other.value,
        ci_low=None,
        ci_high=None,
        first=one.value,
        second=other.value,
        status=EstimateStatus.INSUFFICIENT,
        reason=reason,
    )


def _with_interval(
    known: dict[str, Any], one: Linearised, other: Linearised, variance: float, degrees: float | None, level: float
) -> AucDifference:
    difference, error = one.value - other.value, math.sqrt(variance)
    ratio = abs(difference) / error
    if degrees is None:
        quantile, tail = normal_quantile(level), float(special.ndtr(-ratio))
    else:
        quantile, tail = float(special.stdtrit(degrees, 0.5 + level / 2.0)), float(special.stdtr(degrees, -ratio))
    return AucDifference(
        **known,
        estimate=difference,
        ci_low=max(-1.0, difference - quantile * error),
        ci_high=min(1.0, difference + quantile * error),
        first=one.value,
        second=other.value,
        standard_error=error,
        p_value=2.0 * tail,
        degrees_of_freedom=degrees,
    )
