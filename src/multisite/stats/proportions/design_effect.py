"""A proportion whose design effect is known from other counts of the same patients."""

import math

from multisite.stats.estimate import normal_quantile
from multisite.stats.proportions.clustered import ClusterMoments, clustered_proportion
from multisite.stats.proportions.counts import whole_count
from multisite.stats.proportions.result import ProportionEstimate, undefined_proportion, wilson_interval

__all__ = ["design_effect_of", "proportion_with_design_effect"]

_NAME = "wilson"


def design_effect_of(moments: ClusterMoments, *, level: float = 0.95) -> float | None:
    """By how much the patients' repeated cases divide the number of cases: 1 where nobody repeats, and never below.

    Σn over the effective number of :func:`clustered_proportion`, with its allowance for few patients at ``level``.
    ``None`` for one patient with several cases, and without a case.
    """
    if moments.sum_n == 0:
        return None
    if not moments.clustered:
        return 1.0
    effective = clustered_proportion(moments, level=level).effective_n
    return None if effective is None else max(1.0, moments.sum_n / effective)


def proportion_with_design_effect(
    numerator: int, denominator: int, *, design_effect: float, level: float = 0.95
) -> ProportionEstimate:
    """y/n with Wilson's interval at n / ``design_effect`` cases: for counts of which no sums over patients are known.

    Parameters
    ----------
    numerator, denominator
        Whole numbers, 0 ≤ numerator ≤ denominator.
    design_effect
        Finite, at least 1, such as :func:`design_effect_of` the same cases at another threshold; 1 is plain Wilson.
    level
        Confidence level in (0, 1).

    Returns
    -------
    ProportionEstimate
        In [0, 1].

    Raises
    ------
    ValueError
        If a count is not whole or the numerator or design effect out of its range.

    Undefined cases
    ---------------
    No case: undefined.

    References
    ----------
    Rao JNK, Scott AJ. Biometrics 1992;48:577-585. doi:10.2307/2532311
    """
    y, n = whole_count("numerator", numerator), whole_count("denominator", denominator)
    if y > n or not 1.0 <= design_effect < math.inf:
        raise ValueError("`numerator` must not exceed `denominator`, and `design_effect` must be finite, 1 or more.")
    name = _NAME if design_effect == 1.0 else f"{_NAME}, cases divided by the design effect"
    if n == 0:
        return undefined_proportion(name, level, n_patients=None)
    low, high = wilson_interval(y / n, n / design_effect, normal_quantile(level))
    return ProportionEstimate(
        estimate=y / n,
        ci_low=low,
        ci_high=high,
        ci_level=level,
        ci_method=name,
        n_cases=n,
        numerator=y,
        denominator=n,
        design_effect=design_effect,
        effective_n=n / design_effect,
    )
