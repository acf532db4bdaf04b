"""Pooling proportions of sites by their logits."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from multisite.stats.pooling.between_sites import BetweenSitesMethod
from multisite.stats.pooling.heterogeneity import HeterogeneityInterval, HeterogeneityMethod
from multisite.stats.pooling.logit_of_counts import Correction, logit_of_counts, require_counts
from multisite.stats.pooling.pooled_estimate import PooledEstimate
from multisite.stats.pooling.random_effects import (
    IntervalMethod,
    PredictionMethod,
    random_effects,
)

__all__ = ["PooledProportion", "random_effects_proportions"]

_SMALL_CELL = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PooledProportion:
    """``pooled`` on the scale of proportions, ``n_cases`` being cases; what was done to the counts.

    ``binomial_preferable`` where a site has fewer than ten events or non-events: the logit is then far from normal
    and its variance goes with it, and :func:`~multisite.stats.pooling.binomial_normal` says it better.
    """

    pooled: PooledEstimate
    n_corrected: int
    n_without_cases: int
    binomial_preferable: bool


def random_effects_proportions(
    events: npt.ArrayLike,
    cases: npt.ArrayLike,
    *,
    correction: Correction = "zero-cells",
    tau2: BetweenSitesMethod = "reml",
    interval: IntervalMethod = "by-sites",
    prediction: PredictionMethod = "t(k-2)",
    i2: HeterogeneityMethod = "q",
    i2_interval: HeterogeneityInterval = "q-profile",
    level: float = 0.95,
) -> PooledProportion:
    """:func:`~multisite.stats.pooling.random_effects` of the sites' logits.

    Parameters
    ----------
    events, cases
        Whole numbers per site, 0 ≤ events ≤ cases, shape ``(n_sites,)``.
    correction
        As for :func:`~multisite.stats.pooling.logit_of_counts`: ½ is added where a cell is zero.
    tau2, interval, prediction, i2, i2_interval, level
        As for :func:`~multisite.stats.pooling.random_effects`.

    Returns
    -------
    PooledProportion
        The pooled estimate is the median proportion over sites.

    Raises
    ------
    ValueError
        If the counts are not whole, contradict each other, or an option is unknown.

    Undefined cases
    ---------------
    Sites without a case are left out and counted; the rest is as for
    :func:`~multisite.stats.pooling.random_effects`.

    Coverage
    --------
    Simulated, 10 sites, τ = 0.3: 94 % at a proportion of 0.85 of 60 to 200 cases; **84 %** at 0.95 of 20 to 60, where
    :func:`~multisite.stats.pooling.binomial_normal` has 98 %.

    References
    ----------
    Stijnen T, Hamza TH, Özdemir P. Stat Med 2010;29:3046-3067. doi:10.1002/sim.4040

    Examples
    --------
    >>> round(random_effects_proportions([18, 40, 27], [20, 50, 30]).pooled.estimate, 3)
    0.848
    """
    y, n = require_counts(events, cases)
    logits = logit_of_counts(y, n, correction=correction)
    pooled = random_effects(
        logits.estimates,
        logits.variances,
        tau2=tau2,
        interval=interval,
        prediction=prediction,
        i2=i2,
        i2_interval=i2_interval,
        scale="logit",
        level=level,
    )
    n_corrected = int(logits.corrected.sum())
    method = f"{pooled.ci_method}, logit scale" + (f", ½ added at {n_corrected} sites" if n_corrected else "")
    smallest = np.minimum(y, n - y)[logits.kept]
    return PooledProportion(
        pooled=replace(pooled, n_cases=int(n.sum()), ci_method=method),
        n_corrected=n_corrected,
        n_without_cases=int((~logits.kept).sum()),
        binomial_preferable=bool((smallest < _SMALL_CELL).any()),
    )
