"""What each month says of one monitor: how far it lies from the reference, by how much more than chance, since when."""

from dataclasses import dataclass

import numpy as np

from multisite.drift.rule.series import Limits, MonitorSeries
from multisite.stats import (
    BooleanArray,
    FloatArray,
    cell_statistics,
    cells_evidence,
    location_evidence,
    p_value_from_limits,
    rank_scores,
    share_p_value,
)
from multisite.vocabulary import LearntFrom, MonitorKind

__all__ = ["MINIMUM_STUDIES", "Judged", "judge"]

MINIMUM_STUDIES = 10
"""Studies with a value below which a month, or a reference, is not judged."""

_MINIMUM_RANKED = 50
"""Studies of a reference, less those that repeat patients, below which the variance of its ranks is too uncertain."""

_SHIFT_TO_DEVIATIONS = 2 * np.sqrt(np.pi)
"""A shift of normal values by d standard deviations moves their mean rank by d / (2√π), while it is small."""


@dataclass(frozen=True, slots=True)
class Judged:
    """Arrays of shape (n_runs, n_months); NaN where a month cannot be judged, and -1 for no cell and no start.

    ``change`` is that of the month, and ``lasting_change`` that of the months since ``since`` together, both signed and
    in the monitor's unit of change, less what chance alone gives in cells of several. ``evidence`` is carried on
    through months that cannot be judged. ``holds`` says whether the month itself is likelier under the shares since
    ``since`` than under those of the reference: once a change is over, its evidence speaks for it no longer.
    """

    p_value: FloatArray
    change: FloatArray
    lasting_change: FloatArray
    cell: np.ndarray
    evidence: FloatArray
    since: np.ndarray
    n: FloatArray
    n_reference: FloatArray
    holds: BooleanArray


def judge(series: MonitorSeries) -> Judged:
    """Every month of a series. What cannot be judged is NaN; no month disturbs another's p-value."""
    months, references = series.months, series.references
    n, n_reference = months.sum(axis=-1), references.sum(axis=-1)
    enough = (n >= MINIMUM_STUDIES) & (n_reference >= MINIMUM_STUDIES)[:, None] & (months.shape[-1] > 1)
    kept = np.where(enough[..., None], months, 0.0)
    effect = series.monitor.design_effect
    cells = cells_evidence(kept, references, design_effect=effect)
    if series.monitor.kind is MonitorKind.NUMBER:
        located = location_evidence(kept, references, design_effect=effect)
        ranked = (n_reference / effect >= _MINIMUM_RANKED)[:, None]
        by_location = np.where(ranked, np.nan_to_num(located.evidence), 0.0)
        evidence = (by_location + np.nan_to_num(cells.evidence)) / np.where(ranked, 2, 1)
        first = ranked & (by_location >= np.nan_to_num(cells.evidence))
        since = np.where(first, located.since, cells.since)
    else:
        evidence, since = cells.evidence, cells.since
    p, change, cell = _month(series, kept, enough)
    block = _since_then(kept, since)
    _, lasting, _ = _month(series, block, enough, p_values=False)
    known = np.broadcast_to((n_reference >= MINIMUM_STUDIES)[:, None], evidence.shape)
    if series.monitor.learnt_from is LearntFrom.FIRST_MONTHS:
        # While it learns it is known of no month: else what later months teach would change what was said of earlier.
        known = known & np.maximum.accumulate(n > 0, axis=1)
    return Judged(
        p_value=p,
        change=change,
        lasting_change=lasting,
        cell=cell,
        evidence=np.where(known, evidence, np.nan),
        since=since,
        n=n,
        n_reference=np.broadcast_to(n_reference[:, None], n.shape),
        holds=_holds(kept, block, references),
    )


