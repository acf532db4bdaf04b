"""One simulated site: what the project's rule, Evidently's defaults and a three-sigma chart say of the same months."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from multisite.vocabulary import DriftState, MonitorStatus
from tests.power.drift_changes import CHANGE_MONTH, CHANGES, Change
from tests.power.drift_frames import month_name
from tests.power.drift_peers import LABEL_MONTHS, ThreeSigma, columns_of, drifted_by_evidently
from tests.power.drift_site import draw_studies, first_of_patient_and_month
from tests.power.drift_stages import SiteVerdicts, judge_drawn_site

__all__ = ["METHODS", "NO_CHANGE", "WATCHED_MONTHS", "Alarms", "DriftTrial", "try_site"]

METHODS = ("multisite", "Evidently", "mean ± 3 SD")
NO_CHANGE = "none"
WATCHED_MONTHS = 12
"""Of a site without change from its first month on, else from the change on."""

REPLICATES = 1000
_GREEN = DriftState.GREEN.value


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
    found = judge_drawn_site(studies, months=months, replicates=replicates, seed=seed)
    reference, later = columns_of(first_of_patient_and_month(studies), months=months)
    alarms = {
        METHODS[0]: _by_the_rule(found, made, months),
        METHODS[1]: _by_peer([drifted_by_evidently(reference, month) for month in later], made, half=True),
        METHODS[2]: _by_peer([*map(ThreeSigma(reference).alarms, later)], made, half=False),
    }
    n_monitors = found.monitors.select("monitor", "axis", "level").unique().height
    return DriftTrial(change, n, n_monitors, alarms)


def _by_the_rule(found: SiteVerdicts, change: Change | None, months: int) -> Alarms:
    names = [month_name(month) for month in range(months)]
    states = dict(found.verdicts.select("month", "state").rows())
    amber = np.array([states.get(name, _GREEN) not in (_GREEN, DriftState.GREY.value) for name in names])
    red = np.array([states.get(name, _GREEN) == DriftState.RED.value for name in names])
    shown = np.ones(months, dtype=bool)
    if change is not None:
        signals = found.monitors.filter(status=MonitorStatus.SIGNAL.value).select("month", "monitor").rows()
        seen = {month for month, monitor in signals if _shows(monitor, change.monitors)}
        shown = np.array([name in seen for name in names])
    return Alarms(
        found.cases.height,
        found.cases.filter(worst=DriftState.RED.value).height,
        int(amber.sum()),
        _first_after(amber & shown),
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
