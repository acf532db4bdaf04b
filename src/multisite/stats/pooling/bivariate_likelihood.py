"""The restricted likelihood of two correlated quantities per site, and its maximum."""

import math
from dataclasses import dataclass

import numpy as np
from scipy import optimize

from multisite.stats.estimate import FloatArray

__all__ = ["BivariateFit", "fit_bivariate", "restricted_deviance"]

_LARGEST_DEVIATION = 50.0
_CLOSEST_TO_ONE = 1.0 - 1e-6
_BOUNDARY = 1e-4
_STEP = 1e-5
_STARTS = (0.0, -0.6, 0.6)


@dataclass(frozen=True, slots=True, eq=False)
class BivariateFit:
    """Mean (2,), its covariance, covariance between sites (2, 2), −2 log restricted likelihood."""

    mean: FloatArray
    mean_covariance: FloatArray
    between: FloatArray
    deviance: float
    at_boundary: bool


def restricted_deviance(y: FloatArray, v: FloatArray, at: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """−2 log restricted likelihood up to a constant at each row (σ₁, σ₂, ρ) of ``at``; its means and covariances.

    Σ ln|Vᵢ| + Σ (yᵢ − μ)ᵀVᵢ⁻¹(yᵢ − μ) + ln|Σ Vᵢ⁻¹|, with Vᵢ = Σ + diag(vᵢ), μ = (ΣVᵢ⁻¹)⁻¹ΣVᵢ⁻¹yᵢ; ``y`` and ``v`` of
    shape (n_sites, 2). In the elements of 2 × 2 matrices and for many points at once, since it is asked for thousands.
    """
    first, second = at[:, :1], at[:, 1:2]
    b = at[:, 2:] * first * second
    a, d = v[:, 0] + first * first, v[:, 1] + second * second
    determinant = a * d - b * b
    p11, p22, p12 = d / determinant, a / determinant, -b / determinant
    s11, s22, s12 = p11.sum(axis=1), p22.sum(axis=1), p12.sum(axis=1)
    r1, r2 = p11 @ y[:, 0] + p12 @ y[:, 1], p12 @ y[:, 0] + p22 @ y[:, 1]
    information = s11 * s22 - s12 * s12
    covariance = np.stack([np.stack([s22, -s12], -1), np.stack([-s12, s11], -1)], 1) / information[:, None, None]
    mean = np.stack([s22 * r1 - s12 * r2, s11 * r2 - s12 * r1], -1) / information[:, None]
    e1, e2 = y[:, 0] - mean[:, :1], y[:, 1] - mean[:, 1:]
    spread = (p11 * e1 * e1 + 2.0 * p12 * e1 * e2 + p22 * e2 * e2).sum(axis=1)
    return np.log(determinant).sum(axis=1) + spread + np.log(information), mean, covariance


def fit_bivariate(y: FloatArray, v: FloatArray, deviations: tuple[float, float]) -> BivariateFit | None:
    """REML over both standard deviations between sites (≥ 0) and their correlation; None where nothing converges.

    ``deviations`` are where the search starts. It is made from three correlations, and the best that converged is
    taken: the likelihood of few sites may have more than one maximum.
    """

    steps = _STEP * np.vstack([np.zeros(3), np.eye(3), -np.eye(3)])

    def with_slopes(at: FloatArray) -> tuple[float, FloatArray]:
        values = restricted_deviance(y, v, at + steps)[0]
        return float(values[0]), (values[1:4] - values[4:]) / (2.0 * _STEP)

    best: tuple[float, FloatArray] | None = None
    for correlation in _STARTS:
        start = np.array([max(deviations[0], 0.1), max(deviations[1], 0.1), correlation])
        found = optimize.minimize(
            with_slopes,
            start,
            method="L-BFGS-B",
            jac=True,
            bounds=[(0.0, _LARGEST_DEVIATION)] * 2 + [(-_CLOSEST_TO_ONE, _CLOSEST_TO_ONE)],
            options={"maxiter": 500, "ftol": 1e-13, "gtol": 1e-5},
        )
        if found.success and math.isfinite(found.fun) and (best is None or float(found.fun) < best[0]):
            best = float(found.fun), np.asarray(found.x, dtype=np.float64)
    if best is None:
        return None
    least, mean, covariance = restricted_deviance(y, v, best[1][np.newaxis])
    at_boundary = bool((best[1][:2] < _BOUNDARY).any() or abs(best[1][2]) > 1.0 - _BOUNDARY)
    return BivariateFit(mean[0], covariance[0], _covariance(best[1]), float(least[0]), at_boundary)


def _covariance(at: FloatArray) -> FloatArray:
    first, second, correlation = (float(value) for value in at)
    shared = correlation * first * second
    return np.array([[first * first, shared], [shared, second * second]])
