"""Marks at the border of an image that look like letters in a row, as text that was burnt into the pixels does.

Nothing is read: it is the size, the sharpness and the order of the marks that tell. The rules are strict, because
anatomy, noise, rulers and single markers of a side must not count: what is missed here is counted nowhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["MIN_IN_ROW", "letters_in_row"]

MIN_IN_ROW: Final = 5
"""Letter-like marks in one row that are taken for text."""

_BORDER: Final = 0.12
_MIN_BORDER: Final = 16
"""Depth of the border, as a share of the side, and in pixels at least."""

_SATURATED: Final = 0.25
"""How near to the brightest or darkest value a mark is, as a share of the range."""

_CONTRAST: Final = 0.5
"""By how much what surrounds a mark differs from that end of the range, at least."""

_FILLED: Final = 0.4
"""Share of a border strip that may be saturated: text leaves room."""

_HEIGHTS: Final = (5, 40)
"""Rows of a letter."""

_MAX_MARKS: Final = 1500
"""Marks of a strip beyond which it is texture."""

_NEIGHBOURS: Final = np.ones((3, 3), dtype=np.int8)


@dataclass(frozen=True, slots=True)
class _Marks:
    """Boxes around marks, as arrays of one number per mark; ends are exclusive."""

    top: NDArray[np.int64]
    bottom: NDArray[np.int64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]

    @property
    def height(self) -> NDArray[np.int64]:
        return self.bottom - self.top

    @property
    def width(self) -> NDArray[np.int64]:
        return self.right - self.left

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.int64]) -> "_Marks":
        return _Marks(self.top[chosen], self.bottom[chosen], self.left[chosen], self.right[chosen])


def letters_in_row(picture: NDArray[np.int32]) -> int:
    """The largest number of letter-like marks in one horizontal row of the picture's border; 0 below ``MIN_IN_ROW``.

    A mark is a connected area near one end of the range of values, 5 to 40 rows high, not much wider than high, and
    sharply set off from what surrounds it. A row is marks of like height on one base line, less than one and a half
    heights apart, that are not all of one size (a ruler is).
    """
    low, high = int(picture.min()), int(picture.max())
    if low == high:
        return 0
    strips = ((strip - low) / (high - low) for strip in _border(picture))
    longest = max(_longest_row(_letters(ends)) for strip in strips for ends in (strip, 1 - strip))
    return longest if longest >= MIN_IN_ROW else 0


def _border(picture: NDArray[np.int32]) -> Iterator[NDArray[np.int32]]:
    """The strips along the four sides; a corner is in two of them."""
    rows, columns = picture.shape
    deep, wide = (max(_MIN_BORDER, round(_BORDER * side)) for side in (rows, columns))
    yield from (picture[:deep], picture[-deep:], picture[:, :wide], picture[:, -wide:])


def _letters(brightness: NDArray[np.float64]) -> _Marks:
    """Marks of the strip that have the size and the sharpness of letters."""
    saturated = brightness >= 1 - _SATURATED
    labels, n_marks = ndimage.label(saturated, structure=_NEIGHBOURS)
    if not MIN_IN_ROW <= n_marks <= _MAX_MARKS or saturated.mean() > _FILLED:
        return _boxes([])
    found = ndimage.find_objects(labels)
    boxes = _boxes(found)
    sized = (
        (boxes.height >= _HEIGHTS[0])
        & (boxes.height <= _HEIGHTS[1])
        & (boxes.width <= 1.5 * boxes.height)
        & (boxes.top > 0)
        & (boxes.bottom < brightness.shape[0])
    )
    # Sharpness, which costs most, only shortens rows.
    if _longest_row(boxes.where(sized)) < MIN_IN_ROW:
        return _boxes([])
    sharp = [i for i in np.flatnonzero(sized) if _is_sharp(brightness, labels, int(i) + 1, found[i])]
    return boxes.where(np.array(sharp, dtype=np.int64))


def _boxes(found: list[tuple[slice, slice]]) -> _Marks:
    edges = np.array([(r.start, r.stop, c.start, c.stop) for r, c in found], dtype=np.int64).reshape(-1, 4)
    return _Marks(*edges.T)


def _is_sharp(brightness: NDArray[np.float64], labels: NDArray[np.int32], mark: int, box: tuple[slice, slice]) -> bool:
    """Whether the pixels two steps off the mark are dark on the whole."""
    rows, columns = (slice(max(0, side.start - 2), side.stop + 2) for side in box)
    inside = labels[rows, columns] == mark
    near = ndimage.binary_dilation(inside, structure=_NEIGHBOURS)
    ring = ndimage.binary_dilation(near, structure=_NEIGHBOURS) & ~near & (labels[rows, columns] == 0)
    around = brightness[rows, columns][ring]
    return around.size > 0 and float(np.median(around)) <= 1 - _SATURATED - _CONTRAST


def _longest_row(marks: _Marks) -> int:
    """Marks of the longest row; where there are too few for one, 0."""
    if len(marks.top) < MIN_IN_ROW:
        return 0
    longest = 0
    for i in range(len(marks.top)):
        height = marks.height[i]
        alike = (
            (np.abs(marks.bottom - marks.bottom[i]) <= 0.2 * height)
            & (marks.height >= 0.6 * height)
            & (marks.height <= 1.5 * height)
        )
        row = marks.where(alike)
        row = row.where(np.argsort(row.left))
        apart = row.left[1:] - row.right[:-1] > 1.5 * height
        for run in np.split(np.arange(len(row.top)), np.flatnonzero(apart) + 1):
            if len(run) > longest and len(np.unique(row.width[run])) > 1:
                longest = len(run)
    return longest
