"""Whether the scores of some cases lie above those of others of the same group: areas, mean difference, test."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from multisite.stats.auc import auc
from multisite.stats.estimate import ScoreEstimate
from multisite.stats.score_counts import ScoreCounts
from multisite.stats.within_groups import auc_within_groups

__all__ = ["ScoreShift", "score_shift"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreShift:
    """How far the scores of the marked cases lie above those of the others.

    ``area`` is P(score of a marked case > score of another of its group) + ½ P(equal), with DeLong's interval.
    ``mean_difference`` is on the scale of the score, and ``p_value`` is two-sided, of an area of ½; both are ``None``
    where no group has both kinds of cases.
    """

    area: ScoreEstimate
    mean_difference: float | None
    p_value: float | None


def score_shift(groups: Sequence[ScoreCounts], *, level: float = 0.95) -> ScoreShift:
    """Compare marked cases (``n_positive``) with the others (``n_negative``) inside each group.

    With M marked and N other cases in a group, n = M + N and U the pairs in which the marked case scores higher, ties
    counting half: the area is ΣU / ΣMN over the groups, and the mean difference is that of all such pairs,
    Σ MN(mean of the marked − mean of the others) / ΣMN. Where scores do not depend on the mark, U has mean MN/2 and
    variance MN/12 · (n + 1 − Σ(t³ − t)/(n(n − 1))) over groups of t tied scores; the p-value is 2·Φ(−z) with the
    continuity-corrected z = (|ΣU − ΣMN/2| − ½)/SD, not below 0.

    Parameters
    ----------
    groups
        Counts per score of each group, of disjoint and independent cases: one per patient.
    level
        Confidence level in (0, 1).

    Returns
    -------
    ScoreShift
        Area in [0, 1], above ½ where marked cases score higher; p-value in (0, 1].

    Undefined cases
    ---------------
    No group with both kinds of cases: undefined. The same score for all: area ½, p-value 1. For the interval see
    :func:`multisite.stats.auc` (one group) and :func:`multisite.stats.auc_within_groups` (several).

    References
    ----------
    van Elteren P. Bull Int Stat Inst 1960;37:351-361 (rank sums added over groups; here weighted by pairs)
    DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845. doi:10.2307/2531595
    """
    held = [group for group in groups if group.positives and group.negatives]
    areas = [auc(group, level=level) for group in held]
    area = areas[0] if len(areas) == 1 else auc_within_groups(areas, level=level)
    if not held or area.estimate is None:
        return ScoreShift(area=area, mean_difference=None, p_value=None)
    pairs = np.array([group.positives * group.negatives for group in held], dtype=np.float64)
    distance = max(0.0, abs(area.estimate - 0.5) * pairs.sum() - 0.5)
    variance = sum(_variance(group) for group in held)
    return ScoreShift(
        area=area,
        mean_difference=float(pairs @ [_mean_difference(group) for group in held] / pairs.sum()),
        # Far out the tail is too small for a float; a p-value of exactly zero would claim more than that.
        p_value=max(float(2.0 * special.ndtr(-distance / math.sqrt(variance))), float(np.finfo(np.float64).tiny))
        if variance > 0.0
        else 1.0,
    )


def _mean_difference(group: ScoreCounts) -> float:
    return float(group.score @ (group.n_positive / group.positives - group.n_negative / group.negatives))


def _variance(group: ScoreCounts) -> float:
    n = group.positives + group.negatives
    tied = (group.n_positive + group.n_negative).astype(np.float64)
    return group.positives * group.negatives / 12.0 * (n + 1 - float((tied**3 - tied).sum()) / (n * (n - 1)))
