"""Calibration by score bin: reliability, expected calibration error, and both under a perfect model."""

from dataclasses import dataclass

import numpy as np

from multisite.stats.calibration.binning import equal_width_cell
from multisite.stats.estimate import CountArray, FloatArray, ScoreEstimate
from multisite.stats.proportions.proportion import proportion
from multisite.stats.score_counts import ScoreCounts, require_probabilities
from multisite.vocabulary import EstimateStatus

__all__ = [
    "CalibrationError",
    "PerfectCalibration",
    "Reliability",
    "expected_calibration_error",
    "perfect_calibration",
    "reliability",
]

_SHARES_PER_BIN = 20


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PerfectCalibration:
    """Positives per bin in data sets drawn from a model whose scores are true probabilities.

    ``n_positive`` has the shape ``(n_replicates, n_bins)``; the number of cases per bin is that of the real
    data.
    """

    n_bins: int
    n_positive: CountArray


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


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationError(ScoreEstimate):
    """Expected calibration error beside what a perfectly calibrated model would show on as many cases."""

    n_bins: int
    null_mean: float | None = None
    null_95: float | None = None


def perfect_calibration(
    counts: ScoreCounts, *, rng: np.random.Generator, n_bins: int = 10, n_replicates: int = 1000
) -> PerfectCalibration:
    """Draw the truth again and again as if every score were the true probability of its case.

    Parameters
    ----------
    counts
        Positives and negatives per distinct score, scores in [0, 1]; only the number of cases per score is
        used.
    rng
        Source of randomness.
    n_bins
        Equal-width bins, closed on the left; the last is closed on both sides.
    n_replicates
        Number of draws.

    Returns
    -------
    PerfectCalibration
        Binomial draws per distinct score, which is exact, where there are at most 20 of these per bin on
        average. Otherwise scores within a twentieth of a bin share their mean, which overstates the
        variance of a bin's count by about 1/(20 · n_bins) of itself at most.

    Raises
    ------
    ValueError
        If a score lies outside [0, 1], or there is no bin or no replicate.

    References
    ----------
    Bröcker J, Smith LA. Weather Forecast 2007;22:651-661. doi:10.1175/WAF993.1
    """
    require_probabilities(counts)
    if n_bins < 1 or n_replicates < 1:
        raise ValueError("`n_bins` and `n_replicates` must be 1 or more.")
    total = counts.n_positive + counts.n_negative
    cell = equal_width_cell(counts.score, n_bins * _SHARES_PER_BIN)
    weight, chance, bin_of = total, counts.score, cell // _SHARES_PER_BIN
    if counts.score.size > n_bins * _SHARES_PER_BIN:
        used, position = np.unique(cell, return_inverse=True)
        weight = np.bincount(position, weights=total).astype(np.int64)
        mass = np.bincount(position, weights=total * counts.score)
        chance = np.clip(mass / np.maximum(weight, 1), 0.0, 1.0)
        bin_of = used // _SHARES_PER_BIN
    drawn = rng.binomial(weight, chance, size=(n_replicates, weight.size))
    n_positive = np.zeros((n_replicates, n_bins), dtype=np.int64)
    present, first = np.unique(bin_of, return_index=True)
    if present.size:
        n_positive[:, present] = np.add.reduceat(drawn, first, axis=1)
    return PerfectCalibration(n_bins=n_bins, n_positive=n_positive)


