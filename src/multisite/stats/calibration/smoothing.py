"""Local regression of a binary outcome on counts per score: loess and lowess without robustness iterations."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import CountArray, FloatArray

__all__ = ["LocalRegression", "Surface", "local_regression"]

Surface: TypeAlias = Literal["interpolate", "direct"]

_SHARE_OF_SPAN_PER_CELL = 0.2
_MARGIN = 0.005


@dataclass(frozen=True, slots=True, eq=False)
class LocalRegression:
    """A smoother as matrices: ``value @ positives`` and ``slope @ positives`` are the curve and its slope at ``knot``.

    Between two knots the curve is the cubic with these values and slopes; without slopes, a straight line.
    """

    x: FloatArray
    knot: FloatArray
    value: FloatArray
    slope: FloatArray | None

    def fitted(self, n_positive: npt.NDArray[np.floating | np.integer]) -> FloatArray:
        """Smoothed share of positives at every ``x``, from the positives at each; shape ``(n_scores,)``."""
        positive = np.asarray(n_positive, dtype=np.float64)
        values: FloatArray = np.einsum("ij,j->i", self.value, positive)
        if self.slope is not None:
            return _cubic(self.x, self.knot, values, np.einsum("ij,j->i", self.slope, positive))
        if self.knot.size < self.x.size:
            values = np.interp(self.x, self.knot, values)
        return values


def local_regression(
    x: FloatArray, n_cases: CountArray, *, span: float, degree: int, surface: Surface, most_points: int
) -> LocalRegression:
    """Local polynomial of ``degree`` 1 or 2 with tricube weights over the nearest share ``span`` of the cases.

    At x₀, h is the distance to the q-th nearest case, q = ⌊span · n⌋ (at least ``degree`` + 1, at most n), and the
    weight of a case at distance d is (1 − (d/h)³)³ for d < h and 0 beyond. Where so many cases share the score that h
    is zero, the value is their share of positives.

    ``direct`` fits at every score, as Cleveland's ``lowess`` (degree 1) and R's ``loess(surface = "direct")``.
    ``interpolate`` fits value and slope at the vertices of R's default: the range, 0.5 % wider at both ends, halved at
    the median case until no cell holds more than 0.2 · span · n cases; cubics run between.

    Parameters
    ----------
    x, n_cases
        Rising distinct scores and the cases at each, all above zero; shape (n_scores,), at least one.
    most_points
        Of ``direct``: at most so many scores, evenly by rank, get a fit of their own; in between it is linear.

    References
    ----------
    Cleveland WS, Grosse E. Stat Comput 1991;1:47-62. doi:10.1007/BF01890836 (vertices and blending)
    """
    # Own code: statsmodels' lowess takes cases one by one, has no degree 2, and no matrix to use again.
    n = int(n_cases.sum())
    q = min(n, max(degree + 1, int(span * n + 1e-5)))
    if surface == "interpolate":
        knot = _vertices(x, n_cases, int(n * span * _SHARE_OF_SPAN_PER_CELL))
        return LocalRegression(x, knot, *_local_fits(x, n_cases, q, degree, knot))
    at = np.unique(np.linspace(0, x.size - 1, min(x.size, most_points)).round().astype(np.int64))
    return LocalRegression(x, x[at], _local_fits(x, n_cases, q, degree, x[at])[0], None)


def _local_fits(
    x: FloatArray, n_cases: CountArray, q: int, degree: int, centre: FloatArray
) -> tuple[FloatArray, FloatArray]:
    reach = _distance_to_nearest(x, n_cases, q, centre)
    distance = x[None, :] - centre[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        u = distance / reach[:, None]
    # 0/0 where the reach is zero and the score is the very same.
    u = np.where(distance == 0.0, 0.0, u)
    away = np.minimum(np.abs(u), 1.0)
    # Products, for a power of three takes ten times as long.
    weight = 1.0 - away * away * away
    weight = weight * weight * weight
    u = np.where(away < 1.0, u, 0.0)
    powers = [weight, weight * u, weight * u * u][: degree + 1]
    # Moments of u up to twice the degree make the normal equations.
    highest = [*powers, *(powers[-1] * u**k for k in range(1, degree + 1))]
    mass = n_cases.astype(np.float64)
    moments = np.stack([np.einsum("ij,j->i", power, mass) for power in highest], axis=1)
    row = np.arange(degree + 1)
    normal = moments[:, row[:, None] + row[None, :]]
    # Fewer scores within reach than coefficients: the generalised inverse still passes through their means.
    inverse = np.linalg.pinv(normal, rcond=1e-12, hermitian=True)
    value, slope = np.zeros_like(weight), np.zeros_like(weight)
    for k, power in enumerate(powers):
        value += inverse[:, 0, k, None] * power
        slope += inverse[:, 1, k, None] * power
    slope /= np.where(reach > 0.0, reach, np.inf)[:, None]
    return value, slope


def _distance_to_nearest(x: FloatArray, n_cases: CountArray, q: int, centre: FloatArray) -> FloatArray:
    # The q nearest cases are neighbours in rank: of all runs of q cases, that whose farther end is nearest.
    upto = np.cumsum(n_cases)
    first = np.unique(np.clip(np.concatenate([upto - n_cases, upto - q]), 0, int(upto[-1]) - q))
    low = x[np.searchsorted(upto, first, side="right")]
    high = x[np.searchsorted(upto, first + q - 1, side="right")]
    after = np.clip(np.searchsorted(low + high, 2.0 * centre), 0, first.size - 1)
    before = np.maximum(after - 1, 0)
    found: FloatArray = np.minimum(
        np.maximum(centre - low[after], high[after] - centre), np.maximum(centre - low[before], high[before] - centre)
    )
    return np.maximum(found, 0.0)


def _vertices(x: FloatArray, n_cases: CountArray, most_cases: int) -> FloatArray:
    upto = np.cumsum(n_cases)

    low, high = float(x[0]), float(x[-1])
    margin = _MARGIN * max(high - low, 1e-10 * max(abs(low), abs(high)) + 1e-30)
    found = {low - margin, high + margin}
    # Cells: first and last rank of their cases, from 1, and their ends.
    waiting = [(1, int(upto[-1]), low - margin, high + margin)]
    while waiting:
        first, last, left, right = waiting.pop()
        if last - first + 1 <= most_cases:
            continue
        middle = _untied((first + last) // 2, first, last, upto)
        cut = float(x[np.searchsorted(upto, middle, side="left")])
        if cut in (left, right):
            continue
        found.add(cut)
        waiting += [(first, middle, left, cut), (middle + 1, last, cut, right)]
    return np.array(sorted(found))


def _untied(middle: int, first: int, last: int, upto: CountArray) -> int:
    # The rank nearest to the middle after which the score changes, the later of two that are as near; the middle
    # itself, if the search leaves the cell first. In steps as R takes them: 0, +1, -1, +2, -2, …
    position = int(np.searchsorted(upto, middle, side="left"))
    after = int(upto[position]) - middle
    if after == 0:
        return middle
    before = middle - (int(upto[position - 1]) if position else -middle)
    leaves = min(2 * (last - middle) - 1, 2 * (middle - first + 1))
    if 2 * after - 1 < min(2 * before, leaves):
        return middle + after
    return middle - before if 2 * before < leaves else middle


def _cubic(x: FloatArray, knot: FloatArray, value: FloatArray, slope: FloatArray) -> FloatArray:
    cell = np.clip(np.searchsorted(knot, x, side="right") - 1, 0, knot.size - 2)
    width = knot[cell + 1] - knot[cell]
    h = (x - knot[cell]) / width
    ends = (1.0 - h) ** 2 * (1.0 + 2.0 * h) * value[cell] + h**2 * (3.0 - 2.0 * h) * value[cell + 1]
    bends = h * (1.0 - h) ** 2 * slope[cell] + h**2 * (h - 1.0) * slope[cell + 1]
    found: FloatArray = ends + bends * width
    return found
