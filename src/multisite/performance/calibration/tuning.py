"""The tuning cases of all sites, beside which the cases of a level are held: how many, and how they score."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from multisite.performance.calibration.levels import CalibrationParameters
from multisite.performance.pooling.site_effects import interval_effect
from multisite.stats import ClusterMoments, Estimate, ScoreCounts, auc
from multisite.stats.estimate import normal_quantile
from multisite.tallies import ProportionMoments
from multisite.vocabulary import OVERALL, Split

__all__ = ["area_between", "tuning_shortage", "tuning_sums"]


def tuning_sums(over_sites: ProportionMoments, finding: str, model: str) -> dict[str, ClusterMoments]:
    """Metric to the moments of all tuning cases of a finding and model."""
    wanted = {"finding": finding, "model": model, "split": Split.TUNE.value, "stratum": OVERALL}
    return {row["metric"]: sums for row, sums in ProportionMoments(over_sites.frame.filter(**wanted)).rows()}


def tuning_shortage(sums: Mapping[str, ClusterMoments], parameters: CalibrationParameters) -> str | None:
    """Why there are too few patients with a tuning case of either class; ``None`` where there are not."""
    if "prevalence" not in sums:
        return "no tuning case"
    units = {"sensitivity": "positive tuning case", "specificity": "negative tuning case"}
    patients = {metric: sums[metric].n_patients if metric in sums else 0 for metric in units}
    return next((why for m, unit in units.items() if (why := parameters.shortage(patients[m], unit))), None)


def area_between(
    score: np.ndarray[Any, Any],
    here: np.ndarray[Any, Any],
    other: np.ndarray[Any, Any],
    there: np.ndarray[Any, Any],
    level: float,
    effect: float,
) -> Estimate:
    """Chance that a case here scores higher than one there, widened on the logit by the design effect."""
    scores = np.union1d(score, other)
    mine, theirs = np.zeros(scores.size, dtype=np.int64), np.zeros(scores.size, dtype=np.int64)
    mine[np.searchsorted(scores, score)] = here
    theirs[np.searchsorted(scores, other)] = there
    found = auc(ScoreCounts(scores, mine, theirs), level=level)
    row = {"metric": "auc", **{name: getattr(found, name) for name in ("estimate", "ci_low", "ci_high", "ci_level")}}
    scaled = interval_effect(row) if found.ci_low is not None else None
    if effect == 1.0 or scaled is None:
        return found
    half = normal_quantile(level) * math.sqrt(effect) * scaled[1]
    low, high = (1.0 / (1.0 + math.exp(-(scaled[0] + side * half))) for side in (-1, 1))
    return Estimate(
        estimate=found.estimate,
        ci_low=low,
        ci_high=high,
        ci_level=level,
        ci_method=f"{found.ci_method}; widened by a design effect",
        n_cases=found.n_cases,
    )
