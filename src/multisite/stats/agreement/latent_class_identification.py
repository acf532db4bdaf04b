"""Whether ratings determine the parameters of a latent class model, judged from the ratings themselves."""

from dataclasses import dataclass

import numpy as np

from multisite.stats.agreement.latent_classes import (
    FittedClasses,
    RatingPatterns,
    fit_classes,
    named_less_at_home,
)
from multisite.stats.estimate import FloatArray

__all__ = ["LARGEST_ERROR", "why_not_identified"]

LARGEST_ERROR = 0.15
"""Standard error of a probability beyond which it is not determined; one drawn evenly from 0 to 1 has 0.29."""

_BOUND = 1e-3
_ROUNDS, _TOLERANCE = 3_000, 1e-7
_AS_GOOD, _SAME_POSTERIOR = 0.01, 0.05
_RARE = 0.1
_SMALLEST = 1e-300
_UNTOLD = "the classes cannot be told from the errors"


@dataclass(frozen=True, slots=True, eq=False)
class _Free:
    """A fit, with the classes, and the categories of each rater and class, that the likelihood does not hold at 0."""

    prevalence: FloatArray
    confusion: FloatArray
    classes: list[int]
    categories: dict[tuple[int, int], list[int]]


def why_not_identified(patterns: RatingPatterns, *, n_starts: int, seed: int) -> str | None:
    """Why the ratings do not determine the model, without any smoothing; ``None`` where they do.

    In this order: fewer free cells than free parameters; a direction of the parameters that the ratings leave open; as
    good a fit with other classes from another start.

    A parameter is free unless the likelihood holds it at 0 or 1 (it lies within 0.001 of it, and the log-likelihood
    would fall by 1 within ``LARGEST_ERROR``), or its class has no case. The information is Σ n s sᵀ over the observed
    patterns, s the derivative of the logarithm of a pattern's probability; its rank is that of the Jacobian of their
    probabilities. Only patterns that were seen count: where a third rater reads what two differ on, no others can be.
    A direction is open where its standard error exceeds ``LARGEST_ERROR``. Raters with fewer cases than a tenth of the
    busiest rater's take no part in that: their own errors may stay unknown without moving the labels of other cases.

    Starts are the shares of each case's ratings, with raters weighing at random, so that a class stays what raters call
    it. One with a log-likelihood at most 0.01 below the best, and a class probability that differs by more than 0.05 in
    some pattern, is another answer, unless its classes have changed places.
    """
    plain = _fitted(patterns, _starts(patterns.counts, 0, seed))
    busy = _without_rare_raters(patterns)
    derivatives = _derivatives(busy, _free(patterns, plain))
    n_cells, n_free = len(busy.counts) - 1, derivatives.shape[1]
    if n_cells < n_free:
        return f"the rating patterns have {n_cells} degrees of freedom for {n_free} parameters: {_UNTOLD}"
    information = (derivatives * busy.n_cases[:, None]).T @ derivatives
    if n_free and float(np.linalg.eigvalsh(information)[0]) < LARGEST_ERROR**-2:
        return f"the ratings leave some errors of the raters open: {_UNTOLD}"
    fits = _fitted(patterns, _starts(patterns.counts, n_starts, seed))
    return f"another start fits as well with other classes: {_UNTOLD}" if _other_answer(patterns, fits) else None


def _fitted(patterns: RatingPatterns, start: FloatArray) -> FittedClasses:
    weights = np.repeat(patterns.n_cases[None, :], len(start), axis=0)
    return fit_classes(
        patterns.counts, weights, smoothing=0.0, max_iterations=_ROUNDS, tolerance=_TOLERANCE, start=start
    )


def _starts(counts: FloatArray, n_starts: int, seed: int) -> FloatArray:
    """Class probabilities of each pattern, the plain shares first, shape (1 + n_starts, n_patterns, K)."""
    drawn = np.random.default_rng(seed).exponential(size=(n_starts, counts.shape[1])) ** 2
    weights = np.concatenate([np.ones((1, counts.shape[1])), drawn])
    named = np.einsum("sr,prk->spk", weights + 1e-3, counts)
    return np.asarray(named / named.sum(axis=2, keepdims=True))


