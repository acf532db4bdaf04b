"""Sums of products that do not depend on the machine."""

from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["dot"]


def dot(*columns: npt.NDArray[Any]) -> float:
    """Sum over rows of the product of one, two or three columns of equal length.

    In one thread and in one order: a threaded BLAS rounds differently with every number of threads, and two workers
    would not agree to the bit.
    """
    letters = ",".join("i" * len(columns))
    return float(np.einsum(f"{letters}->", *columns))
