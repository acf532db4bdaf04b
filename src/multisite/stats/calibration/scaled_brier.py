"""The Brier score on the scale of a model that knows the prevalence alone."""

import math

import numpy as np

from multisite.stats.dot import dot
from multisite.stats.estimate import ScoreEstimate, normal_quantile
from multisite.stats.score_counts import ScoreCounts, require_probabilities
from multisite.vocabulary import EstimateStatus

__all__ = ["scaled_brier"]

_METHOD = "wald, linearised; reference is the prevalence"


def scaled_brier(counts: ScoreCounts, *, level: float = 0.95) -> ScoreEstimate:
    """Scaled Brier score 1 − B/B_ref, with B_ref = π(1 − π) at the prevalence π of these cases.

    B_ref is the Brier score of a model that gives everyone the prevalence of this very set. Others call it the index
    of prediction accuracy, or Brier skill score against the sample's climatology. The interval is estimate ± z·SE, cut
    to at most 1; the influence of a case on the estimate, −(d − B)/B_ref + B(1 − 2π)(y − π)/B_ref² with d its squared
    distance, counts the prevalence as estimated, too. Cases are taken as independent.

    Parameters
    ----------
    counts
        Positives and negatives per distinct score, scores in [0, 1].
    level
        Confidence level in (0, 1).

    Returns
    -------
    ScoreEstimate
        At most 1, which is best; 0 is no better than the prevalence, below 0 is worse, without a bound.

    Raises
    ------
    ValueError
        If a score lies outside [0, 1].

    Undefined cases
    ---------------
    No case, or one class only (the reference is then perfect, B_ref = 0): undefined. No variance between cases, as
    with scores that are all right: the estimate stands without an interval, status ``insufficient``.

    References
    ----------
    Steyerberg EW et al. Epidemiology 2010;21:128-138. doi:10.1097/EDE.0b013e3181c30fb2
    Kattan MW, Gerds TA. Diagn Progn Res 2018;2:7. doi:10.1186/s41512-018-0029-2
    """
    require_probabilities(counts)
    z = normal_quantile(level)
    positives, negatives = counts.positives, counts.negatives
    n = positives + negatives
    if positives == 0 or negatives == 0:
        missing = "no case" if n == 0 else f"no {'negative' if positives else 'positive'} case, and no reference"
        return _estimate(None, None, counts, level, z, missing)
    prevalence = positives / n
    reference = prevalence * (1.0 - prevalence)
    to_one, to_zero = (1.0 - counts.score) ** 2, counts.score**2
    brier = (dot(counts.n_positive, to_one) + dot(counts.n_negative, to_zero)) / n
    pull = brier * (1.0 - 2.0 * prevalence) / reference**2
    of_positive = (brier - to_one) / reference + pull * (1.0 - prevalence)
    of_negative = (brier - to_zero) / reference - pull * prevalence
    squares = dot(counts.n_positive, of_positive**2) + dot(counts.n_negative, of_negative**2)
    error = math.sqrt(squares / (n - 1) / n)
    estimate = 1.0 - brier / reference
    # Below a rounding error of the terms, the spread is that of the arithmetic.
    if error <= 8.0 * np.finfo(np.float64).eps * max(1.0, brier / reference):
        return _estimate(estimate, None, counts, level, z, "no variance between cases, and no interval")
    return _estimate(estimate, error, counts, level, z, None)


def _estimate(
    estimate: float | None, error: float | None, counts: ScoreCounts, level: float, z: float, reason: str | None
) -> ScoreEstimate:
    thin = EstimateStatus.UNDEFINED if estimate is None else EstimateStatus.INSUFFICIENT
    seen = estimate is not None and error is not None
    return ScoreEstimate(
        estimate=estimate,
        ci_low=estimate - z * error if estimate is not None and error is not None else None,
        ci_high=min(1.0, estimate + z * error) if estimate is not None and error is not None else None,
        ci_level=level,
        ci_method=_METHOD,
        n_cases=counts.positives + counts.negatives,
        status=EstimateStatus.OK if seen else thin,
        reason=reason,
        n_positive=counts.positives,
        n_negative=counts.negatives,
        standard_error=error,
    )
