"""How far two pictures agree in their details, whatever their large shapes."""

import numpy as np
import numpy.typing as npt

__all__ = ["detail_correlations"]

_REACH = 2
"""Pixels on either side whose mean is taken away: squares of 5 × 5."""


def detail_correlations(first: npt.NDArray[np.uint8], second: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Pearson's correlation, pair by pair, of what is left of two pictures without the mean around each pixel.

    r = Σ d₁d₂ / √(Σ d₁² · Σ d₂²), where d is the grey of a pixel minus the mean of the 5 × 5 pixels around it, less the
    mean of all d; pixels at the edge are repeated outwards. Two examinations of the same part of the body agree in
    outline and shade, and so in the correlation of the greys themselves; a copy also agrees in what is left.

    Parameters
    ----------
    first, second : greys from 0 to 255, shape (n_pairs, rows, columns)

    Returns
    -------
    shape (n_pairs,), from -1 to 1; higher is more alike

    Undefined
    ---------
    NaN where a picture has no detail.

    Examples
    --------
    >>> picture = np.random.default_rng(1).integers(0, 256, (1, 32, 32)).astype(np.uint8)
    >>> float(detail_correlations(picture, picture // 2)[0]) > 0.999
    True
    """
    one, other = _details(first), _details(second)
    products = np.einsum("nij,nij->n", one, other)
    squares = np.einsum("nij,nij->n", one, one) * np.einsum("nij,nij->n", other, other)
    undefined = np.full(len(products), np.nan)
    correlations: npt.NDArray[np.float64] = np.divide(products, np.sqrt(squares), out=undefined, where=squares > 0)
    return correlations


def _details(pictures: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    side = 2 * _REACH + 1
    padded = np.pad(pictures.astype(np.int64), ((0, 0), (_REACH, _REACH), (_REACH, _REACH)), mode="edge")
    windows = np.lib.stride_tricks.sliding_window_view(padded, (side, side), axis=(1, 2))
    details = pictures - windows.sum(axis=(3, 4)) / side**2
    centred: npt.NDArray[np.float64] = details - details.mean(axis=(1, 2), keepdims=True)
    return centred
