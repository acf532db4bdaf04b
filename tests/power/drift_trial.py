"""One simulated site: what the project's rule, Evidently's defaults and a three-sigma chart say of the same months."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from multisite.drift.rule.budget import month_signals
from multisite.drift.rule.judged import judge
from multisite.drift.rule.lines import lines_of
from multisite.drift.rule.series import MonitorSeries, from_first_months
from multisite.drift.rule.signals import find_signals
from multisite.drift.rule.states import follow
from multisite.vocabulary import DriftState, LearntFrom
from tests.power.drift_changes import CHANGE_MONTH, CHANGES, Change
from tests.power.drift_peers import LABEL_MONTHS, ThreeSigma, columns_of, drifted_by_evidently
from tests.power.drift_site import draw_studies
from tests.power.drift_tallies import FIRST_MONTHS, first_of_patient_and_month, monitors_of_studies

__all__ = ["METHODS", "NO_CHANGE", "WATCHED_MONTHS", "Alarms", "DriftTrial", "try_site"]

METHODS = ("multisite", "Evidently", "mean ± 3 SD")
NO_CHANGE = "none"
WATCHED_MONTHS = 12
"""Of a site without change from its first month on, else from the change on."""

BUDGET_AMBERS, BUDGET_REDS = 1.0, 1.0
REPLICATES = 1000


@dataclass(frozen=True, slots=True)
class Alarms:
    """What one method says of a site's months.

    ``ambers`` and ``reds`` are cases opened in all months; for the peers, which know no cases, months with an alarm.
    ``amber_after`` and ``red_after`` count months from the change to the first alarm that the change shows in (0: in
    its own month), None where there is none in twelve.
    """

    ambers: int
    reds: int
    months: int
    amber_after: int | None = None
    red_after: int | None = None


@dataclass(frozen=True, slots=True)
class DriftTrial:
    """A site of ``n`` studies a month with a change (or none): alarms by method."""

    change: str
    n: int
    n_monitors: int
    alarms: dict[str, Alarms]


def try_site(change: str, n: int, seed: int, *, replicates: int = REPLICATES) -> DriftTrial:
    """Draw a site, make ``change`` to it (a key of ``CHANGES``, or ``NO_CHANGE``), and ask everybody."""
    rng = np.random.default_rng([seed, n])
    made = CHANGES.get(change)
    months = WATCHED_MONTHS if made is None else CHANGE_MONTH + WATCHED_MONTHS
    studies = draw_studies(rng, n, months=months)
    if made is not None:
        studies = made.make(rng, studies)
    studies = first_of_patient_and_month(studies)
    monitors = monitors_of_studies(studies, n=n, months=months, replicates=replicates, seed=seed)
    reference, later = columns_of(studies, months=months)
    alarms = {
        METHODS[0]: _by_the_rule(monitors, made, months),
        METHODS[1]: _by_peer([drifted_by_evidently(reference, month) for month in later], made, half=True),
        METHODS[2]: _by_peer([*map(ThreeSigma(reference).alarms, later)], made, half=False),
    }
    return DriftTrial(change, n, len(monitors), alarms)


def _by_the_rule(monitors: Sequence[MonitorSeries], change: Change | None, months: int) -> Alarms:
    series = [
        from_first_months(one, FIRST_MONTHS) if one.monitor.learnt_from is LearntFrom.FIRST_MONTHS else one
        for one in monitors
    ]
    families = [one.monitor.family for one in series]
    lines = lines_of(false_ambers_per_year=BUDGET_AMBERS, false_reds_per_five_years=BUDGET_REDS, families=set(families))
    signals = find_signals([one.monitor for one in series], [judge(one) for one in series], lines=lines)
    names = [f"{month:02d}" for month in range(months)]
    states, cases = follow(month_signals(signals, families, run=0, months=names))
    alarmed = np.array([state.state not in (DriftState.GREEN, DriftState.GREY) for state in states])
    red = np.array([state.state is DriftState.RED for state in states])
    shown = np.ones(months, dtype=bool)
    if change is not None:
        those = [_shows(one.monitor.id, change.monitors) for one in series]
        shown = signals.signal[0][:, those].any(axis=1)
    return Alarms(
        len(cases),
        sum(case.worst is DriftState.RED for case in cases),
        int(alarmed.sum()),
        _first_after(alarmed & shown),
        _first_after(red & shown),
    )


def _shows(monitor: str, beginnings: Sequence[str]) -> bool:
    return any(monitor == start or (start.endswith("_") and monitor.startswith(start)) for start in beginnings)


def _by_peer(by_month: Sequence[dict[str, bool]], change: Change | None, *, half: bool) -> Alarms:
    """A month with an alarm of any column is amber; with ``half``, one with alarms of half of them is red."""
    names = sorted(by_month[0])
    said = np.zeros((len(by_month), len(names)), dtype=bool)
    for column, name in enumerate(names):
        later = LABEL_MONTHS if name.startswith("number_found_") else 0
        of_column = np.array([month[name] for month in by_month])
        said[later:, column] = of_column[: len(by_month) - later]
    shown = [change is None or name in change.columns for name in names]
    red = said.mean(axis=1) >= 0.5 if half else np.zeros(len(by_month), dtype=bool)
    amber = said.any(axis=1)
    return Alarms(
        int(amber.sum()), int(red.sum()), int(amber.sum()),
        _first_after(said[:, shown].any(axis=1)), _first_after(red & said[:, shown].any(axis=1)),
    )  # fmt: skip


def _first_after(alarmed: npt.NDArray[np.bool_]) -> int | None:
    found = np.flatnonzero(alarmed[CHANGE_MONTH:])
    return int(found[0]) if found.size else None
