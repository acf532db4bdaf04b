"""The Brier score: mean squared distance between score and truth."""

import math

import numpy as np

from multisite.stats.dot import dot
from multisite.stats.estimate import ScoreEstimate, normal_quantile
from multisite.stats.score_counts import ScoreCounts, require_probabilities
from multisite.vocabulary import EstimateStatus

__all__ = ["brier"]

_METHOD = "wald"


def brier(counts: ScoreCounts, *, level: float = 0.95) -> ScoreEstimate:
    """Brier score, the mean of (s − y)² over cases with score s and truth y in {0, 1}.

    The interval is mean ± z·SD/√n with the sample SD of (s − y)², cut to [0, 1]; cases are taken as
    independent.

    Parameters
    ----------
    counts
        Positives and negatives per distinct score, scores in [0, 1].
    level
        Confidence level in (0, 1).

    Returns
    -------
    ScoreEstimate
        Estimate in [0, 1], smaller is better.

    Raises
    ------
    ValueError
        If a score lies outside [0, 1].

    Undefined cases
    ---------------
    No case: undefined. One case, or the same squared distance in every case: the estimate stands without an
    interval, status ``insufficient``.

    References
    ----------
    Brier GW. Mon Weather Rev 1950;78:1-3. doi:10.1175/1520-0493(1950)078<0001:VOFEIT>2.0.CO;2
    """
    require_probabilities(counts)
    z = normal_quantile(level)
    positives, negatives = counts.positives, counts.negatives
    n = positives + negatives
    if n == 0:
        return ScoreEstimate(
            estimate=None,
            ci_low=None,
            ci_high=None,
            ci_level=level,
            ci_method=_METHOD,
            n_cases=0,
            status=EstimateStatus.UNDEFINED,
            reason="no case",
            n_positive=0,
            n_negative=0,
        )
    to_one, to_zero = (1.0 - counts.score) ** 2, counts.score**2
    mean = (dot(counts.n_positive, to_one) + dot(counts.n_negative, to_zero)) / n
    squares = dot(counts.n_positive, (to_one - mean) ** 2) + dot(counts.n_negative, (to_zero - mean) ** 2)
    error = math.sqrt(squares / (n - 1) / n) if n > 1 else 0.0
    # Below a rounding error of the mean, the spread is that of the arithmetic.
    spread_is_seen = error > 4.0 * np.finfo(np.float64).eps * max(mean, np.finfo(np.float64).tiny)
    return ScoreEstimate(
        estimate=mean,
        ci_low=max(0.0, mean - z * error) if spread_is_seen else None,
        ci_high=min(1.0, mean + z * error) if spread_is_seen else None,
        ci_level=level,
        ci_method=_METHOD,
        n_cases=n,
        status=EstimateStatus.OK if spread_is_seen else EstimateStatus.INSUFFICIENT,
        reason=None if spread_is_seen else "no variance between cases, and no interval",
        n_positive=positives,
        n_negative=negatives,
        standard_error=error if spread_is_seen else None,
    )
