"""Whether groups can be told apart by the score, among cases of the same label."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from multisite.stats.estimate import CountArray, FloatArray

__all__ = ["GroupsTold", "groups_told"]


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupsTold:
    """Kruskal and Wallis's statistic added over labels, and its permutation p-value.

    Both are ``None`` where they are undefined, and ``reason`` says why.
    """

    statistic: float | None
    p_value: float | None
    n_permutations: int
    reason: str | None = None


def groups_told(tables: Sequence[CountArray], *, rng: np.random.Generator, n_permutations: int) -> GroupsTold:
    """Test whether the scores of cases of one label depend on their group, over all labels together.

    With r the rank of a case among those of its label (ties sharing their mean rank), r̄ₖ its mean over the nₖ cases of
    group k and r̄ over all n, a label contributes H = (n − 1) · Σ nₖ(r̄ₖ − r̄)² / Σ(r − r̄)², which is Kruskal and
    Wallis's statistic corrected for ties; the statistic is ΣH. The p-value is (b + 1)/(m + 1), b being how many of m
    permutations give a statistic as large or larger. Permuting the groups over the cases of a label keeps how many
    cases each group and each score has, so that the counts are drawn from the hypergeometric distribution with these
    margins, and the time does not grow with the cases.

    Parameters
    ----------
    tables
        For each label the cases of each group at each score, scores rising; shape (n_groups, n_scores). Cases are taken
        as exchangeable: one per patient and label.
    rng
        Source of the permutations.
    n_permutations
        m, from 1 upwards; the p-value is never below 1/(m + 1).

    Returns
    -------
    GroupsTold
        The larger the statistic, the better the score tells the group; p-value in (0, 1].

    Raises
    ------
    ValueError
        If a count is negative, or ``n_permutations`` is below 1.

    Undefined cases
    ---------------
    No label whose scores differ and of which two groups have cases: undefined.

    References
    ----------
    Kruskal WH, Wallis WA. J Am Stat Assoc 1952;47:583-621. doi:10.1080/01621459.1952.10483441
    Phipson B, Smyth GK. Stat Appl Genet Mol Biol 2010;9:39. doi:10.2202/1544-6115.1585 (one is added)

    Examples
    --------
    >>> told = np.array([[9, 0], [0, 9]])
    >>> groups_told([told], rng=np.random.default_rng(1), n_permutations=99).p_value
    0.01
    """
    if n_permutations < 1 or any((table < 0).any() for table in tables):
        raise ValueError("Counts must not be negative, and `n_permutations` 1 or more.")
    kept = [table[np.ix_(table.sum(axis=1) > 0, table.sum(axis=0) > 0)] for table in tables]
    judged = [table for table in kept if min(table.shape) > 1]
    if not judged:
        reason = "no label has cases of two groups and more than one score"
        return GroupsTold(statistic=None, p_value=None, n_permutations=0, reason=reason)
    observed, drawn = 0.0, np.zeros(n_permutations)
    for table in judged:
        size, tied = table.sum(axis=1), table.sum(axis=0)
        deviation = _deviations(tied)
        observed += float(_statistic((table @ deviation)[np.newaxis], size, tied, deviation)[0])
        sums = _drawn_sums(size, tied, deviation, rng=rng, n_draws=n_permutations)
        drawn += _statistic(sums, size, tied, deviation)
    # Sums in another order differ in their last digits, and an equal table must count as equal.
    as_large = int(np.count_nonzero(drawn >= observed * (1.0 - 1e-9)))
    return GroupsTold(statistic=observed, p_value=(as_large + 1) / (n_permutations + 1), n_permutations=n_permutations)


def _deviations(tied: CountArray) -> FloatArray:
    """Mean rank at each score minus that of all cases; shape (n_scores,)."""
    n = int(tied.sum())
    middle: FloatArray = np.cumsum(tied) - (tied - 1) / 2.0 - (n + 1) / 2.0
    return middle


def _statistic(sums: FloatArray, size: CountArray, tied: CountArray, deviation: FloatArray) -> FloatArray:
    """H of each row of ``sums``, the groups' sums of deviations; shape (n_tables,)."""
    spread = float(tied @ deviation**2)
    found: FloatArray = (sums**2 / size).sum(axis=1) * (int(size.sum()) - 1) / spread
    return found


def _drawn_sums(
    size: CountArray, tied: CountArray, deviation: FloatArray, *, rng: np.random.Generator, n_draws: int
) -> FloatArray:
    """The groups' sums of deviations in random tables of the same margins; shape (n_draws, n_groups).

    Score by score, its cases are dealt to the groups by what room each has left, one group after the other.
    """
    room = np.repeat(size[np.newaxis], n_draws, axis=0)
    sums = np.zeros((n_draws, size.size))
    for cases, height in zip(tied.tolist(), deviation.tolist(), strict=True):
        left = np.full(n_draws, cases)
        behind = room.sum(axis=1)
        for group in range(size.size - 1):
            behind -= room[:, group]
            dealt = rng.hypergeometric(room[:, group], behind, left)
            sums[:, group] += dealt * height
            room[:, group] -= dealt
            left -= dealt
        sums[:, -1] += left * height
        room[:, -1] -= left
    return sums
