"""Kappas of many raters who are told apart: Conger's and Light's, with intervals by jackknife."""

from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from multisite.stats.agreement.ratings import MISSING, coded_ratings
from multisite.stats.agreement.resampled import jackknife_error
from multisite.stats.agreement.result import AgreementEstimate, coefficient_interval, student_quantile
from multisite.stats.agreement.weights import AgreementWeights, agreement_weights, require_order
from multisite.stats.estimate import CountArray, FloatArray, normal_quantile
from multisite.stats.resampling.case_arrays import patient_numbers
from multisite.vocabulary import EstimateStatus

__all__ = ["conger_kappa", "light_kappa"]

Kappas = Callable[[FloatArray, FloatArray], FloatArray]
"""Kappa from the observed and the expected disagreement of each pair of raters, shape ``(n_sets, n_pairs)``."""


def conger_kappa(
    ratings: npt.ArrayLike,
    *,
    categories: Sequence[Any] | None = None,
    weights: AgreementWeights = "unweighted",
    patient: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> AgreementEstimate:
    """Conger's kappa (p_o − p_e)/(1 − p_e) of many raters, chance counted from each rater's own shares.

    p_o and p_e are the means, over all pairs of raters, of the (weighted) agreement and of the one that both raters'
    own shares would give: "exact" kappa. Of two raters it is Cohen's. Fleiss' kappa (:func:`fleiss_kappa`) gives all
    raters the same shares; it is never larger with as many ratings for each case.

    Parameters
    ----------
    ratings
        A category per case and rater, shape ``(n_cases, n_raters)``. NaN, None or a masked entry is missing, and **a
        case with a missing rating is left out** and counted.
    categories, weights
        As for :func:`cohen_kappa`.
    patient
        Patient of each case; ``None``: each case is a patient.
    level
        Confidence level in (0, 1).

    Returns
    -------
    AgreementEstimate
        Estimate in [−1, 1]; its interval is κ ± t·SE of the jackknife over patients, cut to [−1, 1].

    Raises
    ------
    ValueError
        If the ratings are not two-dimensional, a rating is infinite or no category, a patient is missing, or weights of
        texts come without ``categories``.

    Undefined cases
    ---------------
    Fewer than two raters, no case with all ratings: undefined. All ratings in one category: 0/0, undefined. One
    patient, a kappa that is undefined without one of the patients, or the same without any (perfect agreement): the
    estimate without an interval, ``insufficient``.

    References
    ----------
    Conger AJ. Psychol Bull 1980;88:322-328. doi:10.1037/0033-2909.88.2.322

    Examples
    --------
    >>> round(conger_kappa([["a", "a", "b"], ["b", "b", "b"], ["a", "a", "a"], ["a", "b", "b"]]).estimate, 4)
    0.3846
    """

    def kappas(observed: FloatArray, expected: FloatArray) -> FloatArray:
        return _one_less_ratio(observed.mean(axis=1), expected.mean(axis=1))

    return _kappa(ratings, categories, weights, patient, level, kappas, "all ratings are alike: kappa is 0/0", "conger")


def light_kappa(
    ratings: npt.ArrayLike,
    *,
    categories: Sequence[Any] | None = None,
    weights: AgreementWeights = "unweighted",
    patient: npt.ArrayLike | None = None,
    level: float = 0.95,
) -> AgreementEstimate:
    """Light's kappa: the mean of Cohen's kappas of all pairs of raters.

    Parameters, results and errors are those of :func:`conger_kappa`; every pair is of the cases with all ratings. (For
    each pair over the cases that both rated, see :func:`pairwise_kappa`.)

    Undefined cases
    ---------------
    As there; and where the kappa of one pair is 0/0: undefined. ``observed_agreement`` and ``expected_agreement`` are
    means over the pairs, and the estimate is not made of them.

    References
    ----------
    Light RJ. Psychol Bull 1971;76:365-377. doi:10.1037/h0031643

    Examples
    --------
    >>> round(light_kappa([["a", "a", "b"], ["b", "b", "b"], ["a", "a", "a"], ["a", "b", "b"]]).estimate, 4)
    0.4
    """

    def kappas(observed: FloatArray, expected: FloatArray) -> FloatArray:
        return np.asarray(_one_less_ratio(observed, expected).mean(axis=1))

    return _kappa(ratings, categories, weights, patient, level, kappas, "the kappa of two raters is 0/0", "light")


def _kappa(
    ratings: npt.ArrayLike,
    categories: Sequence[Any] | None,
    weights: AgreementWeights,
    patient: npt.ArrayLike | None,
    level: float,
    kappas: Kappas,
    no_kappa: str,
    name: str,
) -> AgreementEstimate:
    normal_quantile(level)
    coded = coded_ratings(ratings, categories, argument="ratings", n_dimensions=2)
    if categories is None:
        require_order(coded.categories, weights)
    weights_named, agreement = agreement_weights(weights, len(coded.categories))
    n_given, n_raters = coded.codes.shape
    owner = patient_numbers(np.arange(n_given) if patient is None else patient, n_given)[0]
    complete = (coded.codes != MISSING).all(axis=1) if n_raters else np.zeros(n_given, dtype=np.bool_)
    codes, owner = coded.codes[complete], np.unique(owner[complete], return_inverse=True)[1]
    known: dict[str, Any] = {
        "ci_level": level,
        "ci_method": f"{name}, {weights_named}; jackknife over {'cases' if patient is None else 'patients'}, student",
        "n_cases": codes.shape[0],
        "n_raters": n_raters,
        "n_ratings": codes.size,
        "n_left_out": n_given - codes.shape[0],
    }
    lack: dict[str, Any] = {"ci_low": None, "ci_high": None}
    if n_raters < 2 or not codes.shape[0]:
        reason = "fewer than two raters" if n_raters < 2 else "no case has all ratings"
        return AgreementEstimate(**known, **lack, estimate=None, status=EstimateStatus.UNDEFINED, reason=reason)
    observed, expected = _disagreement(codes, owner, 1.0 - agreement)
    found = kappas(observed, expected)
    known["observed_agreement"] = 1.0 - float(observed[0].mean())
    known["expected_agreement"] = 1.0 - float(expected[0].mean())
    if np.isnan(found[0]):
        return AgreementEstimate(**known, **lack, estimate=None, status=EstimateStatus.UNDEFINED, reason=no_kappa)
    estimate, without = float(found[0]), found[1:]
    error = 0.0 if without.size < 2 or np.isnan(without).any() else jackknife_error(without)
    if error == 0.0:
        reason = _no_interval(without)
        return AgreementEstimate(**known, **lack, estimate=estimate, status=EstimateStatus.INSUFFICIENT, reason=reason)
    low, high = coefficient_interval(estimate, error, student_quantile(without.size - 1, level), "wald")
    return AgreementEstimate(**known, estimate=estimate, ci_low=low, ci_high=high, standard_error=error)


def _no_interval(without: FloatArray) -> str:
    if without.size < 2:
        return "one patient: there is no variance between patients"
    if np.isnan(without).any():
        return "without one of the patients kappa is undefined"
    return "kappa is the same without any of the patients"


def _disagreement(codes: CountArray, owner: CountArray, loss: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Observed and expected disagreement of each pair, of all cases (first row) and without each patient in turn."""
    n_patients, (n, n_raters), q = int(owner.max()) + 1, codes.shape, loss.shape[0]
    cases = np.append(0, np.bincount(owner, minlength=n_patients))
    left = (n - cases).astype(np.float64)
    counts = np.zeros((n_raters, n_patients + 1, q))
    for rater in range(n_raters):
        np.add.at(counts[rater], (owner + 1, codes[:, rater]), 1.0)
    shares = counts.sum(axis=1, keepdims=True) - counts
    pairs = list(combinations(range(n_raters), 2))
    observed, expected = np.empty((n_patients + 1, len(pairs))), np.empty((n_patients + 1, len(pairs)))
    # A single patient leaves no case behind, and no number.
    divisor = np.where(left > 0.0, left, np.nan)
    for column, (one, other) in enumerate(pairs):
        own = np.append(0.0, np.bincount(owner, weights=loss[codes[:, one], codes[:, other]], minlength=n_patients))
        observed[:, column] = (own.sum() - own) / divisor
        expected[:, column] = np.einsum("ik,kl,il->i", shares[one], loss, shares[other]) / divisor**2
    return observed, expected


def _one_less_ratio(observed: FloatArray, expected: FloatArray) -> FloatArray:
    # Shares are whole numbers over whole numbers, so that no expected disagreement is exactly 0.
    ratio = np.divide(observed, expected, out=np.full(observed.shape, np.nan), where=expected > 0.0)
    return np.asarray(1.0 - ratio)
