"""Chance-corrected agreement of many raters, with the influence of each case on it."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from multisite.stats.estimate import CountArray, FloatArray

__all__ = ["LinearisedAgreement", "linearised_agreement"]

ByChance = Callable[[FloatArray], tuple[float, FloatArray]]
"""Expected disagreement at given shares of the categories, and its gradient in them."""


@dataclass(frozen=True, slots=True)
class LinearisedAgreement:
    """1 − D_o/D_e and its standard error between cases; ``None`` where there is none."""

    estimate: float | None
    standard_error: float | None
    observed_disagreement: float | None
    expected_disagreement: float | None
    n_cases: int
    n_pairable: int


def linearised_agreement(counts: CountArray, weights: FloatArray, by_chance: ByChance) -> LinearisedAgreement:
    """The coefficient of counts r_ik of ratings per case i and category k, and its error conditional on the raters.

    Observed disagreement is the mean, over the n′ cases with two ratings or more, of
    Σ_kl (1 − w_kl) r_ik r_il / (r_i (r_i − 1)). The shares π_k are means of r_ik/r_i over the n cases with any rating.
    The variance is Σ φ_i² / (n (n − 1)) of the influences φ_i (Gwet 2008, 2014), with n/n′ held as if it were fixed: a
    case with one rating counts as a coefficient of 0, which makes the error larger, not smaller, than to forgive it.
    """
    total = counts.sum(axis=1)
    counts, total = counts[total > 0], total[total > 0]
    n, pairable = total.size, total >= 2
    n_pairable = int(pairable.sum())
    if n_pairable == 0:
        return LinearisedAgreement(None, None, None, None, n, 0)
    loss = 1.0 - weights
    # Whole numbers of ordered pairs, so that perfect agreement is exactly 0.
    own = np.zeros(n)
    pairs = (total * (total - 1))[pairable]
    own[pairable] = np.einsum("ik,kl,il->i", counts[pairable], loss, counts[pairable]) / pairs
    observed = float(own.sum()) / n_pairable
    shares = counts / total[:, None]
    average = shares.mean(axis=0)
    expected, gradient = by_chance(average)
    if expected <= 0.0:
        return LinearisedAgreement(None, None, observed, 0.0, n, n_pairable)
    ratio = observed / expected
    influence = (n / n_pairable) * np.where(pairable, expected - own, 0.0) / expected - (1.0 - ratio)
    influence += ratio * ((shares - average) @ gradient) / expected
    squares = float(influence @ influence)
    tiny = 1e-24 * n * max(1.0, ratio * ratio)
    error = math.sqrt(squares / (n * (n - 1))) if n > 1 and squares > tiny else None
    return LinearisedAgreement(1.0 - ratio, error, observed, expected, n, n_pairable)
