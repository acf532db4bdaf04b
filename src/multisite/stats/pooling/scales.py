"""The scale on which sites are pooled, and the way back from it."""

import math
from typing import Literal, TypeAlias

from scipy import special

__all__ = ["Scale", "back", "on_scale", "require_scale"]

Scale: TypeAlias = Literal["raw", "logit", "log"]


def require_scale(scale: Scale) -> None:
    """Refuse a scale that is none."""
    if scale not in ("raw", "logit", "log"):
        raise ValueError("`scale` must be `raw`, `logit` or `log`.")


def on_scale(value: float | None, scale: Scale) -> float | None:
    """From the scale of reading to that of analysis: unchanged, logit or logarithm; ``None`` where it has no place."""
    if value is None or not math.isfinite(value):
        return None
    if scale == "logit":
        return math.log(value / (1.0 - value)) if 0.0 < value < 1.0 else None
    if scale == "log":
        return math.log(value) if value > 0.0 else None
    return value


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
