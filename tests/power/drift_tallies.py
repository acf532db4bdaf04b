"""Drawn studies → counts per monitor and month on the baseline's bins, as the rule takes them.

The project's own functions count frames; these count arrays, a few hundred times as many in the same time. The tests
compare both. The bins are the project's own.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
from scipy import special

from multisite.drift.baseline.bins import quantile_edges
from multisite.drift.rule.series import Limits, Monitor, MonitorSeries
from multisite.stats import null_limits
from multisite.vocabulary import LearntFrom, MonitorFamily, MonitorKind
from tests.power.drift_site import CATEGORIES, FINDINGS, THRESHOLDS, Floats, Ints, Studies

__all__ = ["FIRST_MONTHS", "GRID_OF_PROBABILITIES", "first_of_patient_and_month", "monitors_of_studies"]

Flags = npt.NDArray[np.bool_]

FIRST_MONTHS = 3
GRID_OF_PROBABILITIES = np.array([1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001])
_BINS, _RARE = 10, 5
_SHARE_FLOOR, _DEVIATION_FLOOR = 0.02, 0.05
_SUBGROUPS = ("vendor", "patient_sex")
_POPULATION = ("age_years", "patient_sex", "view_position")


def first_of_patient_and_month(studies: Studies) -> Studies:
    """The unit of every count: the first study of each patient in each calendar month."""
    order = np.lexsort((np.arange(studies.month.size), studies.day, studies.patient, studies.month))
    month, patient = studies.month[order], studies.patient[order]
    is_first = np.ones(order.size, dtype=bool)
    is_first[1:] = (month[1:] != month[:-1]) | (patient[1:] != patient[:-1])
    kept = np.zeros(order.size, dtype=bool)
    kept[order[is_first]] = True
    return studies.kept(kept)


def monitors_of_studies(studies: Studies, *, n: int, months: int, replicates: int, seed: int) -> list[MonitorSeries]:
    """Every monitor that counts studies: columns, missing values, scores, alerts, failures, agreement, subgroups.

    ``studies`` are firsts of patient and month, about ``n`` a month; ``replicates`` draws make each limit, at half, once
    and twice that size.
    """
    made = []
    for number, (monitor, cells, codes) in enumerate(_coded(studies)):
        counts = _counts(studies.month, codes, len(cells), months)
        effect = _design_effect(studies, codes, len(cells), before=monitor.learnt_from is LearntFrom.VALIDATED)
        held = _with_effect(monitor, effect)
        limits = {}
        if monitor.kind in (MonitorKind.NUMBER, MonitorKind.CATEGORY):
            statistics = ["cells", "location"] if monitor.kind is MonitorKind.NUMBER else ["cells"]
            usual = n * counts[0].sum() / max(1, int((studies.month < 0).sum()))
            for statistic in statistics:
                limits[statistic] = _limits(
                    counts[0], usual, statistic, replicates=replicates, seed=seed + number, effect=effect
                )
        made.append(MonitorSeries(held, cells, counts[0], counts[None, 1:], limits))
    return made


def _coded(studies: Studies) -> Iterator[tuple[Monitor, tuple[str, ...], Ints]]:
    """Monitors with their cells and, per study, the position of its cell, or -1."""
    before = studies.month < 0
    for name, values in studies.numbers.items():
        yield from _number(name, values, before, _family(name))
        yield _share(f"missing_{name}", np.isnan(values), MonitorFamily.FEED)
    for name, codes in studies.categories.items():
        cells, kept = _categories(codes, before, CATEGORIES[name])
        yield _monitor(name, _family(name), MonitorKind.CATEGORY), cells, kept
        yield _share(f"missing_{name}", codes < 0, MonitorFamily.FEED)
    everything = np.ones(before.size, dtype=bool)
    first = LearntFrom.FIRST_MONTHS
    yield _share("failed_ai", studies.outcome == 1, MonitorFamily.FEED, learnt_from=first)
    yield _share("abstained_ai", studies.outcome == 2, MonitorFamily.OUTPUT, learnt_from=first)
    for finding in FINDINGS:
        score = special.expit(studies.latent[finding])
        score[(studies.outcome > 0) | studies.unscored] = np.nan
        known, alert = np.isfinite(score), score >= THRESHOLDS[finding]
        of_model = f"{finding}_ai"
        yield _share(f"missing_score_{of_model}", (studies.outcome == 0) & ~known, MonitorFamily.FEED)
        yield _share(
            f"disagrees_{of_model}", alert != studies.report[finding], MonitorFamily.AGREEMENT, known, learnt_from=first
        )
        groups = [("overall", "overall", everything)]
        for axis in _SUBGROUPS:
            cells, codes = _categories(studies.categories[axis], before, CATEGORIES[axis])
            groups += [(axis, level, codes == at) for at, level in enumerate(cells) if level != "other"]
        for axis, level, members in groups:
            family = MonitorFamily.OUTPUT if axis == "overall" else MonitorFamily.SUBGROUPS
            yield from _number(f"score_{of_model}", np.where(members, score, np.nan), before, family, axis, level)
            yield _share(f"alert_{of_model}", alert, family, known & members, axis=axis, level=level)


def _number(
    name: str, values: Floats, before: Flags, family: MonitorFamily, axis: str = "overall", level: str = "overall"
) -> Iterator[tuple[Monitor, tuple[str, ...], Ints]]:
    usual = values[before & np.isfinite(values)]
    edges = quantile_edges(usual, bins=_BINS)
    codes = np.where(np.isfinite(values), np.searchsorted(edges, values, side="right"), -1)
    cells = tuple(f"bin {i}" for i in range(len(edges) + 1))
    yield _monitor(name, family, MonitorKind.NUMBER, axis=axis, level=level), cells, codes


def _categories(codes: Ints, before: Flags, words: Sequence[str]) -> tuple[tuple[str, ...], Ints]:
    """Values that at least five validated studies have, in the order of the alphabet, and one cell for all others."""
    counts = np.bincount(codes[before & (codes >= 0)], minlength=len(words))
    common = sorted((i for i in range(len(words)) if counts[i] >= _RARE), key=lambda i: words[i])
    place = np.full(len(words) + 1, len(common))
    place[common] = np.arange(len(common))
    place[-1] = -1
    return (*(words[i] for i in common), "other"), place[codes]


def _share(
    name: str,
    yes: Flags,
    family: MonitorFamily,
    of: Flags | None = None,
    *,
    learnt_from: LearntFrom = LearntFrom.VALIDATED,
    axis: str = "overall",
    level: str = "overall",
) -> tuple[Monitor, tuple[str, ...], Ints]:
    codes = np.where(yes, 0, 1)
    codes = codes if of is None else np.where(of, codes, -1)
    monitor = _monitor(name, family, MonitorKind.SHARE, learnt_from=learnt_from, axis=axis, level=level)
    return monitor, ("yes", "no"), codes


def _monitor(
    name: str,
    family: MonitorFamily,
    kind: MonitorKind,
    *,
    learnt_from: LearntFrom = LearntFrom.VALIDATED,
    axis: str = "overall",
    level: str = "overall",
) -> Monitor:
    is_number = kind is MonitorKind.NUMBER
    return Monitor(
        name, axis, level, family, kind, learnt_from, "", "ai", "", 1.0, None, None,
        _DEVIATION_FLOOR if is_number else _SHARE_FLOOR, "standard deviations" if is_number else "share",
    )  # fmt: skip


def _with_effect(monitor: Monitor, effect: float) -> Monitor:
    return Monitor(
        monitor.id, monitor.axis, monitor.level, monitor.family, monitor.kind, monitor.learnt_from, monitor.finding,
        monitor.model, monitor.unit, effect, monitor.mean, monitor.standard_deviation, monitor.smallest_change,
        monitor.change_unit,
    )  # fmt: skip


def _family(name: str) -> MonitorFamily:
    return MonitorFamily.POPULATION if name in _POPULATION else MonitorFamily.ACQUISITION


def _counts(month: Ints, codes: Ints, n_cells: int, months: int) -> Floats:
    """Shape (1 + ``months``, cells): the reference, then each month."""
    known = codes >= 0
    window = np.maximum(month[known] + 1, 0)
    flat = np.bincount(window * n_cells + codes[known], minlength=(months + 1) * n_cells)
    return flat.reshape(months + 1, n_cells).astype(np.float64)


def _design_effect(studies: Studies, codes: Ints, n_cells: int, *, before: bool) -> float:
    """Rao and Scott's first order: variance with patients as clusters over that of single studies, summed over cells."""
    those = (codes >= 0) & ((studies.month < 0) == before)
    held, m = codes[those], int(those.sum())
    if m == 0:
        return 1.0
    _, patient = np.unique(studies.patient[those], return_inverse=True)
    shares = np.bincount(held, minlength=n_cells) / m
    size = np.bincount(patient)
    clustered = 0.0
    for cell in range(n_cells):
        found = np.bincount(patient, weights=held == cell)
        clustered += float(np.sum((found - shares[cell] * size) ** 2))
    single = float(m * np.sum(shares * (1 - shares)))
    return max(1.0, clustered / single) if single > 0 else 1.0


def _limits(reference: Floats, usual: float, statistic: str, *, replicates: int, seed: int, effect: float) -> Limits:
    grid = np.unique(np.maximum(1, np.round(usual * np.array([0.5, 1.0, 2.0]))))
    table = [
        null_limits(
            reference,
            n_studies=int(n),
            probabilities=GRID_OF_PROBABILITIES,
            statistic="cells" if statistic == "cells" else "location",
            replicates=replicates,
            seed=seed,
            design_effect=effect,
        )
        for n in grid
    ]
    return Limits(grid, GRID_OF_PROBABILITIES, np.array(table))
