"""Looking at a growing number of labels again and again: boundaries that spend alpha, and an interval for any time."""

from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from scipy import optimize, special

from multisite.stats.estimate import FloatArray
from multisite.stats.proportions.joining import square_and_add

__all__ = ["Spending", "anytime_difference", "anytime_interval", "spending_boundaries"]

Spending: TypeAlias = Literal["obrien-fleming", "pocock"]

_POINTS = 1200
_REACH = 8.0
_SMALLEST = 1e-300


def spending_boundaries(
    fractions: npt.ArrayLike, *, alpha: float = 0.025, spending: Spending = "obrien-fleming"
) -> FloatArray:
    """z at or above which a look stops, one-sided, so that all looks together err with a chance of ``alpha``.

    By the look at a fraction t of the planned information, α(t) may be spent: 2 - 2Φ(z/√t) with z at α/2
    (O'Brien and Fleming's kind), or α ln(1 + (e - 1)t) (Pocock's). The density of z, of those that went on, is carried
    from look to look by numeric integration.

    Parameters
    ----------
    fractions
        Rising, above 0 and up to 1, shape (n_looks,).
    alpha
        In (0, 0.5).

    Returns
    -------
    FloatArray
        Shape (n_looks,).

    Raises
    ------
    ValueError
        If fractions do not rise or a number is out of its range, or the spending is unknown.

    References
    ----------
    Lan KKG, DeMets DL. Biometrika 1983;70:659-663. doi:10.1093/biomet/70.3.659
    """
    t = np.asarray(fractions, dtype=np.float64)
    if t.ndim != 1 or t.size == 0 or t[0] <= 0 or t[-1] > 1 or np.any(np.diff(t) <= 0):
        raise ValueError("Fractions must rise, from above 0 up to 1.")
    if not 0 < alpha < 0.5:
        raise ValueError("Alpha must lie between 0 and 0.5.")
    spent = _spent(t, alpha, spending)
    grid = np.linspace(-_REACH, _REACH, _POINTS + 1)
    boundaries = np.empty(t.size)
    boundaries[0] = special.ndtri(1 - spent[0])
    density = np.exp(-(grid**2) / 2) / np.sqrt(2 * np.pi)
    for look in range(1, t.size):
        going = np.minimum(grid, boundaries[look - 1])
        weights = _weights(going, density, grid)
        ratio, step = np.sqrt(t[look - 1] / t[look]), np.sqrt(1 - t[look - 1] / t[look])

        due = spent[look] - spent[look - 1]

        def missed(z: float, at: FloatArray = ratio * going, w: FloatArray = weights, by: float = step) -> float:
            return float(w @ special.ndtr(-(z - at) / by))

        boundaries[look] = optimize.brentq(lambda z, d=due, f=missed: f(z) - d, -_REACH, _REACH, xtol=1e-10)
        scaled = (grid[:, None] - ratio * going[None]) / step
        density = (np.exp(-(scaled**2) / 2) / np.sqrt(2 * np.pi) / step) @ weights
    return boundaries


def anytime_interval(
    positive: int, total: int, *, alpha: float = 0.05, design_effect: float = 1.0
) -> tuple[float, float]:
    """An interval of a proportion that holds at all totals at once, however often one looks; (0, 1) without a case.

    All shares p at which a uniform mixture of binomial likelihoods is less than 1/``alpha`` times as likely as the
    likelihood at p (Robbins, Ville): the chance that it ever misses the share is at most ``alpha``. Where cases repeat
    patients, ``design_effect`` (1 or more) divides both counts, and the promise is as good as that number.

    Raises
    ------
    ValueError
        Unless 0 ≤ positive ≤ total, alpha lies in (0, 1), and the design effect is finite and at least 1.

    References
    ----------
    Robbins H. Ann Math Stat 1970;41:1397-1409. doi:10.1214/aoms/1177696786
    """
    if not 0 <= positive <= total or not 0 < alpha < 1:
        raise ValueError("Positives must lie between 0 and their total, and alpha between 0 and 1.")
    if not 1 <= design_effect < np.inf:
        raise ValueError("The design effect must be finite and at least 1.")
    if total == 0:
        return 0.0, 1.0
    share = positive / total
    n_negative, n_positive = (total - positive) / design_effect, positive / design_effect
    mixture = float(special.betaln(n_positive + 1, n_negative + 1))

    low = _end(n_positive, n_negative, mixture, alpha, share)
    return low, 1.0 - _end(n_negative, n_positive, mixture, alpha, 1.0 - share)


def _end(n: float, n_others: float, mixture: float, alpha: float, share: float) -> float:
    """The lower end for ``n`` of ``n`` + ``n_others``; 0 also where few cases and a small alpha put it below all."""

    def excess(p: float) -> float:
        likelihood = special.xlogy(n, p) + special.xlog1py(n_others, -p)
        return float(mixture - likelihood + np.log(alpha))

    if n == 0 or excess(_SMALLEST) <= 0:
        return 0.0
    return float(optimize.brentq(excess, _SMALLEST, share, xtol=1e-15))


def anytime_difference(
    positive: int,
    total: int,
    *,
    reference: float,
    reference_limits: tuple[float, float],
    alpha: float = 0.05,
    design_effect: float = 1.0,
) -> tuple[float, float]:
    """Limits of the share ``positive`` / ``total`` minus an earlier estimate, ``reference``, with its own limits.

    :func:`anytime_interval` of the share and ``reference_limits``, taken together by Newcombe's square-and-add rule:
    with a the distance of one term to its limit on that side and b that of the other on the opposite one, √(a² + b²).
    The reference is estimated once and the share again and again. (-1, 1) without a case.

    Raises
    ------
    ValueError
        As :func:`anytime_interval`, and unless 0 ≤ lower limit ≤ reference ≤ upper limit ≤ 1.

    References
    ----------
    Zou GY, Donner A. Stat Med 2008;27:1693-1702. doi:10.1002/sim.3095
    """
    low, high = reference_limits
    if not 0 <= low <= reference <= high <= 1:
        raise ValueError("The reference must lie between its limits, and these between 0 and 1.")
    limits = anytime_interval(positive, total, alpha=alpha, design_effect=design_effect)
    if total == 0:
        return -1.0, 1.0
    return square_and_add(positive / total, limits, reference, reference_limits)


def _spent(t: FloatArray, alpha: float, spending: Spending) -> FloatArray:
    if spending == "obrien-fleming":
        return np.asarray(2 - 2 * special.ndtr(special.ndtri(1 - alpha / 2) / np.sqrt(t)), dtype=np.float64)
    if spending == "pocock":
        return np.asarray(alpha * np.log1p((np.e - 1) * t), dtype=np.float64)
    raise ValueError("The spending must be `obrien-fleming` or `pocock`.")


def _weights(going: FloatArray, density: FloatArray, grid: FloatArray) -> FloatArray:
    """Trapezoids of the density below the boundary: points beyond it lie on it, and weigh nothing."""
    values = np.interp(going, grid, density)
    widths = np.diff(going)
    weights = np.zeros(going.size)
    weights[:-1] += widths / 2
    weights[1:] += widths / 2
    return weights * values
