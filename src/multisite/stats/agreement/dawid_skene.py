"""Truth and the errors of raters from ratings alone: the latent class model of Dawid and Skene."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from multisite.stats.agreement.latent_class_identification import why_not_identified
from multisite.stats.agreement.latent_classes import (
    EMPTY_CLASS,
    RatingPatterns,
    fit_classes,
    named_less_at_home,
    rating_patterns,
)
from multisite.stats.agreement.ratings import MISSING, coded_ratings
from multisite.stats.estimate import CountArray, FloatArray
from multisite.vocabulary import EstimateStatus

__all__ = ["CodedByRater", "LatentClasses", "coded_by_rater", "dawid_skene", "not_identified"]

_RATERS_NEEDED = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LatentClasses:
    """A fitted latent class model; ``None`` for every number where it is undefined.

    ``prevalence``: share of cases of each class, in the order of ``categories``. ``confusion``: probability that a
    rater says a category (last axis) of a case of a class (second axis), shape (n_raters, K, K), raters in the order
    of ``raters``; NaN for a class without a case. ``posterior``: probability of each class, shape (n_cases, K); NaN
    for a case without a rating. ``switched``: raters together name a class less often in its own cases than in those of
    another. ``remarks`` say what must be known before the numbers are used.
    """

    categories: tuple[Any, ...]
    raters: tuple[Any, ...]
    prevalence: FloatArray | None
    confusion: FloatArray | None
    posterior: FloatArray | None
    log_likelihood: float | None
    smoothing: float
    n_iterations: int
    converged: bool
    n_cases: int
    n_left_out: int
    n_ratings: int
    status: EstimateStatus = EstimateStatus.OK
    reason: str | None = None
    switched: bool = False
    remarks: tuple[str, ...] = ()

    def accuracy(self, rater: Any, category: Any) -> float | None:
        """Probability that the rater says so of a case of this class: sensitivity, or specificity, of two classes.

        ``None`` where the class has no case, or the model is undefined.
        """
        if self.confusion is None:
            return None
        place = self.categories.index(category)
        found = float(self.confusion[self.raters.index(rater), place, place])
        return None if np.isnan(found) else found


@dataclass(frozen=True, slots=True, eq=False)
class CodedByRater:
    """Ratings as codes, with who gave each column, and the patterns of the cases."""

    categories: tuple[Any, ...]
    raters: tuple[Any, ...]
    codes: CountArray
    rater: CountArray
    patterns: RatingPatterns


def dawid_skene(
    ratings: npt.ArrayLike,
    *,
    categories: Sequence[Any] | None = None,
    raters: Sequence[Any] | None = None,
    smoothing: float = 0.01,
    max_iterations: int = 10_000,
    tolerance: float = 1e-8,
    judge_identification: bool = True,
    n_starts: int = 8,
    seed: int = 0,
) -> LatentClasses:
    """Classes of the cases, their shares, and how each rater errs, without a reference standard.

    A case has one of K unknown classes, class j with probability p_j; rater r says l of it with probability π_r[j, l],
    whatever the other ratings are. The likelihood Π_i Σ_j p_j Π_r Π_l π_r[j, l]^n_irl is maximised by expectation and
    maximisation from the shares of each case's ratings, so that class j begins as what most call j. With ``smoothing``
    a > 0 it is a posterior mode: a is added to each expected number of ratings, the mode under Dirichlet(1 + a) for
    each row of π_r, which keeps a probability from 0 and 1; p is not smoothed.

    Parameters
    ----------
    ratings
        A category per case and column, numbers or texts, shape ``(n_cases, n_columns)``. NaN, None or a masked entry
        is a missing rating; a case without any is left out and counted.
    categories
        The categories, which are the classes too; left out, the distinct ratings, rising.
    raters
        Who gave each column, so that a rater may have several ratings of a case; left out, each column is a rater.
    smoothing
        a, not negative. 0 gives maximum likelihood.
    max_iterations, tolerance
        It ends when no parameter moves by more than ``tolerance`` in one round, or after ``max_iterations``.
    judge_identification
        Whether a model that the ratings do not determine is undefined. False: numbers are given all the same where a
        case has three raters, to compare with those of others.
    n_starts, seed
        Further starts that must come to the same classes, and the seed of their draw.

    Returns
    -------
    LatentClasses
        ``log_likelihood`` is without the smoothing and without the multinomial coefficients of repeated ratings.
        ``remarks`` tell of classes without a case; of a class that raters together name less often in its own cases
        than in those of another (of two classes, sensitivity + specificity < 1: the classes may have changed places);
        and of raters of whom that is true alone.

    Raises
    ------
    ValueError
        If the ratings are not two-dimensional or infinite, ``raters`` does not name the columns, or a setting is out
        of its range.

    Undefined cases
    ---------------
    Fewer than two categories. Not identified: no case that three raters have rated (with two, as many parameters fit as
    well, Walter and Irwig 1988), fewer free cells of observed rating patterns than free parameters, a direction of the
    parameters with a standard error above 0.15 at the maximum without smoothing, or another start that fits as well
    with other classes. Three raters are enough where all of them rate, not where the third sees only what two differ
    on. Not converged: ``insufficient``, with the numbers of the last round.

    Raters are taken to err independently of each other, given the class. Cases that all find hard break that, and the
    model is then too sure, and flatters raters who err together. The maximum that is found need not be the only one.

    References
    ----------
    Dawid AP, Skene AM. J R Stat Soc C 1979;28:20-28. doi:10.2307/2346806
    Walter SD, Irwig LM. J Clin Epidemiol 1988;41:923-937. doi:10.1016/0895-4356(88)90110-2 (what can be identified)
    Allman ES, Matias C, Rhodes JA. Ann Stat 2009;37:3099-3132. doi:10.1214/09-AOS689 (three raters are enough)

    Examples
    --------
    >>> six = [[1, 1, 1], [1, 1, 0], [0, 0, 0], [0, 0, 1], [0, 0, 0], [1, 1, 1]]
    >>> found = dawid_skene(six * 20, smoothing=0.0)
    >>> found.prevalence.round(3).tolist(), round(found.accuracy(2, 1), 3)
    ([0.5, 0.5], 0.667)
    """
    _require_settings(smoothing, max_iterations, tolerance, n_starts)
    coded = coded_by_rater(ratings, categories=categories, raters=raters)
    rated = coded.patterns.rated
    known: dict[str, Any] = {
        "categories": coded.categories,
        "raters": coded.raters,
        "smoothing": smoothing,
        "n_cases": int(rated.sum()),
        "n_left_out": int((~rated).sum()),
        "n_ratings": int((coded.codes != MISSING).sum()),
    }
    reason = not_identified(coded)
    if reason is None and judge_identification:
        reason = why_not_identified(coded.patterns, n_starts=n_starts, seed=seed)
    if reason is not None:
        return LatentClasses(
            **known,
            prevalence=None,
            confusion=None,
            posterior=None,
            log_likelihood=None,
            n_iterations=0,
            converged=False,
            status=EstimateStatus.UNDEFINED,
            reason=reason,
        )
    n_of_pattern = coded.patterns.n_cases
    fitted = fit_classes(
        coded.patterns.counts,
        n_of_pattern[None, :],
        smoothing=smoothing,
        max_iterations=max_iterations,
        tolerance=tolerance,
    )
    prevalence, confusion = fitted.prevalence[0], fitted.confusion[0]
    empty = prevalence * n_of_pattern.sum() < EMPTY_CLASS
    confusion[:, empty, :] = np.nan
    posterior = np.full((rated.size, len(coded.categories)), np.nan)
    posterior[rated] = fitted.posterior[0][coded.patterns.pattern[rated]]
    converged = bool(fitted.converged[0])
    ratings_by_class = _by_class(coded, posterior[rated])[:, ~empty][:, :, ~empty]
    switched = named_less_at_home(ratings_by_class.sum(axis=0))
    return LatentClasses(
        **known,
        prevalence=prevalence,
        confusion=confusion,
        posterior=posterior,
        log_likelihood=float(fitted.log_likelihood[0]),
        n_iterations=int(fitted.n_iterations[0]),
        converged=converged,
        status=EstimateStatus.OK if converged else EstimateStatus.INSUFFICIENT,
        reason=None if converged else f"not converged in {max_iterations} rounds",
        switched=switched,
        remarks=_remarks(coded, ratings_by_class, n_empty=int(empty.sum()), switched=switched),
    )


def coded_by_rater(
    ratings: npt.ArrayLike, *, categories: Sequence[Any] | None, raters: Sequence[Any] | None
) -> CodedByRater:
    """Code ratings and number raters in the order of their first column.

    Raises
    ------
    ValueError
        As :func:`dawid_skene`.
    """
    coded = coded_ratings(ratings, categories, argument="ratings", n_dimensions=2)
    names = list(range(coded.codes.shape[1])) if raters is None else list(raters)
    if len(names) != coded.codes.shape[1]:
        raise ValueError("`raters` must name the rater of each column of `ratings`.")
    distinct = tuple(dict.fromkeys(names))
    number = {name: place for place, name in enumerate(distinct)}
    rater = np.array([number[name] for name in names], dtype=np.int64)
    n_categories = len(coded.categories)
    patterns = rating_patterns(coded.codes, rater, n_raters=len(distinct), n_categories=n_categories)
    return CodedByRater(coded.categories, distinct, coded.codes, rater, patterns)


def not_identified(coded: CodedByRater) -> str | None:
    """Why the model has no one answer, whatever the ratings; ``None`` does not say that these ratings give one."""
    if not coded.patterns.counts.size:
        return "no rating"
    if len(coded.categories) < 2:
        return "one category: there are no classes to tell apart"
    raters_of_pattern = (coded.patterns.counts.sum(axis=2) > 0).sum(axis=1)
    if int(raters_of_pattern.max()) < _RATERS_NEEDED:
        return "no case that three raters have rated: the classes cannot be told from the errors"
    return None


def _require_settings(smoothing: float, max_iterations: int, tolerance: float, n_starts: int) -> None:
    if not (np.isfinite(smoothing) and smoothing >= 0.0):
        raise ValueError("`smoothing` must be finite and not negative.")
    if max_iterations < 2 or not tolerance > 0.0:
        raise ValueError("`max_iterations` must be at least 2 and `tolerance` above 0.")
    if n_starts < 0:
        raise ValueError("`n_starts` must not be negative.")


def _by_class(coded: CodedByRater, posterior: FloatArray) -> FloatArray:
    """Expected ratings by rater, class and category."""
    counts = coded.patterns.counts[coded.patterns.pattern[coded.patterns.rated]]
    return np.asarray(np.einsum("ij,irl->rjl", posterior, counts))


def _remarks(coded: CodedByRater, ratings: FloatArray, *, n_empty: int, switched: bool) -> tuple[str, ...]:
    remarks = []
    if n_empty:
        remarks.append(f"{n_empty} of {len(coded.categories)} classes have no case")
    if switched:
        remarks.append("raters together name a class more often in cases of another: the classes may be switched")
    alone = sum(named_less_at_home(of_rater) for of_rater in ratings if (of_rater.sum(axis=1) > 0).all())
    if alone:
        remarks.append(f"{alone} of {len(coded.raters)} raters name a class more often in cases of another")
    return tuple(remarks)
