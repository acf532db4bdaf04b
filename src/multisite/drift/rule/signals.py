"""From judged monitors to signals: corrected within family and month, and over months by the mean evidence."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from multisite.drift.rule.judged import Judged
from multisite.drift.rule.lines import MAY_TURN_RED, Lines, adjusted_p_values
from multisite.drift.rule.series import Monitor
from multisite.stats import BooleanArray, FloatArray

__all__ = ["Signals", "find_signals"]


@dataclass(frozen=True, slots=True)
class Signals:
    """Arrays whose last axis is the monitor, but for those of the whole month, of shape (n_runs, n_months).

    ``signal`` is a change that is large enough and beyond chance; ``small`` one that is beyond chance and too small;
    ``held_back`` one that would signal by itself, were it not muted or planned.
    ``evidence`` and ``red_evidence`` are means over the monitors, of those whose lasting change is large enough and
    still holds. ``level`` is that of each family's tests.
    """

    adjusted: FloatArray
    signal: BooleanArray
    small: BooleanArray
    held_back: BooleanArray
    evidence: FloatArray
    red_evidence: FloatArray
    is_red: BooleanArray
    level: FloatArray


def find_signals(
    monitors: Sequence[Monitor], judged: Sequence[Judged], *, lines: Lines, left_out: BooleanArray | None = None
) -> Signals:
    """Signals of each month.

    A test signals where its adjusted p-value is at most the level and the month's change is large enough. Evidence
    signals where its mean over all monitors has reached the amber line; it is then put down to those that stand out
    (e-BH at 1 / line), and to the largest of all if none does. Evidence of a lasting change that is too small is
    counted as none, and so is that of one which the month itself contradicts. ``left_out`` marks what is muted or
    planned: it is tested, and never signals.
    """
    p, change, lasting, evidence = (
        np.stack([getattr(one, name) for one in judged], axis=-1)
        for name in ("p_value", "change", "lasting_change", "evidence")
    )
    out = np.zeros(p.shape, dtype=bool) if left_out is None else left_out
    floors = np.array([monitor.smallest_change for monitor in monitors])
    holds = np.stack([one.holds for one in judged], axis=-1)
    adjusted = np.full(p.shape, np.nan)
    n_families = np.zeros(p.shape[:-1])
    families = [monitor.family for monitor in monitors]
    for family in sorted(set(families)):
        members = np.flatnonzero([one is family for one in families])
        adjusted[..., members] = adjusted_p_values(p[..., members])
        n_families += (~np.isnan(p[..., members])).any(axis=-1)
    level = lines.level / np.maximum(1, n_families)
    judged_now, large = ~np.isnan(p), np.abs(np.nan_to_num(change)) >= floors
    lasting_large = np.abs(np.nan_to_num(lasting)) >= floors
    beyond = np.nan_to_num(adjusted, nan=1.0) <= level[..., None]
    told = np.where(lasting_large & holds & ~out, np.nan_to_num(evidence), 0.0)
    n_known = np.maximum(1, (~np.isnan(evidence)).sum(axis=-1))
    mean = told.sum(axis=-1) / n_known
    reached = mean >= lines.amber
    culprits = _standing_out(told, lines.amber, n_known) & reached[..., None] & judged_now
    red_members = np.array([family in MAY_TURN_RED for family in families], dtype=bool)
    n_red = np.maximum(1, (~np.isnan(evidence) & red_members).sum(axis=-1))
    red_mean = np.where(red_members, told, 0.0).sum(axis=-1) / n_red
    signal = ((beyond & large) | culprits) & ~out
    return Signals(
        adjusted=adjusted,
        signal=signal,
        small=beyond & ~large & ~signal,
        held_back=((beyond & large) | ((np.nan_to_num(evidence) >= lines.amber) & lasting_large & holds)) & out,
        evidence=mean,
        red_evidence=red_mean,
        is_red=(red_mean >= lines.red) & (signal & red_members).any(axis=-1),
        level=level,
    )


def _standing_out(evidence: FloatArray, line: float, n_monitors: np.ndarray) -> BooleanArray:
    """e-BH: the k largest, where the k-th is at least line · n / k for the largest such k; and the largest of all."""
    falling = -np.sort(-evidence, axis=-1)
    ranks = np.arange(1, evidence.shape[-1] + 1)
    holds = falling * ranks >= line * n_monitors[..., None]
    k = np.where(holds.any(axis=-1), evidence.shape[-1] - holds[..., ::-1].argmax(axis=-1), 1)
    least = np.take_along_axis(falling, k[..., None] - 1, axis=-1)
    return np.asarray((evidence >= least) & (evidence > 0), dtype=bool)
