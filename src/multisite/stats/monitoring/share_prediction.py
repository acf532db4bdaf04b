"""What a month shows of a share by chance, where the usual share is itself estimated: the beta-binomial prediction."""

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.stats.estimate import FloatArray
from multisite.stats.monitoring.counts import checked_design_effect, effective_number

__all__ = ["share_p_value", "usual_share_range"]


def share_p_value(
    x: npt.ArrayLike, n: npt.ArrayLike, x_reference: float, n_reference: float, *, design_effect: float = 1.0
) -> FloatArray:
    """Two-sided chance of counts as far out as ``x`` of ``n``, given ``x_reference`` of ``n_reference``.

    The prediction is beta-binomial with Jeffreys' prior, at numbers divided by the design effect; p is twice the
    smaller tail, at most 1.

    Parameters
    ----------
    x, n
        Counts and their totals, of one shape.
    x_reference, n_reference
        Of the reference.
    design_effect
        At least 1.

    Returns
    -------
    FloatArray
        Shape of ``x``, in [0, 1].

    Raises
    ------
    ValueError
        Unless 0 ≤ x ≤ n on both sides and the design effect is at least 1.

    Undefined cases
    ---------------
    NaN where a side has no study.

    References
    ----------
    Bayarri MJ, Berger JO. J Am Stat Assoc 2000;95:1127-1142. doi:10.1080/01621459.2000.10474309
    """
    found, totals = np.asarray(x, dtype=np.float64), np.asarray(n, dtype=np.float64)
    if found.shape != totals.shape:
        raise ValueError("Counts and totals must have one shape.")
    checked_design_effect(design_effect)
    if not (np.all(np.isfinite(totals)) and np.all((found >= 0) & (found <= totals))):
        raise ValueError("A count must lie between 0 and its total.")
    _check(x_reference, n_reference)
    p = np.full(found.shape, np.nan)
    if n_reference == 0:
        return p
    for total in np.unique(totals[totals > 0]):
        here = totals == total
        chances = _prediction(x_reference, n_reference, effective_number(float(total), design_effect), design_effect)
        below, above = np.cumsum(chances), np.cumsum(chances[::-1])[::-1]
        at = np.rint(found[here] / total * (chances.size - 1)).astype(np.int64)
        p[here] = np.minimum(1.0, 2 * np.minimum(below[at], above[at]))
    return p


def usual_share_range(
    x_reference: float, n_reference: float, *, n: float, level: float = 0.95, design_effect: float = 1.0
) -> tuple[float, float]:
    """Shares between which a month of ``n`` studies lies with at least the chance ``level``; (NaN, NaN) if undefined.

    Raises
    ------
    ValueError
        As for :func:`share_p_value`, or for a level outside (0, 1).
    """
    _check(x_reference, n_reference)
    if not 0 < level < 1:
        raise ValueError("The level must lie between 0 and 1.")
    if not (np.isfinite(n) and n >= 0):
        raise ValueError("The studies of a month must be finite and at least 0.")
    if n == 0 or n_reference == 0:
        return float("nan"), float("nan")
    size = effective_number(n, checked_design_effect(design_effect))
    below = np.cumsum(_prediction(x_reference, n_reference, size, design_effect))
    tail = (1 - level) / 2
    low = int(np.searchsorted(below, tail, side="right"))
    high = int(np.searchsorted(below, 1 - tail, side="left"))
    return low / size, min(high, size) / size


def _prediction(x: float, n: float, size: int, design_effect: float) -> FloatArray:
    a, b = x / design_effect + 0.5, (n - x) / design_effect + 0.5
    k = np.arange(size + 1)
    logs = (
        special.gammaln(size + 1) - special.gammaln(k + 1) - special.gammaln(size - k + 1)
        + special.betaln(a + k, b + size - k) - special.betaln(a, b)
    )  # fmt: skip
    return np.asarray(np.exp(logs), dtype=np.float64)


def _check(x: float, n: float) -> None:
    if not (np.isfinite(n) and 0 <= x <= n):
        raise ValueError("A count must lie between 0 and its total.")
