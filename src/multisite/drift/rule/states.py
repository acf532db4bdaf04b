"""From a month's signals to its state, and to cases: one per cause, added to by later months, closed when clean."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from multisite.vocabulary import DriftState, MonitorFamily

__all__ = ["Case", "MonthSignals", "MonthState", "follow"]

_CLEAN_MONTHS = {DriftState.AMBER_1: 1, DriftState.AMBER_2: 2, DriftState.RED: 2}
_ESCALATES_WITH_FAMILIES = 2


@dataclass(frozen=True, slots=True)
class MonthSignals:
    """What the monitors of one month say.

    ``cause`` is an event that goes with the signals, empty for none; ``reason`` why nothing could be judged, empty
    where something could. In a ``shadow`` month nobody is alarmed.
    """

    month: str
    families: frozenset[MonitorFamily]
    is_red: bool
    cause: str = ""
    reason: str = ""
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class Case:
    """A case: its families and cause, from when to when, its worst state, and the clean months in a row since."""

    number: int
    cause: str
    families: frozenset[MonitorFamily]
    opened: str
    last: str
    worst: DriftState
    clean: int = 0
    closed: str | None = None


@dataclass(frozen=True, slots=True)
class MonthState:
    """The state of a month, the case that it belongs to, and whether it opened it."""

    month: str
    state: DriftState
    case_number: int | None = None
    opened: bool = False


@dataclass(slots=True)
class _Following:
    cases: dict[int, Case] = field(default_factory=dict)

    def open_cases(self) -> list[Case]:
        return [case for case in self.cases.values() if case.closed is None]

    def matching(self, signals: MonthSignals) -> Case | None:
        open_cases = self.open_cases()
        same = [case for case in open_cases if signals.cause and case.cause == signals.cause]
        return _first([*same, *(case for case in open_cases if case.families & signals.families)])


def follow(
    months: Sequence[MonthSignals], *, closed_by_hand: Mapping[str, str] | None = None
) -> tuple[list[MonthState], list[Case]]:
    """The state of every month, in order, and the cases.

    Parameters
    ----------
    months : in rising order
    closed_by_hand : month that opened a case → the month at whose end someone closed it

    Notes
    -----
    RED where the month's evidence is red; AMBER-2 where two families signal in one month, or one case in two months
    running; else AMBER-1. A case of AMBER-1 closes after one month without its signals, any other after two; until then
    its months are AMBER-1. Months that cannot be judged are GREY, and leave a case as it is.
    """
    following = _Following()
    by_hand = closed_by_hand or {}
    states = []
    before = ""
    for signals in months:
        states.append(_month(following, signals, before))
        before = signals.month
        for case in following.open_cases():
            if by_hand.get(case.opened, "9999-99") <= signals.month:
                following.cases[case.number] = replace(case, closed=signals.month)
    return states, list(following.cases.values())


def _month(following: _Following, signals: MonthSignals, before: str) -> MonthState:
    if signals.shadow:
        return MonthState(signals.month, DriftState.GREY)
    if not signals.families:
        return _quiet(following, signals)
    case = following.matching(signals)
    persists = case is not None and case.last == before
    if signals.is_red:
        state = DriftState.RED
    elif persists or len(signals.families) >= _ESCALATES_WITH_FAMILIES:
        state = DriftState.AMBER_2
    else:
        state = DriftState.AMBER_1
    opened = case is None
    if case is None:
        number = len(following.cases) + 1
        case = Case(number, signals.cause, signals.families, signals.month, signals.month, state)
    worst = state if state.rank > case.worst.rank else case.worst
    following.cases[case.number] = replace(
        case,
        cause=case.cause or signals.cause,
        families=case.families | signals.families,
        last=signals.month,
        worst=worst,
        clean=0,
    )
    _count_clean(following, signals.month, but=case.number)
    return MonthState(signals.month, state, case.number, opened)


def _quiet(following: _Following, signals: MonthSignals) -> MonthState:
    if signals.reason:
        return MonthState(signals.month, DriftState.GREY, _first_number(following.open_cases()))
    _count_clean(following, signals.month)
    still = following.open_cases()
    return MonthState(signals.month, DriftState.AMBER_1 if still else DriftState.GREEN, _first_number(still))


def _count_clean(following: _Following, month: str, *, but: int | None = None) -> None:
    for case in following.open_cases():
        if case.number != but:
            clean = case.clean + 1
            closed = month if clean >= _CLEAN_MONTHS[case.worst] else None
            following.cases[case.number] = replace(case, clean=clean, closed=closed)


def _first(cases: Sequence[Case]) -> Case | None:
    return cases[0] if cases else None


def _first_number(cases: Sequence[Case]) -> int | None:
    return cases[0].number if cases else None
