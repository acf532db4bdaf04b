"""What of a target the source can speak for, and how far the rest could move an estimate."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import BooleanArray, Estimate
from multisite.stats.proportions.counts import whole_count, whole_counts
from multisite.stats.standardisation.shares import CellShares

__all__ = ["CellSupport", "FilledBounds", "cell_support", "filled_bounds"]


@dataclass(frozen=True, slots=True, eq=False)
class CellSupport:
    """Share of the target in cells that the source does not support.

    ``kept`` says which cells are supported, shape ``(n_cells,)``; ``lacking`` are the positions of those that are not
    and in which the target has a share, the largest first.
    """

    unsupported: float
    kept: BooleanArray
    lacking: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FilledBounds:
    """An estimate of the supported part, filled up with 0 (``low``) and with 1 (``high``).

    ``ci_low`` and ``ci_high`` fill the ends of its interval, where there is one.
    """

    low: float
    high: float
    ci_low: float | None
    ci_high: float | None


def cell_support(shares: CellShares, patients: npt.ArrayLike, *, minimum: int = 10) -> CellSupport:
    """Which cells have ``minimum`` patients of the source or more, and how much of the target lies in the others.

    Parameters
    ----------
    shares
        Of the target over the cells.
    patients
        Of the source in each cell, whole numbers, shape ``(n_cells,)``.
    minimum
        Whole number, 1 or more.

    Returns
    -------
    CellSupport
        ``unsupported`` in [0, 1], smaller is better.

    Raises
    ------
    ValueError
        If the lengths differ, a number is not whole, or the minimum is below 1.
    """
    held, least = whole_counts("patients", patients), whole_count("minimum", minimum)
    if held.shape != shares.share.shape:
        raise ValueError("`patients` must hold one number per cell.")
    if least < 1:
        raise ValueError("`minimum` must be at least 1.")
    kept = held >= least
    lacking = np.flatnonzero(~kept & (shares.share > 0.0))
    largest = lacking[np.argsort(-shares.share[lacking], kind="stable")]
    part = float(shares.share[largest].sum())
    return CellSupport(min(1.0, part) if (kept & (shares.share > 0.0)).any() else 1.0, kept, tuple(largest.tolist()))


def filled_bounds(estimate: Estimate, unsupported: float) -> FilledBounds:
    """Bounds on a share or an area in the whole target: (1 − s)·estimate + s·0 and (1 − s)·estimate + s·1.

    They need no assumption on the unsupported part. With nothing supported they are 0 and 1.

    Parameters
    ----------
    estimate
        Of the supported part, in [0, 1].
    unsupported
        Share s of the target (for an AUC, of its pairs) without support, in [0, 1].

    Returns
    -------
    FilledBounds
        In [0, 1]; they hold the estimate.

    Raises
    ------
    ValueError
        If ``unsupported`` or the estimate does not lie in [0, 1].

    Undefined cases
    ---------------
    An undefined estimate: 0 and 1.

    References
    ----------
    Manski CF. Am Econ Rev 1990;80:319-323.
    """
    if not 0.0 <= unsupported <= 1.0:
        raise ValueError("`unsupported` must lie in [0, 1].")
    value, known = estimate.estimate, 1.0 - unsupported
    if value is None:
        return FilledBounds(low=0.0, high=1.0, ci_low=None, ci_high=None)
    if not 0.0 <= value <= 1.0:
        raise ValueError("`estimate` must be one of a share or an area, in [0, 1].")
    return FilledBounds(
        low=known * value,
        high=min(1.0, known * value + unsupported),
        ci_low=None if estimate.ci_low is None else known * estimate.ci_low,
        ci_high=None if estimate.ci_high is None else min(1.0, known * estimate.ci_high + unsupported),
    )
