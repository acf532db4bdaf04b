"""Positives per bin as a model would give them whose scores are the true probabilities."""

from dataclasses import dataclass

import numpy as np

from multisite.stats.calibration.binning import Binning, ClosedSide, Quantiles, bin_scores, rising_cell
from multisite.stats.calibration.top_label import CalibrationTarget, counts_for
from multisite.stats.estimate import CountArray
from multisite.stats.score_counts import ScoreCounts

__all__ = ["PerfectCalibration", "perfect_calibration", "require_same_bins"]

_SHARES_PER_BIN = 20


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PerfectCalibration:
    """Positives per bin in data sets drawn from a model whose scores are true probabilities.

    ``n_positive`` has the shape ``(n_replicates, n_bins)``; the number of cases per bin is that of the real
    data. The other fields say how the bins were made.
    """

    n_bins: int
    n_positive: CountArray
    binning: Binning = "equal width"
    closed: ClosedSide = "left"
    target: CalibrationTarget = "positive class"
    quantiles: Quantiles = "inverse"


def perfect_calibration(
    counts: ScoreCounts,
    *,
    rng: np.random.Generator,
    n_bins: int = 10,
    n_replicates: int = 1000,
    binning: Binning = "equal width",
    closed: ClosedSide = "left",
    target: CalibrationTarget = "positive class",
    quantiles: Quantiles = "inverse",
) -> PerfectCalibration:
    """Draw the truth again and again as if every score were the true probability of its case.

    Parameters
    ----------
    counts
        Positives and negatives per distinct score, scores in [0, 1]; only the number of cases per score is
        used.
    rng
        Source of randomness.
    n_bins, binning, closed, target, quantiles
        As for :func:`expected_calibration_error`.
    n_replicates
        Number of draws.

    Returns
    -------
    PerfectCalibration
        Binomial draws per distinct score, which is exact, where there are at most 20 of these per bin on
        average. Otherwise scores of one bin within 1/(20 · n_bins) of each other share their mean, which
        overstates the variance of a bin's count by about 1/(20 · n_bins) of itself at most.

    Raises
    ------
    ValueError
        If a score lies outside [0, 1], there is no bin or no replicate, or a name is unknown.

    References
    ----------
    Bröcker J, Smith LA. Weather Forecast 2007;22:651-661. doi:10.1175/WAF993.1
    """
    counts = counts_for(counts, target)
    if n_bins < 1 or n_replicates < 1:
        raise ValueError("`n_bins` and `n_replicates` must be 1 or more.")
    bin_of = bin_scores(counts, n_bins, binning=binning, closed=closed, quantiles=quantiles).bin_of
    total = counts.n_positive + counts.n_negative
    weight, chance = total, counts.score
    if counts.score.size > n_bins * _SHARES_PER_BIN:
        width = n_bins * _SHARES_PER_BIN
        # A bin, then a cell of it: scores rise through both, so the pairs come in the order of the scores.
        pair = bin_of * width + rising_cell(counts.score, width, closed=closed)
        first = np.flatnonzero(np.append(True, pair[1:] != pair[:-1]))
        weight = np.add.reduceat(total, first)
        mass = np.add.reduceat(total * counts.score, first)
        chance = np.clip(mass / np.maximum(weight, 1), 0.0, 1.0)
        bin_of = bin_of[first]
    drawn = rng.binomial(weight, chance, size=(n_replicates, weight.size))
    n_positive = np.zeros((n_replicates, n_bins), dtype=np.int64)
    present, first = np.unique(bin_of, return_index=True)
    if present.size:
        n_positive[:, present] = np.add.reduceat(drawn, first, axis=1)
    return PerfectCalibration(
        n_bins=n_bins, n_positive=n_positive, binning=binning, closed=closed, target=target, quantiles=quantiles
    )


def require_same_bins(
    null: PerfectCalibration | None,
    n_bins: int,
    binning: Binning,
    closed: ClosedSide,
    target: CalibrationTarget,
    quantiles: Quantiles,
) -> None:
    """Refuse draws whose bins are others.

    Raises
    ------
    ValueError
        If ``null`` was drawn with other bins or for another target.
    """
    if null is None:
        return
    if null.n_bins != n_bins:
        raise ValueError("`null` was drawn with another number of bins.")
    same_edges = null.quantiles == quantiles or binning == "equal width"
    if (null.binning, null.closed, null.target) != (binning, closed, target) or not same_edges:
        raise ValueError("`null` was drawn with other bins or for another target.")
