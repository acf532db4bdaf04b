"""Kappa of every two of many raters."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt

from multisite.stats.agreement.cohen import CohenKappa, cohen_kappa
from multisite.stats.agreement.ratings import MISSING, coded_ratings
from multisite.stats.agreement.result import AgreementInterval
from multisite.stats.agreement.weights import AgreementWeights, require_order
from multisite.stats.estimate import CountArray, FloatArray

__all__ = ["PairwiseKappa", "pairwise_kappa"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairwiseKappa:
    """Kappa of each pair of raters beside the number of cases that both rated.

    ``kappa`` is symmetric, shape ``(n_raters, n_raters)``, NaN where it is undefined and on the diagonal, which is no
    statistic. ``n_shared`` has on its diagonal the cases that the rater rated. ``pairs`` holds the whole result of
    raters i < j.
    """

    kappa: FloatArray
    n_shared: CountArray
    pairs: dict[tuple[int, int], CohenKappa]


def pairwise_kappa(
    ratings: npt.ArrayLike,
    *,
    categories: Sequence[Any] | None = None,
    weights: AgreementWeights = "unweighted",
    method: AgreementInterval = "wald",
    level: float = 0.95,
) -> PairwiseKappa:
    """:func:`cohen_kappa` of every two raters, over the cases that both rated.

    Parameters
    ----------
    ratings
        A category per case and rater, shape ``(n_cases, n_raters)``; NaN, None or a masked entry is missing.
    categories, weights, method, level
        As for :func:`cohen_kappa`. Without ``categories`` they are the distinct ratings of all raters, so that all
        pairs have the same.

    Returns
    -------
    PairwiseKappa
        The intervals are pointwise: nothing is corrected for the number of pairs.

    Raises
    ------
    ValueError
        As :func:`cohen_kappa`, and if the ratings are not two-dimensional.

    Undefined cases
    ---------------
    Of each pair as of :func:`cohen_kappa`. Fewer than two raters: no pair.
    """
    coded = coded_ratings(ratings, categories, argument="ratings", n_dimensions=2)
    if categories is None:
        require_order(coded.categories, weights)
    given = (coded.codes != MISSING).astype(np.int64)
    names = np.empty(len(coded.categories) + 1, dtype=np.object_)
    names[:-1] = coded.categories
    # The code of a missing rating, -1, is the last.
    named = names[coded.codes]
    n_raters = coded.codes.shape[1]
    kappa = np.full((n_raters, n_raters), np.nan)
    pairs = {}
    for i, j in combinations(range(n_raters), 2):
        found = cohen_kappa(
            named[:, i], named[:, j], categories=coded.categories, weights=weights, method=method, level=level
        )
        pairs[i, j] = found
        if found.estimate is not None:
            kappa[i, j] = kappa[j, i] = found.estimate
    return PairwiseKappa(kappa=kappa, n_shared=given.T @ given, pairs=pairs)
