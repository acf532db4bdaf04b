"""Local regression of a binary outcome on counts per score: loess and lowess without robustness iterations."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import CountArray, FloatArray

__all__ = ["LocalRegression", "local_regression"]


@dataclass(frozen=True, slots=True, eq=False)
class LocalRegression:
    """A smoother as a matrix: ``operator @ positives`` are its values at ``x[at]``; in between it is linear."""

    x: FloatArray
    at: CountArray
    operator: FloatArray

    def fitted(self, n_positive: npt.NDArray[np.floating | np.integer]) -> FloatArray:
        """Smoothed share of positives at every ``x``, from the positives at each; shape ``(n_scores,)``."""
        values: FloatArray = np.einsum("ij,j->i", self.operator, np.asarray(n_positive, dtype=np.float64))
        if self.at.size < self.x.size:
            values = np.interp(self.x, self.x[self.at], values)
        return values


def local_regression(
    x: FloatArray, n_cases: CountArray, *, span: float, degree: int, most_points: int
) -> LocalRegression:
    """Local polynomial of ``degree`` 0, 1 or 2 with tricube weights over the nearest share ``span`` of the cases.

    At x₀, h is the distance to the q-th nearest case, q = ⌊span · n⌋ (at least ``degree`` + 1, at most n), and the
    weight of a case at distance d is (1 − (d/h)³)³ for d < h and 0 beyond. The value is that of R's ``loess`` with
    ``surface = "direct"``, and for degree 1 that of Cleveland's ``lowess`` without iterations. Where so many cases
    share the score that h is zero, it is their share of positives.

    Parameters
    ----------
    x, n_cases
        Rising distinct scores and the cases at each, all above zero; shape (n_scores,), at least one.
    most_points
        At most so many scores, evenly by rank, get a fit of their own; in between, values are interpolated.
    """
    # Own code: statsmodels' lowess takes cases one by one, has no degree 2, and no matrix to use again.
    n = int(n_cases.sum())
    q = min(n, max(degree + 1, int(span * n + 1e-5)))
    at = np.unique(np.linspace(0, x.size - 1, min(x.size, most_points)).round().astype(np.int64))
    centre = x[at]
    reach = _distance_to_nearest(x, n_cases, q, centre)
    distance = x[None, :] - centre[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        u = distance / reach[:, None]
    # Beyond the reach, and 0/0 where the reach is zero and the score is the very same.
    u = np.where(distance == 0.0, 0.0, u)
    away = np.minimum(np.abs(u), 1.0)
    # Products, for a power of three takes ten times as long.
    weight = 1.0 - away * away * away
    weight = weight * weight * weight
    u = np.where(away < 1.0, u, 0.0)
    powers = [weight, weight * u, weight * u * u][: degree + 1]
    mass = n_cases.astype(np.float64)
    # Moments of u up to twice the degree make the normal equations.
    highest = [*powers, *(powers[-1] * u**k for k in range(1, degree + 1))]
    moments = np.stack([np.einsum("ij,j->i", power, mass) for power in highest], axis=1)
    row = np.arange(degree + 1)
    normal = moments[:, row[:, None] + row[None, :]]
    # Fewer scores within reach than coefficients: the generalised inverse still passes through the mean at the score.
    first = np.linalg.pinv(normal, rcond=1e-12, hermitian=True)[:, 0, :]
    operator = np.zeros_like(weight)
    for k, power in enumerate(powers):
        operator += first[:, k, None] * power
    return LocalRegression(x, at, operator)


def _distance_to_nearest(x: FloatArray, n_cases: CountArray, q: int, centre: FloatArray) -> FloatArray:
    # The q nearest cases are neighbours in rank: of all runs of q cases, that whose farther end is nearest.
    upto = np.cumsum(n_cases)
    n = int(upto[-1])
    first = np.unique(np.clip(np.concatenate([upto - n_cases, upto - q]), 0, n - q))
    low = x[np.searchsorted(upto, first, side="right")]
    high = x[np.searchsorted(upto, first + q - 1, side="right")]
    after = np.clip(np.searchsorted(low + high, 2.0 * centre), 0, first.size - 1)
    before = np.maximum(after - 1, 0)
    found: FloatArray = np.minimum(
        np.maximum(centre - low[after], high[after] - centre), np.maximum(centre - low[before], high[before] - centre)
    )
    return np.maximum(found, 0.0)