def _month(
    series: MonitorSeries, months: FloatArray, enough: np.ndarray, *, p_values: bool = True
) -> tuple[FloatArray, FloatArray, np.ndarray]:
    """p-value, change and cell of each month, or block of months."""
    kind, references = series.monitor.kind, series.references
    n, m = months.sum(axis=-1), references.sum(axis=-1)[:, None]
    shape = n.shape
    nothing = np.full(shape, np.nan)
    if not enough.any():
        return nothing, nothing.copy(), np.full(shape, -1)
    safe_n, safe_m = np.where(n > 0, n, 1.0), np.where(m > 0, m, 1.0)
    difference = months / safe_n[..., None] - (references[:, None] / safe_m[..., None])
    if kind is MonitorKind.SHARE:
        p = _share_p(series, months, n, enough) if p_values else nothing
        return p, np.where(enough, difference[..., 0], np.nan), np.where(enough, 0, -1)
    effect = series.monitor.design_effect
    roots = cell_statistics(months / effect, np.broadcast_to(references[:, None] / effect, months.shape))
    cell = roots.argmax(axis=-1)
    at_cell = np.take_along_axis(difference, cell[..., None], axis=-1)[..., 0]
    usual = np.take_along_axis(
        np.broadcast_to(references[:, None] / safe_m[..., None], months.shape), cell[..., None], axis=-1
    )[..., 0]
    by_chance = np.sqrt(usual * (1 - usual) * effect * (1 / safe_n + 1 / safe_m))
    beyond = np.sign(at_cell) * np.maximum(np.abs(at_cell) - by_chance, 0.0)
    p_cells = _limit_p(series.limits.get("cells"), roots.max(axis=-1), n, enough) if p_values else nothing
    if kind is MonitorKind.CATEGORY:
        return p_cells, np.where(enough, beyond, np.nan), np.where(enough, cell, -1)
    return _number(series, months, enough, p_cells, beyond, cell, p_values=p_values)


def _number(
    series: MonitorSeries,
    months: FloatArray,
    enough: np.ndarray,
    p_cells: FloatArray,
    beyond: FloatArray,
    cell: np.ndarray,
    *,
    p_values: bool,
) -> tuple[FloatArray, FloatArray, np.ndarray]:
    """Location and shape together; the change is that of the location, unless only the shape speaks."""
    references, effect = series.references, series.monitor.design_effect
    n, m = months.sum(axis=-1), references.sum(axis=-1)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        ranks, variance = rank_scores(references)
        shift = (months * ranks[:, None]).sum(axis=-1) / n
        statistic = np.abs(shift) / np.sqrt(variance[:, None] * effect * (1 / n + 1 / m))
    deviations = _SHIFT_TO_DEVIATIONS * shift
    if not p_values:
        return np.full(n.shape, np.nan), np.where(enough, deviations, np.nan), np.where(enough, cell, -1)
    p_location = _limit_p(series.limits.get("location"), statistic, n, enough)
    both = np.fmin(np.nan_to_num(p_location, nan=1.0), np.nan_to_num(p_cells, nan=1.0))
    p = np.where(enough & ~(np.isnan(p_location) & np.isnan(p_cells)), np.minimum(1.0, 2 * both), np.nan)
    by_shape = np.nan_to_num(p_cells, nan=1.0) < np.nan_to_num(p_location, nan=1.0)
    # A share of a bin and a number of standard deviations are not the same; the share of a bin that moved is told in
    # the deviations that would move it so far in a normal distribution, at most: by 0.4 a deviation at the centre.
    change = np.where(by_shape & (np.abs(deviations) < np.abs(beyond) / 0.4), np.abs(beyond) / 0.4, deviations)
    return p, np.where(enough, change, np.nan), np.where(enough, cell, -1)


def _share_p(series: MonitorSeries, months: FloatArray, n: FloatArray, enough: np.ndarray) -> FloatArray:
    p = np.full(n.shape, np.nan)
    for run, reference in enumerate(series.references):
        here = enough[run]
        p[run, here] = share_p_value(
            months[run, here, 0],
            n[run, here],
            float(reference[0]),
            float(reference.sum()),
            design_effect=series.monitor.design_effect,
        )
    return p


def _limit_p(limits: Limits | None, statistic: FloatArray, n: FloatArray, enough: np.ndarray) -> FloatArray:
    if limits is None:
        return np.full(n.shape, np.nan)
    p = p_value_from_limits(
        np.where(enough, statistic, np.nan),
        n_studies=n,
        grid_n=limits.grid,
        probabilities=limits.probabilities,
        limits=limits.table,
    )
    return np.where(enough, p, np.nan)


def _holds(months: FloatArray, block: FloatArray, references: FloatArray) -> BooleanArray:
    """Whether each month is likelier under the shares of its block than under the reference's; true of no studies."""
    changed, unchanged = (
        np.log((counts + 0.5) / (counts + 0.5).sum(axis=-1, keepdims=True)) for counts in (block, references[:, None])
    )
    gain = (months * (changed - unchanged)).sum(axis=-1)
    return np.asarray((gain > 0) | (months.sum(axis=-1) == 0), dtype=bool)


def _since_then(months: FloatArray, since: np.ndarray) -> FloatArray:
    """For each month the sum of the months from ``since`` to it; without a start the month itself."""
    sums = np.concatenate([np.zeros_like(months[:, :1]), months], axis=1).cumsum(axis=1)
    position = np.arange(months.shape[1])[None, :]
    start = np.where(since >= 0, since, position)
    return np.asarray(sums[:, 1:] - np.take_along_axis(sums, start[..., None], axis=1), dtype=np.float64)
