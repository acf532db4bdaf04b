"""Evidence over months that something has changed: e-detectors, whose sum over starting months may be looked at always.

For a start s the e-value E(s, t) is how much likelier the months s … t are under shares of their own than under those
of the reference and of the months before s. Its expectation is 1 where nothing changes, whatever has been looked at
before. M(t) = Σ E(s, t) over s ≤ t (Shiryaev and Roberts) then exceeds a line L after L months or more on average.
Means of several such M are of the same kind, however they depend on each other.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.estimate import FloatArray
from multisite.stats.monitoring.counts import effective_counts
from multisite.stats.monitoring.location_change import rank_scores

__all__ = ["DriftEvidence", "cells_evidence", "detector", "location_evidence"]

_PRIOR = 0.5
_CONCENTRATIONS = np.array([10.0, 50.0, 250.0, 1000.0])
_SHIFTS = np.array([0.05, 0.15, 0.5, 1.5])
_LARGEST_LOG = 600.0


@dataclass(frozen=True, slots=True)
class DriftEvidence:
    """``evidence`` is M per month, 0 before the first study; ``since`` the likeliest start, as a position, else -1."""

    evidence: FloatArray
    since: npt.NDArray[np.int64]


def cells_evidence(months: npt.ArrayLike, reference: npt.ArrayLike, *, design_effect: float = 1.0) -> DriftEvidence:
    """M of the shares of bins: the mean over bins, each against all others, of exact beta-binomial e-values.

    The unchanged share has Jeffreys' prior, updated by the reference and the months before s; the changed one a mixture
    of Beta(κp, κ(1 - p)) about its mean p, κ = 10, 50, 250, 1000.

    Parameters
    ----------
    months
        Counts, shape (…, n_months, n_bins): any axes in front, of monitors or simulated years. A month without a study
        starts nothing and carries the evidence on.
    reference
        Counts, shape (…, n_bins).
    design_effect
        At least 1; all counts are divided by it.

    Returns
    -------
    DriftEvidence
        Shape (…, n_months).

    Raises
    ------
    ValueError
        If shapes do not fit, a count is negative or infinite, or the design effect below 1.

    Undefined cases
    ---------------
    NaN throughout where the reference has no study.

    References
    ----------
    Shin J, Ramdas A, Rinaldo A. New England J Stat Data Sci 2024;2:229-260. doi:10.51387/23-NEJSDS51
    """
    now, before = _checked(months, reference, design_effect)
    yes = np.concatenate([before[..., None, :] + _PRIOR, now], axis=-2).cumsum(axis=-2)
    no_month = now.sum(axis=-1, keepdims=True) - now
    no_reference = before.sum(axis=-1, keepdims=True) - before
    no = np.concatenate([no_reference[..., None, :] + _PRIOR, no_month], axis=-2).cumsum(axis=-2)
    log_beta = special.gammaln(yes) + special.gammaln(no) - special.gammaln(yes + no)
    n_months = now.shape[-2]

    def logs(start: int, end: int) -> FloatArray:
        """Log e-values of the start at all ends from it, shape (…, n_ends, n_bins, n_concentrations)."""
        a, b = yes[..., start, :], no[..., start, :]
        p = (a / (a + b))[..., None, :, None]
        found = (yes[..., start + 1 : end + 1, :] - a[..., None, :])[..., None]
        lacking = (no[..., start + 1 : end + 1, :] - b[..., None, :])[..., None]
        studies = found[..., :1, :] + lacking[..., :1, :]
        k = _CONCENTRATIONS
        changed = (
            special.gammaln(k * p + found) + special.gammaln(k * (1 - p) + lacking)
            - special.gammaln(k + studies)
            - special.gammaln(k * p) - special.gammaln(k * (1 - p)) + special.gammaln(k)
        )  # fmt: skip
        unchanged = log_beta[..., start + 1 : end + 1, :] - log_beta[..., start, None, :]
        return np.asarray(changed - unchanged[..., None], dtype=np.float64)

    values = [np.exp(np.minimum(logs(s, n_months), _LARGEST_LOG)).mean(axis=(-2, -1)) for s in range(n_months)]
    return detector(values, now.sum(axis=-1), before.sum(axis=-1))


def location_evidence(months: npt.ArrayLike, reference: npt.ArrayLike, *, design_effect: float = 1.0) -> DriftEvidence:
    """M of the mean rank on the reference's bins (see :func:`location_change`), by normal e-values.

    The month's mean rank is normal about the unchanged one, known up to the error of the reference and of the months
    before s; the changed one differs from it by a normal shift of 0.05, 0.15, 0.5 or 1.5 standard deviations of a rank,
    each with a quarter of the weight. Ranks lie between 0 and 1, so a month of twenty studies is normal enough.

    Parameters, returns, raises and undefined cases as for :func:`cells_evidence`; NaN also for a reference in one bin.

    References
    ----------
    Shin J, Ramdas A, Rinaldo A. New England J Stat Data Sci 2024;2:229-260. doi:10.51387/23-NEJSDS51
    """
    now, before = _checked(months, reference, design_effect)
    total = before.sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        ranks, variance = rank_scores(before)
        z = (now * (ranks / np.sqrt(variance)[..., None])[..., None, :]).sum(axis=-1)
    zero = np.zeros_like(z[..., :1])
    sums = np.concatenate([zero, z], axis=-1).cumsum(axis=-1)
    sizes = np.concatenate([zero, now.sum(axis=-1)], axis=-1).cumsum(axis=-1) + total[..., None]
    n_months = now.shape[-2]

    def logs(start: int) -> FloatArray:
        n = (sizes[..., start + 1 :] - sizes[..., start, None])[..., None]
        mean = (sums[..., start + 1 :] - sums[..., start, None])[..., None] / np.where(n > 0, n, 1)
        off = mean - (sums[..., start] / sizes[..., start])[..., None, None]
        unchanged = 1 / sizes[..., start, None, None] + 1 / np.where(n > 0, n, 1)
        changed = unchanged + _SHIFTS**2
        log = 0.5 * (np.log(unchanged / changed) + off**2 * (1 / unchanged - 1 / changed))
        return np.asarray(np.where(n > 0, log, 0.0), dtype=np.float64)

    with np.errstate(invalid="ignore", divide="ignore"):
        values = [np.exp(np.minimum(logs(s), _LARGEST_LOG)).mean(axis=-1) for s in range(n_months)]
    return detector(values, now.sum(axis=-1), np.where(variance > 0, total, 0.0))


def detector(values: list[FloatArray], studies: FloatArray, reference: FloatArray) -> DriftEvidence:
    """Sum over starts; ``values[s]`` holds E(s, t) for t from s, shape (…, n_months - s)."""
    evidence = np.zeros(studies.shape)
    best = np.full(studies.shape, -np.inf)
    since = np.full(studies.shape, -1, dtype=np.int64)
    for start, found in enumerate(values):
        begun = np.where(studies[..., start, None] > 0, found, 0.0)
        evidence[..., start:] += begun
        better = (begun > best[..., start:]) & (begun > 0)
        since[..., start:] = np.where(better, start, since[..., start:])
        best[..., start:] = np.where(better, begun, best[..., start:])
    known = reference[..., None] > 0
    return DriftEvidence(np.where(known, evidence, np.nan), np.where(known, since, -1))


def _checked(months: npt.ArrayLike, reference: npt.ArrayLike, design_effect: float) -> tuple[FloatArray, FloatArray]:
    now, before = effective_counts(months, design_effect), effective_counts(reference, design_effect)
    if now.ndim < 2 or now.shape[:-2] + now.shape[-1:] != before.shape:
        raise ValueError("Months must have the shape (…, months, bins) and the reference (…, bins).")
    return now, before