def _without_rare_raters(patterns: RatingPatterns) -> RatingPatterns:
    rated = patterns.n_cases @ (patterns.counts.sum(axis=2) > 0)
    counts = patterns.counts * (rated >= _RARE * rated.max())[None, :, None]
    flat, place = np.unique(counts.reshape(len(counts), -1), axis=0, return_inverse=True)
    some = flat.any(axis=1)
    renumbered = np.where(some, np.cumsum(some) - 1, -1)[place.ravel()]
    pattern = np.where(patterns.rated, renumbered[patterns.pattern], -1)
    return RatingPatterns(flat[some].reshape(int(some.sum()), *counts.shape[1:]), pattern)


def _slopes(counts: FloatArray, prevalence: FloatArray, confusion: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Derivatives of the logarithm of each pattern's probability, by share of class and by probability of a rating."""
    logs = np.log(np.maximum(confusion, _SMALLEST))
    of_class = np.einsum("prl,rjl->pj", counts, logs)
    joint = of_class + np.log(np.maximum(prevalence, _SMALLEST))
    whole = np.logaddexp.reduce(joint, axis=1)
    by_share = np.exp(np.minimum(of_class - whole[:, None], 700.0))
    ratio = np.exp(np.minimum(joint[:, None, :, None] - logs[None] - whole[:, None, None, None], 700.0))
    return by_share, counts[:, :, None, :] * ratio


def _free(patterns: RatingPatterns, fits: FittedClasses) -> _Free:
    prevalence, confusion = fits.prevalence[0], fits.confusion[0]
    by_share, by_rating = _slopes(patterns.counts, prevalence, confusion)
    classes = _not_held(prevalence, patterns.n_cases @ by_share)
    slope = np.einsum("p,prjl->rjl", patterns.n_cases, by_rating)
    rated = np.flatnonzero(patterns.counts.sum(axis=(0, 2)) > 0)
    categories = {(r, j): _not_held(confusion[r, j], slope[r, j]) for r in rated.tolist() for j in classes}
    return _Free(prevalence, confusion, classes, categories)


def _not_held(shares: FloatArray, slope: FloatArray) -> list[int]:
    """Places of ``shares`` that the likelihood does not hold at 0; what one gains the others lose in proportion."""
    inwards = slope - float(shares @ slope)
    return [int(place) for place in np.flatnonzero((shares >= _BOUND) | (inwards > -1.0 / LARGEST_ERROR))]


def _derivatives(patterns: RatingPatterns, free: _Free) -> FloatArray:
    """A column per free parameter: of every simplex all free places but the largest, which gives what they take."""
    by_share, by_rating = _slopes(patterns.counts, free.prevalence, free.confusion)
    busy = patterns.counts.sum(axis=(0, 2)) > 0
    columns = _against_largest(free.prevalence, by_share, free.classes)
    for (rater, place), categories in free.categories.items():
        if busy[rater]:
            columns += _against_largest(free.confusion[rater, place], by_rating[:, rater, place], categories)
    return np.stack(columns, axis=1) if columns else np.empty((len(patterns.counts), 0))


def _against_largest(shares: FloatArray, slopes: FloatArray, free: list[int]) -> list[FloatArray]:
    largest = max(free, key=lambda place: float(shares[place]))
    return [slopes[:, place] - slopes[:, largest] for place in free if place != largest]


def _other_answer(patterns: RatingPatterns, fits: FittedClasses) -> bool:
    as_good = fits.log_likelihood >= fits.log_likelihood.max() - _AS_GOOD
    apart = np.abs(fits.posterior - fits.posterior[:1]).max(axis=(1, 2)) > _SAME_POSTERIOR
    named = np.einsum("p,spj,prl->sjl", patterns.n_cases, fits.posterior, patterns.counts)
    return any(not named_less_at_home(named[start]) for start in np.flatnonzero(as_good & apart))
