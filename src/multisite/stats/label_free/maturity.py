"""How long labels take to arrive: the share that has arrived by an age, from studies of which many are still young."""

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import FloatArray

__all__ = ["label_maturity"]


def label_maturity(arrived: npt.ArrayLike, waiting: npt.ArrayLike) -> FloatArray:
    """Share of studies with a label by the age of 0, 1, 2 … months: 1 - Π(1 - h), Kaplan and Meier's estimate.

    h at an age is the share that arrives at that age among the studies that have reached it without a label. Studies
    that are too young have not been at risk yet, and so do not pull the share down.

    Parameters
    ----------
    arrived
        Studies whose label arrived at each age in months, shape (n_ages,).
    waiting
        Studies without a label whose age is each of these now, shape (n_ages,).

    Returns
    -------
    FloatArray
        Rising, in [0, 1], shape (n_ages,).

    Raises
    ------
    ValueError
        If shapes differ or a count is negative.

    Undefined cases
    ---------------
    NaN at an age that no study has reached.

    References
    ----------
    Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481. doi:10.1080/01621459.1958.10501452
    """
    events, censored = np.asarray(arrived, dtype=np.float64), np.asarray(waiting, dtype=np.float64)
    if events.ndim != 1 or events.shape != censored.shape:
        raise ValueError("Give as many numbers of waiting studies as of arrived labels.")
    if not (np.all(events >= 0) and np.all(censored >= 0)):
        raise ValueError("Counts must be at least 0.")
    at_risk = np.cumsum((events + censored)[::-1])[::-1]
    hazard = np.divide(events, at_risk, out=np.full(events.shape, np.nan), where=at_risk > 0)
    return np.asarray(1 - np.cumprod(1 - hazard), dtype=np.float64)
