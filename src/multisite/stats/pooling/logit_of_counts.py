"""Counts of events taken to the logit scale, zero cells and all."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import BooleanArray, CountArray, FloatArray

__all__ = ["Correction", "LogitCounts", "logit_of_counts", "require_counts"]

Correction: TypeAlias = Literal["zero-cells", "all"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LogitCounts:
    """Logit and its variance for each site, and where ½ was added; ``kept`` are the sites that have any case."""

    estimates: FloatArray
    variances: FloatArray
    corrected: BooleanArray
    kept: BooleanArray


def require_counts(events: npt.ArrayLike, cases: npt.ArrayLike) -> tuple[CountArray, CountArray]:
    """Both as whole numbers of one length, 0 ≤ events ≤ cases.

    Raises
    ------
    ValueError
        If the lengths differ, a number is not whole, or events lie outside [0, cases].
    """
    y, n = np.asarray(events, dtype=np.float64), np.asarray(cases, dtype=np.float64)
    if y.ndim != 1 or y.shape != n.shape:
        raise ValueError("`events` and `cases` must be one-dimensional and of the same length.")
    if not (np.isfinite(y).all() and np.isfinite(n).all() and (y == np.trunc(y)).all() and (n == np.trunc(n)).all()):
        raise ValueError("`events` and `cases` must be whole numbers.")
    if ((y < 0) | (y > n)).any():
        raise ValueError("`events` must lie between 0 and `cases`.")
    return y.astype(np.int64), n.astype(np.int64)


def logit_of_counts(
    events: npt.ArrayLike, cases: npt.ArrayLike, *, correction: Correction = "zero-cells"
) -> LogitCounts:
    """ln(y/(n − y)) of each site and its variance 1/y + 1/(n − y).

    Parameters
    ----------
    events, cases
        Whole numbers per site, 0 ≤ events ≤ cases, shape ``(n_sites,)``.
    correction
        ``zero-cells``: ½ is added to events and to non-events of those sites only of which one of them is zero.
        ``all``: to those of every site, as soon as one site has a zero. Without a zero, nothing is added.

    Returns
    -------
    LogitCounts
        Rows of sites with cases; ``kept`` has one value for every site that was given.

    Raises
    ------
    ValueError
        If the counts are not whole, contradict each other, or ``correction`` is unknown.

    Undefined cases
    ---------------
    A site without a case has no logit: it is left out, and ``kept`` says so.

    References
    ----------
    Gart JJ, Zweifel JR. Biometrika 1967;54:181-187. doi:10.1093/biomet/54.1-2.181

    Examples
    --------
    >>> logit_of_counts([0, 5], [9, 10]).corrected.tolist()
    [True, False]
    """
    y, n = require_counts(events, cases)
    if correction not in ("zero-cells", "all"):
        raise ValueError("`correction` must be `zero-cells` or `all`.")
    kept = n > 0
    y, n = y[kept], n[kept]
    corrected = (y == 0) | (y == n)
    if correction == "all":
        corrected = np.full(y.size, bool(corrected.any()))
    with_finding, without = y + 0.5 * corrected, n - y + 0.5 * corrected
    return LogitCounts(
        estimates=np.log(with_finding / without),
        variances=1.0 / with_finding + 1.0 / without,
        corrected=corrected,
        kept=kept,
    )
