"""What every estimator hands back: a number, its interval, how the interval was made, and on how many."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.vocabulary import EstimateStatus

__all__ = ["BooleanArray", "CountArray", "Estimate", "FloatArray", "IntegerArray", "ScoreEstimate", "normal_quantile"]

FloatArray = npt.NDArray[np.float64]
BooleanArray = npt.NDArray[np.bool_]
CountArray = npt.NDArray[np.int64]
IntegerArray = npt.NDArray[np.integer[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A point estimate with its confidence interval.

    ``estimate`` is ``None`` when the statistic is undefined and both ends of the interval are ``None`` when
    no interval can honestly be given; ``status`` and ``reason`` then say why. Zero is a number, never a
    stand-in. A statistic that has no interval by its nature carries no ``ci_level`` either.
    """

    estimate: float | None
    ci_low: float | None
    ci_high: float | None
    ci_level: float | None
    ci_method: str
    n_cases: int
    status: EstimateStatus = EstimateStatus.OK
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreEstimate(Estimate):
    """An estimate made from counts of positives and negatives per score.

    ``standard_error`` is on the scale of the estimate unless the estimator's docstring names another.
    """

    n_positive: int
    n_negative: int
    standard_error: float | None = None


def normal_quantile(level: float) -> float:
    """Half-width in standard errors of a two-sided normal interval of confidence ``level``.

    Raises
    ------
    ValueError
        If ``level`` is not strictly between 0 and 1.
    """
    if not 0.0 < level < 1.0:
        raise ValueError("The confidence level must lie strictly between 0 and 1.")
    return float(special.ndtri(0.5 + level / 2.0))
