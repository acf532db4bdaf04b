"""What a site has agreed to: who is told of which state, what they do, and by when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

__all__ = ["UNACKNOWLEDGED", "Agreement", "Step", "due_day"]

UNACKNOWLEDGED = "RED unacknowledged"
"""The step after RED, where nobody has answered."""

_NEXT = {"AMBER-1": "AMBER-2", "AMBER-2": "RED", "RED": UNACKNOWLEDGED}
_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class Step:
    """Who is told of a state (roles), which role owns the task, within how many working days, and the task."""

    tell: tuple[str, ...]
    owner: str
    within_working_days: int
    act: str


@dataclass(frozen=True, slots=True)
class Agreement:
    """``people`` names addresses by role; ``devices`` gives pseudonyms (their first digits) the hospital's names."""

    people: Mapping[str, tuple[str, ...]]
    steps: Mapping[str, Step]
    sender: str
    contact: str = ""
    devices: Mapping[str, str] = field(default_factory=dict)
    holidays: frozenset[date] = frozenset()

    def step(self, state: str, *, months_grey: int = 0) -> Step:
        """The step of ``state``. GREY for three months running is told to those of AMBER-2, too: not knowing is a
        finding.
        """
        step = self.steps[state]
        if state == "GREY" and months_grey >= 3:
            tell = dict.fromkeys((*step.tell, *self.steps["AMBER-2"].tell))
            return Step(tuple(tell), step.owner, step.within_working_days, step.act)
        return step

    def step_after(self, state: str) -> Step | None:
        """The step where nobody has acknowledged ``state`` in time; None where there is nothing to acknowledge."""
        following = _NEXT.get(state)
        return None if following is None else self.steps[following]

    def addresses(self, roles: Sequence[str]) -> tuple[str, ...]:
        """Addresses of ``roles``, each once. Where none of them is filled, those of the QA lead: nothing is told to
        nobody.
        """
        found = dict.fromkeys(address for role in roles for address in self.people.get(role, ()))
        return tuple(found) or self.people["qa_lead"]

    def unfilled(self, roles: Sequence[str]) -> tuple[str, ...]:
        """Those of ``roles`` that have no address."""
        return tuple(role for role in roles if role not in self.people)

    def device_name(self, pseudonym: str | None) -> str:
        """The hospital's name of a device; empty where it has none."""
        return next((name for start, name in self.devices.items() if (pseudonym or "").startswith(start)), "")


def due_day(sent: date, *, working_days: int, holidays: frozenset[date]) -> date:
    """The day that is ``working_days`` working days after ``sent``; Saturdays, Sundays and ``holidays`` are none."""
    day, left = sent, working_days
    while left:
        day += timedelta(days=1)
        left -= day.weekday() < _SATURDAY and day not in holidays
    return day
