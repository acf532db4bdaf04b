"""What an agreement statistic hands back, and the interval where no variance is to be seen."""

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

from scipy import special

from multisite.stats.estimate import Estimate, normal_quantile
from multisite.stats.proportions.result import wilson_interval

__all__ = [
    "ALIKE",
    "AgreementEstimate",
    "AgreementInterval",
    "coefficient_interval",
    "perfect_agreement_interval",
    "require_interval",
    "student_quantile",
    "two_sided_p",
]

AgreementInterval: TypeAlias = Literal["wald", "wilson"]

ALIKE = "wilson at perfect agreement, expected agreement held"
"""Method of :func:`perfect_agreement_interval`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementEstimate(Estimate):
    """An agreement statistic with what it was made from.

    ``n_cases`` are the cases that took part, ``n_left_out`` those that were given and did not, ``n_raters`` the
    raters with any rating, ``n_ratings`` the ratings that took part. ``observed_agreement`` and
    ``expected_agreement`` are (weighted) shares in [0, 1], where the statistic is made of these.
    """

    n_raters: int
    n_ratings: int
    n_left_out: int
    standard_error: float | None = None
    observed_agreement: float | None = None
    expected_agreement: float | None = None


def student_quantile(degrees: float, level: float) -> float:
    """Half-width in standard errors of a two-sided Student interval of confidence ``level``."""
    normal_quantile(level)
    return float(special.stdtrit(degrees, 0.5 + level / 2.0))


def coefficient_interval(
    estimate: float, error: float, quantile: float, method: AgreementInterval
) -> tuple[float, float]:
    """Interval of a coefficient in [−1, 1], ``quantile`` standard errors to each side.

    ``wald``: estimate ± quantile · error, cut to [−1, 1]; an estimate below −1, which cases with one rating can bring
    about, is not cut off. ``wilson``: Wilson's of the share s = (1 + estimate)/2 at the
    number of cases at which a share has this error, s(1 − s)/(error/2)², which keeps inside and leans towards 0.
    """
    share = (1.0 + estimate) / 2.0
    if method == "wald" or not 0.0 < share < 1.0:
        return max(min(-1.0, estimate), estimate - quantile * error), min(1.0, estimate + quantile * error)
    low, high = wilson_interval(share, share * (1.0 - share) / (error / 2.0) ** 2, quantile)
    return 2.0 * low - 1.0, 2.0 * high - 1.0


def require_interval(method: str) -> None:
    """Refuse an unknown interval.

    Raises
    ------
    ValueError
        If it is neither ``wald`` nor ``wilson``.
    """
    if method not in ("wald", "wilson"):
        raise ValueError("`method` must be `wald` or `wilson`.")


def two_sided_p(z: float) -> float:
    """P(|Z| ≥ |z|) of a standard normal Z."""
    return math.erfc(abs(z) / math.sqrt(2.0))


def perfect_agreement_interval(expected_disagreement: float, n_cases: int, level: float) -> tuple[float, float]:
    """Interval of a chance-corrected coefficient 1 − D_o/D_e where D_o is 0 and no variance is to be seen.

    Of n cases, all agree; Wilson's lower limit w of that share says how many of the population may not. These are
    taken to disagree as much as can be, with D_e held: from 1 − (1 − w)/D_e, not below −1, to 1.
    """
    low, _ = wilson_interval(1.0, n_cases, normal_quantile(level))
    return max(-1.0, 1.0 - (1.0 - low) / expected_disagreement), 1.0
