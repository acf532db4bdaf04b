"""How often the verdict is wrong by design: simulated years without change, through the same functions as real ones."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy import special

from multisite.drift.rule.judged import judge
from multisite.drift.rule.lines import lines_of
from multisite.drift.rule.series import MonitorSeries, from_first_months
from multisite.drift.rule.signals import Signals, find_signals
from multisite.drift.rule.states import MonthSignals, follow
from multisite.stats import FloatArray
from multisite.vocabulary import DriftState, LearntFrom, MonitorFamily

__all__ = ["SimulatedBudget", "month_signals", "poisson_upper", "simulate_budget"]

_MONTHS = 12
_PRIOR = 0.5


@dataclass(frozen=True, slots=True)
class SimulatedBudget:
    """Cases opened in ``n_years`` simulated years; a case counts as red where any of its months was."""

    n_studies: int
    n_monitors: int
    n_years: int
    n_ambers: int
    n_reds: int


def simulate_budget(
    series: Sequence[MonitorSeries],
    *,
    n_studies: int,
    n_years: int,
    n_first: int,
    false_ambers_per_year: float,
    false_reds_per_five_years: float,
    seed: int,
) -> SimulatedBudget:
    """Years of ``n_studies`` a month in which every monitor keeps the shares that its reference suggests.

    Shares are drawn anew for each year from their posterior given the reference (1/2 added to each cell), so that the
    error of the reference takes part. Monitors are drawn independently: those that depend on each other alarm together,
    and so less often. What is learnt from the first months is so here, too, in months before the year.
    """
    if not series:
        return SimulatedBudget(n_studies, 0, n_years, 0, 0)
    rng = np.random.default_rng(seed)
    drawn = [_drawn(one, n_studies=n_studies, n_years=n_years, n_first=n_first, rng=rng) for one in series]
    judged = [judge(one) for one in drawn]
    monitors = [one.monitor for one in drawn]
    lines = lines_of(
        false_ambers_per_year=false_ambers_per_year,
        false_reds_per_five_years=false_reds_per_five_years,
    )
    signals = find_signals(monitors, judged, lines=lines)
    families = [monitor.family for monitor in monitors]
    months = [f"{month:02d}" for month in range(1, _MONTHS + 1)]
    ambers = reds = 0
    for run in range(n_years):
        _, cases = follow(month_signals(signals, families, run=run, months=months))
        ambers += len(cases)
        reds += sum(case.worst is DriftState.RED for case in cases)
    return SimulatedBudget(n_studies, len(series), n_years, ambers, reds)


def month_signals(
    signals: Signals, families: Sequence[MonitorFamily], *, run: int, months: Sequence[str]
) -> list[MonthSignals]:
    """One run's months for :func:`multisite.drift.rule.states.follow`, as far as counts tell."""
    found = []
    for at, month in enumerate(months):
        members = np.flatnonzero(signals.signal[run, at])
        found.append(MonthSignals(month, frozenset(families[int(i)] for i in members), bool(signals.is_red[run, at])))
    return found


def poisson_upper(events: int, *, level: float = 0.95) -> float:
    """Upper end of the exact two-sided interval of the mean of a Poisson count."""
    return float(special.chdtri(2 * (events + 1), (1 - level) / 2) / 2)


def _drawn(
    series: MonitorSeries, *, n_studies: int, n_years: int, n_first: int, rng: np.random.Generator
) -> MonitorSeries:
    effect, reference = series.monitor.design_effect, np.asarray(series.reference, dtype=np.float64).reshape(-1)
    shares = rng.dirichlet(reference / effect + _PRIOR, n_years)
    size = max(1, round(n_studies / effect))
    by_month = [rng.multinomial(size, shares) * effect for _ in range(_MONTHS)]
    months: FloatArray = np.stack(by_month, axis=1).astype(np.float64)
    if series.monitor.learnt_from is LearntFrom.VALIDATED:
        return replace(series, months=months)
    before = np.stack([rng.multinomial(size, shares) * effect for _ in range(n_first)], axis=1).astype(np.float64)
    whole = from_first_months(replace(series, months=np.concatenate([before, months], axis=1)), n_first)
    return replace(whole, months=whole.months[:, n_first:])
