"""The registry of a baseline: every monitor, its family, its unit, its design effect and its smallest change."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl

from multisite.drift.baseline.bins import kind_of, monitored_columns, share_columns
from multisite.drift.baseline.season import season_of
from multisite.drift.baseline.spread import design_effect
from multisite.drift.monitors import (
    INVALID_COLUMN,
    Monitors,
    abstained_column,
    alert_column,
    disagrees_column,
    failed_column,
    score_column,
)
from multisite.drift.months.counts import OTHER_LEVEL
from multisite.schemas.drift_baseline import DRIFT_BASELINE_MONITORS
from multisite.vocabulary import OVERALL, LearntFrom, MonitorFamily, MonitorKind

__all__ = ["Floors", "monitor_names", "positions_on_bins", "register_monitors", "watched_axes"]

_UNITS = {"_mm": "mm", "_kv": "kV", "_years": "years"}
_VALIDATED, _FIRST = LearntFrom.VALIDATED, LearntFrom.FIRST_MONTHS


@dataclass(frozen=True, slots=True)
class Floors:
    """Smallest changes: of shares, of means in standard deviations, of the volume, and of single monitors; and the
    days of silence that stop a feed. ``watch_missing`` says whether studies without a value are watched."""

    share: float
    standard_deviations: float
    volume: float
    silent_days: int
    monitors: tuple[tuple[str, float], ...] = ()
    watch_missing: bool = True


@dataclass(frozen=True, slots=True)
class _Named:
    """Family, and finding and model, of a column."""

    family: MonitorFamily
    finding: str = ""
    model: str = ""


def watched_axes(monitors: Monitors) -> dict[str, tuple[str, ...]]:
    """Monitor → the categories within which it is counted: alerts within all, scores within the subgroups."""
    alerts = {kind_of(alert_column(a.finding, a.model))[1]: monitors.categories for a in monitors.alerts}
    scores = {kind_of(score_column(*pair))[1]: monitors.subgroups for pair in monitors.scores}
    return {name: tuple(f"category_{axis}" for axis in axes) for name, axes in {**alerts, **scores}.items()}


def monitor_names(monitors: Monitors) -> frozenset[str]:
    """What every monitor is called that a baseline may have."""
    columns = [kind_of(name)[1] for name in monitors.columns]
    feed = [f"{name}_{model}" for model in monitors.models for name in ("volume", "silence")]
    shares = [kind_of(name)[1] for name in monitors.shares]
    return frozenset([*columns, *(f"missing_{name}" for name in columns), *shares, *feed])


def register_monitors(
    reference: pl.DataFrame, counts: pl.DataFrame, *, monitors: Monitors, floors: Floors, site: str
) -> pl.DataFrame:
    """DRIFT_BASELINE_MONITORS of the ``reference`` rows and their ``counts`` (all windows of the baseline)."""
    names = _named(monitors)
    rows = [row for row in _rows(reference, counts, names, monitors, floors)]
    return (
        pl.DataFrame(rows, schema_overrides={"mean": pl.Float64, "standard_deviation": pl.Float64})
        .with_columns(pl.lit(site).alias("site"))
        .select(pl.col(name).cast(dtype) for name, dtype in DRIFT_BASELINE_MONITORS.schema.items())
        .sort("monitor", "axis", "level")
    )


def positions_on_bins(values: pl.Series, cells: pl.DataFrame) -> np.ndarray:
    """Of each study the bin that counts it, -1 for none; values that are no bin's of their own are in the last."""
    if values.dtype == pl.Boolean:
        return np.where(values.is_null(), -1, np.where(values.fill_null(False), 0, 1)).astype(np.int64)
    if values.dtype.is_numeric():
        edges = cells["lower"].drop_nulls().to_numpy()
        found = np.searchsorted(edges, values.fill_null(0.0).to_numpy(), side="right")
    else:
        labels = {label: place for place, label in enumerate(cells.filter(bin_kind="category")["label"])}
        found = np.array([labels.get(value, len(labels)) for value in values.to_list()], dtype=np.int64)
    return np.where(values.is_null().to_numpy(), -1, found).astype(np.int64)


def _named(monitors: Monitors) -> dict[str, _Named]:
    found: dict[str, _Named] = {}
    for column in monitors.acquisition_columns:
        is_about_patient = kind_of(column)[1] in monitors.population
        found[column] = _Named(MonitorFamily.POPULATION if is_about_patient else MonitorFamily.ACQUISITION)
    for pair in monitors.scores:
        found[score_column(*pair)] = _Named(MonitorFamily.OUTPUT, *pair)
    for alert in monitors.alerts:
        pair = alert.finding, alert.model
        found[alert_column(*pair)] = _Named(MonitorFamily.OUTPUT, *pair)
        found[disagrees_column(*pair)] = _Named(MonitorFamily.AGREEMENT, *pair)
    for model in monitors.models:
        found[abstained_column(model)] = _Named(MonitorFamily.OUTPUT, "", model)
        found[failed_column(model)] = _Named(MonitorFamily.FEED, "", model)
    found[INVALID_COLUMN] = _Named(MonitorFamily.FEED)
    return found


