"""From the budget of false alarms to the level of a month's tests and to the lines of the evidence over months."""

from dataclasses import dataclass

import numpy as np

from multisite.stats import FloatArray
from multisite.vocabulary import MonitorFamily

__all__ = ["MAY_TURN_RED", "Lines", "adjusted_p_values", "lines_of"]

MAY_TURN_RED: frozenset[MonitorFamily] = frozenset(
    {MonitorFamily.FEED, MonitorFamily.OUTPUT, MonitorFamily.AGREEMENT, MonitorFamily.PERFORMANCE}
)
"""Families whose evidence may turn a month red. A changed input, or a subgroup, asks for a check of cases, and alone
for no more."""

_MONTHS_A_YEAR, _MONTHS_IN_FIVE_YEARS = 12, 60


@dataclass(frozen=True, slots=True)
class Lines:
    """``level`` of all tests of a month together; ``amber`` and ``red`` lines of the mean evidence."""

    level: float
    amber: float
    red: float


def lines_of(*, false_ambers_per_year: float, false_reds_per_five_years: float) -> Lines:
    """Half of the ambers for the tests of single months, half for the evidence.

    Tests at a level q of every family that can be judged err in a share (families) · q of months, and 12 · (families) ·
    q is half the budget: the families of a month share ``level``. An e-detector exceeds a line L every L months at
    most; 12 / L is the other half, and 60 / L the reds in five years.
    """
    half = false_ambers_per_year / 2
    return Lines(
        level=min(0.5, half / _MONTHS_A_YEAR),
        amber=_MONTHS_A_YEAR / half,
        red=_MONTHS_IN_FIVE_YEARS / false_reds_per_five_years,
    )


def adjusted_p_values(p_values: FloatArray) -> FloatArray:
    """Benjamini and Hochberg's adjustment along the last axis; NaN is no test and counts in no number."""
    known = ~np.isnan(p_values)
    # Without any test at all there is no number to multiply infinity with.
    number = np.maximum(1, known.sum(axis=-1, keepdims=True))
    filled = np.where(known, p_values, np.inf)
    order = np.argsort(filled, axis=-1, kind="stable")
    ranked = np.take_along_axis(filled, order, axis=-1) * np.maximum(1, number) / np.arange(1, p_values.shape[-1] + 1)
    least = np.minimum.accumulate(ranked[..., ::-1], axis=-1)[..., ::-1]
    adjusted = np.empty_like(p_values)
    np.put_along_axis(adjusted, order, np.minimum(least, 1.0), axis=-1)
    return np.where(known, adjusted, np.nan)
