"""The variance between sites: three estimators, and the Q-profile interval."""

from collections.abc import Callable
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from multisite.stats.estimate import FloatArray

__all__ = [
    "BetweenSitesMethod",
    "between_sites_variance",
    "generalised_q",
    "q_profile_interval",
    "require_estimates",
    "restricted_log_likelihood",
    "typical_variance",
]

BetweenSitesMethod: TypeAlias = Literal["dl", "pm", "reml"]

_GRID = 120
_STEPS = 500


def require_estimates(
    estimates: npt.ArrayLike, variances: npt.ArrayLike, *, variance_name: str = "variances"
) -> tuple[FloatArray, FloatArray]:
    """Both as float arrays of one length.

    Raises
    ------
    ValueError
        If the lengths differ, a value is NaN or infinite, or a variance is not above 0.
    """
    y, v = np.asarray(estimates, dtype=np.float64), np.asarray(variances, dtype=np.float64)
    if y.ndim != 1 or y.shape != v.shape:
        raise ValueError(f"`estimates` and `{variance_name}` must be one-dimensional and of the same length.")
    if not np.isfinite(y).all():
        raise ValueError("`estimates` must be finite.")
    if not np.isfinite(v).all() or (v <= 0.0).any():
        raise ValueError(f"`{variance_name}` must be finite and above 0: no site knows its estimate without error.")
    return y, v


def generalised_q(estimates: FloatArray, variances: FloatArray, between: float) -> float:
    """Σ w (y − μ)² with w = 1/(v + τ²) and μ the mean so weighted; with τ² = 0, Cochran's Q."""
    w = 1.0 / (variances + between)
    residual = estimates - float(w @ estimates) / float(w.sum())
    return float(w @ (residual * residual))


def typical_variance(variances: FloatArray) -> float:
    """Higgins and Thompson's typical variance within sites, (k − 1) Σw / ((Σw)² − Σw²) with w = 1/v; k ≥ 2."""
    w = 1.0 / variances
    return (variances.size - 1) * float(w.sum()) / _sum_of_products(w)


def restricted_log_likelihood(estimates: FloatArray, variances: FloatArray, between: float) -> float:
    """−½ (Σ ln(v + τ²) + ln Σ w + Σ w (y − μ)²), up to a constant."""
    total = variances + between
    spread = generalised_q(estimates, variances, between)
    return -0.5 * (float(np.log(total).sum()) + float(np.log((1.0 / total).sum())) + spread)


def between_sites_variance(estimates: FloatArray, variances: FloatArray, method: BetweenSitesMethod) -> float:
    """τ² of two sites or more, cut at 0.

    ``dl``: (Q − (k − 1)) / (Σw − Σw²/Σw) with w = 1/v. ``pm``: the τ² at which the generalised Q is its
    expectation k − 1. ``reml``: the highest point of the restricted likelihood over τ² ≥ 0; where it has several
    local maxima, the highest of them.
    """
    if estimates.size < 2:
        raise ValueError("`estimates` must be those of two sites or more.")
    if method == "dl":
        return _dersimonian_laird(estimates, variances)
    if method == "pm":
        return _generalised_q_equal_to(estimates, variances, estimates.size - 1.0)
    if method == "reml":
        return _restricted_maximum(estimates, variances)
    raise ValueError("`tau2` must be `dl`, `pm` or `reml`.")


def q_profile_interval(estimates: FloatArray, variances: FloatArray, level: float) -> tuple[float, float] | None:
    """Interval of τ²: where the generalised Q equals the two tail quantiles of χ² on k − 1 degrees of freedom.

    Exact where y is normal and v known. A lower end that would lie below 0 is 0. Where both would, because the sites
    lie closer together than chance lets them in all but (1 − level)/2 of cases, no τ² is in it: ``None``.

    References
    ----------
    Viechtbauer W. Stat Med 2007;26:37-52. doi:10.1002/sim.2514
    """
    tail, freedom = (1.0 - level) / 2.0, estimates.size - 1
    low = _generalised_q_equal_to(estimates, variances, float(special.chdtri(freedom, tail)))
    high = _generalised_q_equal_to(estimates, variances, float(special.chdtri(freedom, 1.0 - tail)))
    return (low, high) if high > 0.0 else None


def _dersimonian_laird(y: FloatArray, v: FloatArray) -> float:
    w = 1.0 / v
    excess = generalised_q(y, v, 0.0) - (y.size - 1)
    return max(0.0, excess * float(w.sum()) / _sum_of_products(w))


def _sum_of_products(w: FloatArray) -> float:
    """(Σw)² − Σw², which would vanish by cancellation if one weight outdid all others."""
    largest = int(w.argmax())
    others = np.delete(w, largest)
    rest = float(others.sum())
    return 2.0 * float(w[largest]) * rest + rest * rest - float(others @ others)


def _generalised_q_equal_to(y: FloatArray, v: FloatArray, target: float) -> float:
    if generalised_q(y, v, 0.0) <= target:
        return 0.0
    # Q falls with τ² and is nowhere above Σ(y − ȳ)²/τ², so that the root lies below this bound.
    bound = float(((y - y.mean()) ** 2).sum()) / target
    return _root(lambda between: generalised_q(y, v, between) - target, 0.0, bound)


def _restricted_maximum(y: FloatArray, v: FloatArray) -> float:
    spread = float(y.max() - y.min())
    if spread == 0.0:
        return 0.0
    # Beyond the largest v and 8 (max − min)² the derivative is negative: no maximum lies further out.
    bound = max(float(v.max()), 8.0 * spread * spread)
    least = max(min(float(v.min()), spread * spread) * 1e-6, bound * 1e-18)
    grid = np.concatenate([[0.0], np.geomspace(least, bound, _GRID)])
    slope = _restricted_slope(y, v, grid)
    turns = np.flatnonzero((slope[:-1] > 0.0) & (slope[1:] <= 0.0))
    maxima = [_root(lambda t: float(_restricted_slope(y, v, np.array([t]))[0]), grid[i], grid[i + 1]) for i in turns]
    if slope[0] <= 0.0:
        maxima.append(0.0)
    return max(maxima, key=lambda between: restricted_log_likelihood(y, v, between))


def _restricted_slope(y: FloatArray, v: FloatArray, between: FloatArray) -> FloatArray:
    """Twice the derivative of the restricted log-likelihood at each τ²: Σw²(y − μ)² − Σw + Σw²/Σw."""
    w = 1.0 / (v + between[:, np.newaxis])
    total, squares = w.sum(axis=1), (w * w).sum(axis=1)
    residual = y - ((w @ y) / total)[:, np.newaxis]
    slope: FloatArray = (w * w * residual * residual).sum(axis=1) - total + squares / total
    return slope


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    # Bracketed, so that it cannot fail to converge; rounding may leave the far end a hair on the wrong side.
    if function(high) >= 0.0:
        return float(high)
    return float(optimize.brentq(function, low, high, xtol=1e-300, rtol=1e-13, maxiter=_STEPS))
