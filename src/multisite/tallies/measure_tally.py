"""Sums of continuous measurements over patients, and their counts on a grid, in every level of every stratum."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from multisite.stats import FloatArray, MeanMoments, equal_width_cell
from multisite.tallies.scored_cases import numbered_patients
from multisite.tallies.segments import Axis, axes
from multisite.vocabulary import ALL_SITES, OVERALL

__all__ = ["MEASURE_KEYS", "MeasureGrid", "MeasureTally", "tally_measures"]

MEASURE_KEYS = ("site", "measure", "model", "stratum", "level")
"""Columns that name a segment of a measure."""

_CASE_KEYS = MEASURE_KEYS[:3]
_WHOLE = ("n_patients", "sum_n", "sum_nn")
_SUMS = (*_WHOLE, "sum_x", "sum_xn", "sum_xx", "sum_squares", "sum_xx_over_n")
_CELLS = ("n_patients", "n_cases")
_MOMENTS_SCHEMA = pl.Schema(
    {name: pl.String() for name in (*MEASURE_KEYS, "quantity")}
    | {name: pl.Int64() if name in _WHOLE else pl.Float64() for name in _SUMS}
)
_HISTOGRAM_SCHEMA = pl.Schema(
    {name: pl.String() for name in MEASURE_KEYS} | {name: pl.Int64() for name in ("cell", *_CELLS)}
)


@dataclass(frozen=True, slots=True)
class MeasureGrid:
    """Cells of equal width from ``low`` to ``high``; the last one holds ``high``, too."""

    low: float
    high: float
    n_cells: int

    def cell_of(self, values: FloatArray) -> npt.NDArray[np.int64]:
        """Position of the cell of each value in [low, high]."""
        # Rounding may carry the quotient of a value at a bound a hair beyond it.
        inside = np.clip((values - self.low) / (self.high - self.low), 0.0, 1.0)
        return equal_width_cell(inside, self.n_cells)


@dataclass(frozen=True, slots=True, eq=False)
class MeasureTally:
    """Sums by segment and quantity, and cases by segment and cell of the measure's grid; both frames are sorted."""

    moments: pl.DataFrame
    histogram: pl.DataFrame

    def over_sites(self) -> "MeasureTally":
        """The tally of all sites' patients as one set; a patient belongs to one site."""
        return MeasureTally(
            _added(self.moments, _MOMENTS_SCHEMA, ("quantity",), _SUMS),
            _added(self.histogram, _HISTOGRAM_SCHEMA, ("cell",), _CELLS),
        )

    def segments(self) -> Iterator[tuple[tuple[str, ...], dict[str, MeanMoments], dict[int, int]]]:
        """Each segment's key, moments by quantity, and cases by cell."""
        cells: dict[tuple[str, ...], dict[int, int]] = {}
        for row in self.histogram.iter_rows(named=True):
            cells.setdefault(tuple(row[name] for name in MEASURE_KEYS), {})[row["cell"]] = row["n_cases"]
        found: dict[tuple[str, ...], dict[str, MeanMoments]] = {}
        for row in self.moments.iter_rows(named=True):
            sums = MeanMoments(**{name: row[name] for name in _SUMS})
            found.setdefault(tuple(row[name] for name in MEASURE_KEYS), {})[row["quantity"]] = sums
        for key, moments in found.items():
            yield key, moments, cells.get(key, {})


def tally_measures(
    cases: pl.DataFrame, *, strata: Sequence[str], quantities: Sequence[str], grids: Mapping[str, MeasureGrid]
) -> MeasureTally:
    """Add up per patient, then over patients, overall and in every level of every stratum.

    Parameters
    ----------
    cases
        One row per case, measure and model: ``site``, ``measure``, ``model``, ``patient_id``, the ``quantities``
        (finite, or null for every row of a measure that lacks it), and the columns of ``strata``.
    strata
        Columns of levels; a ``stratum_`` prefix is not part of the stratum's name. A null is the level ``unknown``.
    quantities
        Columns of numbers to add up.
    grids
        Measure to its grid, on which ``value`` is counted; a measure without one is not.

    Returns
    -------
    MeasureTally
        Only segments that hold a case. A patient with cases in two levels counts in each. Sums depend on the order of
        the rows by rounding only.
    """
    moments: list[dict[str, Any]] = []
    histogram: list[dict[str, Any]] = []
    parts = cases.partition_by(_CASE_KEYS, as_dict=True, maintain_order=True) if cases.height else {}
    for names, part in sorted(parts.items()):
        patient = numbered_patients(part)
        for axis in (Axis(OVERALL, (OVERALL,)), *axes(part, columns=strata)):
            for level, rows in _by_level(axis, part.height):
                key = dict(zip(MEASURE_KEYS, (*names, axis.name, level), strict=True))
                owner = patient[rows]
                for quantity in quantities:
                    if part[quantity].null_count() < part.height:
                        sums = MeanMoments.from_cases(part[quantity].to_numpy()[rows], owner)
                        moments.append(key | {"quantity": quantity} | {name: getattr(sums, name) for name in _SUMS})
                grid = grids.get(str(names[1]))
                if grid is not None:
                    cells = grid.cell_of(part["value"].to_numpy()[rows])
                    histogram += [key | counted for counted in _cells(cells, owner)]
    return MeasureTally(
        pl.DataFrame(moments, schema=_MOMENTS_SCHEMA).sort(*MEASURE_KEYS, "quantity"),
        pl.DataFrame(histogram, schema=_HISTOGRAM_SCHEMA).sort(*MEASURE_KEYS, "cell"),
    )


def _by_level(axis: Axis, n_cases: int) -> Iterator[tuple[str, npt.NDArray[np.intp]]]:
    if axis.position is None:
        yield axis.levels[0], np.arange(n_cases)
        return
    for number, level in enumerate(axis.levels):
        yield level, np.flatnonzero(axis.position == number)


def _cells(cells: npt.NDArray[np.int64], owner: npt.NDArray[np.int64]) -> Iterator[dict[str, int]]:
    for cell in np.unique(cells).tolist():
        held = cells == cell
        yield {"cell": cell, "n_patients": int(np.unique(owner[held]).size), "n_cases": int(held.sum())}


def _added(frame: pl.DataFrame, schema: pl.Schema, last: Sequence[str], sums: Sequence[str]) -> pl.DataFrame:
    keys = [*MEASURE_KEYS, *last]
    # Sorted and in order, so that sums of fractions are the same to the bit however the frames were put together.
    rows = frame.select(schema.names()).sort(keys).with_columns(pl.lit(ALL_SITES).alias("site"))
    added = rows.group_by(keys, maintain_order=True).agg(pl.col(name).sum() for name in sums)
    return added.select(schema.names()).sort(keys)
