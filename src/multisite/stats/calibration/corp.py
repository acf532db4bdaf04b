"""CORP: the isotonic reliability curve, its consistency band, and the parts of the Brier score that follow from it."""

from dataclasses import dataclass

import numpy as np
from scipy import optimize

from multisite.stats.dot import dot
from multisite.stats.estimate import CountArray, FloatArray
from multisite.stats.score_counts import ScoreCounts, require_probabilities
from multisite.vocabulary import EstimateStatus

__all__ = ["CorpReliability", "corp_reliability"]

_MOST_BAND_SCORES = 500


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class CorpReliability:
    """The isotonic curve and brier = miscalibration − discrimination + uncertainty, exactly.

    ``score``, ``n_cases`` and ``recalibrated`` have the shape ``(n_scores,)``: the distinct scores that hold a case.
    ``band_low`` and ``band_high`` are at ``band_score``, which is every score, or 500 of them, evenly by rank; empty
    without draws. ``null_95`` is the 95th percentile of the miscalibration under perfect calibration.
    """

    score: FloatArray
    n_cases: CountArray
    recalibrated: FloatArray
    band_score: FloatArray
    band_low: FloatArray
    band_high: FloatArray
    band_level: float
    brier: float | None
    miscalibration: float | None
    discrimination: float | None
    uncertainty: float | None
    null_95: float | None
    n_positive: int
    n_negative: int
    status: EstimateStatus = EstimateStatus.OK
    reason: str | None = None


def corp_reliability(
    counts: ScoreCounts, *, rng: np.random.Generator | None = None, n_replicates: int = 1000, level: float = 0.95
) -> CorpReliability:
    """Reliability curve by isotonic regression (pool adjacent violators), without a choice of bins.

    The curve is the rising function of the score that minimises the Brier score. With B the Brier score of the scores,
    B_C of the recalibrated ones and B_R of the prevalence: miscalibration B − B_C ≥ 0, discrimination B_R − B_C ≥ 0,
    uncertainty B_R, and B = miscalibration − discrimination + uncertainty. Miscalibration is above zero for every
    finite sample; ``null_95`` says how far.

    The consistency band at a score is the range from the (1 − level)/2 to the (1 + level)/2 quantile of the curve when
    the truth is drawn from the scores themselves and the curve fitted anew. It is pointwise and around the diagonal:
    where the curve lies outside it, the scores are not calibrated there.

    Parameters
    ----------
    counts
        Positives and negatives per distinct score, scores in [0, 1].
    rng
        Source of randomness of the band; without it there is no band and no ``null_95``.
    n_replicates
        Number of draws, 1 or more.
    level
        Level in (0, 1) of the band.

    Returns
    -------
    CorpReliability
        The curve and the parts of the score.

    Raises
    ------
    ValueError
        If a score lies outside [0, 1], ``n_replicates`` is below 1, or ``level`` is not in (0, 1).

    Undefined cases
    ---------------
    No case. With one class the curve is 0 or 1 throughout, and uncertainty and discrimination are zero.

    References
    ----------
    Dimitriadis T, Gneiting T, Jordan AI. Proc Natl Acad Sci USA 2021;118:e2016191118. doi:10.1073/pnas.2016191118
    """
    require_probabilities(counts)
    if n_replicates < 1:
        raise ValueError("`n_replicates` must be 1 or more.")
    if not 0.0 < level < 1.0:
        raise ValueError("`level` must lie strictly between 0 and 1.")
    total = counts.n_positive + counts.n_negative
    held = total > 0
    score, total, positive = counts.score[held], total[held], counts.n_positive[held]
    n = int(total.sum())
    nothing = np.empty(0)
    curve = _isotonic(positive / total, total) if n else nothing
    band_score, band_low, band_high = nothing, nothing, nothing
    brier = miscalibration = discrimination = uncertainty = null_95 = None
    if n:
        prevalence = int(positive.sum()) / n
        uncertainty = prevalence * (1.0 - prevalence)
        brier = _brier(score, positive, total)
        # As sums of squares, for the differences of the scores would be lost in rounding where they are small.
        miscalibration = _miscalibration(score, curve, positive, total)
        discrimination = dot(total, (curve - prevalence) ** 2) / n
        if rng is not None:
            at = np.unique(np.linspace(0, score.size - 1, min(score.size, _MOST_BAND_SCORES)).round().astype(np.int64))
            drawn, null = _null(score, total, at, rng, n_replicates)
            band_score = score[at]
            band_low, band_high = np.quantile(drawn, [(1.0 - level) / 2.0, (1.0 + level) / 2.0], axis=0)
            null_95 = float(np.quantile(null, 0.95))
    return CorpReliability(
        score=score,
        n_cases=total,
        recalibrated=curve,
        band_score=band_score,
        band_low=band_low,
        band_high=band_high,
        band_level=level,
        brier=brier,
        miscalibration=miscalibration,
        discrimination=discrimination,
        uncertainty=uncertainty,
        null_95=null_95,
        n_positive=counts.positives,
        n_negative=counts.negatives,
        status=EstimateStatus.OK if n else EstimateStatus.UNDEFINED,
        reason=None if n else "no case",
    )


def _isotonic(share: FloatArray, weight: CountArray) -> FloatArray:
    fitted: FloatArray = optimize.isotonic_regression(share, weights=weight.astype(np.float64)).x
    return fitted


def _brier(score: FloatArray, positive: CountArray, total: CountArray) -> float:
    return (dot(positive, (1.0 - score) ** 2) + dot(total - positive, score**2)) / int(total.sum())


def _miscalibration(score: FloatArray, curve: FloatArray, positive: CountArray, total: CountArray) -> float:
    # B − B_C is the mean of (s − y)² − (c − y)² = (s − c)(s + c − 2y).
    return max(0.0, dot(score - curve, total * (score + curve) - 2.0 * positive) / int(total.sum()))


def _null(
    score: FloatArray, total: CountArray, at: CountArray, rng: np.random.Generator, n_replicates: int
) -> tuple[FloatArray, FloatArray]:
    drawn, null = np.empty((n_replicates, at.size)), np.empty(n_replicates)
    for row in range(n_replicates):
        positive = rng.binomial(total, score)
        curve = _isotonic(positive / total, total)
        drawn[row] = curve[at]
        null[row] = _miscalibration(score, curve, positive, total)
    return drawn, null
