"""The mean over sites that are taken to share one true value."""

import math

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import Estimate, FloatArray, normal_quantile
from multisite.stats.pooling.between_sites import require_estimates
from multisite.stats.pooling.scales import Scale, back, require_scale
from multisite.vocabulary import EstimateStatus

__all__ = ["common_effect"]

_METHOD = "common effect, inverse variance, wald"
_GIVEN = "weighted mean, given weights, wald"


def common_effect(
    estimates: npt.ArrayLike,
    variances: npt.ArrayLike,
    *,
    weights: npt.ArrayLike | None = None,
    scale: Scale = "raw",
    level: float = 0.95,
) -> Estimate:
    """Σwy/Σw with w = 1/v, ± z/√Σw: right where every site has the same true value, too sure of itself where not.

    With ``weights`` of elsewhere, taken for fixed, ± z·√(Σw²v)/Σw: the mean of the true values with these weights,
    whether they are the same or not.

    Parameters
    ----------
    estimates, variances, scale, level
        As for :func:`~multisite.stats.pooling.random_effects`: both on the scale of analysis.
    weights
        One above 0 for each site; left out, 1/v.

    Returns
    -------
    Estimate
        Taken back to the scale of reading; ``n_cases`` is the number of sites.

    Raises
    ------
    ValueError
        As :func:`~multisite.stats.pooling.random_effects`, and if ``weights`` are not one above 0 for each site.

    Undefined cases
    ---------------
    No site: undefined. One site: its own estimate and interval.

    References
    ----------
    Rice K, Higgins JPT, Lumley T. J R Stat Soc A 2018;181:205-227. doi:10.1111/rssa.12275

    Examples
    --------
    >>> common_effect([0.0, 1.0], [1.0, 1.0]).estimate
    0.5
    """
    y, v = require_estimates(estimates, variances)
    require_scale(scale)
    z = normal_quantile(level)
    w = 1.0 / v if weights is None else _weights(weights, y.size)
    method = _METHOD if weights is None else _GIVEN
    if y.size == 0:
        return Estimate(
            estimate=None,
            ci_low=None,
            ci_high=None,
            ci_level=level,
            ci_method=method,
            n_cases=0,
            status=EstimateStatus.UNDEFINED,
            reason="no site",
        )
    share = w / w.sum()
    mean, half = float(share @ y), z * math.sqrt(float(share**2 @ v))
    return Estimate(
        estimate=back(mean, scale),
        ci_low=back(mean - half, scale),
        ci_high=back(mean + half, scale),
        ci_level=level,
        ci_method=method,
        n_cases=int(y.size),
    )


def _weights(weights: npt.ArrayLike, n: int) -> FloatArray:
    given = np.asarray(weights, dtype=np.float64)
    if given.shape != (n,) or not (np.isfinite(given) & (given > 0.0)).all():
        raise ValueError("`weights` must have a finite number above 0 for each site.")
    return given
