"""Simulated sites → how often each method alarms without a change, and how soon with one."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from scipy import special

from tests.power.drift_changes import CHANGES
from tests.power.drift_trial import METHODS, NO_CHANGE, Alarms, DriftTrial
from tests.power.summary import table

__all__ = ["AMBERS_A_YEAR", "REDS_IN_FIVE_YEARS", "FalseAlarms", "false_alarms", "lines", "poisson_interval"]

AMBERS_A_YEAR, REDS_IN_FIVE_YEARS = 1.0, 1.0
"""The budget: cases that may be opened where nothing has changed."""

_LEVEL = 0.95
_BOTH = (("AMBER", "amber_after"), ("RED", "red_after"))


@dataclass(frozen=True, slots=True)
class FalseAlarms:
    """Of ``years`` site-years without change: cases opened, or months with an alarm where a method knows no cases."""

    ambers: int
    reds: int
    months: int
    years: int

    @property
    def within_budget(self) -> bool:
        """Whether the budget may hold: the lower ends of the exact intervals of the counts do not exceed it."""
        low_ambers, _ = poisson_interval(self.ambers)
        low_reds, _ = poisson_interval(self.reds)
        return low_ambers <= AMBERS_A_YEAR * self.years and 5 * low_reds <= REDS_IN_FIVE_YEARS * self.years


def poisson_interval(events: int) -> tuple[float, float]:
    """Exact 95 % interval (Garwood) of the mean of a Poisson count."""
    tail = (1 - _LEVEL) / 2
    low = float(special.chdtri(2 * events, 1 - tail) / 2) if events else 0.0
    return low, float(special.chdtri(2 * (events + 1), tail) / 2)


def false_alarms(trials: Iterable[DriftTrial], method: str) -> dict[int, FalseAlarms]:
    """By studies a month, over the sites without change, each of which is one site-year."""
    found: defaultdict[int, list[Alarms]] = defaultdict(list)
    for trial in trials:
        if trial.change == NO_CHANGE:
            found[trial.n].append(trial.alarms[method])
    return {
        n: FalseAlarms(sum(a.ambers for a in held), sum(a.reds for a in held), sum(a.months for a in held), len(held))
        for n, held in sorted(found.items())
    }


def lines(trials: Sequence[DriftTrial]) -> Iterator[str]:
    """Both tables, for people."""
    yield "NO CHANGE (multisite: cases opened; the others: months with an alarm of any column, red: of half of them)"
    heads = ("method", "studies a month", "site-years", "ambers a year", "95 %", "reds in five years", "95 %",
             "months with an alarm, of 12")  # fmt: skip
    rows: list[tuple[str, ...]] = []
    for method in METHODS:
        for n, found in false_alarms(trials, method).items():
            rows.append((method, str(n), str(found.years), *_rate(found.ambers, found.years, 1),
                         *_rate(found.reds, found.years, 5), f"{found.months / found.years:.2f}"))  # fmt: skip
    yield from table([heads, *rows])
    yield ""
    yield "WITH A CHANGE (found within 12 months in what it changes; median delay of those found, 0: in its own month)"
    yield from table([_HEADS_OF_CHANGES, *_rows_of_changes(trials)])


_HEADS_OF_CHANGES = ("change", "studies a month", "sites", *(
    f"{method} {state}" for method in METHODS for state in (("AMBER", "RED") if method == METHODS[0] else ("alarm",))
))  # fmt: skip


def _rows_of_changes(trials: Sequence[DriftTrial]) -> Iterator[tuple[str, ...]]:
    for change, made in CHANGES.items():
        for n in sorted({trial.n for trial in trials if trial.change == change}):
            held = [trial for trial in trials if trial.change == change and trial.n == n]
            cells = []
            for method in METHODS:
                cells.append(_delay([trial.alarms[method].amber_after for trial in held]))
                if method == METHODS[0]:
                    cells.append(_delay([trial.alarms[method].red_after for trial in held]))
            yield (made.title, str(n), str(len(held)), *cells)


def _delay(after: Sequence[int | None]) -> str:
    seen = [months for months in after if months is not None]
    return f"{len(seen) / len(after):.0%}, {median(seen):g}" if seen else "0%, —"


def _rate(events: int, years: int, of: int) -> tuple[str, str]:
    low, high = poisson_interval(events)
    return f"{of * events / years:.2f}", f"{of * low / years:.2f} to {of * high / years:.2f}"
