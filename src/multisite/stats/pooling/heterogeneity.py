"""How much sites differ: Q, the interval of τ², I² and H² with theirs."""

import math
from typing import Any, Literal, TypeAlias

from scipy import special

from multisite.stats.estimate import FloatArray, normal_quantile
from multisite.stats.pooling.between_sites import generalised_q, q_profile_interval, typical_variance

__all__ = ["HeterogeneityInterval", "HeterogeneityMethod", "heterogeneity"]

HeterogeneityMethod: TypeAlias = Literal["q", "tau2"]
HeterogeneityInterval: TypeAlias = Literal["q-profile", "higgins-thompson"]


def heterogeneity(
    y: FloatArray,
    v: FloatArray,
    between: float,
    method: HeterogeneityMethod,
    i2_interval: HeterogeneityInterval,
    level: float,
) -> dict[str, Any]:
    """The fields of :class:`PooledEstimate` on how much two sites or more differ.

    ``between`` is τ̂²; the options are those of :func:`random_effects`.
    """
    freedom, q, typical = y.size - 1, generalised_q(y, v, 0.0), typical_variance(v)
    interval = q_profile_interval(y, v, level)
    low, high = interval or (None, None)
    note = "the estimate is at the boundary 0" if between == 0.0 else None
    if between == 0.0 and low:
        note = "the estimate is at the boundary 0 and its interval lies above: other estimators would be above, too"
    if interval is None:
        note = "at the boundary 0: the sites differ less than chance lets them, and the interval is empty"
    h2 = max(1.0, q / freedom) if method == "q" else 1.0 + between / typical
    if i2_interval == "higgins-thompson":
        i2_ends = _higgins_thompson(h2, q, int(y.size), level)
    else:
        i2_ends = (
            None if interval is None else (interval[0] / (interval[0] + typical), interval[1] / (interval[1] + typical))
        )
    return {
        "q": q,
        "q_degrees_of_freedom": freedom,
        "q_p_value": float(special.chdtrc(freedom, q)),
        "tau2_low": low,
        "tau2_high": high,
        "tau2_note": note,
        "i2": 1.0 - 1.0 / h2,
        "i2_low": None if i2_ends is None else i2_ends[0],
        "i2_high": None if i2_ends is None else i2_ends[1],
        "h2": h2,
    }


def _higgins_thompson(h2: float, q: float, k: int, level: float) -> tuple[float, float] | None:
    """Ends of I², from those of ln H; the standard error divides by k − 2."""
    if k < 3:
        return None
    if q > k:
        error = 0.5 * (math.log(q) - math.log(k - 1)) / (math.sqrt(2.0 * q) - math.sqrt(2.0 * k - 3.0))
    else:
        error = math.sqrt((1.0 - 1.0 / (3.0 * (k - 2) ** 2)) / (2.0 * (k - 2)))
    half = normal_quantile(level) * error
    low, high = (max(1.0, h2 * math.exp(2.0 * sign * half)) for sign in (-1.0, 1.0))
    return 1.0 - 1.0 / low, 1.0 - 1.0 / high
