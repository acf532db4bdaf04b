"""Where a slice lies: its orientation, and its position along the normal of it.

The axes of the patient are those of DICOM PS3.3 C.7.6.2.1.1: x to the left, y to the back, z to the head.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
import polars as pl

from multisite.schemas.series import Plane

__all__ = ["ORIENTATION_TOLERANCE", "directions", "orientation_text", "plane", "position_um"]

ORIENTATION_TOLERANCE: Final = 2e-4
"""Directions whose components differ by no more are one orientation."""

_STEP: Final = 1e-4
_SKEW: Final = 0.01
"""How far a pair of directions may be from lengths of 1 and a right angle."""
_DOMINANT: Final = 0.8
_PLANES: Final = (Plane.SAGITTAL, Plane.CORONAL, Plane.AXIAL)

_COSINES: Final = [pl.col("image_orientation_patient").list.get(i, null_on_oob=True) for i in range(6)]
_ROW, _COLUMN = _COSINES[:3], _COSINES[3:]
_NORMAL: Final = [
    _ROW[1] * _COLUMN[2] - _ROW[2] * _COLUMN[1],
    _ROW[2] * _COLUMN[0] - _ROW[0] * _COLUMN[2],
    _ROW[0] * _COLUMN[1] - _ROW[1] * _COLUMN[0],
]


def _dot(first: list[pl.Expr], second: list[pl.Expr]) -> pl.Expr:
    return first[0] * second[0] + first[1] * second[1] + first[2] * second[2]


def _upright() -> pl.Expr:
    lengths = [(_dot(side, side).sqrt() - 1).abs() <= _SKEW for side in (_ROW, _COLUMN)]
    return pl.all_horizontal(
        (pl.col("image_orientation_patient").list.len() == 6), *lengths, _dot(_ROW, _COLUMN).abs() <= _SKEW
    )


def orientation_text() -> pl.Expr:
    """``image_orientation_patient`` in ten-thousandths, joined by a backslash.

    Undefined (null) where it is missing, or no pair of perpendicular directions of length 1.
    """
    steps = [(cosine / _STEP).round().cast(pl.Int32, strict=False).cast(pl.String) for cosine in _COSINES]
    return pl.when(_upright()).then(pl.concat_str(steps, separator="\\"))


def position_um() -> pl.Expr:
    """Projection of ``image_position_patient`` on the normal of the orientation, in whole micrometres.

    The normal is the direction of rows times that of columns, as unit vector. Undefined (null) without a position, and
    where ``orientation_text`` is.
    """
    position = [pl.col("image_position_patient").list.get(i, null_on_oob=True) for i in range(3)]
    along = _dot(_NORMAL, position) / _dot(_NORMAL, _NORMAL).sqrt()
    known = _upright() & (pl.col("image_position_patient").list.len() == 3)
    return pl.when(known).then((along * 1000).round().cast(pl.Int32, strict=False))


def directions(texts: pl.Series) -> npt.NDArray[np.float64]:
    """The six cosines of each ``orientation_text``; shape (n_texts, 6). None may be null."""
    parts = [float(part) * _STEP for text in texts for part in text.split("\\")]
    return np.array(parts, dtype=np.float64).reshape(-1, 6)


def plane(cosines: npt.NDArray[np.float64]) -> list[str]:
    """The plane of each row of ``directions``: that of the component of the normal that is above 0.8, else oblique."""
    normal = np.abs(np.cross(cosines[:, :3], cosines[:, 3:]))
    return [
        _PLANES[component] if dominant else Plane.OBLIQUE
        for component, dominant in zip(normal.argmax(axis=1), normal.max(axis=1) > _DOMINANT, strict=True)
    ]
