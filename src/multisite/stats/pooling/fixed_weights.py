"""The mean over sites with weights that are given, so that means of several quantities add up."""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.estimate import normal_quantile
from multisite.stats.pooling.between_sites import require_estimates
from multisite.stats.pooling.heterogeneity import heterogeneity
from multisite.stats.pooling.pooled_estimate import PooledEstimate
from multisite.stats.pooling.random_effects import random_effects

__all__ = ["fixed_weights_mean"]


def fixed_weights_mean(
    estimates: npt.ArrayLike, variances: npt.ArrayLike, weights: npt.ArrayLike, *, level: float = 0.95
) -> PooledEstimate:
    """Mean over sites of y ~ N(θ, v), θ ~ N(μ, τ²): μ̂ = Σay with a the ``weights`` over their sum.

    As the weights do not depend on y, the mean of a sum is the sum of the means. SE² = Σa²(v + τ̂²) with τ̂² by the
    method of moments at these weights, (Σa(y − μ̂)² − Σa(1 − a)v)/Σa(1 − a), not below 0; Student's t on k − 1
    degrees of freedom. The prediction interval has t on k − 2.

    Parameters
    ----------
    estimates, variances, level
        As for :func:`random_effects`.
    weights
        One per site, above 0, made without a look at ``estimates`` (such as effective numbers of patients).

    Returns
    -------
    PooledEstimate
        On the scale of the estimates; ``n_cases`` is the number of sites.

    Raises
    ------
    ValueError
        As :func:`random_effects`, and if a weight is not finite and above 0.

    Undefined cases
    ---------------
    As :func:`random_effects`: no site; one site has no interval; two have no prediction.

    References
    ----------
    DerSimonian R, Kacker R. Contemp Clin Trials 2007;28:105-114. doi:10.1016/j.cct.2006.04.004
    Bakbergenuly I, Hoaglin DC, Kulinskaya E. Stat Med 2020;39:171-191. doi:10.1002/sim.8422

    Examples
    --------
    >>> round(fixed_weights_mean([0.1, 0.4], [0.01, 0.01], [1, 3]).estimate, 3)
    0.325
    """
    y, v = require_estimates(estimates, variances)
    given = np.asarray(weights, dtype=np.float64)
    if given.shape != y.shape or not np.isfinite(given).all() or (given <= 0.0).any():
        raise ValueError("`weights` must be finite and above 0, one for each site.")
    normal_quantile(level)
    if y.size < 2:
        return random_effects(y, v, level=level)
    a = given / given.sum()
    mean = float(a @ y)
    left = a * (1.0 - a)
    between = max(0.0, (float(a @ (y - mean) ** 2) - float(left @ v)) / float(left.sum()))
    within = math.sqrt(float((a * a) @ v))
    error = math.sqrt(float((a * a) @ (v + between)))
    half = float(special.stdtrit(y.size - 1, 0.5 + level / 2.0)) * error
    prediction: dict[str, Any] = {"prediction_note": "fewer than three sites"}
    if y.size > 2:
        reach = float(special.stdtrit(y.size - 2, 0.5 + level / 2.0)) * math.sqrt(between + error * error)
        prediction = {"prediction_low": mean - reach, "prediction_high": mean + reach}
    return PooledEstimate(
        estimate=mean,
        ci_low=mean - half,
        ci_high=mean + half,
        ci_level=level,
        ci_method="weights given, τ² by moments, t",
        n_cases=int(y.size),
        n_sites=int(y.size),
        scale="raw",
        analysis_estimate=mean,
        standard_error=error,
        wald_standard_error=within,
        p_value=2.0 * float(special.stdtr(y.size - 1, -abs(mean) / error)),
        weights=tuple(a.tolist()),
        tau2=between,
        prediction_method="t(k-2), approximate",
        tau2_method="moments at the given weights, q-profile interval",
        i2_method="from q",
        **prediction,
        **heterogeneity(y, v, between, "q", "q-profile", level),
    )
