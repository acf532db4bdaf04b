"""Logistic regression on one covariate from counts, by Newton's method."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import special

from multisite.stats.dot import dot
from multisite.stats.estimate import FloatArray

__all__ = ["Coefficient", "GroupedBinary", "Line", "fit_line", "fit_shift"]

_MOST_STEPS = 100
_CONDENSED_ROWS = 4096


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A maximum-likelihood estimate and its standard error."""

    value: float
    error: float


@dataclass(frozen=True, slots=True)
class Line:
    """Intercept and slope of one fit, and their covariance."""

    intercept: Coefficient
    slope: Coefficient
    covariance: float


@dataclass(frozen=True, slots=True, eq=False)
class GroupedBinary:
    """Positives among ``total`` > 0 cases at each value of a rising covariate ``x`` (ties do no harm), as
    floats."""

    x: FloatArray
    positive: FloatArray
    total: FloatArray

    def condensed(self) -> "GroupedBinary":
        """Runs of neighbouring rows as one row at their mean, few enough to fit in no time."""
        first = np.arange(0, self.x.size, -(-self.x.size // _CONDENSED_ROWS))
        total = np.add.reduceat(self.total, first)
        x = np.add.reduceat(self.total * self.x, first) / total
        return GroupedBinary(x, np.add.reduceat(self.positive, first), total)

    @property
    def long(self) -> bool:
        """Whether a first fit to the condensed rows saves time."""
        return self.x.size > 4 * _CONDENSED_ROWS


def fit_line(data: GroupedBinary) -> Line | None:
    """logit P = a + b·x; ``None`` without convergence. The classes must overlap, or there is no maximum.

    Newton's steps are halved while they lower the likelihood. Many rows start from the fit to the condensed
    ones, which changes the time and not the result.
    """
    rough = fit_line(data.condensed()) if data.long else None
    n = float(data.total.sum())
    # Centred and scaled, the two columns are nearly orthogonal and the steps well conditioned.
    centre = dot(data.total, data.x) / n
    scale = math.sqrt(dot(data.total, (data.x - centre) ** 2) / n)
    u = (data.x - centre) / scale
    a, b = float(special.logit(float(data.positive.sum()) / n)), 0.0
    if rough is not None:
        a, b = rough.intercept.value + rough.slope.value * centre, rough.slope.value * scale
    best = _log_likelihood(a + b * u, data)
    for _ in range(_MOST_STEPS):
        p = special.expit(a + b * u)
        residual = data.positive - data.total * p
        weight = data.total * p * (1.0 - p)
        weighted = weight * u
        h00, h01, h11 = float(weight.sum()), float(weighted.sum()), dot(weighted, u)
        g0, g1 = float(residual.sum()), dot(residual, u)
        determinant = h00 * h11 - h01 * h01
        if not determinant > 0.0:
            return None
        step_a, step_b = (h11 * g0 - h01 * g1) / determinant, (h00 * g1 - h01 * g0) / determinant
        if abs(step_a) + abs(step_b) < 1e-10 * (1.0 + abs(a) + abs(b)):
            break
        share = 1.0
        while share > 1e-8:
            moved = _log_likelihood(a + share * step_a + (b + share * step_b) * u, data)
            if moved >= best - 1e-12 * abs(best):
                break
            share /= 2.0
        a, b, best = a + share * step_a, b + share * step_b, max(best, moved)
    else:
        return None
    v00, v01, v11 = h11 / determinant, -h01 / determinant, h00 / determinant
    ratio = centre / scale
    return Line(
        intercept=Coefficient(a - b * ratio, math.sqrt(v00 - 2.0 * ratio * v01 + ratio * ratio * v11)),
        slope=Coefficient(b / scale, math.sqrt(v11) / scale),
        covariance=(v01 - ratio * v11) / scale,
    )


def fit_shift(data: GroupedBinary) -> Coefficient:
    """logit P = a + x, for data of both classes: the a at which as many positives are expected as were
    observed."""
    n_positive = float(data.positive.sum())
    # The expected number rises with the shift, so the root lies between these two.
    base = float(special.logit(n_positive / float(data.total.sum())))
    low, high = base - float(data.x[-1]), base - float(data.x[0])
    shift = fit_shift(data.condensed()).value if data.long else (low + high) / 2.0
    information = 0.0
    for _ in range(_MOST_STEPS):
        p = special.expit(data.x + shift)
        gap = n_positive - dot(data.total, p)
        information = dot(data.total, p * (1.0 - p))
        low, high = (shift, high) if gap >= 0.0 else (low, shift)
        target = shift + gap / information if information > 0.0 else math.inf
        target = target if low <= target <= high else (low + high) / 2.0
        moved, shift = abs(target - shift), target
        if moved < 1e-10 * (1.0 + abs(shift)):
            break
    return Coefficient(shift, 1.0 / math.sqrt(information))


def _log_likelihood(eta: FloatArray, data: GroupedBinary) -> float:
    return dot(data.positive, eta) - dot(data.total, np.logaddexp(0.0, eta))
