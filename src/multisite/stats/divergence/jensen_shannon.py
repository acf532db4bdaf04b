"""Jensen and Shannon's divergence in bits, or its root, which is a distance."""

import math
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.divergence.divergence import Divergence, NoDifference, checked_counts, divergence_of
from multisite.stats.estimate import FloatArray

__all__ = ["JensenShannonKind", "jensen_shannon"]

JensenShannonKind: TypeAlias = Literal["divergence", "distance"]


def jensen_shannon(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    kind: JensenShannonKind,
    rng: np.random.Generator | None = None,
    n_draws: int = 1000,
    level: float = 0.95,
    no_difference: NoDifference = "permutation",
) -> Divergence:
    """JSD = ½ KL(p ‖ m) + ½ KL(q ‖ m) with m = (p + q)/2 and logarithms to base 2; the distance is √JSD.

    Parameters
    ----------
    first, second
        Counts per bin, shape (n_bins,). A bin that one side does not have is no trouble.
    kind
        ``divergence``, as in the formula, or ``distance``, its root: a metric, and what SciPy's ``jensenshannon``
        (whose base is e unless told) and most drift monitors return. There is no default, for they are confused.
    rng, n_draws, level, no_difference
        As for :func:`population_stability_index`.

    Returns
    -------
    Divergence
        From 0 (same shares) to 1 (no bin in common), for both kinds.

    Raises
    ------
    ValueError
        If the shapes differ, a count is negative or not whole, or a name is unknown.

    Undefined cases
    ---------------
    A side without a case. Merging bins never raises it, so a binned value never exceeds that of the unbinned
    population.

    References
    ----------
    Lin J. IEEE Trans Inf Theory 1991;37:145-151. doi:10.1109/18.61115
    Endres DM, Schindelin JE. IEEE Trans Inf Theory 2003;49:1858-1860. doi:10.1109/TIT.2003.813506 (distance)
    """
    if kind not in ("divergence", "distance"):
        raise ValueError("`kind` must be `divergence` or `distance`.")

    def bits(one: FloatArray, other: FloatArray) -> FloatArray:
        p, q = one / one.sum(axis=1, keepdims=True), other / other.sum(axis=1, keepdims=True)
        middle = (p + q) / 2.0
        nats = (special.rel_entr(p, middle) + special.rel_entr(q, middle)).sum(axis=1) / 2.0
        found: FloatArray = np.clip(nats / math.log(2.0), 0.0, 1.0)
        return np.sqrt(found) if kind == "distance" else found

    return divergence_of(
        *checked_counts(first, second),
        bits,
        method=f"jensen-shannon {kind}, base 2",
        rng=rng,
        n_draws=n_draws,
        level=level,
        no_difference=no_difference,
    )
