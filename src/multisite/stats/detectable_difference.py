"""The smallest gap that a study of a given size would find with a given chance."""

import math
from dataclasses import dataclass

from scipy import special

from multisite.stats.estimate import normal_quantile
from multisite.vocabulary import EstimateStatus

__all__ = [
    "DetectableDifference",
    "detectable_auc_difference",
    "detectable_proportion_difference",
    "smallest_detectable_difference",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectableDifference:
    """``difference`` (≥ 0) would be found with probability ``power`` by a two-sided test of level 1 − ``ci_level``."""

    difference: float | None
    standard_error: float | None
    power: float
    ci_level: float
    method: str
    status: EstimateStatus = EstimateStatus.OK
    reason: str | None = None


def smallest_detectable_difference(
    standard_error: float, *, power: float = 0.8, level: float = 0.95, degrees_of_freedom: float | None = None
) -> DetectableDifference:
    """(z₁₋α/₂ + z_power) · SE: about 2.8 standard errors of the difference, at the usual power and level.

    A test that takes Student's t finds less: with ``degrees_of_freedom`` both quantiles are of t on as many
    (14 standard errors on 1, 5.4 on 2, 3.1 on 10).

    It says what the design could have found, before looking: put in the SE that was planned, never ask it of the
    difference that was seen ("observed power" repeats its p-value).

    Parameters
    ----------
    standard_error
        Of the difference, the same whether it is zero or not; finite, 0 or more.
    power
        In (0.5, 1).
    level
        Confidence level 1 − α, in (0, 1).
    degrees_of_freedom
        Of the test, above 0; ``None`` for the normal quantiles.

    Returns
    -------
    DetectableDifference
        On the scale of ``standard_error``.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Undefined cases
    ---------------
    None.

    References
    ----------
    Bloom HS. Eval Rev 1995;19:547-556. doi:10.1177/0193841X9501900504
    Hoenig JM, Heisey DM. Am Stat 2001;55:19-24. doi:10.1198/000313001300339897 (observed power)

    Examples
    --------
    >>> round(smallest_detectable_difference(1.0).difference, 3)
    2.802
    """
    if not math.isfinite(standard_error) or standard_error < 0.0:
        raise ValueError("`standard_error` must be finite and 0 or more.")
    if degrees_of_freedom is None:
        return _detectable(standard_error, power, level, "normal approximation, standard error as given")
    if not degrees_of_freedom > 0.0:
        raise ValueError("`degrees_of_freedom` must be above 0.")
    normal_quantile(level)
    _power_quantile(power)
    quantiles = (float(special.stdtrit(degrees_of_freedom, p)) for p in (0.5 + level / 2.0, power))
    return DetectableDifference(
        difference=sum(quantiles) * standard_error,
        standard_error=standard_error,
        power=power,
        ci_level=level,
        method="student's t, standard error as given",
    )


def detectable_proportion_difference(
    proportion: float,
    n_first: int,
    n_second: int | None = None,
    *,
    design_effect: float = 1.0,
    power: float = 0.8,
    level: float = 0.95,
) -> DetectableDifference:
    """As :func:`smallest_detectable_difference` with SE = √(D·p(1 − p)·(1/n₁ + 1/n₂)).

    Both variances are taken at p: a rule of thumb for gaps that are small beside p(1 − p), not where p is close to 0
    or 1.

    Parameters
    ----------
    proportion
        p in [0, 1] that is expected on both sides.
    n_first, n_second
        Cases on either side; without ``n_second`` the first is compared with a number that is known.
    design_effect
        D, variance over that of independent cases, above 0; 1 if every patient gives one case.
    power, level
        As for :func:`smallest_detectable_difference`.

    Returns
    -------
    DetectableDifference
        As a proportion; it may exceed what is left between p and 0 or 1, and can then not be found at all.

    Raises
    ------
    ValueError
        If an argument is out of range.

    Undefined cases
    ---------------
    No case on one side: undefined. p of 0 or 1: undefined, for its variance says nothing about a gap.

    References
    ----------
    Fleiss JL, Levin B, Paik MC. Statistical Methods for Rates and Proportions, 3rd ed. Wiley 2003, chapter 4.
    doi:10.1002/0471445428

    Examples
    --------
    >>> round(detectable_proportion_difference(0.9, 100, 400).difference, 4)
    0.094
    """
    if not 0.0 <= proportion <= 1.0:
        raise ValueError("`proportion` must lie in [0, 1].")
    if not math.isfinite(design_effect) or design_effect <= 0.0:
        raise ValueError("`design_effect` must be finite and above 0.")
    sizes = _sizes({"n_first": n_first, "n_second": n_second})
    method = "normal approximation, both variances at one proportion"
    if 0 in sizes:
        return _none(power, level, method, "no case on one side")
    if proportion in (0.0, 1.0):
        return _none(power, level, method, "a proportion of 0 or 1 has no variance")
    variance = design_effect * proportion * (1.0 - proportion) * sum(1.0 / size for size in sizes)
    return _detectable(math.sqrt(variance), power, level, method)


def detectable_auc_difference(
    auc: float,
    n_positive: int,
    n_negative: int,
    n_positive_second: int | None = None,
    n_negative_second: int | None = None,
    *,
    power: float = 0.8,
    level: float = 0.95,
) -> DetectableDifference:
    """As :func:`smallest_detectable_difference`, each side's variance being Hanley and McNeil's for exponential scores.

    V = (A(1 − A) + (P − 1)(A/(2 − A) − A²) + (N − 1)(2A²/(1 + A) − A²)) / (PN).

    Parameters
    ----------
    auc
        A in [0, 1] that is expected on both sides.
    n_positive, n_negative, n_positive_second, n_negative_second
        Cases with and without the finding on either side; without the second side the first is compared with a number
        that is known. The two sides are independent: two models on the same cases need the SE of their paired
        difference.
    power, level
        As for :func:`smallest_detectable_difference`.

    Returns
    -------
    DetectableDifference
        In units of AUC.

    Raises
    ------
    ValueError
        If an argument is out of range, or only half of the second side is given.

    Undefined cases
    ---------------
    A class without a case: undefined. A of 0 or 1: undefined, for its variance says nothing about a gap.

    References
    ----------
    Hanley JA, McNeil BJ. Radiology 1982;143:29-36. doi:10.1148/radiology.143.1.7063747

    Examples
    --------
    >>> round(detectable_auc_difference(0.85, 50, 450, 200, 1800).difference, 3)
    0.109
    """
    if not 0.0 <= auc <= 1.0:
        raise ValueError("`auc` must lie in [0, 1].")
    if (n_positive_second is None) != (n_negative_second is None):
        raise ValueError("`n_positive_second` and `n_negative_second` must be given together.")
    sizes = _sizes(
        {
            "n_positive": n_positive,
            "n_negative": n_negative,
            "n_positive_second": n_positive_second,
            "n_negative_second": n_negative_second,
        }
    )
    method = "normal approximation, variances of hanley and mcneil"
    if 0 in sizes:
        return _none(power, level, method, "a class is empty")
    if auc in (0.0, 1.0):
        return _none(power, level, method, "an area of 0 or 1 has no variance")
    variance = sum(_hanley_mcneil(auc, *sizes[side : side + 2]) for side in range(0, len(sizes), 2))
    return _detectable(math.sqrt(variance), power, level, method)


def _hanley_mcneil(area: float, positives: int, negatives: int) -> float:
    of_positives, of_negatives = area / (2.0 - area), 2.0 * area * area / (1.0 + area)
    spread = (positives - 1) * (of_positives - area * area) + (negatives - 1) * (of_negatives - area * area)
    return (area * (1.0 - area) + spread) / (positives * negatives)


def _sizes(given: dict[str, int | None]) -> list[int]:
    for name, size in given.items():
        if size is not None and (not math.isfinite(size) or int(size) != size or size < 0):
            raise ValueError(f"`{name}` must be a whole number, 0 or more.")
    return [int(size) for size in given.values() if size is not None]


def _detectable(error: float, power: float, level: float, method: str) -> DetectableDifference:
    difference = (normal_quantile(level) + _power_quantile(power)) * error
    return DetectableDifference(difference=difference, standard_error=error, power=power, ci_level=level, method=method)


def _none(power: float, level: float, method: str, reason: str) -> DetectableDifference:
    normal_quantile(level)
    _power_quantile(power)
    return DetectableDifference(
        difference=None,
        standard_error=None,
        power=power,
        ci_level=level,
        method=method,
        status=EstimateStatus.UNDEFINED,
        reason=reason,
    )


def _power_quantile(power: float) -> float:
    if not 0.5 < power < 1.0:
        raise ValueError("`power` must lie strictly between 0.5 and 1.")
    return float(special.ndtri(power))
