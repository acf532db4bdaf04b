"""The interval of an estimate at any level of confidence, made as the one that is shown."""

import math
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, cast

import numpy as np
from scipy import special

from multisite.performance.estimates.spread import area_of_patients
from multisite.performance.pooling.site_effects import interval_effect
from multisite.schemas.across_sites import POOLED_METRICS
from multisite.stats import Estimate, Scale, ScoreCounts, auc
from multisite.stats.estimate import normal_quantile
from multisite.stats.pooling.scales import back

__all__ = ["Scaled", "area_at", "counts_without", "interval_of_row"]


@dataclass(frozen=True, slots=True)
class Scaled:
    """An estimate and its error on the scale of its metric; degrees of freedom where the quantile is Student's."""

    value: float
    error: float
    degrees_of_freedom: float | None = None


def interval_of_row(row: Mapping[str, Any], scaled: Scaled, level: float) -> Estimate:
    """The interval of ``row`` at another level, on the scale of its metric, as it was made."""
    scale = cast("Scale", POOLED_METRICS[row["metric"]])
    quantile = normal_quantile(level)
    if scaled.degrees_of_freedom is not None:
        quantile = float(special.stdtrit(scaled.degrees_of_freedom, 0.5 + level / 2.0))
    low, high = (back(scaled.value + sign * quantile * scaled.error, scale) for sign in (-1.0, 1.0))
    names = ("estimate", "ci_method", "n_cases")
    return Estimate(**{name: row[name] for name in names}, ci_low=low, ci_high=high, ci_level=level)


def area_at(
    counts: ScoreCounts, level: float, design_effect: float, patients: tuple[int, int] | None
) -> Callable[[float], Estimate]:
    """The AUC with its interval at any level, without placing every case anew for each.

    ``design_effect`` is that of a patient's several cases; 1 where patients have one. ``patients`` with a positive and
    with a negative case stand for the cases where the AUC is 0 or 1 and shows no variance.
    """
    plain = auc(counts, level=level)
    row = {"metric": "auc", **asdict(plain)}
    effect = interval_effect(row) if row["ci_low"] is not None else None
    if effect is None and patients is not None:
        return lambda at: area_of_patients(plain, *patients, level=at)
    if effect is None:
        return lambda at: auc(counts, level=at)
    return lambda at: interval_of_row(row, Scaled(effect[0], math.sqrt(design_effect) * effect[1]), at)


def counts_without(everyone: ScoreCounts, own: ScoreCounts) -> ScoreCounts:
    """The counts of all cases but those of ``own``, which are among them."""
    positives, negatives = everyone.n_positive.astype(np.int64), everyone.n_negative.astype(np.int64)
    place = np.searchsorted(everyone.score, own.score)
    positives[place] -= own.n_positive
    negatives[place] -= own.n_negative
    left = positives + negatives > 0
    return ScoreCounts(everyone.score[left], positives[left], negatives[left])
