"""Maximum likelihood of latent classes by expectation and maximisation, for many weightings of the cases at once."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import BooleanArray, CountArray, FloatArray

__all__ = ["EMPTY_CLASS", "FittedClasses", "RatingPatterns", "fit_classes", "named_less_at_home", "rating_patterns"]

EMPTY_CLASS = 1e-6
"""Expected cases below which a class is taken for empty, and nothing is said of ratings of its cases."""

# The logarithm of 0 would make NaN of 0 ratings of probability 0; e^-690 times anything is 0 beside the other classes.
_SMALLEST = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class RatingPatterns:
    """Cases with the same ratings are one pattern.

    ``counts``: ratings of each pattern by rater and category, shape (n_patterns, n_raters, n_categories).
    ``pattern``: that of each case, shape (n_cases,); -1 of a case without a rating.
    """

    counts: FloatArray
    pattern: CountArray

    @property
    def rated(self) -> BooleanArray:
        """Cases with a rating."""
        return np.asarray(self.pattern >= 0)

    @property
    def n_cases(self) -> FloatArray:
        """Cases of each pattern."""
        return np.bincount(self.pattern[self.rated], minlength=self.counts.shape[0]).astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class FittedClasses:
    """One fit per row of weights.

    ``prevalence``: shape (n_fits, K). ``confusion``: probability of a rating (last axis) by rater, in a case of the
    class (third axis), shape (n_fits, n_raters, K, K). ``posterior``: shape (n_fits, n_patterns, K).
    """

    prevalence: FloatArray
    confusion: FloatArray
    posterior: FloatArray
    log_likelihood: FloatArray
    n_iterations: CountArray
    converged: BooleanArray


def rating_patterns(codes: CountArray, rater: CountArray, *, n_raters: int, n_categories: int) -> RatingPatterns:
    """Patterns of ``codes``, shape (n_cases, n_columns), negative where missing; ``rater`` is that of each column."""
    counts = np.zeros((codes.shape[0], n_raters, n_categories), dtype=np.int64)
    rows, columns = np.nonzero(codes >= 0)
    np.add.at(counts, (rows, rater[columns], codes[rows, columns]), 1)
    flat = counts.reshape(counts.shape[0], n_raters * n_categories)
    rated = flat.any(axis=1)
    patterns, inverse = np.unique(flat[rated], axis=0, return_inverse=True)
    pattern = np.full(codes.shape[0], -1, dtype=np.int64)
    pattern[rated] = inverse.ravel()
    # Named in full, for without a rating there may be no category, and then nothing tells how many patterns there are.
    shape = patterns.shape[0], n_raters, n_categories
    return RatingPatterns(patterns.reshape(shape).astype(np.float64), pattern)


def named_less_at_home(ratings: FloatArray) -> bool:
    """Whether, of ratings by class and category, a category has a smaller share in its own class than in another.

    Of two classes: sensitivity + specificity < 1. A class without a rating says nothing.
    """
    some = ratings.sum(axis=1) > 0.0
    of = ratings[some][:, some]
    if len(of) < 2:
        return False
    shares = of / ratings[some].sum(axis=1, keepdims=True)
    return bool((np.diag(shares) < shares.max(axis=0) - 1e-9).any())


def fit_classes(
    counts: FloatArray,
    weights: npt.NDArray[np.float64],
    *,
    smoothing: float,
    max_iterations: int,
    tolerance: float,
    start: FloatArray | None = None,
) -> FittedClasses:
    """Fit each row of ``weights`` (cases per pattern, shape (n_fits, n_patterns), each with a case) on its own.

    It starts from the shares of a case's ratings, or from ``start``, the class probabilities of each fit and pattern,
    shape (n_fits, n_patterns, K), and ends when no parameter moves by more than ``tolerance``.
    ``smoothing`` is added to the expected number of ratings of every rater, class and category.
    """
    n_patterns, n_raters, n_categories = counts.shape
    n_fits = weights.shape[0]
    shares = counts.sum(axis=1) / counts.sum(axis=(1, 2))[:, None] if start is None else start
    known = FittedClasses(
        np.full((n_fits, n_categories), np.nan),
        np.full((n_fits, n_raters, n_categories, n_categories), np.nan),
        np.broadcast_to(shares, (n_fits, n_patterns, n_categories)).copy(),
        np.full(n_fits, np.nan),
        np.zeros(n_fits, dtype=np.int64),
        np.zeros(n_fits, dtype=np.bool_),
    )
    active = np.arange(n_fits)
    for iteration in range(1, max_iterations + 1):
        weight = weights[active]
        prevalence, confusion = _maximised(counts, weight, known.posterior[active], smoothing)
        posterior, log_likelihood = _expected(counts, weight, prevalence, confusion)
        moved = np.maximum(
            np.abs(prevalence - known.prevalence[active]).max(axis=1),
            np.abs(confusion - known.confusion[active]).max(axis=(1, 2, 3)),
        )
        known.prevalence[active], known.confusion[active] = prevalence, confusion
        known.posterior[active], known.log_likelihood[active] = posterior, log_likelihood
        known.n_iterations[active] = iteration
        # In the first round there is nothing to compare with, and `moved` is NaN.
        settled = moved <= tolerance
        known.converged[active] = settled
        active = active[~settled]
        if not active.size:
            break
    return known


def _maximised(
    counts: FloatArray, weights: FloatArray, posterior: FloatArray, smoothing: float
) -> tuple[FloatArray, FloatArray]:
    n_patterns, n_raters, n_categories = counts.shape
    cases = posterior * weights[:, :, None]
    prevalence = cases.sum(axis=1) / weights.sum(axis=1)[:, None]
    cells = cases.transpose(0, 2, 1) @ counts.reshape(n_patterns, -1)
    ratings = cells.reshape(-1, n_categories, n_raters, n_categories).transpose(0, 2, 1, 3) + smoothing
    totals = ratings.sum(axis=3, keepdims=True)
    return prevalence, np.divide(ratings, totals, out=np.full(ratings.shape, 1.0 / n_categories), where=totals > 0.0)


def _expected(
    counts: FloatArray, weights: FloatArray, prevalence: FloatArray, confusion: FloatArray
) -> tuple[FloatArray, FloatArray]:
    n_patterns, n_raters, n_categories = counts.shape
    logs = np.log(np.maximum(confusion, _SMALLEST)).transpose(0, 1, 3, 2)
    with np.errstate(divide="ignore"):
        shares = np.log(prevalence)
    flat = logs.reshape(-1, n_raters * n_categories, n_categories)
    joint = counts.reshape(n_patterns, -1) @ flat + shares[:, None, :]
    largest = joint.max(axis=2, keepdims=True)
    relative = np.exp(joint - largest)
    total = relative.sum(axis=2, keepdims=True)
    log_likelihood = (weights * (np.log(total) + largest)[:, :, 0]).sum(axis=1)
    return relative / total, log_likelihood
