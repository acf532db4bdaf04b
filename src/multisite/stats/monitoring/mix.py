"""A changed rate in two parts: other cases, and equal cases that fare otherwise."""

import numpy as np
import numpy.typing as npt

__all__ = ["mix_and_within"]


def mix_and_within(
    weights: npt.ArrayLike, rates: npt.ArrayLike, weights_now: npt.ArrayLike, rates_now: npt.ArrayLike
) -> tuple[float, float]:
    """Σ(w' - w)·a, what a change of the mix alone makes of the rate, and Σw'(a' - a), what is left within groups.

    Their sum is the change of the whole rate. Weights are made to sum to 1. A group without cases on one side has no
    rate there (NaN): the other side's stands for it, so that its part counts as mix.

    Raises
    ------
    ValueError
        If shapes differ, a weight is negative or infinite, no weight is above 0, or a rate is infinite.

    Undefined cases
    ---------------
    NaN where a group with weight has a rate on neither side.

    References
    ----------
    Kitagawa EM. J Am Stat Assoc 1955;50:1168-1194. doi:10.1080/01621459.1955.10501299
    """
    w, a, w_now, a_now = (np.asarray(values, dtype=np.float64) for values in (weights, rates, weights_now, rates_now))
    if w.ndim != 1 or not (w.shape == a.shape == w_now.shape == a_now.shape):
        raise ValueError("Weights and rates must have one value per group.")
    if not all(np.all(np.isfinite(side)) and np.all(side >= 0) and side.sum() > 0 for side in (w, w_now)):
        raise ValueError("Weights must be finite and at least 0, and one of each side above 0.")
    if np.any(np.isinf(a)) or np.any(np.isinf(a_now)):
        raise ValueError("A rate must be finite, or NaN where there is none.")
    w, w_now = w / w.sum(), w_now / w_now.sum()
    before, after = np.where(np.isnan(a), a_now, a), np.where(np.isnan(a_now), a, a_now)
    used = (w > 0) | (w_now > 0)
    mix = (w_now - w)[used] @ before[used]
    return float(mix), float(w_now[used] @ (after - before)[used])
