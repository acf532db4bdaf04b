"""Whether the scores of some cases lie above those of others of the same group: areas, mean difference, test."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from multisite.stats.discrimination.auc import auc
from multisite.stats.discrimination.within_groups import auc_within_groups
from multisite.stats.estimate import ScoreEstimate
from multisite.stats.score_counts import ScoreCounts

__all__ = ["ScoreShift", "score_shift"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreShift:
    """How far the scores of the marked cases lie above those of the others.

    ``area`` is P(score of a marked case > score of another of its group) + ½ P(equal), with DeLong's interval.
    ``mean_difference`` is on the scale of the score, and ``p_value`` is two-sided, of an area of ½; both are ``None``
    where no group has both kinds of cases, and the second where the area is too near to ½ to matter.
    """

    area: ScoreEstimate
    mean_difference: float | None
    p_value: float | None


def score_shift(
    groups: Sequence[ScoreCounts],
    *,
    rng: np.random.Generator,
    n_permutations: int,
    least_shift: float = 0.0,
    level: float = 0.95,
) -> ScoreShift:
    """Compare marked cases (``n_positive``) with the others (``n_negative``) inside each group.

    With M marked and N other cases in a group, n = M + N and U the pairs in which the marked case scores higher, ties
    counting half: the area is ΣU / ΣMN over the groups, and the mean difference is that of all such pairs,
    Σ MN(mean of the marked − mean of the others) / ΣMN. The p-value is (b + 1)/(m + 1), b being how many of m draws
    give |ΣU − ΣMN/2| as large or larger: in each group M of the n cases are marked at random, which keeps how many
    cases each score has. (Among heavily tied scores and few marked cases the normal curve is off by orders of
    magnitude.)

    Parameters
    ----------
    groups
        Counts per score of each group, of disjoint and independent cases: one per patient.
    rng, n_permutations
        Source and number m of the draws, from 1 upwards; the p-value is never below 1/(m + 1).
    least_shift
        Nothing is drawn where the area is nearer to ½ than this.
    level
        Confidence level in (0, 1).

    Returns
    -------
    ScoreShift
        Area in [0, 1], above ½ where marked cases score higher; p-value in (0, 1], ``None`` where nothing was drawn.

    Undefined cases
    ---------------
    No group with both kinds of cases: undefined. The same score for all: area ½, p-value 1. For the interval see
    :func:`multisite.stats.auc` (one group) and :func:`multisite.stats.auc_within_groups` (several).

    References
    ----------
    van Elteren P. Bull Int Stat Inst 1960;37:351-361 (rank sums added over groups; here weighted by pairs)
    Phipson B, Smyth GK. Stat Appl Genet Mol Biol 2010;9:39. doi:10.2202/1544-6115.1585 (one is added)
    DeLong ER, DeLong DM, Clarke-Pearson DL. Biometrics 1988;44:837-845. doi:10.2307/2531595
    """
    held = [group for group in groups if group.positives and group.negatives]
    areas = [auc(group, level=level) for group in held]
    area = areas[0] if len(areas) == 1 else auc_within_groups(areas, level=level)
    if not held or area.estimate is None:
        return ScoreShift(area=area, mean_difference=None, p_value=None)
    pairs = np.array([group.positives * group.negatives for group in held], dtype=np.float64)
    p_value = None
    # In floats 0.6 - 0.5 is below 0.1.
    if abs(area.estimate - 0.5) >= least_shift - 1e-12:
        p_value = _permuted(held, rng, n_permutations)
    return ScoreShift(
        area=area,
        mean_difference=float(pairs @ [_mean_difference(group) for group in held] / pairs.sum()),
        p_value=p_value,
    )


def _mean_difference(group: ScoreCounts) -> float:
    return float(group.score @ (group.n_positive / group.positives - group.n_negative / group.negatives))


def _permuted(groups: Sequence[ScoreCounts], rng: np.random.Generator, n_permutations: int) -> float:
    observed, drawn = 0.0, np.zeros(n_permutations)
    for group in groups:
        tied = group.n_positive + group.n_negative
        # Mean rank at each score less that of all: summed over the marked cases it is U less its mean.
        deviation = np.cumsum(tied) - (tied - 1) / 2.0 - (int(tied.sum()) + 1) / 2.0
        observed += float(group.n_positive @ deviation)
        marked = rng.multivariate_hypergeometric(tied, group.positives, size=n_permutations, method="marginals")
        drawn += marked @ deviation
    as_large = int(np.count_nonzero(np.abs(drawn) >= abs(observed) * (1.0 - 1e-9)))
    return (as_large + 1) / (n_permutations + 1)
