"""A monitor's months as counts, beside the counts of its reference: what every judgement is made from."""

from dataclasses import dataclass, replace

import numpy as np

from multisite.stats import FloatArray
from multisite.vocabulary import LearntFrom, MonitorFamily, MonitorKind

__all__ = ["Limits", "Monitor", "MonitorSeries", "from_first_months"]


@dataclass(frozen=True, slots=True)
class Monitor:
    """One monitor of a baseline. ``smallest_change`` is in standard deviations for numbers, else a share."""

    id: str
    axis: str
    level: str
    family: MonitorFamily
    kind: MonitorKind
    learnt_from: LearntFrom
    finding: str
    model: str
    unit: str
    design_effect: float
    mean: float | None
    standard_deviation: float | None
    smallest_change: float
    change_unit: str

    @property
    def key(self) -> tuple[str, str, str]:
        """What names it in a baseline."""
        return self.id, self.axis, self.level


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one statistic: ``table`` has a row per size of ``grid`` and a column per probability, falling."""

    grid: FloatArray
    probabilities: FloatArray
    table: FloatArray


@dataclass(frozen=True, slots=True)
class MonitorSeries:
    """Counts of a monitor on its cells.

    ``reference`` has the shape (n_cells,) or, in a simulation, (n_runs, n_cells); ``months`` (n_runs, n_months,
    n_cells), where real data are one run. Of a share the first cell is the one that is meant. ``limits`` are by
    statistic, for numbers and categories. ``fault`` says why there are no counts, empty where there are.
    """

    monitor: Monitor
    cells: tuple[str, ...]
    reference: FloatArray
    months: FloatArray
    limits: dict[str, Limits]
    fault: str = ""

    @property
    def references(self) -> FloatArray:
        """The reference of every run, shape (n_runs, n_cells)."""
        return np.broadcast_to(self.reference, (self.months.shape[0], self.months.shape[-1]))


def from_first_months(series: MonitorSeries, n_first: int) -> MonitorSeries:
    """``series`` with its own first months as the reference, and these emptied: they are not judged by themselves."""
    first = series.months[:, :n_first].sum(axis=1)
    months = series.months.copy()
    months[:, :n_first] = 0.0
    return replace(series, reference=first, months=months)
