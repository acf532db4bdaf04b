"""The mean over sites that are taken to share one true value."""

import math

import numpy.typing as npt

from multisite.stats.estimate import Estimate, normal_quantile
from multisite.stats.pooling.between_sites import require_estimates
from multisite.stats.pooling.scales import Scale, back, require_scale
from multisite.vocabulary import EstimateStatus

__all__ = ["common_effect"]

_METHOD = "common effect, inverse variance, wald"


def common_effect(
    estimates: npt.ArrayLike, variances: npt.ArrayLike, *, scale: Scale = "raw", level: float = 0.95
) -> Estimate:
    """Σwy/Σw with w = 1/v, ± z/√Σw: right where every site has the same true value, too sure of itself where not.

    Parameters
    ----------
    estimates, variances, scale, level
        As for :func:`~multisite.stats.pooling.random_effects`: both on the scale of analysis.

    Returns
    -------
    Estimate
        Taken back to the scale of reading; ``n_cases`` is the number of sites.

    Raises
    ------
    ValueError
        As :func:`~multisite.stats.pooling.random_effects`.

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
    if y.size == 0:
        return Estimate(
            estimate=None,
            ci_low=None,
            ci_high=None,
            ci_level=level,
            ci_method=_METHOD,
            n_cases=0,
            status=EstimateStatus.UNDEFINED,
            reason="no site",
        )
    w = 1.0 / v
    mean, half = float(w @ y) / float(w.sum()), z / math.sqrt(float(w.sum()))
    return Estimate(
        estimate=back(mean, scale),
        ci_low=back(mean - half, scale),
        ci_high=back(mean + half, scale),
        ci_level=level,
        ci_method=_METHOD,
        n_cases=int(y.size),
    )
