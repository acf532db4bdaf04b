"""Discrimination within groups: pairs of cases of one group only."""

import math
from collections.abc import Sequence

from multisite.stats.estimate import ScoreEstimate, normal_quantile
from multisite.vocabulary import EstimateStatus

__all__ = ["auc_within_groups"]

_METHOD = "pairs within groups, delong, logit scale"


def auc_within_groups(areas: Sequence[ScoreEstimate], *, level: float = 0.95) -> ScoreEstimate:
    """P(score of a positive > score of a negative of the same group) + ½ P(equal), over all such pairs.

    The mean of the groups' AUC, weighted by their pairs: A = Σ PₖNₖAₖ / Σ PₖNₖ, with the variance
    Σ (PₖNₖ)² SEₖ² / (Σ PₖNₖ)². A pooled AUC also ranks cases of one group against those of another, and so rewards a
    score that only knows the group. A group with one case of a class has no variance of its own, and is left out
    as long as there are others.

    Parameters
    ----------
    areas
        AUC of each group, of disjoint patients; those of groups with one class have no pairs and no weight.
    level
        Confidence level in (0, 1).

    Returns
    -------
    ScoreEstimate
        Estimate in [0, 1], larger is better; the interval is logit(A) ± z·SE/(A(1 − A)), transformed back. The cases
        are those of the groups that count, and ``reason`` says how many were left out.

    Undefined cases
    ---------------
    No group with both classes: undefined. No group with two cases of both, A of 0 or 1, or one score for all of a group
    in every group: the estimate stands without an interval, status ``insufficient``.

    References
    ----------
    Janes H, Pepe MS. Am J Epidemiol 2008;168:89-97. doi:10.1093/aje/kwn099 (which weights by positives, not by pairs)
    """
    z = normal_quantile(level)
    paired = [area for area in areas if area.n_positive and area.n_negative and area.estimate is not None]
    sure = [area for area in paired if min(area.n_positive, area.n_negative) > 1]
    held = sure or paired
    pairs = [area.n_positive * area.n_negative for area in held]
    positives, negatives = sum(area.n_positive for area in held), sum(area.n_negative for area in held)
    total = sum(pairs)
    if not total:
        return _made(None, None, level, positives, negatives, EstimateStatus.UNDEFINED, "no group with both classes", z)
    mean = sum(n * (area.estimate or 0.0) for n, area in zip(pairs, held, strict=True)) / total
    squares = sum((n * (area.standard_error or 0.0)) ** 2 for n, area in zip(pairs, held, strict=True))
    if squares == 0.0 or not 0 < mean < 1:
        flat = "no group shows variance, and there is no interval"
        return _made(mean, None, level, positives, negatives, EstimateStatus.INSUFFICIENT, flat, z)
    left_out = len(paired) - len(held)
    reason = f"left out, with one case of a class: {left_out} of {len(paired)} groups" if left_out else None
    return _made(mean, math.sqrt(squares) / total, level, positives, negatives, EstimateStatus.OK, reason, z)


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
