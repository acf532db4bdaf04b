"""Ratios of accuracy with intervals on the logarithmic scale: likelihood ratios and the diagnostic odds ratio."""

import math
from typing import Literal, TypeAlias

from multisite.stats.estimate import normal_quantile
from multisite.stats.proportions.result import RatioEstimate
from multisite.vocabulary import EstimateStatus

__all__ = ["ZeroCells", "diagnostic_odds_ratio", "likelihood_ratio", "log_ratio"]

ZeroCells: TypeAlias = Literal["keep", "add-half"]


def likelihood_ratio(
    with_finding: int,
    without_finding: int,
    result_with_finding: int,
    result_without_finding: int,
    *,
    half_added: bool,
    level: float,
) -> RatioEstimate:
    """(a/n₁)/(b/n₀): how much more often a result comes with the finding (a of n₁) than without it (b of n₀).

    ln LR ± z·√(1/a − 1/n₁ + 1/b − 1/n₀) (Simel, Samsa and Matchar 1991, doi:10.1016/0895-4356(91)90128-V).
    ``half_added`` adds ½ to a, to b, and to the numbers of the other result, hence 1 to n₁ and n₀.
    """
    method = "log (simel)"
    n1, n0 = with_finding, without_finding
    if n1 == 0 or n0 == 0:
        return _nothing(method, level, n1 + n0, f"no case {'with' if n1 == 0 else 'without'} the finding")
    extra = 0.5 if half_added else 0.0
    a, b = result_with_finding + extra, result_without_finding + extra
    total, other = n1 + 2.0 * extra, n0 + 2.0 * extra
    if half_added:
        method = f"{method}, 0.5 added to every cell"
    variance = 1.0 / a - 1.0 / total + 1.0 / b - 1.0 / other if a and b else None
    return log_ratio(a / total, b / other, variance, method=method, level=level, n_cases=n1 + n0)


def diagnostic_odds_ratio(tp: int, fp: int, fn: int, tn: int, *, half_added: bool, level: float) -> RatioEstimate:
    """tp·tn/(fp·fn), with ln ± z·√(1/tp + 1/fp + 1/fn + 1/tn) (Glas et al. 2003, doi:10.1016/S0895-4356(03)00177-X)."""
    method = "log (woolf)"
    if tp + fn == 0 or fp + tn == 0:
        missing = "with" if tp + fn == 0 else "without"
        return _nothing(method, level, tp + fp + fn + tn, f"no case {missing} the finding")
    extra = 0.5 if half_added else 0.0
    cells = [count + extra for count in (tp, fp, fn, tn)]
    if half_added:
        method = f"{method}, 0.5 added to every cell"
    variance = sum(1.0 / cell for cell in cells) if all(cells) else None
    return log_ratio(
        cells[0] * cells[3], cells[1] * cells[2], variance, method=method, level=level, n_cases=tp + fp + fn + tn
    )


def log_ratio(
    upper: float, lower: float, variance: float | None, *, method: str, level: float, n_cases: int
) -> RatioEstimate:
    """``upper``/``lower``·exp(±z·√variance), and what a zero makes of it.

    Both zero, or ``lower`` alone: no number exists. ``upper`` alone: the ratio is 0, without an interval. A variance
    of zero: the ratio stands without an interval, for one without width would claim that it is known.
    """
    z = normal_quantile(level)
    if lower == 0:
        reason = "zero over zero" if upper == 0 else "the ratio is infinite: its denominator is zero"
        return _nothing(method, level, n_cases, reason)
    ratio = upper / lower
    low = high = error = None
    status, reason = EstimateStatus.INSUFFICIENT, "the ratio is zero, which has no logarithm, and no interval"
    if upper > 0 and variance is not None:
        # Differences of reciprocals leave a rounding error where nothing varies.
        if variance > 1e-15:
            error = math.sqrt(variance)
            low, high = ratio * math.exp(-z * error), ratio * math.exp(z * error)
            status, reason = EstimateStatus.OK, ""
        else:
            reason = "the counts show no variance, and no interval"
    return RatioEstimate(
        estimate=ratio,
        ci_low=low,
        ci_high=high,
        ci_level=level,
        ci_method=method,
        n_cases=n_cases,
        status=status,
        reason=reason or None,
        log_standard_error=error,
    )


def _nothing(method: str, level: float, n_cases: int, reason: str) -> RatioEstimate:
    return RatioEstimate(
        estimate=None,
        ci_low=None,
        ci_high=None,
        ci_level=level,
        ci_method=method,
        n_cases=n_cases,
        status=EstimateStatus.UNDEFINED,
        reason=reason,
    )
