"""Checked counts of a month and of a reference, at the effective number that a design effect leaves of them."""

import numpy as np
import numpy.typing as npt

from multisite.stats.estimate import FloatArray

__all__ = ["checked_design_effect", "effective_counts", "effective_number"]


def effective_counts(counts: npt.ArrayLike, design_effect: float) -> FloatArray:
    """``counts`` over ``design_effect``, bins last; ValueError for a negative or infinite count, or no bin."""
    array = np.asarray(counts, dtype=np.float64)
    if array.ndim == 0 or array.shape[-1] == 0:
        raise ValueError("There must be at least one bin.")
    if not np.all(np.isfinite(array)) or np.any(array < 0):
        raise ValueError("Counts must be finite and at least 0.")
    return np.asarray(array / checked_design_effect(design_effect), dtype=np.float64)


def effective_number(total: float, design_effect: float) -> int:
    """``total`` over ``design_effect`` as a whole number, at least 1 where there is any."""
    return max(1, round(total / design_effect)) if total > 0 else 0


def checked_design_effect(design_effect: float) -> float:
    """``design_effect``; ValueError unless it is finite and at least 1."""
    if not np.isfinite(design_effect) or design_effect < 1:
        raise ValueError("The design effect must be finite and at least 1.")
    return float(design_effect)
