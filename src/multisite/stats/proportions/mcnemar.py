"""McNemar's test of two classifiers of the same independent cases."""

import sys
from typing import Literal, TypeAlias

from scipy import special

from multisite.stats.proportions.counts import whole_count
from multisite.stats.proportions.result import PairedTest
from multisite.vocabulary import EstimateStatus

__all__ = ["chi_square_p", "mcnemar"]

McNemarMethod: TypeAlias = Literal["exact", "mid-p", "asymptotic", "asymptotic-cc"]

_NAMES: dict[McNemarMethod, str] = {
    "exact": "mcnemar, exact conditional",
    "mid-p": "mcnemar, mid-p",
    "asymptotic": "mcnemar, asymptotic",
    "asymptotic-cc": "mcnemar, asymptotic with continuity correction (edwards)",
}


def mcnemar(first_only: int, second_only: int, *, method: McNemarMethod = "exact") -> PairedTest:
    """Two-sided test that two classifiers of the same cases have the same proportion.

    With f = ``first_only``, g = ``second_only`` and m = f + g: ``exact`` is twice P(X ≤ min(f, g)), at most 1, for X
    binomial(m, ½); ``mid-p`` is that minus P(X = min(f, g)), and 1 − P(X = f)/2 where
    f = g. ``asymptotic`` refers (f − g)²/m to χ²
    on one degree of freedom, ``asymptotic-cc`` (|f − g| − 1)²/m, which is 0 where f = g. The exact test never
    rejects a true null more often than said, and mostly much less often; ``mid-p`` keeps the level closely (Fagerland).

    Parameters
    ----------
    first_only, second_only
        Whole numbers of cases that only the first, or only the second, has right (or calls positive).
    method
        Test.

    Returns
    -------
    PairedTest
        ``n_cases`` and ``n_discordant`` are both m, for no other case tells anything. A p-value too small for a float
        is the smallest float.

    Raises
    ------
    ValueError
        If a count is not whole, or the method is unknown.

    Undefined cases
    ---------------
    No discordant case: the p-values of ``exact`` and ``mid-p`` are 1; the asymptotic ones are undefined.

    References
    ----------
    McNemar Q. Psychometrika 1947;12:153-157. doi:10.1007/BF02295996
    Edwards AL. Psychometrika 1948;13:185-187. doi:10.1007/BF02289261
    Fagerland MW, Lydersen S, Laake P. BMC Med Res Methodol 2013;13:91. doi:10.1186/1471-2288-13-91

    Examples
    --------
    >>> round(mcnemar(1, 7).p_value, 4), round(mcnemar(1, 7, method="mid-p").p_value, 4)
    (0.0703, 0.0391)
    """
    f, g = whole_count("first_only", first_only), whole_count("second_only", second_only)
    if method not in _NAMES:
        raise ValueError(f"`method` must be one of: {', '.join(_NAMES)}.")
    m, smaller = f + g, min(f, g)
    statistic: float | None = None
    p_value: float | None
    if method in ("exact", "mid-p"):
        p_value = 1.0
        if f == g and m and method == "mid-p":
            p_value = 1.0 - 0.5 * float(special.bdtr(f, m, 0.5) - special.bdtr(f - 1, m, 0.5))
        elif f != g:
            below = float(special.bdtr(smaller, m, 0.5))
            # P(X < smaller) + P(X ≤ smaller), so that no difference of nearly equal numbers is taken.
            further = below if method == "exact" else (float(special.bdtr(smaller - 1, m, 0.5)) if smaller else 0.0)
            p_value = min(1.0, max(below + further, sys.float_info.min))
    else:
        correction = 1.0 if method == "asymptotic-cc" else 0.0
        statistic = max(0.0, abs(f - g) - correction) ** 2 / m if m else None
        p_value = None if statistic is None else chi_square_p(statistic)
    return PairedTest(
        statistic=statistic,
        p_value=p_value,
        method=_NAMES[method],
        n_cases=m,
        n_discordant=m,
        status=EstimateStatus.UNDEFINED if p_value is None else EstimateStatus.OK,
        reason="no discordant case" if p_value is None else None,
    )


def chi_square_p(statistic: float) -> float:
    """P(χ² > ``statistic``) on one degree of freedom, never so small that it would be zero."""
    return max(float(special.chdtrc(1.0, statistic)), sys.float_info.min)
