"""How often raters agree, without a correction for chance: in pairs, all together, and on each category."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from multisite.stats.agreement.ratings import CodedRatings, coded_ratings
from multisite.stats.agreement.result import AgreementEstimate, student_quantile
from multisite.stats.estimate import CountArray, normal_quantile
from multisite.stats.proportions.clustered import ClusterMoments, clustered_proportion
from multisite.stats.proportions.result import wilson_interval
from multisite.stats.resampling.case_arrays import patient_numbers
from multisite.vocabulary import EstimateStatus

__all__ = ["AgreementKind", "SpecificAgreement", "observed_agreement", "specific_agreement"]

AgreementKind: TypeAlias = Literal["pairwise", "unanimous"]

_BETWEEN = "wilson at the effective number of cases"
_CLUSTERED = "wilson at the effective number of ratings, variance between cases"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecificAgreement(AgreementEstimate):
    """Agreement on one category: of two raters on a yes, *positive agreement*; on a no, *negative agreement*."""

    category: Any


def observed_agreement(
    ratings: npt.ArrayLike, *, kind: AgreementKind = "pairwise", level: float = 0.95
) -> AgreementEstimate:
    """Share of agreement (percent agreement, over 100).

    ``pairwise``: the mean over cases of the share of pairs of its ratings that are alike. ``unanimous``: the share of
    cases of which all ratings are alike. For two raters both are the same. The interval is Wilson's at the number of
    cases; for pairs of three raters or more at the effective number p(1 − p)/v · (z/t)², v being the variance of the
    mean between cases and t Student's quantile on n − 1 degrees of freedom, at most the number of pairs.

    Parameters
    ----------
    ratings
        A category per case and rater, numbers or texts, shape ``(n_cases, n_raters)``. NaN, None or a masked entry is
        a missing rating; a case with fewer than two is left out and counted.
    kind
        ``pairwise`` or ``unanimous``.
    level
        Confidence level in (0, 1).

    Returns
    -------
    AgreementEstimate
        Estimate in [0, 1]. Cases are taken as independent; else see :func:`jackknife_over_patients`.

    Raises
    ------
    ValueError
        If the ratings are not two-dimensional, a rating is infinite, or the kind is unknown.

    Undefined cases
    ---------------
    No case with two ratings. One case of three raters who do not all agree: the estimate without an interval,
    ``insufficient``. All alike or none: Wilson's interval at the number of cases.

    References
    ----------
    Fleiss JL. Psychol Bull 1971;76:378-382. doi:10.1037/h0031619 (pairs)
    Korn EL, Graubard BI. Surv Methodol 1998;24:193-201 (effective number)

    Examples
    --------
    >>> observed_agreement([[1, 1, 1], [1, 1, 0], [0, 0, 0], [1, 1, 1]], kind="unanimous").estimate
    0.75
    """
    z = normal_quantile(level)
    if kind not in ("pairwise", "unanimous"):
        raise ValueError("`kind` must be `pairwise` or `unanimous`.")
    coded, counts = _pairable(ratings, None)
    size = counts.sum(axis=1)
    n = size.size
    known = _known(coded, n, int(size.sum()), level)
    if n == 0:
        return AgreementEstimate(**known, **_NO_CASE, ci_method="wilson")
    pairs = size * (size - 1)
    if kind == "unanimous":
        pairs = np.ones_like(pairs)
        alike = (counts.max(axis=1) == size).astype(np.int64)
    else:
        alike = (counts * (counts - 1)).sum(axis=1)
    share = alike / pairs
    p = float(share.mean())
    known |= {"estimate": p, "observed_agreement": p}
    if np.isin(share, (0.0, 1.0)).all():
        low, high = wilson_interval(p, n, z)
        error = math.sqrt(p * (1.0 - p) / n)
        return AgreementEstimate(**known, ci_low=low, ci_high=high, ci_method="wilson", standard_error=error)
    if n == 1:
        known |= {"ci_low": None, "ci_high": None, "status": EstimateStatus.INSUFFICIENT}
        return AgreementEstimate(**known, ci_method=_BETWEEN, reason="one case with two ratings or more")
    variance = float(share.var(ddof=1)) / n
    most = float(pairs.sum()) / 2.0
    effective = most
    if variance > 0.0:
        effective = min(most, p * (1.0 - p) / variance * (z / student_quantile(n - 1, level)) ** 2)
    low, high = wilson_interval(p, effective, z)
    return AgreementEstimate(**known, ci_low=low, ci_high=high, ci_method=_BETWEEN, standard_error=math.sqrt(variance))


def specific_agreement(
    ratings: npt.ArrayLike,
    *,
    categories: Sequence[Any] | None = None,
    patient: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> tuple[SpecificAgreement, ...]:
    """Agreement on each category: if one rater says it, how often does another.

    With r_ik ratings of case i in category k, r_i in all: Σ_i r_ik (r_ik − 1) / Σ_i r_ik (r_i − 1). For two raters and
    a 2 × 2 table that is positive agreement 2a/(2a + b + c) and negative agreement 2d/(2d + b + c). The interval is
    that of a ratio between cases (or patients): :func:`multisite.stats.clustered_proportion`.

    Parameters
    ----------
    ratings
        As for :func:`observed_agreement`.
    categories
        Which, in the order of the result; without it the distinct ratings.
    patient
        Patient of each case, if patients have several, without a missing value, shape ``(n_cases,)``.
    level
        Confidence level in (0, 1).

    Returns
    -------
    tuple of SpecificAgreement
        One per category, estimate in [0, 1]. ``n_cases`` are the cases with two ratings.

    Raises
    ------
    ValueError
        As :func:`observed_agreement`; and if ``patient`` is not as long as the ratings.

    Undefined cases
    ---------------
    A category that no case with two ratings has: undefined. A category of one case (or patient) only: the estimate
    without an interval, ``insufficient``. Agreement of 0 or 1: as :func:`multisite.stats.clustered_proportion`.

    References
    ----------
    Cicchetti DV, Feinstein AR. J Clin Epidemiol 1990;43:551-558. doi:10.1016/0895-4356(90)90159-M
    Graham P, Bull B. J Clin Epidemiol 1998;51:763-771. doi:10.1016/S0895-4356(98)00049-7 (its variance)

    Examples
    --------
    >>> negative, positive = specific_agreement([[1, 1]] * 40 + [[1, 0]] * 10 + [[0, 1]] * 10 + [[0, 0]] * 40)
    >>> positive.estimate, negative.estimate
    (0.8, 0.8)
    """
    coded, counts = _pairable(ratings, categories)
    size = counts.sum(axis=1)
    paired = (coded.codes >= 0).sum(axis=1) >= 2
    cluster = np.arange(size.size)
    if patient is not None:
        cluster = np.unique(patient_numbers(patient, coded.codes.shape[0])[0][paired], return_inverse=True)[1]
    known = _known(coded, size.size, int(size.sum()), level)
    found = []
    for k, category in enumerate(coded.categories):
        hits, chances = counts[:, k] * (counts[:, k] - 1), counts[:, k] * (size - 1)
        sums = [np.bincount(cluster, weights=part).astype(np.int64) for part in (hits, chances)]
        if not chances.sum():
            nothing = _NO_CASE | {"reason": "no case with two ratings has the category"}
            found.append(SpecificAgreement(**known, **nothing, ci_method=_CLUSTERED, category=category))
            continue
        share = clustered_proportion(ClusterMoments.from_clusters(*sums), level=level)
        ends: dict[str, Any] = {"ci_low": share.ci_low, "ci_high": share.ci_high, "status": share.status}
        reason = None if share.reason is None else "one case (or patient) has the category: there is no variance"
        ends |= {"reason": reason, "estimate": share.estimate, "observed_agreement": share.estimate}
        found.append(SpecificAgreement(**known, **ends, ci_method=_CLUSTERED, category=category))
    return tuple(found)


_NO_CASE: dict[str, Any] = {
    "estimate": None,
    "ci_low": None,
    "ci_high": None,
    "status": EstimateStatus.UNDEFINED,
    "reason": "no case has two ratings",
}


def _pairable(ratings: npt.ArrayLike, categories: Sequence[Any] | None) -> tuple[CodedRatings, CountArray]:
    coded = coded_ratings(ratings, categories, argument="ratings", n_dimensions=2)
    counts = coded.counts
    return coded, counts[counts.sum(axis=1) >= 2]


def _known(coded: CodedRatings, n_cases: int, n_ratings: int, level: float) -> dict[str, Any]:
    return {
        "ci_level": level,
        "n_cases": n_cases,
        "n_raters": coded.n_raters,
        "n_ratings": n_ratings,
        "n_left_out": coded.codes.shape[0] - n_cases,
    }
