"""Kolmogorov and Smirnov's largest distance between two distribution functions, on samples and on ordered bins."""

import math
import warnings
from dataclasses import replace
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.divergence.divergence import Divergence, NoDifference, checked_counts, counted, divergence_of
from multisite.stats.estimate import CountArray, FloatArray

__all__ = ["KolmogorovSmirnovTest", "kolmogorov_smirnov", "kolmogorov_smirnov_of_counts"]

KolmogorovSmirnovTest: TypeAlias = Literal["exact", "asymptotic", "permutation"]

_MOST_EXACT = 10_000
_MOST_TIED, _MOST_TIED_UNASKED = 10**8, 10**7


def kolmogorov_smirnov(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    test: KolmogorovSmirnovTest | None = None,
    rng: np.random.Generator | None = None,
    n_draws: int = 1000,
    level: float = 0.95,
) -> Divergence:
    """D = max_x |F(x) − G(x)| of two samples, ties included.

    Parameters
    ----------
    first, second
        Values, finite, shape (n,) and (m,).
    test
        ``exact``: the share of all deals of the pooled values that come as far, **ties included** (Schröer and
        Trenkler, as R from 4.2 on), and ``p_method`` says where there are any; without ties it is SciPy's.
        ``asymptotic``: Smirnov's limit K(√(nm/(n + m)) · D), that of continuous values: **with ties its p-value is
        conservative**, too large, the more so the more ties there are, and ``p_method`` says so. ``permutation``: the
        share of random deals that come as far; it needs ``rng``. Unless named: exact up to 10,000 cases on the larger
        side and, with ties, nm of 10⁷; else asymptotic. An exact one that was asked for becomes asymptotic beyond nm of
        10⁸ with ties, and where SciPy's sum overflows.
    rng, n_draws, level
        As for :func:`population_stability_index`; the noise floor is made by permutation, and minds the ties.

    Returns
    -------
    Divergence
        D from 0 to 1; ``n_bins`` counts the distinct values.

    Raises
    ------
    ValueError
        If a sample is not one-dimensional or not finite, ``test`` is unknown, or ``permutation`` comes without ``rng``.

    Undefined cases
    ---------------
    A side without a value. One and the same value throughout: 0.

    References
    ----------
    Hodges JL. Ark Mat 1958;3:469-486. doi:10.1007/BF02589501 (exact distribution)
    Schröer G, Trenkler D. Comput Stat Data Anal 1995;20:185-202. doi:10.1016/0167-9473(94)00040-P (with ties)
    """
    if test not in (None, "exact", "asymptotic", "permutation"):
        raise ValueError("`test` must be `exact`, `asymptotic` or `permutation`.")
    if test == "permutation" and rng is None:
        raise ValueError("`rng` must be given for a permutation test.")
    _, one, other = counted(first, second)
    found = divergence_of(
        one, other, _largest_gap, method="kolmogorov-smirnov on samples", rng=rng, n_draws=n_draws, level=level
    )
    if found.estimate is None or test == "permutation":
        return found
    asked = test or ("exact" if max(found.n_first, found.n_second) <= _MOST_EXACT else "asymptotic")
    tied = found.n_bins < found.n_cases
    if tied and asked == "exact" and found.n_first * found.n_second <= (_MOST_TIED if test else _MOST_TIED_UNASKED):
        return replace(found, p_value=_exact_with_ties(one, other), p_method="exact, given the ties")
    p_value, used = _tested(first, second, "asymptotic" if tied else asked)
    return replace(found, p_value=p_value, p_method=f"{used}{', conservative: there are ties' if tied else ''}")


def kolmogorov_smirnov_of_counts(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    *,
    rng: np.random.Generator | None = None,
    n_draws: int = 1000,
    level: float = 0.95,
    no_difference: NoDifference = "permutation",
) -> Divergence:
    """D = max_b |F_b − G_b| over the upper ends of ordered bins.

    It never exceeds the D of the values that were binned. Its p-value is the share of draws that come as far; that of
    continuous values would be far too large, for all cases of a bin are tied.

    Parameters
    ----------
    first, second
        Counts per bin, the bins in their order, shape (n_bins,).
    rng, n_draws, level, no_difference
        As for :func:`population_stability_index`.

    Raises
    ------
    ValueError
        If the shapes differ, or a count is negative or not whole.

    Undefined cases
    ---------------
    A side without a case.

    References
    ----------
    Conover WJ. J Am Stat Assoc 1972;67:591-596. doi:10.1080/01621459.1972.10481254 (discontinuous distributions)
    """
    return divergence_of(
        *checked_counts(first, second),
        _largest_gap,
        method="kolmogorov-smirnov on ordered bins",
        rng=rng,
        n_draws=n_draws,
        level=level,
        no_difference=no_difference,
    )


def _largest_gap(one: FloatArray, other: FloatArray) -> FloatArray:
    n, m = one.sum(axis=1), other.sum(axis=1)
    # Whole numbers up to the division, so that equal distances are equal to the bit.
    gap = np.abs(np.cumsum(one, axis=1) * m[:, None] - np.cumsum(other, axis=1) * n[:, None]).max(axis=1)
    found: FloatArray = gap / (n * m)
    return found


def _exact_with_ties(one: CountArray, other: CountArray) -> float:
    """P(D ≥ the one seen) over all deals of the pooled values to both samples, each as likely.

    The pooled values are dealt one by one, in their order; what is carried along is the chance that so many of the
    first sample have come and D was never reached at an end of a run of ties. What reaches it leaves, and is added up:
    no small p-value is a difference of numbers near 1.
    """
    n, m = int(one.sum()), int(other.sum())
    if n > m:
        return _exact_with_ties(other, one)
    farthest = int(np.abs(np.cumsum(one) * m - np.cumsum(other) * n).max())
    if farthest == 0:
        return 1.0
    ends = np.zeros(n + m + 1, dtype=np.bool_)
    ends[np.cumsum(one + other)] = True
    came = np.arange(n + 1)
    chance, reached = np.zeros(n + 1), 0.0
    chance[0] = 1.0
    for dealt in range(1, n + m + 1):
        to_first = chance * ((n - came) / (n + m - dealt + 1))
        chance -= to_first
        chance[1:] += to_first[:-1]
        if ends[dealt]:
            far = np.abs(came * m - (dealt - came) * n) >= farthest
            reached += float(chance[far].sum())
            chance[far] = 0.0
    return min(1.0, reached)


def _tested(first: npt.ArrayLike, second: npt.ArrayLike, asked: str) -> tuple[float, str]:
    from scipy import stats

    one, other = np.asarray(first), np.asarray(second)
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("always")
        result = stats.ks_2samp(one, other, method="exact" if asked == "exact" else "asymp")
    if asked == "exact" and not raised:
        return float(result.pvalue), "exact"
    # SciPy warns when the exact sum overflows. Its asymptotic p-value is that of one sample of nm/(n + m) values, and
    # not the limit, which other software gives.
    effective = one.size * other.size / (one.size + other.size)
    return float(special.kolmogorov(math.sqrt(effective) * float(result.statistic))), "asymptotic"
