"""Intervals of a latent class model, from patients drawn with replacement."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from multisite.stats.agreement.dawid_skene import LatentClasses, coded_by_rater, dawid_skene
from multisite.stats.agreement.latent_classes import EMPTY_CLASS, RatingPatterns, fit_classes
from multisite.stats.estimate import CountArray, FloatArray, normal_quantile
from multisite.stats.resampling.bootstrap import BootstrapEstimate, percentile_interval, too_many_undefined
from multisite.stats.resampling.case_arrays import patient_numbers
from multisite.stats.resampling.replicates import bootstrap_replicates
from multisite.vocabulary import EstimateStatus

__all__ = ["LatentClassIntervals", "dawid_skene_intervals"]

_METHOD = "bootstrap of patients, percentile; latent classes fitted in each draw"
_MAX_UNDEFINED = 0.05
_ROUNDS, _TOLERANCE = 2_000, 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LatentClassIntervals:
    """``classes`` as :func:`dawid_skene` gives them, and intervals by category, or by rater and category."""

    classes: LatentClasses
    prevalence: dict[Any, BootstrapEstimate]
    accuracy: dict[tuple[Any, Any], BootstrapEstimate]


def dawid_skene_intervals(
    ratings: npt.ArrayLike,
    patient: npt.ArrayLike,
    *,
    seed: int | np.random.SeedSequence,
    categories: Sequence[Any] | None = None,
    raters: Sequence[Any] | None = None,
    smoothing: float = 0.01,
    n_replicates: int = 1_000,
    level: float = 0.95,
) -> LatentClassIntervals:
    """Intervals of the share of each class, and of how often each rater names a class in its own cases.

    Patients are drawn with all their cases, and the model is fitted anew in each draw, from the same start, so that a
    class stays what most call it.

    Parameters
    ----------
    ratings, categories, raters, smoothing
        As :func:`dawid_skene`.
    patient
        Name or number of the patient of each case, shape ``(n_cases,)``.
    seed, n_replicates
        As :func:`bootstrap`.
    level
        Confidence level in (0, 1).

    Returns
    -------
    LatentClassIntervals
        Percentile intervals; of two classes the accuracies are sensitivity and specificity.

    Raises
    ------
    ValueError
        As :func:`dawid_skene`, and if ``patient`` does not name one for each case.

    Undefined cases
    ---------------
    As :func:`dawid_skene`, and the accuracy in a class without a case, or of a rater who has rated nothing. One
    patient, the same value in every draw, or none in more than 5 % of them: the estimate stands without an interval,
    ``insufficient``.

    With 100 patients of two cases and three readers the interval of a share of 0.4 comes to 96 %, that of a sensitivity
    of 0.85 to 92 %.

    References
    ----------
    Dawid AP, Skene AM. J R Stat Soc C 1979;28:20-28. doi:10.2307/2346806
    """
    normal_quantile(level)
    classes = dawid_skene(ratings, categories=categories, raters=raters, smoothing=smoothing)
    coded = coded_by_rater(ratings, categories=categories, raters=raters)
    rated = coded.patterns.rated
    numbers, _ = patient_numbers(patient, rated.size)
    drawn_from, n_patients = patient_numbers(numbers[rated])
    keys = [(rater, category) for rater in coded.raters for category in coded.categories]
    values, draws = np.full(len(coded.categories) + len(keys), np.nan), None
    if classes.prevalence is not None and classes.confusion is not None:
        values = np.concatenate([classes.prevalence, _own(classes.confusion, coded.patterns.counts)])
        if n_patients > 1:
            statistic = _Refitted(coded.patterns, smoothing)
            draws = bootstrap_replicates(statistic, drawn_from, n_replicates=n_replicates, seed=seed)
    found = [
        _estimate(value, None if draws is None else draws[:, place], classes, n_patients, n_replicates, level)
        for place, value in enumerate(values)
    ]
    n = len(coded.categories)
    return LatentClassIntervals(
        classes=classes,
        prevalence=dict(zip(coded.categories, found[:n], strict=True)),
        accuracy=dict(zip(keys, found[n:], strict=True)),
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Refitted:
    """Prevalence and accuracies as a function of weights of the rated cases, NaN where a class has no case."""

    patterns: RatingPatterns
    smoothing: float

    def __call__(self, weights: CountArray) -> FloatArray:
        pattern = self.patterns.pattern[self.patterns.rated]
        counts = self.patterns.counts
        cases = np.zeros((len(weights), counts.shape[0]))
        np.add.at(cases.T, pattern, weights.T)
        fitted = fit_classes(counts, cases, smoothing=self.smoothing, max_iterations=_ROUNDS, tolerance=_TOLERANCE)
        empty = fitted.prevalence * cases.sum(axis=1, keepdims=True) < EMPTY_CLASS
        own = np.diagonal(fitted.confusion, axis1=2, axis2=3)
        present = np.einsum("bp,prk->br", cases, counts) > 0
        own = np.where(empty[:, None, :] | ~present[:, :, None], np.nan, own)
        return np.concatenate([fitted.prevalence, own.reshape(len(weights), -1)], axis=1)


def _own(confusion: FloatArray, counts: FloatArray) -> FloatArray:
    own = np.diagonal(confusion, axis1=1, axis2=2).copy()
    own[counts.sum(axis=(0, 2)) == 0] = np.nan
    return own.ravel()


def _estimate(
    value: float, draws: FloatArray | None, classes: LatentClasses, n_patients: int, n_replicates: int, level: float
) -> BootstrapEstimate:
    known: dict[str, Any] = {
        "estimate": None if np.isnan(value) else float(value),
        "ci_level": level,
        "ci_method": _METHOD,
        "n_cases": classes.n_cases,
        "n_patients": n_patients,
        "n_replicates": n_replicates if draws is not None else 0,
    }
    defined = np.empty(0) if draws is None else draws[~np.isnan(draws)]
    n_undefined = 0 if draws is None else int(draws.size - defined.size)
    lack: dict[str, Any] = {"ci_low": None, "ci_high": None, "n_undefined": n_undefined}
    if np.isnan(value):
        reason = classes.reason or "the class has no case, or the rater no rating"
        return BootstrapEstimate(**known, **lack, status=EstimateStatus.UNDEFINED, reason=reason)
    insufficient = EstimateStatus.INSUFFICIENT
    if draws is None:
        reason = "one patient: there is no variance between patients, and no interval"
        return BootstrapEstimate(**known, **lack, status=insufficient, reason=reason)
    if reason_drawn := too_many_undefined(n_undefined, draws.size, _MAX_UNDEFINED):
        return BootstrapEstimate(**known, **lack, status=insufficient, reason=reason_drawn)
    low, high = percentile_interval(defined, level=level)
    low, high = min(low, value), max(high, value)
    if low == high:
        share = "every" if np.ptp(defined) == 0.0 else "nearly every"
        reason = f"{share} replicate has the same value, and there is no interval"
        return BootstrapEstimate(**known, **lack, status=insufficient, reason=reason)
    return BootstrapEstimate(
        **known,
        ci_low=low,
        ci_high=high,
        n_undefined=n_undefined,
        standard_error=float(np.std(defined, ddof=1)),
        status=classes.status,
        reason=classes.reason or (f"undefined in {n_undefined} of {draws.size} replicates" if n_undefined else None),
    )
