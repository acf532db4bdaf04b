"""The ratio of observed to expected positives: calibration of the mean score."""

import math
from typing import Literal

from multisite.stats.dot import dot
from multisite.stats.estimate import ScoreEstimate, normal_quantile
from multisite.stats.proportions.proportion import proportion
from multisite.stats.score_counts import ScoreCounts, require_probabilities
from multisite.vocabulary import EstimateStatus

__all__ = ["observed_expected"]


def observed_expected(
    counts: ScoreCounts, *, method: Literal["log", "wilson"] = "log", level: float = 0.95
) -> ScoreEstimate:
    """O:E, the number of positives over the sum of the scores. Below 1 the scores are too high.

    ``log``: exp(ln O:E ± z √((1 − O/n)/O)), the binomial variance of O with E taken as fixed. ``wilson``:
    Wilson's interval of O/n divided by E/n.

    Both take E as fixed and O as a binomial number of n independent cases with one common chance. Cases whose chances
    differ vary less than that, by n times the variance of the chances: the better the scores discriminate, the more the
    interval is too wide (simulated coverage with scores beta(1.5, 3): 97.5 %). Cases of one patient that are alike make
    it too narrow; :func:`clustered_observed_expected` assumes neither.

    Parameters
    ----------
    counts
        Positives and negatives per distinct score, scores in [0, 1].
    method
        Interval.
    level
        Confidence level in (0, 1).

    Returns
    -------
    ScoreEstimate
        Estimate from 0 upwards, 1 is best; ``standard_error`` is that of ln O:E, and ``None`` for ``wilson``.

    Raises
    ------
    ValueError
        If a score lies outside [0, 1] or the method is unknown.

    Undefined cases
    ---------------
    No case, or an expected number of zero: undefined. With no positive or no negative case the logarithmic
    interval does not exist or has no width; Wilson's is given instead and ``ci_method`` says so.

    References
    ----------
    Debray TPA et al. BMJ 2017;356:i6460. doi:10.1136/bmj.i6460
    """
    require_probabilities(counts)
    if method not in ("log", "wilson"):
        raise ValueError("`method` must be `log` or `wilson`.")
    z = normal_quantile(level)
    observed, negatives = counts.positives, counts.negatives
    n = observed + negatives
    expected = dot(counts.n_positive + counts.n_negative, counts.score)
    if expected == 0.0:
        return ScoreEstimate(
            estimate=None,
            ci_low=None,
            ci_high=None,
            ci_level=level,
            ci_method=method,
            n_cases=n,
            status=EstimateStatus.UNDEFINED,
            reason="no case" if n == 0 else "the expected number of positives is zero",
            n_positive=observed,
            n_negative=negatives,
        )
    ratio = observed / expected
    name: str = method
    error = None
    if method == "log" and observed > 0 and negatives > 0:
        error = math.sqrt((1.0 - observed / n) / observed)
        low, high = ratio * math.exp(-z * error), ratio * math.exp(z * error)
    else:
        share = proportion(observed, n, level=level)
        low, high = (end * n / expected for end in (share.ci_low or 0.0, share.ci_high or 0.0))
        low, high = min(low, ratio), max(high, ratio)
        name = "wilson" if method == "wilson" else "wilson, since one class is missing"
    return ScoreEstimate(
        estimate=ratio,
        ci_low=low,
        ci_high=high,
        ci_level=level,
        ci_method=name,
        n_cases=n,
        n_positive=observed,
        n_negative=negatives,
        standard_error=error,
    )
