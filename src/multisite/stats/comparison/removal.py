"""What a statistic loses or gains when some patients are taken out: a paired difference, patients as clusters."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from multisite.stats.discrimination.placements import Linearised, area_influence, patient_sums, shows_no_variance
from multisite.stats.estimate import IntegerArray, normal_quantile
from multisite.stats.resampling.case_arrays import CaseArrays, case_arrays
from multisite.vocabulary import EstimateStatus

__all__ = ["RemovalDifference", "auc_without", "proportion_without"]

Booleans = npt.NDArray[np.bool_]

_METHOD = "linearised, patients as clusters, wald"


@dataclass(frozen=True, slots=True, kw_only=True)
class RemovalDifference:
    """A statistic of all cases, of those that are left, and the first minus the second with its interval.

    ``insufficient`` without an interval: nobody was removed, and the difference is 0 because both are the same; or the
    patients show no variance, and the difference is not given, for it would read as a certain 0.
    """

    of_all: float | None
    without: float | None
    difference: float | None
    ci_low: float | None
    ci_high: float | None
    ci_level: float
    ci_method: str
    n_patients: int
    n_patients_removed: int
    status: EstimateStatus
    reason: str | None = None


def auc_without(
    positive: npt.ArrayLike,
    score: npt.ArrayLike,
    patient: npt.ArrayLike,
    removed: npt.ArrayLike,
    *,
    level: float = 0.95,
) -> RemovalDifference:
    """AUC of all cases minus the AUC without those of the removed patients.

    With the placement V of each case among those of the other class (ties counting half), a case with the finding has
    the influence (V − A)/P on the area A, one without it (V − A)/N. φ is the influence on the area of all cases minus
    that on the area of those left (none, for a removed case), summed over the cases of a patient; the variance of the
    difference is C/(C − 1) · Σ φ² over C patients. The interval is difference ± z·SE.

    Parameters
    ----------
    positive, score, patient, removed
        Truth, finite score, patient, and whether the patient is taken out, of each case; shape (n_cases,).
    level
        Confidence level in (0, 1).

    Returns
    -------
    RemovalDifference
        Above zero, the removed patients flattered the model.

    Raises
    ------
    ValueError
        If the arrays are not of one length, truth or ``removed`` is not binary, a score is not finite, or a patient is
        removed with some cases only.

    Undefined cases
    ---------------
    No case, or none left, with (or without) the finding: undefined, with what is known. Nobody removed: 0 without an
    interval, status ``insufficient``. Both areas 0 or both 1: no patient differs from another, and nothing tells how
    far off the difference may be; both areas stand without one, status ``insufficient``.

    References
    ----------
    Obuchowski NA. Biometrics 1997;53:567-578. doi:10.2307/2533958 (placements summed over clusters)
    """
    cases, (scores,) = case_arrays(positive, patient, score=score)
    out = _whole_patients(cases, removed)
    truth = cases.positive
    both = area_influence(truth, scores), area_influence(truth[~out], scores[~out])
    return _difference(*both, cases.patient, out, level, "a class is empty")


def proportion_without(
    success: npt.ArrayLike, patient: npt.ArrayLike, removed: npt.ArrayLike, *, level: float = 0.95
) -> RemovalDifference:
    """A share of cases minus the share without those of the removed patients; each case's influence is (y − p)/n.

    Parameters, results and errors are as for :func:`auc_without`; ``success`` has a value for each case of the
    denominator (for sensitivity, the cases with the finding).

    Undefined cases
    ---------------
    No case, or none left: undefined. Nobody removed, and shares of 0 or 1: as there.
    """
    cases, _ = case_arrays(success, patient)
    out, successes = _whole_patients(cases, removed), cases.positive
    both = _share(successes), _share(successes[~out])
    return _difference(*both, cases.patient, out, level, "no case is left" if successes.size else "no case")


def _share(success: Booleans) -> Linearised | None:
    if not success.size:
        return None
    share = float(success.mean())
    return Linearised(share, (success - share) / success.size)


def _difference(
    of_all: Linearised | None,
    without: Linearised | None,
    patient: IntegerArray,
    removed: Booleans,
    level: float,
    reason: str,
) -> RemovalDifference:
    z = normal_quantile(level)
    numbers, cluster = np.unique(patient, return_inverse=True)
    known: dict[str, Any] = {
        "of_all": of_all.value if of_all else None,
        "without": without.value if without else None,
        "ci_level": level,
        "ci_method": _METHOD,
        "n_patients": int(numbers.size),
        "n_patients_removed": int(np.unique(patient[removed]).size),
    }
    nothing: dict[str, Any] = {"ci_low": None, "ci_high": None}
    if of_all is None or without is None:
        return RemovalDifference(**known, **nothing, difference=None, status=EstimateStatus.UNDEFINED, reason=reason)
    thin = EstimateStatus.INSUFFICIENT
    if not removed.any():
        return RemovalDifference(
            **known, **nothing, difference=0.0, status=thin, reason="nobody is removed: both are of the same patients"
        )
    influence = of_all.influence.copy()
    influence[~removed] -= without.influence
    sums = patient_sums(influence, cluster, numbers.size)
    difference = of_all.value - without.value
    # A single patient has no spread, and then nothing could have been removed and left something.
    variance = float(sums @ sums) * numbers.size / max(numbers.size - 1, 1)
    if shows_no_variance(variance):
        return RemovalDifference(
            **known, **nothing, difference=None, status=thin, reason="the patients show no variance, with or without"
        )
    error = math.sqrt(variance)
    return RemovalDifference(
        **known,
        difference=difference,
        ci_low=difference - z * error,
        ci_high=difference + z * error,
        status=EstimateStatus.OK,
    )


def _whole_patients(cases: CaseArrays, removed: npt.ArrayLike) -> Booleans:
    out = np.asarray(removed)
    if out.shape != cases.positive.shape:
        raise ValueError("`removed` must have one value for each case.")
    if out.dtype != np.bool_ and not np.isin(out, (0, 1)).all():
        raise ValueError("`removed` must hold only 0 and 1 (or booleans).")
    chosen: Booleans = out.astype(np.bool_)
    if np.intersect1d(cases.patient[chosen], cases.patient[~chosen]).size:
        raise ValueError("`removed` must take a patient out with all cases or with none.")
    return chosen
