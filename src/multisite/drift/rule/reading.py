"""From tallies to series: the counts of a baseline and of its months, monitor by monitor."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from multisite.drift.rule.series import Limits, Monitor, MonitorSeries
from multisite.stats import FloatArray
from multisite.vocabulary import LearntFrom, MonitorFamily, MonitorKind

__all__ = ["DO_NOT_FIT", "MISSING", "read_monitors", "read_series", "without_counts"]

DO_NOT_FIT = "its counts and limits do not fit each other"
"""Why a monitor cannot be judged whose tables contradict each other."""

MISSING = "missing_"
"""What the monitor of studies without a value is called, before the column's name."""

_COUNTED = (MonitorKind.NUMBER, MonitorKind.CATEGORY, MonitorKind.SHARE)
_CELL_KINDS = ("range", "category", "other")


def read_monitors(registry: pl.DataFrame) -> list[Monitor]:
    """The monitors of a registry (DRIFT_BASELINE_MONITORS), in its order."""
    return [
        Monitor(
            id=row["monitor"],
            axis=row["axis"],
            level=row["level"],
            family=MonitorFamily(row["family"]),
            kind=MonitorKind(row["kind"]),
            learnt_from=LearntFrom(row["learnt_from"]),
            finding=row["finding"],
            model=row["model"],
            unit=row["unit"],
            design_effect=row["design_effect"],
            mean=row["mean"],
            standard_deviation=row["standard_deviation"],
            smallest_change=row["smallest_change"],
            change_unit=row["change_unit"],
        )
        for row in registry.iter_rows(named=True)
    ]


def read_series(
    monitors: Sequence[Monitor],
    *,
    baseline: pl.DataFrame,
    counts: pl.DataFrame,
    limits: pl.DataFrame,
    months: Sequence[str],
    window: str = "baseline",
) -> list[MonitorSeries]:
    """Series of the monitors that count studies; one whose counts are missing or do not fit
    has a series without studies that says so: it is not assessable, and the others are judged.

    Parameters
    ----------
    baseline, counts
        DRIFT_COUNTS_BASELINE, and DRIFT_COUNTS on the bins of that baseline.
    limits
        DRIFT_LIMITS of the baseline.
    months
        YYYY-MM, rising; a month without counts has zeros.
    window
        Window of the baseline that is the reference.
    """
    before = _by_key(baseline.filter(window=window))
    later = _by_key(counts)
    limits_by_key = _by_key(limits)
    found = []
    for monitor in monitors:
        if monitor.kind not in _COUNTED:
            continue
        is_missing = monitor.id.startswith(MISSING)
        key = (monitor.id.removeprefix(MISSING) if is_missing else monitor.id, monitor.axis, monitor.level)
        reference = before.get(key)
        if reference is None:
            found.append(without_counts(monitor, len(months), fault="the baseline holds no counts of it"))
            continue
        try:
            own = limits_by_key.get(monitor.key)
            tables = {} if own is None else _limits(own)
            found.append(_series(monitor, reference, later.get(key), months, tables, is_missing=is_missing))
        except (ArithmeticError, LookupError, TypeError, ValueError):
            found.append(without_counts(monitor, len(months), fault=DO_NOT_FIT))
    return found


def without_counts(monitor: Monitor, n_months: int, *, fault: str) -> MonitorSeries:
    """A series of one cell without any study."""
    return MonitorSeries(monitor, ("",), np.zeros(1), np.zeros((1, n_months, 1)), {}, fault)


def _by_key(frame: pl.DataFrame) -> dict[tuple[str, str, str], pl.DataFrame]:
    groups = frame.group_by("monitor", "axis", "level", maintain_order=True)
    return {(str(monitor), str(axis), str(level)): rows for (monitor, axis, level), rows in groups}


def _series(
    monitor: Monitor,
    reference: pl.DataFrame,
    rows: pl.DataFrame | None,
    months: Sequence[str],
    limits: dict[str, Limits],
    *,
    is_missing: bool,
) -> MonitorSeries:
    reference = reference.sort("bin")
    registered = reference.filter(pl.col("bin_kind").is_in(_CELL_KINDS))
    labels = tuple(registered["label"].to_list())
    places = {int(number): place for place, number in enumerate(registered["bin"])}
    other = next((p for p, kind in enumerate(registered["bin_kind"]) if kind == "other"), None)
    at = {month: place for place, month in enumerate(months)}
    values = np.zeros((len(months), len(labels)))
    absent = np.zeros(len(months))
    for month, number, kind, n in _selected(rows):
        if month not in at:
            continue
        if kind == "missing":
            absent[at[month]] += n
        elif kind == "unseen":
            # Never seen before is, to the statistic, one of the others; the event names it.
            if other is not None:
                values[at[month], other] += n
        elif int(number) in places:
            values[at[month], places[int(number)]] += n
    before = registered["n_studies"].to_numpy().astype(np.float64)
    if is_missing:
        lacking = float(reference.filter(bin_kind="missing")["n_studies"].sum())
        pairs = np.stack([absent, values.sum(axis=-1)], axis=-1)
        return MonitorSeries(monitor, ("missing", "present"), np.array([lacking, before.sum()]), pairs[None], {})
    return MonitorSeries(monitor, labels, before, values[None], limits)


def _selected(rows: pl.DataFrame | None) -> list[tuple[Any, ...]]:
    return [] if rows is None else rows.select("window", "bin", "bin_kind", "n_studies").rows()


def _limits(rows: pl.DataFrame) -> dict[str, Limits]:
    found = {}
    for (statistic,), own in rows.group_by("statistic", maintain_order=True):
        grid = own["n_studies"].unique().sort()
        probabilities = own["probability"].unique().sort(descending=True)
        table: FloatArray = (
            own.sort("n_studies", pl.col("probability"), descending=[False, True])["limit"]
            .to_numpy()
            .reshape(grid.len(), probabilities.len())
        )
        found[str(statistic)] = Limits(grid.to_numpy().astype(np.float64), probabilities.to_numpy(), table)
    return found
