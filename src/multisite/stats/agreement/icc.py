"""Intraclass correlations of Shrout and Fleiss, with their intervals from F."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.agreement.ratings import numeric_ratings
from multisite.stats.estimate import Estimate, FloatArray, normal_quantile
from multisite.stats.means.mean_moments import MeanMoments
from multisite.vocabulary import EstimateStatus

__all__ = ["ICC_FORMS", "IccEstimate", "IccForm", "icc", "icc_of_two"]

IccForm: TypeAlias = Literal["1,1", "2,1", "3,1", "1,k", "2,k", "3,k"]

ICC_FORMS: tuple[IccForm, ...] = ("1,1", "2,1", "3,1", "1,k", "2,k", "3,k")

_NAMES: dict[str, str] = {
    "1": "F, Shrout and Fleiss 1979, one-way random",
    "2": "F with Satterthwaite's degrees of freedom, McGraw and Wong 1996, two-way random, absolute agreement",
    "3": "F, Shrout and Fleiss 1979, two-way mixed, consistency",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class IccEstimate(Estimate):
    """An intraclass correlation with the mean squares it was made from.

    ``n_cases`` are the cases with all ratings, ``n_left_out`` those without. The mean squares are BMS, WMS, JMS and
    EMS of Shrout and Fleiss; ``None`` where they do not exist. ``f_statistic`` and the one-sided ``p_value`` test that
    the intraclass correlation is 0; ``None`` where no error was seen.
    """

    form: IccForm
    n_raters: int
    n_left_out: int
    between_cases: float | None = None
    within_cases: float | None = None
    between_raters: float | None = None
    residual: float | None = None
    f_statistic: float | None = None
    f_degrees_of_freedom: tuple[int, int] | None = None
    p_value: float | None = None


def icc(ratings: npt.ArrayLike, *, form: IccForm, level: float = 0.95) -> IccEstimate:
    """Intraclass correlation of n cases, each rated by k raters.

    With mean squares B between and W within cases, J between raters and E residual:

    - ``1,1`` (each case has raters of its own): (B − W)/(B + (k − 1)W);
    - ``2,1`` (raters are a sample; absolute agreement): (B − E)/(B + (k − 1)E + k(J − E)/n);
    - ``3,1`` (these raters only; consistency): (B − E)/(B + (k − 1)E);
    - ``1,k``, ``2,k``, ``3,k``, of the mean of the k ratings: (B − W)/B, (B − E)/(B + (J − E)/n), (B − E)/B.

    McGraw and Wong call 2 and 3 ICC(A) and ICC(C). The intervals of 1 and 3 are exact for normal data; that of 2 is
    approximate, with degrees of freedom v = B²/((aJ)²/(k − 1) + (bE)²/((n − 1)(k − 1))), a = (B − E)/(J + (n − 1)E) and
    b = 1 + (n − 1)a. Limits for the mean are Spearman–Brown's of those for one rating. The test of ICC = 0 is B/W on
    n − 1 and n(k − 1) degrees of freedom for 1, B/E on n − 1 and (n − 1)(k − 1) for 2 and 3, one-sided.

    Parameters
    ----------
    ratings
        Measurements per case and rater, shape ``(n_cases, k)``. NaN, None or a masked entry is missing; **a case with
        a missing rating is left out** and counted.
    form
        Which of the six.
    level
        Confidence level in (0, 1).

    Returns
    -------
    IccEstimate
        Estimate up to 1; it can be negative, and below −1 for a mean.

    Raises
    ------
    ValueError
        If the ratings are not two-dimensional, infinite or no numbers, or the form is unknown.

    Undefined cases
    ---------------
    Fewer than two complete cases or two raters, all ratings alike, or a denominator that is not above 0 (cases vary
    less than chance would have them): undefined. An ICC of 1: the estimate without an interval, ``insufficient``, for
    nothing tells how large the error could be; and so where all cases have one mean. An interval of a mean that is
    unbounded below: ``insufficient``.

    With normal data 1 and 3 keep 95 %. Those of 2 come to 94 % with 30 cases and 4 raters, and with 20 cases and 2, but
    to 89 % with 50 cases and 3 raters: few raters say little about how raters differ.

    References
    ----------
    Shrout PE, Fleiss JL. Psychol Bull 1979;86:420-428. doi:10.1037/0033-2909.86.2.420
    McGraw KO, Wong SP. Psychol Methods 1996;1:30-46. doi:10.1037/1082-989X.1.1.30 (and its correction, 1:390)

    Examples
    --------
    >>> table = [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
    >>> [round(icc(table, form=form).estimate, 2) for form in ICC_FORMS]  # Shrout and Fleiss 1979, table 4
    [0.17, 0.29, 0.71, 0.44, 0.62, 0.91]
    """
    if form not in ICC_FORMS:
        raise ValueError(f"`form` must be one of: {'; '.join(ICC_FORMS)}.")
    normal_quantile(level)
    numbers = numeric_ratings(ratings, argument="ratings", n_dimensions=2)
    complete = ~np.isnan(numbers).any(axis=1) if numbers.shape[1] else np.zeros(numbers.shape[0], dtype=np.bool_)
    values = numbers[complete]
    n, k = values.shape
    known: dict[str, Any] = {
        "ci_level": level,
        "ci_method": _NAMES[form[0]],
        "n_cases": n,
        "form": form,
        "n_raters": k,
        "n_left_out": int((~complete).sum()),
    }
    lack: dict[str, Any] = {"ci_low": None, "ci_high": None}
    if n < 2 or k < 2:
        reason = "fewer than two cases with all ratings" if n < 2 else "fewer than two raters"
        return IccEstimate(**known, **lack, estimate=None, status=EstimateStatus.UNDEFINED, reason=reason)
    return _of_squares(_MeanSquares.of(values), known, form, level)


def icc_of_two(difference: MeanMoments, total: MeanMoments, *, form: IccForm, level: float = 0.95) -> IccEstimate:
    """:func:`icc` of two ratings per case, from the moments of their differences and of their sums.

    With d and s the difference and the sum of the two ratings of a case, B = Σ(s − s̄)²/(2(n − 1)), W = Σd²/(2n),
    J = n d̄²/2 and E = Σ(d − d̄)²/(2(n − 1)). Cases of one patient are taken as independent, as there.

    Raises
    ------
    ValueError
        If the form is unknown, the two moments are not of as many patients and cases, or ``level`` lies outside (0, 1).
    """
    sizes = [(moments.n_patients, moments.sum_n, moments.sum_nn) for moments in (difference, total)]
    if form not in ICC_FORMS or sizes[0] != sizes[1]:
        raise ValueError(f"Moments of the same cases are needed, and `form` must be one of: {'; '.join(ICC_FORMS)}.")
    normal_quantile(level)
    n = difference.sum_n
    known: dict[str, Any] = {
        "ci_level": level,
        "ci_method": _NAMES[form[0]],
        "n_cases": n,
        "form": form,
        "n_raters": 2,
        "n_left_out": 0,
    }
    if n < 2:
        reason = "fewer than two cases with all ratings"
        return IccEstimate(
            **known, ci_low=None, ci_high=None, estimate=None, status=EstimateStatus.UNDEFINED, reason=reason
        )
    return _of_squares(_MeanSquares.of_two(difference, total), known, form, level)


def _of_squares(squares: "_MeanSquares", known: dict[str, Any], form: IccForm, level: float) -> IccEstimate:
    lack: dict[str, Any] = {"ci_low": None, "ci_high": None}
    k = squares.k
    known |= {
        "between_cases": squares.B,
        "within_cases": squares.W,
        "between_raters": squares.J,
        "residual": squares.E,
        **_test(squares, form),
    }
    single, mean = _ratio(squares, form)
    if single is None or mean is None:
        reason = "all ratings are alike: 0/0"
        if squares.B or squares.W:
            reason = "the estimated variance of a rating, or of the mean, is not above 0"
        return IccEstimate(**known, **lack, estimate=None, status=EstimateStatus.UNDEFINED, reason=reason)
    estimate = mean if form[2] == "k" else single
    if single == 1.0:
        reason = "no error was seen, and nothing tells how large it could be"
        return IccEstimate(**known, **lack, estimate=1.0, status=EstimateStatus.INSUFFICIENT, reason=reason)
    if squares.B == 0.0:
        reason = "the means of the cases are all alike, and show no variance"
        return IccEstimate(**known, **lack, estimate=estimate, status=EstimateStatus.INSUFFICIENT, reason=reason)
    low, high = _single_limits(squares, form, level)
    if form[2] == "k":
        low, high = _of_mean(low, k), _of_mean(high, k)
    if not (np.isfinite(low) and np.isfinite(high)):
        reason = "the interval has no lower end"
        return IccEstimate(**known, **lack, estimate=estimate, status=EstimateStatus.INSUFFICIENT, reason=reason)
    return IccEstimate(**known, estimate=estimate, ci_low=min(low, estimate), ci_high=max(high, estimate))


@dataclass(frozen=True, slots=True)
class _MeanSquares:
    n: int
    k: int
    B: float
    W: float
    J: float
    E: float

    @classmethod
    def of(cls, values: FloatArray) -> "_MeanSquares":
        n, k = values.shape
        centred = values - values.mean()
        case, rater = centred.mean(axis=1), centred.mean(axis=0)
        residual = centred - case[:, None] - rater[None, :]
        # A sum of squares of rounding errors is 0: no rating differs.
        nothing = (64.0 * np.finfo(np.float64).eps * float(np.abs(values).max())) ** 2

        def mean_square(parts: FloatArray, times: int, degrees: int) -> float:
            return times * float((parts**2).sum()) / degrees if (parts**2).max() > nothing else 0.0

        within = centred - case[:, None]
        return cls(
            n,
            k,
            mean_square(case, k, n - 1),
            mean_square(within, 1, n * (k - 1)),
            mean_square(rater, n, k - 1),
            mean_square(residual, 1, (n - 1) * (k - 1)),
        )

    @classmethod
    def of_two(cls, difference: MeanMoments, total: MeanMoments) -> "_MeanSquares":
        n = difference.sum_n
        nothing = max(difference.nothing, total.nothing)

        def above_rounding(squares: float) -> float:
            return squares if squares > nothing else 0.0

        between = above_rounding(total.sum_squares - total.sum_x**2 / n)
        residual = above_rounding(difference.sum_squares - difference.sum_x**2 / n)
        return cls(
            n,
            2,
            between / (2 * (n - 1)),
            difference.sum_squares / (2 * n),
            difference.sum_x**2 / (2 * n),
            residual / (2 * (n - 1)),
        )


def _ratio(s: _MeanSquares, form: IccForm) -> tuple[float | None, float | None]:
    if form[0] == "2":
        over, single, mean = s.B - s.E, s.B + (s.k - 1) * s.E + s.k * (s.J - s.E) / s.n, s.B + (s.J - s.E) / s.n
    else:
        error = s.W if form[0] == "1" else s.E
        over, single, mean = s.B - error, s.B + (s.k - 1) * error, s.B
    # A denominator of rounding errors is 0.
    nothing = 1e-12 * (s.B + s.W + s.J + s.E)
    if single <= nothing or (form[2] == "k" and mean <= nothing):
        return None, None
    return over / single, over / mean if mean > nothing else float("nan")


def _test(s: _MeanSquares, form: IccForm) -> dict[str, Any]:
    error, degrees = (s.W, s.n * (s.k - 1)) if form[0] == "1" else (s.E, (s.n - 1) * (s.k - 1))
    if error == 0.0:
        return {}
    ratio = s.B / error
    p = float(special.fdtrc(s.n - 1, degrees, ratio))
    return {"f_statistic": ratio, "f_degrees_of_freedom": (s.n - 1, degrees), "p_value": p}


def _single_limits(s: _MeanSquares, form: IccForm, level: float) -> tuple[float, float]:
    n, k, upper = s.n, s.k, 0.5 + level / 2.0
    if form[0] != "2":
        error, degrees = (s.W, n * (k - 1)) if form[0] == "1" else (s.E, (n - 1) * (k - 1))
        ratio = s.B / error
        low = ratio / float(special.fdtri(n - 1, degrees, upper))
        high = ratio * float(special.fdtri(degrees, n - 1, upper))
        return (low - 1.0) / (low + k - 1.0), (high - 1.0) / (high + k - 1.0)
    a = (s.B - s.E) / (s.J + (n - 1) * s.E)
    b = 1.0 + (n - 1) * a
    # As shares of B, whose square may be too large or too small for a float.
    v = 1.0 / ((a * (s.J / s.B)) ** 2 / (k - 1) + (b * (s.E / s.B)) ** 2 / ((n - 1) * (k - 1)))
    for_low, for_high = float(special.fdtri(n - 1, v, upper)), float(special.fdtri(v, n - 1, upper))
    rest = k * s.J + (k * n - k - n) * s.E
    low = n * (s.B - for_low * s.E) / (for_low * rest + n * s.B)
    high = n * (for_high * s.B - s.E) / (rest + n * for_high * s.B)
    return low, high


def _of_mean(single: float, k: int) -> float:
    below = 1.0 + (k - 1) * single
    return k * single / below if below > 0.0 else -np.inf