def _rows(
    reference: pl.DataFrame,
    counts: pl.DataFrame,
    names: Mapping[str, _Named],
    monitors: Monitors,
    floors: Floors,
) -> Iterator[dict[str, object]]:
    own = dict(floors.monitors)
    whole = counts.filter(window="baseline")
    for column in (*monitored_columns(reference), *share_columns(reference)):
        kind, monitor = kind_of(column)
        values, named = reference[column], names[column]
        cells = whole.filter(monitor=monitor, axis=OVERALL)
        effect = design_effect(reference["patient_id"], positions_on_bins(values, cells), cells.height)
        row = _row(monitor, MonitorKind(kind), named, values, reference["patient_id"], effect)
        learnt = _FIRST if named.family is MonitorFamily.AGREEMENT or column.startswith(_FIRST_MONTHS) else _VALIDATED
        deviation = row["standard_deviation"]
        row |= _floor(monitor, MonitorKind(kind), floors, own, deviation if isinstance(deviation, float) else None)
        row |= {"learnt_from": learnt.value, "season": season_of(counts, monitor, smallest=floors.share)}
        yield row
        if floors.watch_missing and kind != "share":
            yield _missing(row, values, reference["patient_id"], named, floors, own)
        yield from _subgroups(row, whole, reference, column, monitors)
    for model in monitors.models:
        for name, kind in (("volume", MonitorKind.VOLUME), ("silence", MonitorKind.SILENCE)):
            monitor = f"{name}_{model}"
            is_volume = kind is MonitorKind.VOLUME
            default = floors.volume if is_volume else float(floors.silent_days)
            yield {
                "monitor": monitor, "axis": OVERALL, "level": OVERALL, "family": MonitorFamily.FEED.value,
                "kind": kind.value, "learnt_from": _FIRST.value, "finding": "", "model": model,
                "unit": "studies" if is_volume else "days", "n_studies": 0, "n_patients": 0, "design_effect": 1.0,
                "mean": None, "standard_deviation": None, "smallest_change": own.get(monitor, default),
                "change_unit": "volume" if is_volume else "days", "season": "not separable yet",
            }  # fmt: skip


def _subgroups(
    row: dict[str, object], whole: pl.DataFrame, reference: pl.DataFrame, column: str, monitors: Monitors
) -> Iterator[dict[str, object]]:
    """The monitor within the named levels of the subgroups that have studies enough ever to be judged."""
    kind, monitor = kind_of(column)
    for axis in monitors.subgroups if monitor in watched_axes(monitors) else ():
        levels = whole.filter(monitor=monitor, axis=axis)["level"].unique().sort()
        for level in levels.filter(levels != OTHER_LEVEL):
            own = reference.filter(pl.col(f"category_{axis}") == level)
            known = own.filter(pl.col(column).is_not_null())
            if known.height < _LEAST_IN_SUBGROUP:
                continue
            effect = row["design_effect"]
            assert isinstance(effect, float)
            named = _Named(MonitorFamily.SUBGROUPS, str(row["finding"]), str(row["model"]))
            made = _row(monitor, MonitorKind(kind), named, own[column], own["patient_id"], effect)
            yield {**row, **made, "axis": axis, "level": level}


_LEAST_IN_SUBGROUP = 10
_FIRST_MONTHS = ("share_abstained_", "share_failed_")


def _row(
    monitor: str, kind: MonitorKind, named: _Named, values: pl.Series, patients: pl.Series, effect: float
) -> dict[str, object]:
    known = values.drop_nulls()
    mean = deviation = None
    if kind is MonitorKind.NUMBER and known.len():
        array = known.to_numpy()
        mean = float(f"{array.mean():.12g}")
        deviation = float(f"{array.std(ddof=1):.12g}") if array.size > 1 else None
    if kind is MonitorKind.SHARE and known.len():
        mean = float(int(known.sum() or 0) / known.len())
    unit = next((unit for suffix, unit in _UNITS.items() if monitor.endswith(suffix)), "")
    return {
        "monitor": monitor, "axis": OVERALL, "level": OVERALL, "family": named.family.value, "kind": kind.value,
        "finding": named.finding, "model": named.model, "unit": unit if kind is MonitorKind.NUMBER else "",
        "n_studies": known.len(), "n_patients": patients.filter(values.is_not_null()).n_unique(),
        "design_effect": effect, "mean": mean, "standard_deviation": deviation,
    }  # fmt: skip


def _floor(
    monitor: str, kind: MonitorKind, floors: Floors, own: Mapping[str, float], deviation: float | None
) -> dict[str, object]:
    """A floor of a number that is declared in its unit is told in standard deviations, as its changes are."""
    if kind is MonitorKind.NUMBER:
        declared = own.get(monitor)
        smallest = floors.standard_deviations
        if declared is not None and deviation:
            smallest = declared / deviation
        return {"smallest_change": smallest, "change_unit": "standard deviations"}
    return {"smallest_change": own.get(monitor, floors.share), "change_unit": "share"}


def _missing(
    row: Mapping[str, object],
    values: pl.Series,
    patients: pl.Series,
    named: _Named,
    floors: Floors,
    own: Mapping[str, float],
) -> dict[str, object]:
    monitor = f"missing_{row['monitor']}"
    absent = values.is_null()
    effect = design_effect(patients, np.where(absent.to_numpy(), 0, 1), 2)
    of = _Named(MonitorFamily.FEED, named.finding, named.model)
    made = _row(monitor, MonitorKind.SHARE, of, absent, patients, effect)
    return {
        **made,
        **_floor(monitor, MonitorKind.SHARE, floors, own, None),
        # Cases without a score are left out of the validated set, so it cannot tell how often one lacks in use.
        "learnt_from": (_FIRST if row["family"] == MonitorFamily.OUTPUT.value else _VALIDATED).value,
        "season": "not separable yet" if row["season"] == "not separable yet" else "none seen",
    }
