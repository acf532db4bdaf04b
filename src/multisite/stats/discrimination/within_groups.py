"""Discrimination within groups: pairs of cases of one group only."""

import math
from collections.abc import Sequence
from dataclasses import replace

from multisite.stats.estimate import ScoreEstimate, normal_quantile
from multisite.vocabulary import EstimateStatus

__all__ = ["auc_within_groups"]

_METHOD = "pairs within groups, delong, logit scale"


def auc_within_groups(areas: Sequence[ScoreEstimate], *, level: float = 0.95) -> ScoreEstimate:
    """P(score of a positive > score of a negative of the same group) + ½ P(equal), over all such pairs.

    The mean of the groups' AUC, weighted by their pairs: A = Σ PₖNₖAₖ / Σ PₖNₖ, with the variance
    Σ (PₖNₖ)² Vₖ / (Σ PₖNₖ)². A pooled AUC also ranks cases of one group against those of another, and so rewards a
    score that only knows the group. Vₖ is DeLong's. A group that shows none, because it has one case of a class or
    separates the classes, gets that of Hanley and McNeil at A: (A(1 − A) + (Pₖ − 1)(Q₁ − A²) + (Nₖ − 1)(Q₂ − A²)) /
    (PₖNₖ) with Q₁ = A/(2 − A) and Q₂ = 2A²/(1 + A), and ``ci_method`` says for how many groups.

    Parameters
    ----------
    areas
        AUC of each group, of disjoint patients; those of groups with one class have no pairs and no weight.
    level
        Confidence level in (0, 1).

    Returns
    -------
    ScoreEstimate
        Estimate in [0, 1], larger is better; the interval is logit(A) ± z·SE/(A(1 − A)), transformed back.

    Undefined cases
    ---------------
    No group with both classes: undefined. A of 0 or 1, or one score for all of a group in every group: the estimate
    stands without an interval, status ``insufficient``.

    References
    ----------
    Janes H, Pepe MS. Am J Epidemiol 2008;168:89-97. doi:10.1093/aje/kwn099 (which weights by positives, not by pairs)
    Hanley JA, McNeil BJ. Radiology 1982;143:29-36. doi:10.1148/radiology.143.1.7063747
    """
    z = normal_quantile(level)
    held = [area for area in areas if area.n_positive and area.n_negative and area.estimate is not None]
    pairs = [area.n_positive * area.n_negative for area in held]
    positives, negatives = sum(area.n_positive for area in held), sum(area.n_negative for area in held)
    total = sum(pairs)
    if not total:
        return _made(None, None, level, positives, negatives, EstimateStatus.UNDEFINED, "no group with both classes", z)
    mean = sum(n * (area.estimate or 0.0) for n, area in zip(pairs, held, strict=True)) / total
    lone = [area for area in held if _shows_no_variance(area)]
    variances = [_variance_at(mean, a) if _shows_no_variance(a) else (a.standard_error or 0.0) ** 2 for a in held]
    squares = sum(n**2 * variance for n, variance in zip(pairs, variances, strict=True))
    if squares == 0.0 or not 0 < mean < 1:
        flat = "no group shows variance, and there is no interval"
        return _made(mean, None, level, positives, negatives, EstimateStatus.INSUFFICIENT, flat, z)
    found = _made(mean, math.sqrt(squares) / total, level, positives, negatives, EstimateStatus.OK, None, z)
    if not lone:
        return found
    return replace(found, ci_method=f"{_METHOD}; hanley-mcneil in {len(lone)} of {len(held)} groups")


def _shows_no_variance(area: ScoreEstimate) -> bool:
    return area.standard_error is None or (area.standard_error == 0.0 and area.estimate in (0.0, 1.0))


def _variance_at(mean: float, area: ScoreEstimate) -> float:
    of_positives, of_negatives = mean / (2.0 - mean), 2.0 * mean**2 / (1.0 + mean)
    spread = (area.n_positive - 1) * (of_positives - mean**2) + (area.n_negative - 1) * (of_negatives - mean**2)
    return (mean * (1.0 - mean) + spread) / (area.n_positive * area.n_negative)


def _made(
    mean: float | None,
    error: float | None,
    level: float,
    positives: int,
    negatives: int,
    status: EstimateStatus,
    reason: str | None,
    z: float,
) -> ScoreEstimate:
    low = high = None
    if mean is not None and error is not None:
        middle, half = math.log(mean / (1 - mean)), z * error / (mean * (1 - mean))
        low, high = (1 / (1 + math.exp(-end)) for end in (middle - half, middle + half))
    return ScoreEstimate(
        estimate=mean,
        ci_low=low,
        ci_high=high,
        ci_level=level,
        ci_method=_METHOD,
        n_cases=positives + negatives,
        status=status,
        reason=reason,
        n_positive=positives,
        n_negative=negatives,
        standard_error=error,
    )
