"""What pooling would say without each of the sites in turn."""

import math
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.estimate import FloatArray
from multisite.stats.pooling.between_sites import BetweenSitesMethod, require_estimates
from multisite.stats.pooling.heterogeneity import HeterogeneityMethod
from multisite.stats.pooling.pooled_estimate import PooledEstimate
from multisite.stats.pooling.random_effects import (
    IntervalMethod,
    PredictionMethod,
    random_effects,
)
from multisite.stats.pooling.scales import Scale

__all__ = ["LeftOut", "leave_one_out"]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """Pooling without site number ``site`` (from 0), and how far that moves the result.

    ``change`` is the mean without the site minus that of all, on the scale of analysis; ``change_of_tau2`` likewise.
    ``influential`` is ``None`` where fewer than three sites leave nothing to judge by; ``marks`` names the diagnostics
    beyond their limit.
    """

    site: int
    pooled: PooledEstimate
    change: float | None
    change_of_tau2: float | None
    studentised_residual: float | None = None
    dffits: float | None = None
    dfbetas: float | None = None
    cook_distance: float | None = None
    hat: float | None = None
    influential: bool | None = None
    marks: tuple[str, ...] = ()


def leave_one_out(
    estimates: npt.ArrayLike,
    variances: npt.ArrayLike,
    *,
    tau2: BetweenSitesMethod = "reml",
    interval: IntervalMethod = "by-sites",
    prediction: PredictionMethod = "t(k-2)",
    i2: HeterogeneityMethod = "q",
    scale: Scale = "raw",
    level: float = 0.95,
) -> tuple[LeftOut, ...]:
    """:func:`~multisite.stats.pooling.random_effects` with each site left out, in the order of the sites.

    With μ̂ᵢ, τ̂ᵢ² and SEᵢ = 1/√Σw from the k − 1 others and h the weight of site i among all k: studentised deleted
    residual (y − μ̂ᵢ)/√(v + τ̂ᵢ² + SEᵢ²); DFFITS (μ̂ − μ̂ᵢ)/√(h(v + τ̂ᵢ²)); DFBETAS (μ̂ − μ̂ᵢ)·√Σ 1/(v + τ̂ᵢ²), over all
    sites; Cook's distance (μ̂ − μ̂ᵢ)²·Σw. A site is **influential** if |DFFITS| > 3/√(k − 1), |DFBETAS| > 1, Cook's
    distance exceeds the median of χ² on one degree of freedom, or h > 3/k: marks to look at, not tests.

    Parameters
    ----------
    estimates, variances, tau2, interval, prediction, i2, scale, level
        As for :func:`~multisite.stats.pooling.random_effects`.

    Returns
    -------
    tuple of LeftOut
        One per site.

    Raises
    ------
    ValueError
        As :func:`~multisite.stats.pooling.random_effects`.

    Undefined cases
    ---------------
    No site: nothing comes back. One: what is left is undefined. Two: what is left is the other site's own estimate.
    Below three sites nothing is marked. No change is given where either side lacks the number.

    References
    ----------
    Viechtbauer W, Cheung MWL. Res Synth Methods 2010;1:112-125. doi:10.1002/jrsm.11

    Examples
    --------
    >>> left = leave_one_out([0.1, 0.2, 0.15, 2.0], [0.04, 0.04, 0.04, 0.04])
    >>> [one.influential for one in left]
    [False, False, False, True]
    """
    y, v = require_estimates(estimates, variances)
    pool = partial(random_effects, tau2=tau2, interval=interval, prediction=prediction, i2=i2, scale=scale, level=level)
    of_all = pool(y, v)
    return tuple(
        _left_out(site, float(y[site]), v, of_all, pool(np.delete(y, site), np.delete(v, site)))
        for site in range(y.size)
    )


def _left_out(site: int, y: float, variances: FloatArray, of_all: PooledEstimate, pooled: PooledEstimate) -> LeftOut:
    mean, others = of_all.analysis_estimate, pooled.analysis_estimate
    change = None if mean is None or others is None else others - mean
    if of_all.tau2 is None or pooled.tau2 is None or change is None or others is None:
        return LeftOut(site=site, pooled=pooled, change=change, change_of_tau2=None)
    hat, n_sites = of_all.weights[site], of_all.n_sites
    total_variance = float(variances[site]) + pooled.tau2
    error, error_of_all = pooled.wald_standard_error or 0.0, of_all.wald_standard_error or 0.0
    dffits = -change / math.sqrt(hat * total_variance)
    dfbetas = -change * math.sqrt(float((1.0 / (variances + pooled.tau2)).sum()))
    cook = (change / error_of_all) ** 2
    limits = {
        "dffits": abs(dffits) > 3.0 / math.sqrt(n_sites - 1),
        "dfbetas": abs(dfbetas) > 1.0,
        "cook_distance": cook > float(special.chdtri(1, 0.5)),
        "hat": hat > 3.0 / n_sites,
    }
    marks = tuple(name for name, beyond in limits.items() if beyond)
    return LeftOut(
        site=site,
        pooled=pooled,
        change=change,
        change_of_tau2=pooled.tau2 - of_all.tau2,
        studentised_residual=(y - others) / math.sqrt(total_variance + error * error),
        dffits=dffits,
        dfbetas=dfbetas,
        cook_distance=cook,
        hat=hat,
        influential=bool(marks),
        marks=marks,
    )
