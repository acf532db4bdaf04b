"""How closely a label goes with a category, and how often chance alone would give as much."""

import math
from dataclasses import dataclass

import numpy as np

from multisite.stats.estimate import CountArray, FloatArray

__all__ = ["Association", "association"]

_CELLS_AT_A_TIME = 4_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Association:
    """Bias-corrected Cramér's V of a label and a category, with its permutation p-value.

    Both are ``None`` where they are undefined, and ``reason`` says why.
    """

    v: float | None
    p_value: float | None
    n_levels: int
    n_permutations: int
    n_positive: int
    n_negative: int
    reason: str | None = None


def association(
    n_positive: CountArray, n_negative: CountArray, *, rng: np.random.Generator, n_permutations: int
) -> Association:
    """Bias-corrected Cramér's V between a label and a category, and its p-value from permuted labels.

    With χ² Pearson's statistic of the r × 2 table of levels and labels, n its sum, φ² = χ²/n,
    φ̃² = max(0, φ² − (r − 1)/(n − 1)), r̃ = r − (r − 1)²/(n − 1) and c̃ = 2 − 1/(n − 1),
    V = √(φ̃² / min(r̃ − 1, c̃ − 1)), cut to 1. Levels without a case do not count.

    The p-value is (b + 1)/(m + 1), b being how many of m permutations of the labels over the cases give a χ² as
    large or larger. With both margins fixed, the positives of the levels are then multivariate hypergeometric,
    from which they are drawn.

    Parameters
    ----------
    n_positive, n_negative
        Shape (n_levels,): cases with and without the label in each level. Cases are taken as exchangeable: one per
        patient.
    rng
        Source of the permutations.
    n_permutations
        m, from 1 upwards; the p-value is never below 1/(m + 1).

    Returns
    -------
    Association
        V in [0, 1], 0 where the levels do not differ more than chance makes them; p-value in (0, 1].

    Raises
    ------
    ValueError
        If the lengths differ, a count is negative, or ``n_permutations`` is below 1.

    Undefined cases
    ---------------
    Fewer than two levels with cases, or one label only: undefined.

    References
    ----------
    Bergsma W. J Korean Stat Soc 2013;42:323-328. doi:10.1016/j.jkss.2012.10.002
    Phipson B, Smyth GK. Stat Appl Genet Mol Biol 2010;9:39. doi:10.2202/1544-6115.1585 (one is added)

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> association(np.array([50, 0]), np.array([0, 50]), rng=rng, n_permutations=999).p_value
    0.001
    """
    if n_positive.size != n_negative.size or (n_positive < 0).any() or (n_negative < 0).any() or n_permutations < 1:
        raise ValueError("Counts must be of one length and not negative, and `n_permutations` 1 or more.")
    size = n_positive + n_negative
    positive, size = n_positive[size > 0], size[size > 0]
    positives, n = int(positive.sum()), int(size.sum())
    if size.size < 2 or positives in (0, n):
        return Association(
            v=None,
            p_value=None,
            n_levels=int(size.size),
            n_permutations=0,
            n_positive=positives,
            n_negative=n - positives,
            reason="fewer than two levels" if size.size < 2 else "one label only",
        )
    observed = _chi_square(positive[np.newaxis], size)[0]
    # Sums in another order differ in their last digits, and an equal table must count as equal.
    least = observed * (1.0 - 1e-9)
    as_large, block = 0, max(1, _CELLS_AT_A_TIME // size.size)
    for start in range(0, n_permutations, block):
        draws = rng.multivariate_hypergeometric(
            size, positives, size=min(block, n_permutations - start), method="marginals"
        )
        as_large += int(np.count_nonzero(_chi_square(draws, size) >= least))
    return Association(
        v=_corrected_v(float(observed), size.size, n),
        p_value=(as_large + 1) / (n_permutations + 1),
        n_levels=int(size.size),
        n_permutations=n_permutations,
        n_positive=positives,
        n_negative=n - positives,
    )


def _chi_square(positive: CountArray, size: CountArray) -> FloatArray:
    """Pearson's statistic of each row of ``positive``, shape (n_tables, n_levels)."""
    positives, n = int(positive[0].sum()), int(size.sum())
    excess = positive - size * (positives / n)
    scale = n * n / (positives * (n - positives))
    found: FloatArray = np.einsum("ij,ij,j->i", excess, excess, scale / size)
    return found


def _corrected_v(chi_square: float, n_levels: int, n: int) -> float:
    freedom = n_levels - 1
    phi_squared = max(0.0, chi_square / n - freedom / (n - 1))
    levels, labels = n_levels - freedom**2 / (n - 1), 2.0 - 1.0 / (n - 1)
    least = min(levels - 1.0, labels - 1.0)
    # Every case in a level of its own leaves nothing to compare within a level.
    return min(1.0, math.sqrt(phi_squared / least)) if least > 0.0 else 0.0
