"""Strata drawn towards their common mean, each as far as its own data are weak."""

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import Estimate, normal_quantile
from multisite.stats.pooling.between_sites import between_sites_variance, require_estimates
from multisite.stats.pooling.scales import Scale, back, require_scale
from multisite.vocabulary import EstimateStatus

__all__ = ["PartialPooling", "ShrunkenStratum", "partial_pooling"]

_METHODS = {"reml": "empirical bayes, reml, prasad-rao", "pm": "empirical bayes, pm, datta-rao-smith"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShrunkenStratum:
    """A stratum as it was seen and as it is after shrinkage, both on the scale of reading.

    ``weight_of_own`` is the share of its own estimate in the shrunken one, τ²/(τ² + v); ``raw_standard_error`` and
    ``standard_error`` are on the scale of analysis.
    """

    raw: Estimate
    shrunken: Estimate
    weight_of_own: float | None
    raw_standard_error: float
    standard_error: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartialPooling:
    """All strata in their order, the mean that they are drawn to (scale of reading), and τ² (scale of analysis)."""

    strata: tuple[ShrunkenStratum, ...]
    mean: float | None
    tau2: float | None
    tau2_method: str
    scale: Scale
    status: EstimateStatus = EstimateStatus.OK
    reason: str | None = None


def partial_pooling(
    estimates: npt.ArrayLike,
    variances: npt.ArrayLike,
    *,
    tau2: Literal["reml", "pm"] = "reml",
    scale: Scale = "logit",
    level: float = 0.95,
) -> PartialPooling:
    """Empirical Bayes: θ̃ = μ̂ + B(y − μ̂) with B = τ̂²/(τ̂² + v), for strata y ~ N(θ, v), θ ~ N(μ, τ²).

    The interval is θ̃ ± z√(g₁ + g₂ + 2g₃): g₁ = Bv as if all were known; g₂ = (1 − B)²/Σw for μ̂; and for τ̂², g₃ =
    v²/(τ̂² + v)³ · V with w = 1/(τ̂² + v) and V the large-sample variance of τ̂²: 2/Σw² for ``reml``, 2k/(Σw)² of k
    strata for ``pm``, which is never smaller. Without g₃ it would be far too narrow wherever τ̂² comes out as 0. The
    small upward bias of Paule and Mandel's τ̂² is not taken off: that would narrow the interval, even to nothing.

    Parameters
    ----------
    estimates, variances
        One per stratum, shape ``(n_strata,)``, on the scale of analysis; for proportions those of
        :func:`~multisite.stats.pooling.logit_of_counts`, which says what it does to zero cells. The strata must be
        disjoint: levels of one variable.
    tau2
        Estimator of the variance between strata.
    scale
        Scale of ``estimates``; estimates and intervals are taken back from it.
    level
        Confidence level in (0, 1) of both intervals.

    Returns
    -------
    PartialPooling
        For each stratum the raw estimate with its Wald interval, and the shrunken one beside it.

    Raises
    ------
    ValueError
        If the lengths differ, a value is NaN or infinite, a variance is not above 0, or an option is unknown.

    Undefined cases
    ---------------
    No stratum: undefined. One: nothing to draw it to; the raw estimate stands, the shrunken one is undefined. τ̂² of
    0: every stratum becomes the common mean, and ``reason`` says so.

    Coverage
    --------
    On the average over strata, not for each: one that truly stands apart is drawn towards the others, and its
    interval with it. Simulated, v of 0.02 to 0.25: 98 to 100 % where τ is 0 or 0.1; at τ = 0.3, 97 % of 3 strata,
    94 % of 6, 92 % of 12.

    References
    ----------
    Morris CN. J Am Stat Assoc 1983;78:47-55. doi:10.1080/01621459.1983.10477920
    Prasad NGN, Rao JNK. J Am Stat Assoc 1990;85:163-171. doi:10.1080/01621459.1990.10475320 (g₁, g₂, g₃)
    Datta GS, Rao JNK, Smith DD. Biometrika 2005;92:183-196. doi:10.1093/biomet/92.1.183 (V of ``pm``, its bias)

    Examples
    --------
    >>> found = partial_pooling([1.0, 2.0, 4.0], [0.5, 0.5, 0.5], scale="raw")
    >>> [round(one.shrunken.estimate, 2) for one in found.strata]
    [1.29, 2.07, 3.64]
    """
    y, v = require_estimates(estimates, variances)
    require_scale(scale)
    if tau2 not in ("reml", "pm"):
        raise ValueError("`tau2` must be `reml` or `pm`.")
    z = normal_quantile(level)

    def interval(value: float, error: float, method: str) -> Estimate:
        return Estimate(
            estimate=back(value, scale),
            ci_low=back(value - z * error, scale),
            ci_high=back(value + z * error, scale),
            ci_level=level,
            ci_method=method,
            n_cases=1,
        )

    raw = [interval(float(a), math.sqrt(float(b)), "wald") for a, b in zip(y, v, strict=True)]
    if y.size < 2:
        return _too_few(raw, [math.sqrt(float(b)) for b in v], tau2, scale, level)
    between = between_sites_variance(y, v, tau2)
    w = 1.0 / (between + v)
    mean = float(w @ y) / float(w.sum())
    own = between * w
    shrunken = mean + own * (y - mean)
    of_between = 2.0 / float(w @ w) if tau2 == "reml" else 2.0 * y.size / float(w.sum()) ** 2
    error = np.sqrt(own * v + (1.0 - own) ** 2 / w.sum() + 2.0 * v * v * w**3 * of_between)
    method = _METHODS[tau2]
    strata = tuple(
        ShrunkenStratum(
            raw=raw[i],
            shrunken=interval(float(shrunken[i]), float(error[i]), method),
            weight_of_own=float(own[i]),
            raw_standard_error=math.sqrt(float(v[i])),
            standard_error=float(error[i]),
        )
        for i in range(y.size)
    )
    return PartialPooling(
        strata=strata,
        mean=back(mean, scale),
        tau2=between,
        tau2_method=tau2,
        scale=scale,
        reason="τ² is 0: the strata differ no more than chance lets them" if between == 0.0 else None,
    )


def _too_few(
    raw: list[Estimate], errors: list[float], tau2: Literal["reml", "pm"], scale: Scale, level: float
) -> PartialPooling:
    reason = "one stratum: nothing to draw it to" if raw else "no stratum"
    missing = Estimate(
        estimate=None,
        ci_low=None,
        ci_high=None,
        ci_level=level,
        ci_method=_METHODS[tau2],
        n_cases=1,
        status=EstimateStatus.UNDEFINED,
        reason=reason,
    )
    return PartialPooling(
        strata=tuple(
            ShrunkenStratum(
                raw=one, shrunken=missing, weight_of_own=None, raw_standard_error=error, standard_error=None
            )
            for one, error in zip(raw, errors, strict=True)
        ),
        mean=None,
        tau2=None,
        tau2_method=tau2,
        scale=scale,
        status=EstimateStatus.UNDEFINED,
        reason=reason,
    )
