"""What an image looks like: its grey picture, a thumbnail of 32 × 32 and a hash of that, alike for alike images.

All of it is whole-number arithmetic up to the hash, so that the thumbnail does not depend on the machine.
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.fft import dctn

__all__ = [
    "MIN_SIDE",
    "THUMBNAIL_SIDE",
    "Window",
    "grey_picture",
    "hash_of",
    "luminance",
    "robust_window",
    "thumbnail_of",
]

THUMBNAIL_SIDE: Final = 32
MIN_SIDE: Final = 32
"""Rows and columns below which an image has no thumbnail: there is nothing to average."""

_WAVES: Final = 16
"""Waves per direction that the hash looks at: 16 × 16 bits."""

_SAMPLED: Final = 512
"""Rows and columns at most from which the window is taken; of larger images every second, third, … is used."""

_WEIGHTS: Final = (299, 587, 114)
"""Red, green and blue in luminance (ITU-R BT.601), in thousandths."""

_AS_RGB: Final = ("RGB", "YBR_ICT", "YBR_RCT")
"""What is red, green and blue once it is decoded: JPEG 2000 undoes the other two."""


@dataclass(frozen=True, slots=True)
class Window:
    """Stored values shown as black and as white: the 1st and the 99th percentile. Equal where the image is flat."""

    low: int
    high: int

    @property
    def is_flat(self) -> bool:
        """Whether nearly all pixels have one value."""
        return self.low >= self.high


def luminance(frame: NDArray[Any], *, photometric: str) -> NDArray[np.int32]:
    """The frame as one whole number per pixel, high where it is bright; shape (rows, columns).

    Parameters
    ----------
    frame : stored values, shape (rows, columns) or (rows, columns, samples)
    photometric : PhotometricInterpretation; of colours in YBR the first sample is the luminance, and of a palette the
        place in it stands for the colour
    """
    is_small = frame.dtype.kind in "iub" and frame.dtype.itemsize <= 2
    values = frame.astype(np.int32) if is_small else _scaled(frame)
    if values.ndim == 3:
        is_rgb = photometric in _AS_RGB and values.shape[2] >= 3
        values = _weighted(values) if is_rgb else values[..., 0]
    return -values if photometric == "MONOCHROME1" else values


def _weighted(colours: NDArray[np.int32]) -> NDArray[np.int32]:
    red, green, blue = (weight * colours[..., i] for i, weight in enumerate(_WEIGHTS))
    return (red + green + blue) // 1000


def _scaled(frame: NDArray[Any]) -> NDArray[np.int32]:
    """Values of more than 16 bits in 65,536 steps from the lowest to the highest; what is not finite is the lowest."""
    values = frame.astype(np.float64)
    finite = np.isfinite(values)
    low, high = (values[finite].min(), values[finite].max()) if finite.any() else (0.0, 0.0)
    step = (high - low) / 65_535 or 1.0
    return np.rint((np.where(finite, values, low) - low) / step).astype(np.int32)


def robust_window(picture: NDArray[np.int32]) -> Window:
    """The window of a picture: percentiles that occur, of at most 512 × 512 pixels."""
    step_down, step_right = (max(1, -(-side // _SAMPLED)) for side in picture.shape)
    low, high = np.percentile(picture[::step_down, ::step_right], [1, 99], method="nearest")
    return Window(int(low), int(high))


def grey_picture(picture: NDArray[np.int32], window: Window) -> NDArray[np.uint8]:
    """The picture in 256 greys, black at the low end of a window that is not flat, white at its high end."""
    width = window.high - window.low
    clipped = np.clip(picture, window.low, window.high) - window.low
    greys: NDArray[np.uint8] = ((clipped * 510 + width) // (2 * width)).astype(np.uint8)
    return greys


def thumbnail_of(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Means of 32 × 32 equal areas, whatever the shape of the picture; pixels on a border count to both sides."""
    rows, columns = grey.shape
    sums = _sums(_sums(grey).T).T
    means: NDArray[np.uint8] = ((2 * sums + rows * columns) // (2 * rows * columns)).astype(np.uint8)
    return means


def _sums(values: NDArray[Any]) -> NDArray[np.int64]:
    """Sums over 32 equal strips of rows, in 32nds of a row, so that strips may end within one."""
    n_rows, side = values.shape[0], THUMBNAIL_SIDE
    sums = np.empty((side, values.shape[1]), dtype=np.int64)
    for strip in range(side):
        (first, before), (last, of_last) = divmod(strip * n_rows, side), divmod((strip + 1) * n_rows, side)
        sums[strip] = side * values[first:last].sum(axis=0, dtype=np.int64) - before * values[first].astype(np.int64)
        if of_last:
            sums[strip] += of_last * values[last].astype(np.int64)
    return sums


def hash_of(thumbnail: NDArray[np.uint8]) -> str:
    """256 bits in hexadecimal: which of the 16 × 16 slowest cosine waves lie above their median.

    The constant wave is left out, so that brightness does not matter; its bit is 0.
    """
    waves = dctn(thumbnail.astype(np.float64), norm="ortho")[:_WAVES, :_WAVES].ravel()
    bits = waves > np.median(waves[1:])
    bits[0] = False
    return np.packbits(bits).tobytes().hex()
