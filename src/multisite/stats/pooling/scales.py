"""The scale on which sites are pooled, and the way back from it."""

import math
from typing import Literal, TypeAlias

from scipy import special

__all__ = ["Scale", "back", "require_scale"]

Scale: TypeAlias = Literal["raw", "logit", "log"]


def require_scale(scale: Scale) -> None:
    """Refuse a scale that is none."""
    if scale not in ("raw", "logit", "log"):
        raise ValueError("`scale` must be `raw`, `logit` or `log`.")


def back(value: float, scale: Scale) -> float:
    """From the scale of analysis to that of reading: unchanged, 1/(1 + e⁻ˣ), or eˣ (infinite where it overflows)."""
    if scale == "logit":
        return float(special.expit(value))
    if scale == "log":
        try:
            return math.exp(value)
        except OverflowError:
            return math.inf
    return value
