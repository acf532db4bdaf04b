"""Gwet's AC1 and AC2: agreement of any number of raters that does not collapse where one category prevails."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

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
)
from multisite.stats.agreement.weights import AgreementWeights, agreement_weights, require_order
from multisite.stats.estimate import CountArray, FloatArray, normal_quantile
from multisite.vocabulary import EstimateStatus

__all__ = ["GwetCoefficient", "gwet_ac1", "gwet_ac2", "gwet_ac_from_counts"]

_ERROR = "variance of Gwet 2008 between cases, conditional on the raters"
_NAMES = {"wald": f"student, {_ERROR}", "wilson": f"wilson at the effective number, student, {_ERROR}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class GwetCoefficient(AgreementEstimate):
    """AC1 or AC2; ``n_pairable`` cases have two ratings or more, the other cases shape the expected agreement only."""

    weights: str
    categories: tuple[Any, ...]
    unused_categories: tuple[Any, ...]
    n_pairable: int


def gwet_ac1(
    ratings: npt.ArrayLike,
    *,
    categories: Sequence[Any] | None = None,
    method: AgreementInterval = "wald",
    level: float = 0.95,
) -> GwetCoefficient:
    """:func:`gwet_ac2` without weights.

    Examples
    --------
    >>> nan = float("nan")
    >>> result = gwet_ac1([[1, 1, nan], [2, 2, 3], [3, 3, 3], [nan, 1, 1], [2, 2, 2]])
    >>> round(result.estimate, 3), result.n_pairable
    (0.801, 5)
    """
    return gwet_ac2(ratings, categories=categories, weights="unweighted", method=method, level=level)


def gwet_ac2(
    ratings: npt.ArrayLike,
    *,
    categories: Sequence[Any] | None = None,
    weights: AgreementWeights = "quadratic",
    method: AgreementInterval = "wald",
    level: float = 0.95,
) -> GwetCoefficient:
    """Gwet's AC2 = (p_a − p_e)/(1 − p_e), AC1 where the weights are ``unweighted``.

    With r_ik ratings of case i in category k, r_i in all, and agreement weights w_kl: p_a is the mean, over the cases
    with r_i ≥ 2, of Σ_kl r_ik (w_kl r_il − [k = l]) / (r_i (r_i − 1)); π_k the mean of r_ik/r_i over all cases with a
    rating; p_e = Σ_kl w_kl / (q(q − 1)) · Σ_k π_k(1 − π_k) with q categories. The variance is the linearised one
    between cases, conditional on the raters, without a finite-population correction.

    Parameters
    ----------
    ratings
        A category per case and rater, numbers or texts, shape ``(n_cases, n_raters)``. NaN, None or a masked entry is
        a missing rating; any pattern of missing ratings will do.
    categories
        All categories in their order, used or not; without it the distinct ratings. **The number of categories
        changes p_e**, so that one that nobody used still counts. Weights
        of texts need it; without it the categories are the distinct ratings, rising.
    weights
        ``unweighted``, ``linear``, ``quadratic``, ``ordinal`` or a matrix: see :func:`agreement_weights`.
    method
        ``wald``: AC ± t·SE on n − 1 degrees of freedom, cut to [−1, 1], as published. ``wilson``: Wilson's interval
        of (1 + AC)/2 at the number of cases that the same t·SE stands for; the better one near 1.
    level
        Confidence level in (0, 1).

    Returns
    -------
    GwetCoefficient
        Estimate up to 1, below −1 only where most cases have one rating. Cases are taken as independent; else see
        :func:`jackknife_over_patients`.

    Raises
    ------
    ValueError
        If the ratings are not two-dimensional, a rating is infinite or no category, or weights of texts come
        without ``categories``.

    Undefined cases
    ---------------
    No case with two ratings: undefined. One case with ratings: the estimate without an interval, ``insufficient``,
    unless it is perfect. Perfect agreement, on one category too, is 1 with Wilson's interval of the agreement at p_e
    held, and ``ci_method`` says so.

    From 20 cases on ``wilson`` keeps 93 to 98 %. ``wald`` does for an AC1 of up to 0.8; it comes to 92 % with 50 cases
    at 0.91, and may fall below 90 % nearer to 1.

    References
    ----------
    Gwet KL. Br J Math Stat Psychol 2008;61:29-48. doi:10.1348/000711006X126600
    Gwet KL. Handbook of Inter-Rater Reliability, 4th ed. 2014 (weights, missing ratings)
    """
    coded = coded_ratings(ratings, categories, argument="ratings", n_dimensions=2)
    if categories is None:
        require_order(coded.categories, weights)
    return _coefficient(coded.counts, coded.categories, weights, method, level, n_raters=coded.n_raters)


def gwet_ac_from_counts(
    counts: npt.ArrayLike,
    *,
    categories: Sequence[Any] | None = None,
    weights: AgreementWeights = "unweighted",
    method: AgreementInterval = "wald",
    level: float = 0.95,
) -> GwetCoefficient:
    """:func:`gwet_ac2` from the number of ratings of each case in each category.

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
    return _coefficient(table, names, weights, method, level, n_raters=int(table.sum(axis=1).max(initial=0)))


