"""Cohen's kappa of two raters, weighted or not."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from multisite.stats.agreement.kappa_indices import kappa_indices, maximum_kappa
from multisite.stats.agreement.ratings import MISSING, coded_ratings, counts_of_categories
from multisite.stats.agreement.result import (
    ALIKE,
    AgreementEstimate,
    AgreementInterval,
    coefficient_interval,
    perfect_agreement_interval,
    require_interval,
    two_sided_p,
)
from multisite.stats.agreement.weights import AgreementWeights, agreement_weights, require_order
from multisite.stats.estimate import CountArray, FloatArray, normal_quantile
from multisite.vocabulary import EstimateStatus

__all__ = ["CohenKappa", "cohen_kappa", "cohen_kappa_from_table"]

_ERROR = "large-sample error of Fleiss, Cohen and Everitt (not null)"
_NAMES = {"wald": f"wald, {_ERROR}", "wilson": f"wilson at the effective number, {_ERROR}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class CohenKappa(AgreementEstimate):
    """Kappa, the test that it is 0, and what helps to read it.

    ``standard_error`` is the one for intervals, ``null_standard_error`` that for the test of kappa = 0, with ``z``
    their ratio and ``p_value`` two-sided. ``maximum`` is the largest kappa that the two raters' own shares of the
    categories allow (``None`` for given weights). ``pabak`` is the prevalence- and bias-adjusted kappa
    (q·p − 1)/(q − 1) of the unweighted agreement p; ``prevalence_index`` (a − d)/n and ``bias_index`` (b − c)/n exist
    for two categories only.
    """

    weights: str
    categories: tuple[Any, ...]
    unused_categories: tuple[Any, ...]
    null_standard_error: float | None = None
    z: float | None = None
    p_value: float | None = None
    maximum: float | None = None
    pabak: float | None = None
    prevalence_index: float | None = None
    bias_index: float | None = None


def cohen_kappa(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    categories: Sequence[Any] | None = None,
    weights: AgreementWeights = "unweighted",
    method: AgreementInterval = "wald",
    level: float = 0.95,
) -> CohenKappa:
    """Cohen's kappa (p_o − p_e)/(1 − p_e) of two raters' ratings of the same cases.

    With shares p_ij of the cases, agreement weights w_ij and margins p_i., p_.j: p_o = Σ w_ij p_ij and
    p_e = Σ w_ij p_i. p_.j. With w̄_i. = Σ_j w_ij p_.j and w̄_.j = Σ_i w_ij p_i., the standard error of the interval is
    √(Σ p_ij (w_ij − (w̄_i. + w̄_.j)(1 − κ))² − (κ − p_e(1 − κ))²) / ((1 − p_e)√n), and that of the test of κ = 0 is
    √(Σ p_i. p_.j (w_ij − w̄_i. − w̄_.j)² − p_e²) / ((1 − p_e)√n).

    Parameters
    ----------
    first, second
        A category per case, numbers or texts, shape ``(n_cases,)``. NaN, None or a masked entry is a missing rating;
        a case without both is left out and counted.
    categories
        All categories in their order, used or not. Without it they are the distinct ratings, rising; weighted kappa of
        ratings that are no numbers needs it.
    weights
        ``unweighted``, ``linear``, ``quadratic``, ``ordinal`` or a matrix: see :func:`agreement_weights`.
    method
        ``wald``: κ ± z·SE, cut to [−1, 1], as published. ``wilson``: Wilson's interval of (1 + κ)/2 at the number of
        cases that the same SE stands for; the better one for few cases and for kappa near 1.
    level
        Confidence level in (0, 1).

    Returns
    -------
    CohenKappa
        Estimate in [−1, 1]. An unused category changes neither kappa nor its errors, but for its place in the
        order and for ``pabak``. Cases are taken as independent; else see :func:`jackknife_over_patients`.

    Raises
    ------
    ValueError
        If the shapes differ, a rating is infinite or no category, or weights of texts come without ``categories``.

    Undefined cases
    ---------------
    No case with both ratings: undefined. All ratings in one category: 0/0, undefined. Perfect agreement: Wilson's
    interval of the agreement with p_e held, and ``ci_method`` says so. A rater who used one category only (kappa is 0
    whatever the other says), or an error of 0 for another reason: status ``insufficient``, without an interval.

    ``wilson`` keeps 93 to 97 % from 50 cases on for kappa of 0.4 to 0.9, and with 20 cases if the categories are about
    as common; with 20 cases and a category of 20 % it comes to 88 %, ``wald`` to 86 %. ``wald`` keeps 93 to 94 % with
    50 to 100 cases for kappa of 0.4 to 0.6; it comes to 91 % with 20 cases, and to 88 % with 100 at a kappa of 0.9.

    References
    ----------
    Cohen J. Educ Psychol Meas 1960;20:37-46. doi:10.1177/001316446002000104
    Fleiss JL, Cohen J, Everitt BS. Psychol Bull 1969;72:323-327. doi:10.1037/h0028106
    Byrt T, Bishop J, Carlin JB. J Clin Epidemiol 1993;46:423-429. doi:10.1016/0895-4356(93)90018-V

    Examples
    --------
    >>> result = cohen_kappa([1, 1, 1, 0, 0, 0, 1, 0], [1, 1, 0, 0, 0, 0, 1, 1])
    >>> result.estimate, result.observed_agreement, result.pabak
    (0.5, 0.75, 0.5)
    """
    shapes = [np.shape(first), np.shape(second)]
    if shapes[0] != shapes[1] or len(shapes[0]) != 1:
        raise ValueError("`first` and `second` must be one-dimensional and of the same length.")
    if categories is None:
        known = [coded_ratings(r, None, argument=a, n_dimensions=1) for r, a in ((first, "first"), (second, "second"))]
        categories = coded_ratings(
            [c for found in known for c in found.categories], None, argument="first", n_dimensions=1
        ).categories
        require_order(categories, weights)
    one = coded_ratings(first, categories, argument="first", n_dimensions=1)
    other = coded_ratings(second, categories, argument="second", n_dimensions=1)
    shared = (one.codes != MISSING) & (other.codes != MISSING)
    table = np.zeros((len(categories), len(categories)), dtype=np.int64)
    np.add.at(table, (one.codes[shared], other.codes[shared]), 1)
    return _kappa(table, one.categories, weights, method, level, n_left_out=int((~shared).sum()))


def cohen_kappa_from_table(
    table: npt.ArrayLike,
    *,
    categories: Sequence[Any] | None = None,
    weights: AgreementWeights = "unweighted",
    method: AgreementInterval = "wald",
    level: float = 0.95,
) -> CohenKappa:
    """:func:`cohen_kappa` from the counts of cases by both ratings.

    Parameters
    ----------
    table
        Whole numbers, first rater in rows and second in columns, both in one order, shape ``(q, q)``.
    categories
        Their names, for the result; 0 to q − 1 if not given.

    Raises
    ------
    ValueError
        If the table is not square, or holds anything but whole numbers from 0 up.

    Examples
    --------
    >>> round(cohen_kappa_from_table([[13, 0, 0], [0, 20, 7], [0, 4, 56]]).estimate, 4)
    0.7964
    """
    counts = counts_of_categories(table, argument="table")
    if counts.shape[0] != counts.shape[1]:
        raise ValueError("`table` must be square: the categories of both raters in one order.")
    names = tuple(range(counts.shape[0])) if categories is None else tuple(categories)
    if len(names) != counts.shape[0] or len(set(names)) != len(names):
        raise ValueError("`categories` must be distinct, and as many as `table` has rows.")
    return _kappa(counts, names, weights, method, level, n_left_out=0)


def _kappa(
    table: CountArray,
    categories: tuple[Any, ...],
    weights: AgreementWeights,
    method: AgreementInterval,
    level: float,
    *,
    n_left_out: int,
) -> CohenKappa:
    z = normal_quantile(level)
    require_interval(method)
    name, agreement = agreement_weights(weights, len(categories))
    n = int(table.sum())
    used = table.sum(axis=0) + table.sum(axis=1) > 0
    known: dict[str, Any] = {
        "ci_level": level,
        "n_cases": n,
        "n_raters": 2 if n else 0,
        "n_ratings": 2 * n,
        "n_left_out": n_left_out,
        "weights": name,
        "categories": categories,
        "unused_categories": tuple(c for c, k in zip(categories, used, strict=True) if not k),
    }
    nothing: dict[str, Any] = {"estimate": None, "ci_low": None, "ci_high": None, "ci_method": _NAMES[method]}
    if n == 0:
        reason = "no case has a rating of both raters"
        return CohenKappa(**known, **nothing, status=EstimateStatus.UNDEFINED, reason=reason)
    # Disagreement is what is summed: it is exactly 0 where all ratings are alike, which 1 − p_e is not.
    weight = 1.0 - agreement
    share = table / n
    row, column = share.sum(axis=1), share.sum(axis=0)
    observed, expected = float((weight * share).sum()), float(row @ weight @ column)
    known |= {"observed_agreement": 1.0 - observed, "expected_agreement": 1.0 - expected, **kappa_indices(share)}
    if expected == 0.0:
        reason = "all ratings are alike: kappa is 0/0"
        return CohenKappa(**known, **nothing, status=EstimateStatus.UNDEFINED, reason=reason)
    kappa = 1.0 - observed / expected
    margins = (weight @ column)[:, None] + (row @ weight)[None, :]
    error = _spread(((1.0 - kappa) * margins - weight) / expected, share) / math.sqrt(n)
    null_error = _spread((margins - weight) / expected, np.outer(row, column)) / math.sqrt(n)
    known |= {"maximum": None if name == "given weights" else maximum_kappa(row, column, weight, expected)}
    known |= {"estimate": kappa, "null_standard_error": null_error or None}
    if null_error:
        known |= {"z": kappa / null_error, "p_value": two_sided_p(kappa / null_error)}
    if error:
        low, high = coefficient_interval(kappa, error, z, method)
        return CohenKappa(**known, ci_low=low, ci_high=high, ci_method=_NAMES[method], standard_error=error)
    if observed == 0.0:
        low, high = perfect_agreement_interval(expected, n, level)
        return CohenKappa(**known, ci_low=low, ci_high=high, ci_method=ALIKE, standard_error=0.0)
    reason = "the errors show no variance"
    if n in (table.sum(axis=0).max(), table.sum(axis=1).max()):
        reason = "a rater used one category only: kappa is 0 whatever the other says"
    lack: dict[str, Any] = {"ci_low": None, "ci_high": None, "ci_method": _NAMES[method]}
    return CohenKappa(**known, **lack, status=EstimateStatus.INSUFFICIENT, reason=reason)


def _spread(influence: FloatArray, share: FloatArray) -> float:
    mean = float((share * influence).sum())
    variance = float((share * (influence - mean) ** 2).sum())
    # Below this it is rounding: the influences are of the order of 1.
    return math.sqrt(variance) if variance > 1e-24 * max(1.0, float(np.abs(influence).max()) ** 2) else 0.0
