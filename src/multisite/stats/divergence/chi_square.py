"""Pearson's chi-square test of whether two samples have the same shares."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.divergence.divergence import Divergence, NoDifference, checked_counts, divergence_of
from multisite.stats.estimate import FloatArray

__all__ = ["ChiSquare", "chi_square"]

_SMALL = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChiSquare(Divergence):
    """χ², its degrees of freedom, Cramér's V and how many of the 2 · B expected counts are below 5."""

    degrees_of_freedom: int
    cramers_v: float | None
    n_small_expected: int


def chi_square(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    rng: np.random.Generator | None = None,
    n_draws: int = 1000,
    level: float = 0.95,
    no_difference: NoDifference = "permutation",
) -> ChiSquare:
    """χ² = Σ (count − expected)²/expected over 2 × B cells, expected from the margins, without a correction.

    B counts the bins that either side has, and the degrees of freedom are B − 1: a bin that nobody has adds none. χ²
    grows with the number of cases where shares differ at all; Cramér's V = √(χ²/(n + m)) does not.

    Parameters
    ----------
    first, second
        Counts per bin, shape (n_bins,).
    rng
        Without it, floor and p-value are those of the χ² distribution, which ``n_small_expected`` puts in doubt; with
        it, both come from the draws.
    n_draws, level, no_difference
        As for :func:`population_stability_index`.

    Returns
    -------
    ChiSquare
        χ² from 0 upwards.

    Raises
    ------
    ValueError
        If the shapes differ, or a count is negative or not whole.

    Undefined cases
    ---------------
    A side without a case. A single bin that anyone has: χ² is 0 on no degree of freedom, p-value 1. Merging bins never
    raises χ².

    References
    ----------
    Pearson K. Philos Mag 1900;50:157-175. doi:10.1080/14786440009463897
    """

    def pearson(one: FloatArray, other: FloatArray) -> FloatArray:
        n, m = one.sum(axis=1, keepdims=True), other.sum(axis=1, keepdims=True)
        pooled = one + other
        # (one − n·pooled/(n + m))² over both expected counts; an empty column adds nothing.
        gap = (one * m - other * n) ** 2 / np.maximum(pooled, 1.0)
        found: FloatArray = (gap / (n * m)).sum(axis=1)
        return found

    one, other = checked_counts(first, second)
    found = divergence_of(
        one,
        other,
        pearson,
        method="chi-square of homogeneity, no correction",
        rng=rng,
        n_draws=n_draws,
        level=level,
        no_difference=no_difference,
    )
    known = {field.name: getattr(found, field.name) for field in fields(Divergence)}
    degrees = max(0, found.n_bins - 1)
    expected = np.concatenate([side.sum() * (one + other) / max(found.n_cases, 1) for side in (one, other)])
    value = found.estimate
    if value is not None:
        known["null_expectation"] = degrees * found.n_cases / max(found.n_cases - 1, 1)
        if rng is None:
            known["noise_floor"] = float(special.chdtri(degrees, 1.0 - level)) if degrees else 0.0
            known["p_value"] = float(special.chdtrc(degrees, value)) if degrees else 1.0
            known["noise_method"] = known["p_method"] = f"chi-square, {degrees} degrees of freedom"
    return ChiSquare(
        **known,
        degrees_of_freedom=degrees,
        cramers_v=None if value is None else float(np.sqrt(value / found.n_cases)),
        n_small_expected=int(((expected > 0.0) & (expected < _SMALL)).sum()),
    )
