"""The population stability index, with a named rule for bins that one side does not have."""

from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from multisite.stats.divergence.divergence import Divergence, NoDifference, checked_counts, divergence_of
from multisite.stats.estimate import FloatArray

__all__ = ["EmptyBins", "population_stability_index"]

EmptyBins: TypeAlias = Literal["floor", "half case", "undefined"]


def population_stability_index(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    empty: EmptyBins = "floor",
    floor: float = 1e-4,
    rng: np.random.Generator | None = None,
    n_draws: int = 1000,
    level: float = 0.95,
    no_difference: NoDifference = "permutation",
) -> Divergence:
    """PSI = Σ_b (p_b − q_b) ln(p_b/q_b), both Kullback–Leibler divergences added, in nats.

    Where both samples, of n and m cases, come from one population, PSI / (1/n + 1/m) is in large samples χ² with B − 1
    degrees of freedom, so that PSI averages ``null_expectation`` = (B − 1)(1/n + 1/m). The customary limits 0.1 and
    0.25 know nothing of the sizes; ``noise_floor`` does. B counts the bins that either side has.

    Parameters
    ----------
    first, second
        Counts per bin, shape (n_bins,); bins that neither side has are left out.
    empty
        Of a bin that one side does not have, whose term has no bound. ``floor``: its share is taken as ``floor``, the
        others stay as they are. ``half case``: half a case is added to every bin of both sides. ``undefined``: no
        number. One such bin may outweigh all others, and the rule decides by how much.
    floor
        Share in (0, 1) of ``empty = "floor"``.
    rng
        Source of randomness of the noise floor; without it there is none.
    n_draws, level, no_difference
        Draws in which the sides do not differ, the share of them that stays below the floor, and how they are made:
        ``permutation`` of the cases between the sides, exact, or ``multinomial`` from the pooled shares.

    Returns
    -------
    Divergence
        From 0 (same shares) upwards, without a bound; the same whichever side is first.

    Raises
    ------
    ValueError
        If the shapes differ, a count is negative or not whole, ``floor`` lies outside (0, 1), or a name is unknown.

    Undefined cases
    ---------------
    A side without a case; with ``undefined``, a bin that one side does not have. Merging bins never raises PSI (of
    bins that both sides have), so a binned value never exceeds that of the unbinned population.

    References
    ----------
    Yurdakul B, Naranjo J. J Risk Model Valid 2020;14(4):89-100. doi:10.21314/JRMV.2020.227
    """
    if empty not in ("floor", "half case", "undefined"):
        raise ValueError("`empty` must be `floor`, `half case` or `undefined`.")
    if not 0.0 < floor < 1.0:
        raise ValueError("`floor` must lie strictly between 0 and 1.")

    def index(one: FloatArray, other: FloatArray) -> FloatArray:
        p, q = _shares(one, empty, floor), _shares(other, empty, floor)
        with np.errstate(divide="ignore", invalid="ignore"):
            terms = (p - q) * np.log(p / q)
        # A draw may leave a bin empty on both sides; there 0 · log(0/0) is 0.
        found: FloatArray = np.where((one == 0) & (other == 0), 0.0, terms).sum(axis=1)
        return found

    rule = f"bins empty on one side at {floor:g}" if empty == "floor" else f"bins empty on one side: {empty}"
    found = divergence_of(
        *checked_counts(first, second),
        index,
        method=f"population stability index, {rule}",
        rng=rng,
        n_draws=n_draws,
        level=level,
        no_difference=no_difference,
    )
    if not found.n_first or not found.n_second:
        return found
    return replace(found, null_expectation=(found.n_bins - 1) * (1.0 / found.n_first + 1.0 / found.n_second))


def _shares(counts: FloatArray, empty: EmptyBins, floor: float) -> FloatArray:
    if empty == "half case":
        counts = counts + 0.5
    share = counts / counts.sum(axis=1, keepdims=True)
    return np.where(share == 0.0, floor, share) if empty == "floor" else share
