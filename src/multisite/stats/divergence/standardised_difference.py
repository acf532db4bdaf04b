"""How far two distributions over the same levels lie apart, in standard deviations, and how far chance takes them."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.divergence.divergence import checked_counts
from multisite.stats.estimate import CountArray, FloatArray
from multisite.vocabulary import EstimateStatus

__all__ = ["StandardisedDifference", "standardised_difference", "standardised_difference_to"]


@dataclass(frozen=True, slots=True, kw_only=True)
class StandardisedDifference:
    """The distance and its floor: what two samples of these sizes from one population stay below in ``level`` of draws.

    ``difference`` is ``None`` where it is undefined; ``status`` and ``reason`` say why. ``n_levels`` counts the levels
    that either side has.
    """

    difference: float | None
    floor: float | None
    level: float
    n_levels: int
    status: EstimateStatus = EstimateStatus.OK
    reason: str | None = None

    @property
    def is_seen(self) -> bool:
        """Whether the distance is above what chance alone would make of these sizes."""
        return self.difference is not None and self.floor is not None and self.difference > self.floor


def standardised_difference(
    first: npt.ArrayLike, second: npt.ArrayLike, *, level: float = 0.95
) -> StandardisedDifference:
    """Multinomial standardised difference of two samples: d = √((p − q)ᵀ S⁻¹ (p − q)).

    p and q are the shares of all levels but one, S the mean of the two multinomial covariance matrices of one draw (no
    n − 1 in it). For two levels, the binary case, d = |p − q| / √((p(1 − p) + q(1 − q)) / 2); numbers have
    :func:`standardised_mean_difference`. Where both samples come from one population, d² / (1/n + 1/m) follows χ² with
    k − 1 degrees of freedom in large samples, and the floor is its quantile.

    Parameters
    ----------
    first, second
        Counts of patients per level, shape (n_levels,), none negative; levels that neither side has are left out.
    level
        Share of draws below the floor, in (0, 1).

    Returns
    -------
    StandardisedDifference
        Distance from 0 (alike) upwards; by convention 0.1 is small. A single level on both sides gives 0.

    Raises
    ------
    ValueError
        If the shapes differ, a count is negative, not finite or not whole, or ``level`` is not in (0, 1).

    Undefined cases
    ---------------
    A side without a patient. Sides that share too few levels for S to have an inverse (of two levels, each side has one
    alone): the distance has no bound.

    References
    ----------
    Yang D, Dalton JE. A unified approach to measuring the effect size between two groups using SAS. SAS Global Forum
    2012, paper 335. Austin PC. Commun Stat Simul Comput 2009;38:1228-1234. doi:10.1080/03610910902859574
    """
    one, other = checked_counts(first, second)
    n, m = _total(one, other, level), int(other.sum())
    if n == 0 or m == 0:
        return _undefined("no patient on one side", one, other, level)
    return _distance(one / n, other / m, 1 / n + 1 / m, level)


def standardised_difference_to(
    counts: npt.ArrayLike, shares: npt.ArrayLike, *, level: float = 0.95
) -> StandardisedDifference:
    """The same distance of a sample from a population whose shares are given and taken as known.

    Parameters
    ----------
    counts
        Patients per level, shape (n_levels,).
    shares
        Share of each level in the population, shape (n_levels,); they are scaled to sum to one.

    Raises
    ------
    ValueError
        As above, or if the shares sum to nothing.

    Undefined cases
    ---------------
    As above.
    """
    held, known = checked_counts(counts, counts)[0], np.asarray(shares, dtype=np.float64)
    n = _total(held, known, level)
    if float(known.sum()) <= 0:
        raise ValueError("`shares` of a population must not all be zero")
    if n == 0:
        return _undefined("no patient on one side", held, known, level)
    return _distance(held / n, known / known.sum(), 1 / n, level)


def _total(first: CountArray, second: CountArray | FloatArray, level: float) -> int:
    if first.shape != second.shape or first.ndim != 1:
        raise ValueError("`first` and `second` (`counts` and `shares`) must have one number for each level")
    if not (np.isfinite(first).all() and np.isfinite(second).all()):
        raise ValueError("a count or a share must be finite; at least one is NaN or infinite")
    if first.size and (first.min() < 0 or second.min() < 0):
        raise ValueError("a count or a share must not be negative")
    if not 0 < level < 1:
        raise ValueError("`level` must lie strictly between 0 and 1")
    return int(first.sum())


def _distance(p: FloatArray, q: FloatArray, inverse_size: float, level: float) -> StandardisedDifference:
    held = (p > 0) | (q > 0)
    # All levels but the last: the shares sum to one.
    p, q = p[held][:-1], q[held][:-1]
    n_levels = int(held.sum())
    if n_levels == 1:
        return StandardisedDifference(difference=0.0, floor=0.0, level=level, n_levels=1)
    covariance = (np.diag(p) - np.outer(p, p) + np.diag(q) - np.outer(q, q)) / 2
    if np.linalg.matrix_rank(covariance, hermitian=True) < n_levels - 1:
        return StandardisedDifference(
            difference=None,
            floor=None,
            level=level,
            n_levels=n_levels,
            status=EstimateStatus.UNDEFINED,
            reason="the two sides share no level",
        )
    gap = p - q
    return StandardisedDifference(
        difference=math.sqrt(max(0.0, float(gap @ np.linalg.solve(covariance, gap)))),
        floor=math.sqrt(2.0 * float(special.gammaincinv((n_levels - 1) / 2.0, level)) * inverse_size),
        level=level,
        n_levels=n_levels,
    )


def _undefined(reason: str, first: CountArray, second: CountArray | FloatArray, level: float) -> StandardisedDifference:
    return StandardisedDifference(
        difference=None,
        floor=None,
        level=level,
        n_levels=int(((first > 0) | (second > 0)).sum()),
        status=EstimateStatus.UNDEFINED,
        reason=reason,
    )
