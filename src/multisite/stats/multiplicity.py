"""p-values of many tests adjusted for there being many."""

from typing import Any

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import FloatArray

__all__ = ["benjamini_hochberg", "benjamini_yekutieli", "bonferroni", "hochberg", "holm"]


def holm(p_values: npt.ArrayLike) -> FloatArray:
    """p-values adjusted by Holm: to reject those below α keeps the chance of any false rejection below α.

    In rising order, the i-th of m (from 0) becomes the largest (m − j)·p_(j) over j ≤ i, cut to 1.

    Parameters
    ----------
    p_values
        Shape ``(n_tests,)``, in [0, 1], however dependent; NaN or ``None`` for a test that is undefined.

    Returns
    -------
    FloatArray
        Shape ``(n_tests,)``, in the order of ``p_values``, each as large or larger.

    Raises
    ------
    ValueError
        If there is more than one dimension, or a p-value outside [0, 1].

    Undefined cases
    ---------------
    An undefined test keeps its place as NaN and does not count in m. That is right where it could not have rejected
    whatever its truth; a test that was left undone after a look at the data must be given, as 1, instead.

    References
    ----------
    Holm S. Scand J Stat 1979;6:65-70. https://www.jstor.org/stable/4615733

    Examples
    --------
    >>> holm([0.01, 0.04, None, 0.03]).tolist()
    [0.03, 0.06, nan, 0.06]
    """
    p, defined = _p_values(p_values)
    rising = np.argsort(p, kind="stable")
    steps = p[rising] * np.arange(p.size, 0, -1)
    adjusted = np.empty(p.size)
    adjusted[rising] = np.minimum(1.0, np.maximum.accumulate(steps))
    return _in_place(adjusted, defined)


def hochberg(p_values: npt.ArrayLike) -> FloatArray:
    """p-values adjusted by Hochberg: as :func:`holm`, but stepping up, and for tests that do not depend negatively.

    In rising order, the i-th of m (from 0) becomes the smallest (m − j)·p_(j) over j ≥ i. It never rejects less than
    Holm's. The chance of any false rejection stays below α where the tests are independent or Simes' inequality holds
    for them (positive dependence); Holm's needs neither.

    Parameters, results, errors and undefined cases are as for :func:`holm`.

    References
    ----------
    Hochberg Y. Biometrika 1988;75:800-802. doi:10.1093/biomet/75.4.800

    Examples
    --------
    >>> hochberg([0.01, 0.04, 0.03]).tolist()
    [0.03, 0.04, 0.04]
    """
    p, defined = _p_values(p_values)
    return _in_place(_stepped_up(p, np.arange(p.size, 0, -1)), defined)


def benjamini_hochberg(p_values: npt.ArrayLike) -> FloatArray:
    """p-values adjusted by Benjamini and Hochberg: to reject those below α keeps the expected share of false ones.

    In rising order, the i-th of m (from 1) becomes the smallest m·p_(j)/j over j ≥ i. Of independent tests, or of
    positively dependent ones, the expected share of false rejections among the rejections (0 where there is none)
    stays below α.

    Parameters
    ----------
    p_values
        As for :func:`holm`.

    Returns
    -------
    FloatArray
        As for :func:`holm`.

    Raises
    ------
    ValueError
        As :func:`holm`.

    Undefined cases
    ---------------
    As for :func:`holm`.

    References
    ----------
    Benjamini Y, Hochberg Y. J R Stat Soc B 1995;57:289-300. doi:10.1111/j.2517-6161.1995.tb02031.x
    Benjamini Y, Yekutieli D. Ann Stat 2001;29:1165-1188. doi:10.1214/aos/1013699998 (positive dependence)

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.5]).round(4).tolist()
    [0.04, 0.0533, 0.0533, 0.5]
    """
    p, defined = _p_values(p_values)
    return _in_place(_stepped_up(p, p.size / np.arange(1, p.size + 1)), defined)


def benjamini_yekutieli(p_values: npt.ArrayLike) -> FloatArray:
    """p-values adjusted by Benjamini and Yekutieli: as :func:`benjamini_hochberg`, however the tests depend.

    Those of Benjamini and Hochberg times 1 + 1/2 + … + 1/m, cut to 1.

    Parameters, results, errors and undefined cases are as for :func:`holm`.

    References
    ----------
    Benjamini Y, Yekutieli D. Ann Stat 2001;29:1165-1188. doi:10.1214/aos/1013699998

    Examples
    --------
    >>> benjamini_yekutieli([0.01, 0.04, 0.03]).round(4).tolist()
    [0.055, 0.0733, 0.0733]
    """
    p, defined = _p_values(p_values)
    place = np.arange(1, p.size + 1)
    return _in_place(_stepped_up(p, p.size * float((1.0 / place).sum()) / place), defined)


def bonferroni(p_values: npt.ArrayLike) -> FloatArray:
    """p-values times their number m, cut to 1: as :func:`holm`, which never rejects less, is to be preferred.

    Parameters, results, errors and undefined cases are as for :func:`holm`. It alone goes with simultaneous intervals
    of level 1 − α/m.

    References
    ----------
    Dunn OJ. J Am Stat Assoc 1961;56:52-64. doi:10.1080/01621459.1961.10482090

    Examples
    --------
    >>> bonferroni([0.01, 0.04, 0.5]).tolist()
    [0.03, 0.12, 1.0]
    """
    p, defined = _p_values(p_values)
    return _in_place(np.minimum(1.0, p * p.size), defined)


def _stepped_up(p: FloatArray, factor: npt.NDArray[Any]) -> FloatArray:
    """The smallest ``factor`` · p_(j) over j ≥ i in rising order, cut to 1; in the order of ``p``."""
    rising = np.argsort(p, kind="stable")
    adjusted = np.empty(p.size)
    adjusted[rising] = np.minimum(1.0, np.minimum.accumulate((p[rising] * factor)[::-1])[::-1])
    return adjusted


def _p_values(p_values: npt.ArrayLike) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
    values = np.asarray(p_values, dtype=np.float64)
    if values.ndim != 1:
        raise ValueError("`p_values` must be one-dimensional.")
    defined = ~np.isnan(values)
    p = values[defined]
    if not ((p >= 0.0) & (p <= 1.0)).all():
        raise ValueError("`p_values` must lie in [0, 1], or be NaN or None where a test is undefined.")
    return p, defined


def _in_place(adjusted: FloatArray, defined: npt.NDArray[np.bool_]) -> FloatArray:
    placed = np.full(defined.size, np.nan)
    placed[defined] = adjusted
    return placed
