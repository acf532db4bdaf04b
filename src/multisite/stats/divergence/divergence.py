"""What a divergence hands back, and how far two samples of one population would lie apart."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import CountArray, Estimate, FloatArray
from multisite.vocabulary import EstimateStatus

__all__ = ["Divergence", "NoDifference", "checked_counts", "counted", "divergence_of"]

NoDifference: TypeAlias = Literal["permutation", "multinomial"]
Statistic: TypeAlias = Callable[[FloatArray, FloatArray], FloatArray]
"""Values, shape (n,), of the counts of both sides, shape (n, n_bins)."""

_MOST_CELLS = 2_000_000
_MOST_PERMUTED = 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Divergence(Estimate):
    """How far two samples lie apart, beside what chance alone makes of samples of these sizes.

    ``noise_floor`` is what two samples of one population stay at or below in ``noise_level`` of the draws, ``p_value``
    the share of draws that come as far as the data (the data count as one), or that of the test that ``p_method``
    names. Both are ``None`` without draws. There is no interval: near zero the statistic is not centred on the truth.
    ``n_bins`` counts the bins that either side has.
    """

    n_first: int
    n_second: int
    n_bins: int
    noise_floor: float | None
    noise_level: float
    noise_method: str
    p_value: float | None
    p_method: str
    null_expectation: float | None = None

    @property
    def is_seen(self) -> bool:
        """Whether the divergence is above what chance alone would make of these sizes."""
        return self.estimate is not None and self.noise_floor is not None and self.estimate > self.noise_floor


def checked_counts(first: npt.ArrayLike, second: npt.ArrayLike) -> tuple[CountArray, CountArray]:
    """Both sides as whole numbers.

    Raises
    ------
    ValueError
        If the shapes differ, or a count is negative, not finite or not whole.
    """
    sides = []
    for name, side in (("first", first), ("second", second)):
        values = np.asarray(side)
        if values.ndim != 1:
            raise ValueError(f"`{name}` must be one-dimensional: one count for each bin.")
        if values.dtype.kind not in "iu" and not (np.isfinite(values) & (values == np.trunc(values))).all():
            raise ValueError(f"`{name}` must hold whole, finite counts.")
        if values.size and values.min() < 0:
            raise ValueError(f"`{name}` must not hold a negative count.")
        sides.append(values.astype(np.int64))
    if sides[0].shape != sides[1].shape:
        raise ValueError("`first` and `second` must have one count for each bin.")
    return sides[0], sides[1]


def counted(first: npt.ArrayLike, second: npt.ArrayLike) -> tuple[FloatArray, CountArray, CountArray]:
    """Distinct values of two samples, and how often each side has them.

    Raises
    ------
    ValueError
        If a sample is not one-dimensional or holds a value that is not finite.
    """
    sides = []
    for name, side in (("first", first), ("second", second)):
        values = np.asarray(side, dtype=np.float64)
        if values.ndim != 1:
            raise ValueError(f"`{name}` must be one-dimensional.")
        if not np.isfinite(values).all():
            raise ValueError(f"`{name}` must be finite; at least one value is NaN or infinite.")
        sides.append(values)
    distinct, position = np.unique(np.concatenate(sides), return_inverse=True)
    cut = sides[0].size
    counts = [np.bincount(part, minlength=distinct.size).astype(np.int64) for part in (position[:cut], position[cut:])]
    return distinct, counts[0], counts[1]


def divergence_of(
    first: CountArray,
    second: CountArray,
    statistic: Statistic,
    *,
    method: str,
    rng: np.random.Generator | None,
    n_draws: int,
    level: float,
    no_difference: NoDifference = "permutation",
) -> Divergence:
    """``statistic`` of the bins that either side has, and of draws in which the sides do not differ.

    Permutation deals the cases of both sides out again, keeping how many each bin has in all, which is exact;
    multinomial draws both sides anew from the pooled shares. From 10⁹ cases the latter stands in for the former.

    Raises
    ------
    ValueError
        If ``n_draws`` is below 1, ``level`` is not in (0, 1), or ``no_difference`` is unknown.
    """
    if n_draws < 1:
        raise ValueError("`n_draws` must be 1 or more.")
    if not 0.0 < level < 1.0:
        raise ValueError("`level` must lie strictly between 0 and 1.")
    if no_difference not in ("permutation", "multinomial"):
        raise ValueError("`no_difference` must be `permutation` or `multinomial`.")
    held = (first > 0) | (second > 0)
    first, second = first[held], second[held]
    n, m = int(first.sum()), int(second.sum())
    estimate: float | None = None
    reason: str | None = "no case on one side"
    if n and m:
        value = float(statistic(first[None, :].astype(np.float64), second[None, :].astype(np.float64))[0])
        estimate, reason = (value, None) if np.isfinite(value) else (None, "a bin is empty on one side: no bound")
    scheme: NoDifference = "multinomial" if n + m >= _MOST_PERMUTED else no_difference
    floor = p_value = None
    if n and m and rng is not None:
        drawn = _drawn(first, second, statistic, rng, n_draws, scheme)
        highest = float(np.quantile(drawn, level, method="inverted_cdf"))
        floor = highest if np.isfinite(highest) else None
        if estimate is not None:
            # A draw that is the data over again may differ from it in the last digit.
            p_value = (1 + int((drawn >= estimate * (1.0 - 1e-12)).sum())) / (n_draws + 1)
    named = f"{n_draws} {scheme} draws" if rng is not None else "none"
    return Divergence(
        estimate=estimate,
        ci_low=None,
        ci_high=None,
        ci_level=None,
        ci_method=f"none; {method}",
        n_cases=n + m,
        status=EstimateStatus.OK if estimate is not None else EstimateStatus.UNDEFINED,
        reason=reason,
        n_first=n,
        n_second=m,
        n_bins=int(held.sum()),
        noise_floor=floor,
        noise_level=level,
        noise_method=named,
        p_value=p_value,
        p_method=named,
    )


def _drawn(
    first: CountArray,
    second: CountArray,
    statistic: Statistic,
    rng: np.random.Generator,
    n_draws: int,
    scheme: NoDifference,
) -> FloatArray:
    pooled, n, m = first + second, int(first.sum()), int(second.sum())
    found = []
    at_once = max(1, _MOST_CELLS // pooled.size)
    for start in range(0, n_draws, at_once):
        size = min(at_once, n_draws - start)
        if scheme == "permutation":
            one = rng.multivariate_hypergeometric(pooled, n, size=size, method="marginals")
            other = pooled - one
        else:
            one, other = (
                rng.multinomial(n, pooled / (n + m), size=size),
                rng.multinomial(m, pooled / (n + m), size=size),
            )
        found.append(statistic(one.astype(np.float64), other.astype(np.float64)))
    return np.concatenate(found)
