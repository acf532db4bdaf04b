"""What a month's statistic exceeds by chance alone, by drawing reference and month again; and the p-value from it."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import FloatArray
from multisite.stats.monitoring.cell_change import deviance_roots
from multisite.stats.monitoring.counts import checked_design_effect, effective_counts, effective_number
from multisite.stats.monitoring.location_change import rank_scores

__all__ = ["null_limits", "p_value_from_limits"]

_PRIOR = 0.5
_DIGITS, _SLACK = 9, 1e-7


def null_limits(
    reference: npt.ArrayLike,
    *,
    n_studies: int,
    probabilities: npt.ArrayLike,
    statistic: Literal["cells", "location"],
    replicates: int = 10_000,
    seed: int = 0,
    design_effect: float = 1.0,
) -> FloatArray:
    """The statistic that a month of ``n_studies`` reaches with at most each probability where nothing has changed.

    Shares are drawn from their posterior given the reference (Dirichlet, 1/2 added to each bin), then a reference and a
    month of the effective sizes from the same shares: the limits carry the error of both. A limit is the smallest of
    ``replicates`` such draws of :func:`largest_cell_change`, or of the absolute value of :func:`location_change`, that
    (b + 1)/(replicates + 1) puts at the probability or below it, b draws being as large: so also where few values can
    occur. Where no draw is so rare the limit lies just above the largest: a probability below 1/(replicates + 1) is
    not told from it.

    Parameters
    ----------
    reference
        Counts per bin, shape (n_bins,).
    n_studies
        Studies of the month, at least 1.
    probabilities
        Chances of as large a statistic, in (0, 1], shape (n_probabilities,).
    replicates, seed
        Draws, at least 100, and where they start.
    design_effect
        At least 1; both sizes are divided by it.

    Returns
    -------
    FloatArray
        Shape (n_probabilities,), 0 or more.

    Raises
    ------
    ValueError
        If a number is out of its range or the statistic unknown.

    Undefined cases
    ---------------
    A reference without a study: all NaN.

    References
    ----------
    Gandy A, Kvaløy JT. Scand J Stat 2013;40:647-668. doi:10.1002/sjos.12006
    """
    counts, chances = effective_counts(reference, 1.0), np.asarray(probabilities, dtype=np.float64)
    if statistic not in ("cells", "location"):
        raise ValueError("The statistic must be `cells` or `location`.")
    if counts.ndim != 1 or not (1 <= n_studies < np.inf and 100 <= replicates < np.inf):
        raise ValueError("Give one reference, at least one study a month and at least 100 replicates.")
    if chances.ndim != 1 or not np.all((chances > 0) & (chances <= 1)):
        raise ValueError("Probabilities must lie above 0 and up to 1.")
    m = effective_number(float(counts.sum()), checked_design_effect(design_effect))
    if m == 0:
        return np.full(chances.size, np.nan)
    n = effective_number(n_studies, design_effect)
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet(counts / design_effect + _PRIOR, replicates)
    before, now = rng.multinomial(m, shares).astype(np.float64), rng.multinomial(n, shares).astype(np.float64)
    drawn = deviance_roots(now, before).max(axis=1) if statistic == "cells" else _locations(now, before, n, m)
    return _reached_at_most(drawn, chances)


def _reached_at_most(drawn: FloatArray, chances: FloatArray) -> FloatArray:
    """The smallest drawn value that is reached as rarely as each chance, a hair lower, or else just above all."""
    # Equal tables may differ in the last bits, and limits are kept with nine digits: neither may miss a tie.
    values, times = np.unique(np.round(drawn, _DIGITS), return_counts=True)
    reached = (np.cumsum(times[::-1])[::-1] + 1) / (drawn.size + 1)
    at = np.searchsorted(-reached, -chances * (1 + _SLACK), side="left")
    beyond = values[-1] * (1 + 10 * _SLACK) + _SLACK
    return np.asarray(np.append(values * (1 - _SLACK), beyond)[at], dtype=np.float64)


def _locations(now: FloatArray, before: FloatArray, n: int, m: int) -> FloatArray:
    ranks, variance = rank_scores(before)
    shift = (now * ranks).sum(axis=1) / n
    spread = np.sqrt(variance * (1 / n + 1 / m))
    return np.asarray(np.abs(np.divide(shift, spread, out=np.zeros(shift.size), where=spread > 0)), dtype=np.float64)


def p_value_from_limits(
    statistic: npt.ArrayLike,
    *,
    n_studies: npt.ArrayLike,
    grid_n: npt.ArrayLike,
    probabilities: npt.ArrayLike,
    limits: npt.ArrayLike,
) -> FloatArray:
    """The chance of as large a statistic, read off a table of limits.

    Limits are interpolated between the sizes of the grid in log n (outside it the nearest stands), then log p between
    the limits. Below the smallest limit the answer is 1, above the largest the smallest probability of the table.
    At a limit p is exact up to the draws; between two, where few values can occur, it may be too small, but never by
    more than the step of the table.

    Parameters
    ----------
    statistic, n_studies
        Statistics, 0 or more, and the studies of their months, of one shape.
    grid_n, probabilities
        Rising sizes above 0, shape (n_sizes,), and falling probabilities, shape (n_probabilities,).
    limits
        Shape (n_sizes, n_probabilities), rising along the probabilities.

    Returns
    -------
    FloatArray
        Shape of ``statistic``.

    Raises
    ------
    ValueError
        If shapes do not fit, or sizes or probabilities are not in order.

    Undefined cases
    ---------------
    NaN for a statistic or limits that are NaN, and for a month without a study.
    """
    found, studies = np.asarray(statistic, dtype=np.float64), np.asarray(n_studies, dtype=np.float64)
    sizes, chances = np.asarray(grid_n, dtype=np.float64), np.asarray(probabilities, dtype=np.float64)
    table = np.asarray(limits, dtype=np.float64)
    if found.shape != studies.shape or table.shape != (sizes.size, chances.size) or table.size == 0:
        raise ValueError("Limits must have a row for each size and a column for each probability.")
    if np.any(np.diff(sizes) <= 0) or np.any(np.diff(chances) >= 0) or sizes[0] <= 0:
        raise ValueError("Sizes must rise and be above 0, and probabilities must fall.")
    p = np.full(found.shape, np.nan)
    for n in np.unique(studies[studies > 0]):
        at_n = np.array([np.interp(np.log(n), np.log(sizes), column) for column in table.T])
        here = (studies == n) & np.isfinite(found)
        if np.all(np.isfinite(at_n)):
            # Of equal limits the last: a statistic that reaches it is as rare as the rarest of them.
            rising, last = np.unique(at_n[::-1], return_index=True)
            logs = np.interp(found[here], rising, np.log(chances[::-1][last]))
            p[here] = np.where(found[here] < at_n[0], 1.0, np.exp(logs))
    return p
