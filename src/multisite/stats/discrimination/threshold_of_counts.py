"""A threshold that a rule takes from counts of several groups, each drawn by itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from multisite.stats.discrimination.choice_rule import ChoiceRule
from multisite.stats.discrimination.threshold_choice import ChosenThreshold, Curve, chosen_by
from multisite.stats.estimate import CountArray, FloatArray, normal_quantile

__all__ = ["GridCounts", "chosen_threshold_of_counts"]

_ROWS = 64


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GridCounts:
    """Cases of one group per cell [k/steps, (k + 1)/steps) of the score, and the design effects of its classes.

    ``cell`` rises strictly; all arrays have the shape ``(n_cells,)``. A design effect is at least 1.
    """

    cell: CountArray
    n_positive: CountArray
    n_negative: CountArray
    design_effects: tuple[float, float] = (1.0, 1.0)


def chosen_threshold_of_counts(
    groups: Sequence[GridCounts],
    *,
    rule: ChoiceRule,
    seed: int,
    design_effects: tuple[float, float] = (1.0, 1.0),
    steps: int = 1000,
    n_replicates: int = 1000,
    level: float = 0.95,
) -> ChosenThreshold:
    """:func:`chosen_threshold` of all groups together, from counts alone, drawn inside each group and class.

    A replicate draws the cells of a group's positives, and of its negatives, from a multinomial distribution with the
    shares that were seen; of as many cases as there are, divided by the design effect of the class in the group, and
    weighs them by that again. Numbers of each class stay as they are.

    Parameters
    ----------
    groups
        Counts of disjoint patients, such as those of sites.
    rule, steps, n_replicates, level
        As for :func:`chosen_threshold`.
    seed
        Non-negative whole number.
    design_effects
        Of sensitivity and specificity of all groups together, for a rule by ``lower_bound``.

    Returns
    -------
    ChosenThreshold
        In [0, 1).

    Raises
    ------
    ValueError
        If ``n_replicates`` is below 1 or a design effect below 1.

    Undefined cases
    ---------------
    As for :func:`chosen_threshold`.
    """
    normal_quantile(level)
    if n_replicates < 1 or any(effect < 1.0 for group in groups for effect in group.design_effects):
        raise ValueError("`n_replicates` and every design effect must be at least 1.")
    distinct = np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *(group.cell for group in groups)]))
    curve = Curve(distinct, steps, rule, design_effects)
    parts = [
        [
            (np.searchsorted(distinct, group.cell[counts > 0]), counts[counts > 0].astype(np.float64), effect)
            for group, counts, effect in _classes(groups, name, place)
        ]
        for place, name in enumerate(("n_positive", "n_negative"))
    ]

    def seen() -> float:
        classes = []
        for part in parts:
            summed = np.zeros((1, distinct.size))
            for column, counts, _ in part:
                summed[0, column] += counts
            classes.append(summed)
        return float(curve.thresholds(*classes)[0])

    def drawn() -> FloatArray:
        rng = np.random.default_rng(seed)
        values = []
        for start in range(0, n_replicates, _ROWS):
            rows = min(_ROWS, n_replicates - start)
            classes = []
            for part in parts:
                summed = np.zeros((rows, distinct.size))
                for column, counts, effect in part:
                    n = counts.sum()
                    size = max(1, round(n / effect))
                    summed[:, column] += rng.multinomial(size, counts / n, size=rows) * (n / size)
                classes.append(summed)
            values.append(curve.thresholds(*classes))
        return np.concatenate(values)

    totals = tuple(int(sum(counts.sum() for _, counts, _ in part)) for part in parts)
    method = "bootstrap within group and class, percentile"
    if any(effect > 1.0 for group in groups for effect in group.design_effects):
        method += "; cases divided by the design effect of repeated patients"
    return chosen_by((totals[0], totals[1]), rule, level, method, value=seen, replicates=drawn)


def _classes(groups: Sequence[GridCounts], name: str, place: int) -> Iterator[tuple[GridCounts, CountArray, float]]:
    for group in groups:
        counts: CountArray = getattr(group, name)
        if counts.sum():
            yield group, counts, group.design_effects[place]