def _coefficient(
    counts: CountArray,
    categories: tuple[Any, ...],
    weights: AgreementWeights,
    method: AgreementInterval,
    level: float,
    *,
    n_raters: int,
) -> GwetCoefficient:
    normal_quantile(level)
    require_interval(method)
    name, agreement = agreement_weights(weights, len(categories))
    q = len(categories)

    def by_chance(shares: FloatArray) -> tuple[float, FloatArray]:
        # A single category cannot be met by chance: p_e is 0, as it would be with any number of unused ones beside.
        spread = float(agreement.sum()) / (q * (q - 1)) if q > 1 else 0.0
        return 1.0 - spread * float(shares @ (1.0 - shares)), -spread * (1.0 - 2.0 * shares)

    found = linearised_agreement(counts, agreement, by_chance)
    known: dict[str, Any] = {
        "estimate": found.estimate,
        "ci_level": level,
        "n_cases": found.n_cases,
        "n_pairable": found.n_pairable,
        "n_raters": n_raters,
        "n_ratings": int(counts.sum()),
        "n_left_out": counts.shape[0] - found.n_cases,
        "weights": name,
        "categories": categories,
        "unused_categories": tuple(c for c, used in zip(categories, counts.sum(axis=0), strict=True) if not used),
    }
    lack: dict[str, Any] = {"ci_low": None, "ci_high": None, "ci_method": _NAMES[method]}
    if found.estimate is None or found.observed_disagreement is None or found.expected_disagreement is None:
        reason = (
            "no case has two ratings" if not found.n_pairable else "expected agreement is 1: the coefficient is 0/0"
        )
        return GwetCoefficient(**known, **lack, status=EstimateStatus.UNDEFINED, reason=reason)
    known |= {
        "observed_agreement": 1.0 - found.observed_disagreement,
        "expected_agreement": 1.0 - found.expected_disagreement,
        "standard_error": found.standard_error,
    }
    if found.observed_disagreement == 0.0:
        low, high = perfect_agreement_interval(found.expected_disagreement, found.n_pairable, level)
        return GwetCoefficient(**(known | {"standard_error": 0.0}), ci_low=low, ci_high=high, ci_method=ALIKE)
    if found.standard_error is None:
        reason = "one case with ratings" if found.n_cases == 1 else "the cases show no variance"
        return GwetCoefficient(**known, **lack, status=EstimateStatus.INSUFFICIENT, reason=reason)
    t = student_quantile(found.n_cases - 1, level)
    low, high = coefficient_interval(found.estimate, found.standard_error, t, method)
    return GwetCoefficient(**known, ci_low=low, ci_high=high, ci_method=_NAMES[method])
