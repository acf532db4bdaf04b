"""The reliability diagram as a table: observed share of positives against mean score per bin."""

from dataclasses import dataclass

import numpy as np

from multisite.stats.calibration.binning import Binning, ClosedSide, Quantiles, bin_scores
from multisite.stats.calibration.perfect_calibration import PerfectCalibration, require_same_bins
from multisite.stats.estimate import CountArray, FloatArray
from multisite.stats.proportions.proportion import proportion
from multisite.stats.score_counts import ScoreCounts

__all__ = ["Reliability", "reliability"]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Reliability:
    """Observed share of positives against mean score per bin; every array has the shape ``(n_bins,)``.

    A bin without cases holds NaN in every column but its edges and counts. ``band_low`` and ``band_high``
    are NaN throughout when no null was given.
    """

    bin_low: FloatArray
    bin_high: FloatArray
    n_cases: CountArray
    n_positive: CountArray
    mean_score: FloatArray
    observed: FloatArray
    ci_low: FloatArray
    ci_high: FloatArray
    band_low: FloatArray
    band_high: FloatArray
    ci_level: float
    ci_method: str


def reliability(
    counts: ScoreCounts,
    *,
    n_bins: int = 10,
    level: float = 0.95,
    null: PerfectCalibration | None = None,
    binning: Binning = "equal width",
    closed: ClosedSide = "left",
    quantiles: Quantiles = "inverse",
) -> Reliability:
    """Share of positives, with Wilson's interval, and mean score per bin.

    Of equal width and closed on the left, bin k of B is [k/B, (k + 1)/B); the last also holds a score of 1. Of equal
    mass, the edges of a bin are its lowest and its highest score (NaN for a bin that ties have emptied). The band of a
    bin is the range from the (1 − level)/2 to the (1 + level)/2 quantile of its share of positives under perfect
    calibration: it is pointwise, so even a perfect model leaves it in one bin out of twenty at level 0.95.

    Parameters
    ----------
    counts
        Positives and negatives per distinct score, scores in [0, 1].
    n_bins, binning, closed, quantiles
        As for :func:`expected_calibration_error`.
    level
        Confidence level in (0, 1) of the intervals and of the band. Cases are taken as independent.
    null
        Draws of :func:`perfect_calibration` from the same counts and with the same bins.

    Raises
    ------
    ValueError
        If a score lies outside [0, 1], ``null`` has other bins, or a name is unknown.

    Undefined cases
    ---------------
    A bin without cases has NaN, never zero.

    References
    ----------
    Bröcker J, Smith LA. Weather Forecast 2007;22:651-661. doi:10.1175/WAF993.1
    """
    binned = bin_scores(counts, n_bins, binning=binning, closed=closed, quantiles=quantiles)
    require_same_bins(null, n_bins, binning, closed, "positive class", quantiles)
    n_cases, n_positive = binned.n_cases, binned.n_positive
    edges = np.arange(n_bins + 1) / n_bins
    bin_low, bin_high = edges[:-1], edges[1:]
    if binning == "equal mass":
        bin_low, bin_high = _outermost(counts, binned.bin_of, n_bins)
    shares = [proportion(int(y), int(n), level=level) for y, n in zip(n_positive, n_cases, strict=True)]
    band_low, band_high = np.full(n_bins, np.nan), np.full(n_bins, np.nan)
    used = n_cases > 0
    if null is not None and used.any():
        tails = np.quantile(null.n_positive[:, used], [(1 - level) / 2, (1 + level) / 2], axis=0)
        band_low[used], band_high[used] = tails / n_cases[used]
    return Reliability(
        bin_low=bin_low,
        bin_high=bin_high,
        n_cases=n_cases,
        n_positive=n_positive,
        mean_score=binned.mean_score,
        observed=binned.observed,
        ci_low=np.array([share.ci_low for share in shares], dtype=np.float64),
        ci_high=np.array([share.ci_high for share in shares], dtype=np.float64),
        band_low=band_low,
        band_high=band_high,
        ci_level=level,
        ci_method="wilson",
    )


def _outermost(counts: ScoreCounts, bin_of: CountArray, n_bins: int) -> tuple[FloatArray, FloatArray]:
    held = counts.n_positive + counts.n_negative > 0
    low, high = np.full(n_bins, np.inf), np.full(n_bins, -np.inf)
    np.minimum.at(low, bin_of[held], counts.score[held])
    np.maximum.at(high, bin_of[held], counts.score[held])
    empty = low > high
    low[empty] = high[empty] = np.nan
    return low, high