def reliability(
    counts: ScoreCounts, *, n_bins: int = 10, level: float = 0.95, null: PerfectCalibration | None = None
) -> Reliability:
    """Share of positives, with Wilson's interval, and mean score in equal-width bins.

    Bin k of B is [k/B, (k + 1)/B); the last also holds a score of 1. The band of a bin is the range from
    the (1 − level)/2 to the (1 + level)/2 quantile of its share of positives under perfect calibration: it
    is pointwise, so even a perfect model leaves it in one bin out of twenty at level 0.95.

    Parameters
    ----------
    counts
        Positives and negatives per distinct score, scores in [0, 1].
    n_bins
        Number of bins.
    level
        Confidence level in (0, 1) of the intervals and of the band.
    null
        Draws of :func:`perfect_calibration` from the same counts and with the same bins.

    Raises
    ------
    ValueError
        If a score lies outside [0, 1], or ``null`` has other bins.

    References
    ----------
    Bröcker J, Smith LA. Weather Forecast 2007;22:651-661. doi:10.1175/WAF993.1
    """
    n_cases, n_positive, score_mass = _bins(counts, n_bins, null)
    edges = np.arange(n_bins + 1) / n_bins
    shares = [proportion(int(y), int(n), level=level) for y, n in zip(n_positive, n_cases, strict=True)]
    band_low, band_high = np.full(n_bins, np.nan), np.full(n_bins, np.nan)
    used = n_cases > 0
    if null is not None and used.any():
        tails = np.quantile(null.n_positive[:, used], [(1 - level) / 2, (1 + level) / 2], axis=0)
        band_low[used], band_high[used] = tails / n_cases[used]
    return Reliability(
        bin_low=edges[:-1],
        bin_high=edges[1:],
        n_cases=n_cases,
        n_positive=n_positive,
        mean_score=_share(score_mass, n_cases),
        observed=_share(n_positive.astype(np.float64), n_cases),
        ci_low=np.array([share.ci_low for share in shares], dtype=np.float64),
        ci_high=np.array([share.ci_high for share in shares], dtype=np.float64),
        band_low=band_low,
        band_high=band_high,
        ci_level=level,
        ci_method="wilson",
    )


def expected_calibration_error(
    counts: ScoreCounts, *, n_bins: int = 10, null: PerfectCalibration | None = None
) -> CalibrationError:
    """ECE = Σ_b n_b/n · |share of positives in bin b − mean score in bin b|, for the positive class.

    Bins are of equal width, closed on the left, the last closed on both sides. ECE is above zero for every
    finite sample, so it says little without the mean and the 95th percentile that perfect calibration would
    give (``null_mean``, ``null_95``). No interval is given: the sampling distribution is not centred on the
    truth.

    Parameters
    ----------
    counts
        Positives and negatives per distinct score, scores in [0, 1].
    n_bins
        Number of bins.
    null
        Draws of :func:`perfect_calibration` from the same counts and with the same bins.

    Returns
    -------
    CalibrationError
        Estimate in [0, 1], smaller is better; ``ci_low``, ``ci_high`` and ``ci_level`` are always ``None``.

    Raises
    ------
    ValueError
        If a score lies outside [0, 1], or ``null`` has other bins.

    Undefined cases
    ---------------
    No case.

    References
    ----------
    Naeini MP, Cooper GF, Hauskrecht M. AAAI 2015;29:2901-2907. doi:10.1609/aaai.v29i1.9602
    """
    n_cases, n_positive, score_mass = _bins(counts, n_bins, null)
    n = int(n_cases.sum())
    estimate = float(np.abs(n_positive - score_mass).sum()) / n if n else None
    null_mean = null_95 = None
    if null is not None and n:
        drawn = np.abs(null.n_positive - score_mass).sum(axis=1) / n
        null_mean, null_95 = float(drawn.mean()), float(np.quantile(drawn, 0.95))
    return CalibrationError(
        estimate=estimate,
        ci_low=None,
        ci_high=None,
        ci_level=None,
        ci_method=f"none; {n_bins} bins of equal width, positive class",
        n_cases=n,
        status=EstimateStatus.OK if n else EstimateStatus.UNDEFINED,
        reason=None if n else "no case",
        n_positive=int(n_positive.sum()),
        n_negative=n - int(n_positive.sum()),
        n_bins=n_bins,
        null_mean=null_mean,
        null_95=null_95,
    )


def _bins(
    counts: ScoreCounts, n_bins: int, null: PerfectCalibration | None
) -> tuple[CountArray, CountArray, FloatArray]:
    require_probabilities(counts)
    if null is not None and null.n_bins != n_bins:
        raise ValueError("`null` was drawn with another number of bins.")
    cell = equal_width_cell(counts.score, n_bins)
    total = counts.n_positive + counts.n_negative
    n_cases = np.bincount(cell, weights=total, minlength=n_bins).astype(np.int64)
    n_positive = np.bincount(cell, weights=counts.n_positive, minlength=n_bins).astype(np.int64)
    score_mass = np.bincount(cell, weights=total * counts.score, minlength=n_bins).astype(np.float64)
    return n_cases, n_positive, score_mass


def _share(part: FloatArray, whole: CountArray) -> FloatArray:
    share = np.full(part.shape, np.nan)
    np.divide(part, whole, out=share, where=whole > 0)
    return share
