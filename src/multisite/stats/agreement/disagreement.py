"""Observed and expected disagreement of Krippendorff's alpha, for many weightings of the units at once."""

from typing import Literal, TypeAlias

import numpy as np

from multisite.stats.estimate import CountArray, FloatArray

__all__ = ["AlphaMetric", "disagreements", "largest_difference"]

AlphaMetric: TypeAlias = Literal["nominal", "ordinal", "interval", "ratio"]


def disagreements(
    counts: CountArray, values: FloatArray, metric: AlphaMetric, multiplicity: CountArray
) -> tuple[FloatArray, FloatArray]:
    """D_o and D_e, times the number of ratings, of each weighting of the units.

    Parameters
    ----------
    counts
        Ratings per unit and value, two or more in each unit, shape ``(n_units, n_values)``.
    values
        The values in their order, shape ``(n_values,)``.
    metric
        Whose squared difference δ² counts. ``ordinal``: (Σ of the ratings from one value to the other − half of those
        at both ends)², which is the squared difference of their mid-ranks.
    multiplicity
        How often each unit counts in each weighting, whole numbers, shape ``(n_weightings, n_units)``.

    Returns
    -------
    tuple
        Two arrays of shape ``(n_weightings,)``; D_e is 0 exactly where all ratings of a weighting have one value.
    """
    size = counts.sum(axis=1)
    at_value = multiplicity @ counts
    total = at_value.sum(axis=1)
    pairs = np.maximum(total - 1, 1)
    if metric in ("nominal", "ratio"):
        loss = _loss(values, metric)
        own = np.einsum("uk,kl,ul->u", counts, loss, counts) / (size - 1)
        return multiplicity @ own, np.einsum("bk,kl,bl->b", at_value, loss, at_value) / pairs
    if metric == "interval":
        place = np.broadcast_to(values, at_value.shape)
    else:
        # Mid-ranks among the ratings of the weighting itself, which it therefore changes.
        place = np.cumsum(at_value, axis=1) - at_value / 2.0
    # About the mean of the weighting, so that large values do not swallow small differences.
    mean = (at_value * place).sum(axis=1) / np.maximum(total, 1)
    place = np.where(at_value > 0, place - mean[:, None], 0.0)
    alike = (at_value > 0).sum(axis=1) < 2
    expected = np.where(alike, 0.0, 2.0 * total * (at_value * place**2).sum(axis=1) / pairs)
    first, second = place @ counts.T, (place**2) @ counts.T
    own = 2.0 * np.maximum(size * second - first**2, 0.0) / (size - 1)
    one_value = (counts > 0).sum(axis=1) < 2
    return np.where(one_value, 0.0, multiplicity * own).sum(axis=1), expected


def largest_difference(counts: CountArray, values: FloatArray, metric: AlphaMetric) -> float:
    """The largest δ² of two values that were given."""
    at_value = counts.sum(axis=0)
    used = at_value > 0
    if metric in ("nominal", "ratio"):
        return float(_loss(values[used], metric).max())
    place = values if metric == "interval" else np.cumsum(at_value) - at_value / 2.0
    return float(np.ptp(place[used]) ** 2)


def _loss(values: FloatArray, metric: AlphaMetric) -> FloatArray:
    if metric == "nominal":
        return 1.0 - np.eye(values.size)
    sums = values[:, None] + values[None, :]
    return ((values[:, None] - values[None, :]) / np.where(sums == 0.0, 1.0, sums)) ** 2
