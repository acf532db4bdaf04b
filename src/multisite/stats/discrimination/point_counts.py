"""Where on the ROC curve a specificity or a sensitivity is reached, counted for weighted cases."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np

from multisite.stats.discrimination.roc_counts import RocCounts
from multisite.stats.estimate import CountArray, FloatArray, normal_quantile

__all__ = [
    "ROC_POINT_METHODS",
    "AskedPoint",
    "CountsAtPoint",
    "RocPointKind",
    "RocPointMethod",
    "called_at_point",
    "point_found",
]

RocPointMethod: TypeAlias = Literal["btii", "bca", "percentile"]
RocPointKind: TypeAlias = Literal["attainable", "interpolated"]
CountsAtPoint: TypeAlias = Callable[[CountArray], FloatArray]

ROC_POINT_METHODS: dict[RocPointMethod, str] = {
    "btii": "bootstrap of patients, BTII",
    "bca": "bootstrap of patients, BCa",
    "percentile": "bootstrap of patients, percentile",
}

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class AskedPoint:
    """What the caller asks for, checked."""

    given: Literal["specificity", "sensitivity"]
    target: float
    point: RocPointKind
    method: RocPointMethod
    seed: int | np.random.SeedSequence
    n_replicates: int
    max_undefined: float
    level: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.target <= 1.0:
            raise ValueError(f"`{self.given}` must lie in [0, 1].")
        if self.point not in ("attainable", "interpolated"):
            raise ValueError("`point` must be `attainable` or `interpolated`.")
        if self.method not in ROC_POINT_METHODS:
            raise ValueError(f"`method` must be one of: {', '.join(ROC_POINT_METHODS)}.")
        if self.n_replicates < 1:
            raise ValueError("`n_replicates` must be at least 1.")
        if not 0.0 <= self.max_undefined < 1.0:
            raise ValueError("`max_undefined` must lie in [0, 1).")
        normal_quantile(self.level)


def called_at_point(curve: RocCounts, asked: AskedPoint) -> CountsAtPoint:
    """Function of weights: cases of the sought class called rightly at the point, and all of it; NaN if one is gone."""

    def counted(weights: CountArray) -> FloatArray:
        held, reached, other = _read(curve, asked, weights)
        rows = np.arange(len(weights))
        place = _place(reached, asked.target)
        value = held[rows, place]
        if asked.point == "interpolated":
            # Places run from easy to hard: the one before asks less, has less of the given, and more of the other.
            before = np.maximum(place - 1, 0)
            gained = reached[rows, place] - reached[rows, before]
            lacking = reached[rows, place] - asked.target
            back = np.divide(lacking, gained, out=np.zeros_like(gained), where=gained > 0.0)
            value = value + back * (held[rows, before] - value)
        result = np.stack([value, other], axis=1).astype(np.float64)
        result[(other == 0) | np.isnan(reached[:, -1])] = np.nan
        return result

    return counted


def _read(curve: RocCounts, asked: AskedPoint, weights: CountArray) -> tuple[CountArray, FloatArray, CountArray]:
    """Per place: cases of the sought class rightly called, share of the given one reached; and cases of the sought."""
    positives, negatives = curve.below(weights)
    total_positive, total_negative = positives[:, -1:], negatives[:, -1:]
    if asked.given == "specificity":
        held, own, total = total_positive - positives, negatives, total_negative
        sought = total_positive[:, 0]
    else:
        # From the highest threshold downwards, so that what is given rises.
        held, own, total = negatives[:, ::-1], (total_positive - positives)[:, ::-1], total_positive
        sought = total_negative[:, 0]
    reached = np.divide(own, total, out=np.full(own.shape, np.nan), where=total > 0)
    return held, reached, sought


def _place(reached: FloatArray, target: float) -> CountArray:
    # A target that is written as 1 - 0.7 is a rounding error above 0.3, which the quotient of whole numbers meets.
    return np.asarray(np.argmax(reached >= target - _ROUNDING, axis=1))


def point_found(curve: RocCounts, asked: AskedPoint, everyone: CountArray) -> dict[str, Any]:
    """Threshold, and what is attained of the given class, where each case weighs one."""
    if asked.point == "interpolated":
        return {"attained": asked.target, "threshold": None}
    _, reached, _ = _read(curve, asked, everyone)
    place = int(_place(reached, asked.target)[0])
    thresholds = curve.threshold if asked.given == "specificity" else curve.threshold[::-1]
    return {"attained": float(reached[0, place]), "threshold": float(thresholds[place])}
