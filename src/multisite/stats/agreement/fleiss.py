"""Fleiss' kappa of many raters, with the kappa of each category."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from multisite.stats.agreement.many_raters import linearised_agreement
from multisite.stats.agreement.ratings import coded_ratings, counts_of_categories
from multisite.stats.agreement.result import (
    ALIKE,
    AgreementEstimate,
    AgreementInterval,
    coefficient_interval,
    perfect_agreement_interval,
    require_interval,
    student_quantile,
    two_sided_p,
)
from multisite.stats.estimate import CountArray, FloatArray, normal_quantile
from multisite.vocabulary import EstimateStatus

__all__ = ["FleissKappa", "FleissKappaOfCategory", "fleiss_kappa", "fleiss_kappa_from_counts"]

_ERROR = "linearised error between cases (not null)"
_NAMES = {"wald": f"student, {_ERROR}", "wilson": f"wilson at the effective number, student, {_ERROR}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FleissKappaOfCategory(AgreementEstimate):
    """Kappa of one category against all others; the null error is that of Fleiss, Nee and Landis 1979."""

    category: Any
    n_pairable: int
    null_standard_error: float | None = None
    z: float | None = None
    p_value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FleissKappa(AgreementEstimate):
    """Kappa of all categories, the test that it is 0, and the kappa of each.

    ``n_pairable`` cases have two ratings or more. ``generalised`` tells that the cases have different numbers of
    ratings; the null error, ``z`` and the two-sided ``p_value`` are then ``None``.
    """

    categories: tuple[Any, ...]
    by_category: tuple[FleissKappaOfCategory, ...]
    generalised: bool
    n_pairable: int
    null_standard_error: float | None = None
    z: float | None = None
    p_value: float | None = None


def fleiss_kappa(
    ratings: npt.ArrayLike,
    *,
    categories: Sequence[Any] | None = None,
    method: AgreementInterval = "wald",
    level: float = 0.95,
) -> FleissKappa:
    """Fleiss' kappa (p_a − p_e)/(1 − p_e) of any number of raters.

    With r_ik ratings of case i in category k, r_i in all: p_a is the mean, over the cases with r_i ≥ 2, of
    Σ_k r_ik (r_ik − 1) / (r_i (r_i − 1)); π_k the mean of r_ik/r_i over all cases with a rating; p_e = Σ π_k². With as
    many ratings for every case that is the kappa of Fleiss 1971; else the generalised one of Gwet 2014.

    The interval has the linearised error between cases (not null). The test of κ = 0 has the null error of Fleiss, Nee
    and Landis 1979, for n cases of m ratings: √2 · √((Σ π_k(1 − π_k))² − Σ π_k(1 − π_k)(1 − 2π_k)) over
    Σ π_k(1 − π_k) · √(n m (m − 1)), and √(2/(n m (m − 1))) for one category. (Fleiss' own errors of 1971 are wrong.)

    Parameters
    ----------
    ratings
        A category per case and rater, numbers or texts, shape ``(n_cases, n_raters)``. NaN, None or a masked entry is
        a missing rating. Which rater gave which rating does not matter.
    categories
        All categories, used or not; without it the distinct ratings. An unused one does not change kappa.
    method
        ``wald``: κ ± t·SE on n − 1 degrees of freedom, cut to [−1, 1], as published. ``wilson``: Wilson's interval
        of (1 + κ)/2 at the number of cases that the same t·SE stands for; the better one near 1.
    level
        Confidence level in (0, 1).

    Returns
    -------
    FleissKappa
        Estimate in [−1/(m − 1), 1], lower only where many cases have one rating. Cases are taken as independent; else
        see :func:`jackknife_over_patients`.

    Raises
    ------
    ValueError
        If the ratings are not two-dimensional, or a rating is infinite or no category.

    Undefined cases
    ---------------
    No case with two ratings: undefined. All ratings in one category: 0/0, undefined; the kappa of a category that
    nobody, or everybody, used as well. Perfect agreement: Wilson's interval of the agreement with p_e held, and
    ``ci_method`` says so. One case, or no variance between cases: ``insufficient``, without an interval.

    Both intervals keep 93 to 97 % with 50 cases of four ratings and common categories; for two categories of 20 and
    80 % at a kappa of 0.4 ``wald`` comes to 92 % with 50 cases, 93 % with 100, and both below 90 % with 20.

    References
    ----------
    Fleiss JL. Psychol Bull 1971;76:378-382. doi:10.1037/h0031619
    Fleiss JL, Nee JCM, Landis JR. Psychol Bull 1979;86:974-977. doi:10.1037/0033-2909.86.5.974
    Gwet KL. Educ Psychol Meas 2021;81:781-790. doi:10.1177/0013164420973080 (error that is not null)

    Examples
    --------
    >>> result = fleiss_kappa([["a", "a", "b"], ["b", "b", "b"], ["a", "a", "a"], ["a", "b", "b"]])
    >>> round(result.estimate, 4)
    0.3333
    """
    coded = coded_ratings(ratings, categories, argument="ratings", n_dimensions=2)
    return _kappa(coded.counts, coded.categories, method, level, n_raters=coded.n_raters)


def fleiss_kappa_from_counts(
    counts: npt.ArrayLike,
    *,
    categories: Sequence[Any] | None = None,
    method: AgreementInterval = "wald",
    level: float = 0.95,
) -> FleissKappa:
    """:func:`fleiss_kappa` from the number of ratings of each case in each category.

    Parameters
    ----------
    counts
        Whole numbers, shape ``(n_cases, n_categories)``; ``n_raters`` of the result is the largest sum of a row.
    categories
        Their names, for the result; 0 to q − 1 if not given.

    Raises
    ------
    ValueError
        If the counts are not whole numbers from 0 up.
    """
    table = counts_of_categories(counts, argument="counts")
    names = tuple(range(table.shape[1])) if categories is None else tuple(categories)
    if len(names) != table.shape[1] or len(set(names)) != len(names):
        raise ValueError("`categories` must be distinct, and as many as `counts` has columns.")
    return _kappa(table, names, method, level, n_raters=int(table.sum(axis=1).max(initial=0)))


def _kappa(
    counts: CountArray, categories: tuple[Any, ...], method: AgreementInterval, level: float, *, n_raters: int
) -> FleissKappa:
    known = _estimate(counts, method, level, n_raters=n_raters)
    total = counts.sum(axis=1)
    each = tuple(
        FleissKappaOfCategory(
            category=category,
            **_estimate(np.column_stack([counts[:, k], total - counts[:, k]]), method, level, n_raters=n_raters),
        )
        for k, category in enumerate(categories)
    )
    generalised = np.unique(total[total > 0]).size > 1
    return FleissKappa(categories=categories, by_category=each, generalised=generalised, **known)


def _by_chance(shares: FloatArray) -> tuple[float, FloatArray]:
    return float(shares @ (1.0 - shares)), -2.0 * shares


def _estimate(counts: CountArray, method: AgreementInterval, level: float, *, n_raters: int) -> dict[str, Any]:
    normal_quantile(level)
    require_interval(method)
    # One category in use gives shares that add up to 1 but for rounding: 0/0 is told from the counts.
    n_used = int((counts.sum(axis=0) > 0).sum())
    found = linearised_agreement(counts, np.eye(counts.shape[1]), _by_chance)
    known: dict[str, Any] = {
        "estimate": None,
        "ci_low": None,
        "ci_high": None,
        "ci_level": level,
        "ci_method": _NAMES[method],
        "n_cases": found.n_cases,
        "n_pairable": found.n_pairable,
        "n_raters": n_raters,
        "n_ratings": int(counts.sum()),
        "n_left_out": counts.shape[0] - found.n_cases,
        "status": EstimateStatus.UNDEFINED,
    }
    if not found.n_pairable:
        return known | {"reason": "no case has two ratings"}
    observed, expected = found.observed_disagreement, found.expected_disagreement
    if n_used < 2 or found.estimate is None or observed is None or expected is None:
        return known | {"reason": "all ratings are alike: kappa is 0/0", "observed_agreement": 1.0}
    known |= {"estimate": found.estimate, "observed_agreement": 1.0 - observed, "expected_agreement": 1.0 - expected}
    known |= {"standard_error": found.standard_error, "status": EstimateStatus.OK, **_test(counts, found.estimate)}
    if observed == 0.0:
        low, high = perfect_agreement_interval(expected, found.n_pairable, level)
        return known | {"ci_low": low, "ci_high": high, "ci_method": ALIKE, "standard_error": 0.0}
    if found.standard_error is None:
        reason = "one case with ratings" if found.n_cases == 1 else "the cases show no variance"
        return known | {"status": EstimateStatus.INSUFFICIENT, "reason": reason}
    t = student_quantile(found.n_cases - 1, level)
    low, high = coefficient_interval(found.estimate, found.standard_error, t, method)
    return known | {"ci_low": low, "ci_high": high}


def _test(counts: CountArray, kappa: float) -> dict[str, float]:
    total = counts.sum(axis=1)
    numbers = np.unique(total[total > 0])
    if numbers.size != 1:
        return {}
    n, m = int((total > 0).sum()), int(numbers[0])
    share = counts.sum(axis=0) / (n * m)
    spread = share * (1.0 - share)
    inner = float(spread.sum()) ** 2 - float(spread @ (1.0 - 2.0 * share))
    error = math.sqrt(2.0 * inner / (n * m * (m - 1))) / float(spread.sum())
    return {"null_standard_error": error, "z": kappa / error, "p_value": two_sided_p(kappa / error)}
