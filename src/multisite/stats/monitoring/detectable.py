"""The smallest change that a month of a given size would show."""

import math

from scipy import special

__all__ = ["detectable_location_change", "detectable_share_change"]


def detectable_share_change(
    share: float, *, n: float, n_reference: float, alpha: float, power: float = 0.8
) -> float | None:
    """The rise of a share (its fall, if it cannot rise so far) that a two-sided test at ``alpha`` finds with ``power``.

    By the arcsine transformation: 2 asin √p is normal with variance 1/n + 1/m. ``None`` where no change is large
    enough, or a side has no study.

    Raises
    ------
    ValueError
        If a number is out of its range.

    References
    ----------
    Cohen J. Statistical Power Analysis for the Behavioral Sciences, 2nd ed, 1988, chapter 6. doi:10.4324/9780203771587
    """
    if not 0 <= share <= 1:
        raise ValueError("A share must lie between 0 and 1.")
    step = _step(n, n_reference, alpha, power)
    if step is None:
        return None
    angle = math.asin(math.sqrt(share))
    if angle + step / 2 <= math.pi / 2:
        return math.sin(angle + step / 2) ** 2 - share
    return share - math.sin(angle - step / 2) ** 2 if angle - step / 2 >= 0 else None


def detectable_location_change(*, n: float, n_reference: float, alpha: float, power: float = 0.8) -> float | None:
    """The shift of a mean, in standard deviations, that a two-sided test at ``alpha`` finds with ``power``.

    (z + z)·√(1/n + 1/m)·√(π/3): the test is one of ranks, whose efficiency for a normal distribution is 3/π. ``None``
    where a side has no study.

    Raises
    ------
    ValueError
        If a number is out of its range.

    References
    ----------
    Hodges JL, Lehmann EL. Ann Math Stat 1956;27:324-335. doi:10.1214/aoms/1177728261
    """
    step = _step(n, n_reference, alpha, power)
    return None if step is None else step * math.sqrt(math.pi / 3)


def _step(n: float, n_reference: float, alpha: float, power: float) -> float | None:
    if not (0 < alpha < 1 and 0 < power < 1 and n >= 0 and n_reference >= 0):
        raise ValueError("Sizes must be at least 0, alpha and power between 0 and 1.")
    if n == 0 or n_reference == 0:
        return None
    quantiles = float(special.ndtri(1 - alpha / 2) + special.ndtri(power))
    return quantiles * math.sqrt(1 / n + 1 / n_reference)
